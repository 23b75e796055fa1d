/**
 * @file Kernels of tiles: a thread computes the same four columns of four neighbouring rows, so that it reads 8 cells for
 * 64 multiplications rather than 5 for 16. On GL a kernel draws its four rows into four textures, to be interleaved; on
 * webgpu it stores them where they belong.
 */
import type { Activation, Buffer } from '../../backend.ts';
import type { Call, Device } from '../device.ts';
import type { Cell, Floats, Thread } from '../dialect.ts';
import { epilogue } from './functions.ts';

type Rows = Thread<
  { width: number; height: number; tiles: number; hasBias: number },
  { f(x: number, alpha: number, beta: number): number }
>;

/** Row 4i + j is row i of the j-th operand; of each matrix these have `tiles` rows of `width` cells. Then the epilogue. */
function interleaveRows(this: Rows, a: Floats, b: Floats, c: Floats, d: Floats, bias: Floats): Cell {
  const tile = this.divide(this.thread.y, 4);
  const operand = this.thread.y - tile * 4;
  const place = (this.thread.z * this.constants.tiles + tile) * this.constants.width + this.thread.x;
  const [a0, a1, a2, a3] = a.cell(place);
  const [b0, b1, b2, b3] = b.cell(place);
  const [c0, c1, c2, c3] = c.cell(place);
  const [d0, d1, d2, d3] = d.cell(place);
  const s0 = operand === 0 ? a0 : operand === 1 ? b0 : operand === 2 ? c0 : d0;
  const s1 = operand === 0 ? a1 : operand === 1 ? b1 : operand === 2 ? c1 : d1;
  const s2 = operand === 0 ? a2 : operand === 1 ? b2 : operand === 2 ? c2 : d2;
  const s3 = operand === 0 ? a3 : operand === 1 ? b3 : operand === 2 ? c3 : d3;
  const [h0, h1, h2, h3] = bias.cell(this.thread.x);
  return [
    this.f(this.constants.hasBias === 1 ? s0 + h0 : s0, 0, 0),
    this.f(this.constants.hasBias === 1 ? s1 + h1 : s1, 0, 0),
    this.f(this.constants.hasBias === 1 ? s2 + h2 : s2, 0, 0),
    this.f(this.constants.hasBias === 1 ? s3 + h3 : s3, 0, 0),
  ];
}

/** Bias and activation where the result is in order already. */
function finishRows(this: Rows, rows: Floats, bias: Floats): Cell {
  const [s0, s1, s2, s3] = rows.cell(
    (this.thread.z * this.constants.height + this.thread.y) * this.constants.width + this.thread.x,
  );
  const [h0, h1, h2, h3] = bias.cell(this.thread.x);
  return [
    this.f(this.constants.hasBias === 1 ? s0 + h0 : s0, 0, 0),
    this.f(this.constants.hasBias === 1 ? s1 + h1 : s1, 0, 0),
    this.f(this.constants.hasBias === 1 ? s2 + h2 : s2, 0, 0),
    this.f(this.constants.hasBias === 1 ? s3 + h3 : s3, 0, 0),
  ];
}

interface TiledCall extends Omit<Call, 'grid' | 'functions'> {
  readonly grid: readonly [width: number, height: number, depth: number];
  readonly bias?: Buffer | undefined;
  readonly activation?: Activation | undefined;
}

/** The result of a kernel on a grid of cells that computes four rows a thread, with bias and activation. */
export function runTiled(
  device: Device,
  runTiles: NonNullable<Device['runTiles']>,
  { bias, activation, ...call }: TiledCall,
): Buffer {
  const [width, height, depth] = call.grid;
  const tiles = Math.ceil(height / 4);
  const results = runTiles({ ...call, constants: { ...call.constants, height }, grid: [width, tiles, depth] });
  const [first] = results as [Buffer];
  const inOrder = results.length === 1;
  if (inOrder && !bias && !activation) return first;
  const result = device.run({
    kernel: inOrder ? finishRows : interleaveRows,
    inputs: [...results, bias ?? first],
    constants: { width, height, tiles, hasBias: bias ? 1 : 0 },
    functions: { f: epilogue(activation) },
    grid: call.grid,
    length: call.length,
  });
  for (const part of results) device.release(part);
  return result;
}
