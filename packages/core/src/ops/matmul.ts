/** @file Matrix products. */
import { composite, run } from '../autograd/tape.ts';
import type { Activation, MatMulAttributes } from '../backend/backend.ts';
import { ShapeError } from '../errors.ts';
import { at, broadcastShapes, formatShape, type Shape, sizeOf } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { activated } from './activation.ts';
import { checkActivation, checkDType, checkVector } from './check.ts';
import { sum } from './reduce.ts';
import { broadcastTo, reshape } from './shape.ts';

export interface MatMulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** [n], added to each row. */
  readonly bias?: Tensor | undefined;
  /** Applied last. */
  readonly activation?: Activation | undefined;
}

/**
 * The product of two matrices, or of each pair of matrices in two batches.
 * @param a [..., m, k], or [..., k, m] if transposeA
 * @param b [..., k, n], or [..., n, k] if transposeB; the leading axes of both broadcast
 * @returns [..., m, n]
 * @throws ShapeError, DTypeError, ArgumentError
 */
export function matMul(
  a: Tensor,
  b: Tensor,
  { transposeA = false, transposeB = false, bias, activation }: MatMulOptions = {},
): Tensor {
  checkDType('matMul', 'a', a);
  checkDType('matMul', 'b', b);
  for (const [name, { shape }] of Object.entries({ a, b })) {
    if (shape.length < 2)
      throw new ShapeError('matMul', `${name} must have at least rank 2 but is ${formatShape(shape)}`);
  }
  const [m, k] = matrixSizes(a, transposeA);
  const [kB, n] = matrixSizes(b, transposeB);
  if (k !== kB) {
    const transposed = [transposeA && 'a transposed', transposeB && 'b transposed'].filter(Boolean).join(', ');
    throw new ShapeError(
      'matMul',
      `inner sizes ${k} and ${kB} differ (a ${formatShape(a.shape)}, b ${formatShape(b.shape)}${transposed && `, ${transposed}`})`,
    );
  }
  if (bias) checkVector('matMul', 'bias', bias, n);
  checkActivation('matMul', activation);
  const inputs = [a, b, bias] as const;
  return composite(inputs, () =>
    activated(inputs, activation, (within) => multiply(...inputs, { transposeA, transposeB, m, n, k }, within)),
  );
}

type Geometry = Pick<MatMulAttributes, 'transposeA' | 'transposeB' | 'm' | 'n' | 'k'>;

function multiply(
  a: Tensor,
  b: Tensor,
  bias: Tensor | undefined,
  geometry: Geometry,
  activation: Activation | undefined,
): Tensor {
  const lead = broadcastShapes('matMul', a.shape.slice(0, -2), b.shape.slice(0, -2));
  const { m, n, k } = geometry;
  const [matricesA, matricesB] = [batched(a, lead), batched(b, lead)];
  const sharedA = matricesA.shape[0] === 1;
  const sharedB = matricesB.shape[0] === 1;
  if (sharedB && !geometry.transposeA) {
    // one matrix on the right multiplies every row on the left: a single product
    const rows = at(matricesA.shape, 0) * m;
    const attributes = { ...geometry, m: rows, batch: 1, sharedA: true, sharedB: true, activation };
    const product = run('matMul', [reshape(matricesA, [1, rows, k]), matricesB, bias], attributes, [1, rows, n]);
    return reshape(product, [...lead, m, n]);
  }
  const batch = sizeOf(lead);
  const product = run('matMul', [matricesA, matricesB, bias], { ...geometry, batch, sharedA, sharedB, activation }, [
    batch,
    m,
    n,
  ]);
  return reshape(product, [...lead, m, n]);
}

function matrixSizes({ shape }: Tensor, transposed: boolean): [rows: number, columns: number] {
  const [rows, columns] = [at(shape, -2), at(shape, -1)];
  return transposed ? [columns, rows] : [rows, columns];
}

/** As [batch, rows, columns], with one matrix where it serves the whole batch. */
function batched(matrices: Tensor, lead: Shape): Tensor {
  const own = matrices.shape.slice(0, -2);
  const matrix = matrices.shape.slice(-2);
  if (sizeOf(own) === 1) return reshape(matrices, [1, ...matrix]);
  const full = sizeOf(own) === sizeOf(lead) ? matrices : broadcastTo(matrices, [...lead, ...matrix]);
  return reshape(full, [sizeOf(lead), ...matrix]);
}

/** The derivatives of a batch of products by a and by b, each to be computed when it is asked for. */
export function matMulGradients(
  a: Tensor,
  b: Tensor,
  attributes: MatMulAttributes,
  dy: Tensor,
): { byA: () => Tensor; byB: () => Tensor } {
  const { transposeA, transposeB } = attributes;
  const overBatch = (gradient: Tensor, operand: Tensor) =>
    at(operand.shape, 0) < at(gradient.shape, 0) ? sum(gradient, 0, true) : gradient;
  return {
    byA: () =>
      overBatch(
        transposeA
          ? matMul(b, dy, { transposeA: transposeB, transposeB: true })
          : matMul(dy, b, { transposeB: !transposeB }),
        a,
      ),
    byB: () =>
      overBatch(
        transposeB
          ? matMul(dy, a, { transposeA: true, transposeB: transposeA })
          : matMul(a, dy, { transposeA: !transposeA }),
        b,
      ),
  };
}
