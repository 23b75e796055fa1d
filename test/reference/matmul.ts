/** @file Products of matrices and of batches of them. */
import { build, type Dense } from './dense.ts';

export interface Transposition {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/** [..., m, k] by [..., k, n], each before its transposition; leading axes broadcast. */
export function matMul(a: Dense, b: Dense, { transposeA = false, transposeB = false }: Transposition = {}): Dense {
  const [rowsA, columnsA] = a.shape.slice(-2) as [number, number];
  const [rowsB, columnsB] = b.shape.slice(-2) as [number, number];
  const [m, k] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const n = transposeB ? rowsB : columnsB;
  return build([...broadcastLead(a, b), m, n], (index) => {
    const [row, column] = index.slice(-2) as [number, number];
    const [startA, startB] = [startOfMatrix(a, index), startOfMatrix(b, index)];
    let total = 0;
    for (let i = 0; i < k; i++) {
      const elementA = a.values[startA + (transposeA ? i * columnsA + row : row * columnsA + i)] as number;
      const elementB = b.values[startB + (transposeB ? column * columnsB + i : i * columnsB + column)] as number;
      total += elementA * elementB;
    }
    return total;
  });
}

function broadcastLead(a: Dense, b: Dense): number[] {
  const [leadA, leadB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const rank = Math.max(leadA.length, leadB.length);
  const sizeAt = (lead: number[], axis: number) => lead[axis - rank + lead.length] ?? 1;
  return Array.from({ length: rank }, (_, axis) => Math.max(sizeAt(leadA, axis), sizeAt(leadB, axis)));
}

/** Where the matrix lies in an operand that an index into the result needs; the first if there is one only. */
function startOfMatrix({ shape }: Dense, index: readonly number[]): number {
  const added = index.length - shape.length;
  let matrix = 0;
  shape.slice(0, -2).forEach((length, axis) => {
    matrix = matrix * length + (length === 1 ? 0 : (index[axis + added] as number));
  });
  const [rows, columns] = shape.slice(-2) as [number, number];
  return matrix * rows * columns;
}
