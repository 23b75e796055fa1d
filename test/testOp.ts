/** @file The test of one operator in one case: its result and its derivatives against a float64 reference. */
import { grad, matMul, memory, Parameter, Random, reshape, sum, type Tensor, tensor, tidy } from '@fer/core';
import { expect, it } from 'vitest';
import { toleranceOf } from './backends.ts';
import { expectClose, expectNumbersClose } from './close.ts';
import type { Draw, Input } from './inputs.ts';
import type { Dense } from './reference/dense.ts';

export interface OpCase {
  readonly inputs: readonly Draw[];
  readonly op: (...inputs: Tensor[]) => Tensor;
  readonly reference: (...inputs: Dense[]) => Dense;
  /** In place of toleranceOf(backend), for a stated reason. */
  readonly tolerance?: number;
}

/** Elements of an input whose derivatives are checked, drawn by a fixed seed if there are more. */
const MAX_DERIVATIVES = 32;
/** Step of the central differences: of the float64 reference, so that their error is about 1e-9. */
const STEP = 1e-5;

/**
 * Defines a test that runs the operator on seeded inputs and compares
 * 1. its result without a tape, where operators may fuse kernels; it is read after another run of the same kernels, since
 *    results must not share memory,
 * 2. its result with a tape,
 * 3. the gradient of a random weighted sum of it, by each differentiable input, with central differences of the reference,
 * and then that all memory has been given back.
 */
export function testOp(name: string, { inputs, op, reference, tolerance: ownTolerance }: OpCase): void {
  it(name, async () => {
    const tolerance = ownTolerance ?? toleranceOf();
    const before = memory();
    const random = new Random(1);
    const values = inputs.map((draw) => draw(random));
    const expected = reference(...values);
    const tensors = values.map(({ values, shape, dtype }) => tensor(Float32Array.from(values), shape, dtype));
    const result = tidy(() => op(...tensors));
    tidy(() => void op(...reversed(values)));
    await expectClose(result, expected, { tolerance });

    const variables = tensors.map((x, i) => (values[i]?.differentiable ? new Parameter(x) : x));
    if (variables.some((variable) => variable instanceof Parameter)) {
      const weights = Float64Array.from(expected.values, () => weight(random));
      const recorded = tidy(() => {
        const y = op(...variables);
        weightedSum(y, weights).backward();
        return y;
      });
      await expectClose(recorded, expected, { tolerance, what: 'result with a tape' });
      recorded.dispose();
      const loss = (...operands: Dense[]) => dot(reference(...operands).values, weights);
      for (const [i, variable] of variables.entries()) {
        if (variable instanceof Parameter) await checkGradient(variable, i, values, loss, tolerance, random);
      }
    }
    for (const disposable of [result, ...variables, ...tensors]) disposable.dispose();
    expect(memory(), 'memory afterwards').toEqual(before);
  });
}

/** The same elements in another order: other inputs from the same domain. */
function reversed(inputs: readonly Input[]): Tensor[] {
  return inputs.map(({ values, shape, dtype }) => tensor(Float32Array.from(values).reverse(), shape, dtype));
}

/** 0.5 to 1.5 with either sign: no element counts little, and they do not cancel. */
function weight(random: Random): number {
  return Math.fround(random.uniform(0.5, 1.5) * (random.uniform() < 0.5 ? -1 : 1));
}

/** As a product of a row and a column, which takes the fewest kernels. */
function weightedSum(y: Tensor, weights: Float64Array): Tensor {
  return matMul(reshape(y, [1, y.size]), tensor(Float32Array.from(weights), [y.size, 1]));
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += (a[i] as number) * (b[i] as number);
  return total;
}

async function checkGradient(
  variable: Parameter,
  position: number,
  inputs: readonly Input[],
  loss: (...operands: Dense[]) => number,
  tolerance: number,
  random: Random,
): Promise<void> {
  const what = `gradient by input ${position}`;
  expect(variable.grad?.shape, `${what}: shape`).toEqual(variable.shape);
  const gradient = (await variable.grad?.data()) ?? [];
  const chosen = random.shuffle(Array.from(gradient, (_, j) => j)).slice(0, MAX_DERIVATIVES);
  const lossWith = (j: number, shift: number) =>
    loss(...inputs.map((input, i) => (i === position ? shifted(input, j, shift) : input)));
  const differences = chosen.map((j) => (lossWith(j, STEP) - lossWith(j, -STEP)) / (2 * STEP));
  expectNumbersClose(
    chosen.map((j) => gradient[j] as number),
    differences,
    tolerance,
    `${what}, of the elements ${chosen},`,
  );
}

function shifted(x: Dense, position: number, shift: number): Dense {
  const values = x.values.slice();
  values[position] = (values[position] as number) + shift;
  return { shape: x.shape, values };
}

/** The derivatives of the sum of f(x) at x, for cases that central differences cannot see. */
export async function derivativesAt(f: (x: Tensor) => Tensor, values: readonly number[]): Promise<number[]> {
  using x = tensor(values);
  using derivatives = grad((variable: Tensor) => sum(f(variable)))(x);
  return [...(await derivatives.data())];
}
