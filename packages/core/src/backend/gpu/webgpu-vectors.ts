/**
 * @file Cells and long grids on webgpu. The WGSL that gpu.js makes reads and writes single floats, each with an index and a bounds check
 * of its own. Here memory becomes arrays of vectors, as far as a kernel reads it by cells or writes cells, and grids of any
 * length fit the device.
 */
import { BackendError } from '../../errors.ts';
import type { Call } from './device.ts';
import type { LoweredKernel } from './lower.ts';

/** Workgroups that every device has along an axis, and gpu.js's threads along each axis of a workgroup. */
const MAX_WORKGROUPS = 65535;
const WORKGROUP = [8, 8, 1];

/** The grid that gpu.js compiles: one whose axes are too long in a row, which gpu.js folds where it must. */
export function dispatchedGrid(grid: readonly number[]): number[] {
  return isTooLong(grid) ? [grid.reduce((product, axis) => product * axis)] : [...grid];
}

function isTooLong(grid: readonly number[]): boolean {
  return grid.length > 1 && grid.some((threads, axis) => threads > MAX_WORKGROUPS * (WORKGROUP[axis] ?? 1));
}

/** gpu.js's WGSL for a call's kernel, on vectors. */
export function withVectors(wgsl: string, { accesses, resultWidth }: LoweredKernel, { grid, constants }: Call): string {
  const placed = isTooLong(grid) ? withPlace(wgsl, grid) : wgsl;
  const read = accesses.reduce((text, access, i) => (access === 'cell' ? withCellReads(text, i) : text), placed);
  if (resultWidth === 1) return read;
  const written = replaced(read, /result : array<f32>;/, 'result : array<vec4<f32>>;');
  const stores = /(?:result\[data_index \* 4 \+ \d\] = kernelResultVec\.\w;\n){4}/;
  if (resultWidth === 4) return replaced(written, stores, 'result[data_index] = kernelResultVec;\n');
  const tiled = ['second', 'third', 'fourth'].reduce(
    (text, name, i) =>
      withBody(text, name, `let cell = vec4<f32>(user_p, user_q, user_r, user_s); store(${i + 1}, cell); return cell;`),
    replaced(written, stores, 'store(0, kernelResultVec);\n'),
  );
  const height = constants?.height ?? 1; // rows of the result, of which a thread has four
  return `${tiled}
fn store(row : u32, cell : vec4<f32>) {
  let y = threadGid.y * 4 + row;
  if (y < ${height}) { result[threadGid.x + ${grid[0]} * (y + ${height} * threadGid.z)] = cell; }
}`;
}

/** Threads in a row that know their place in the grid. */
function withPlace(wgsl: string, [width = 1, height = 1]: readonly number[]): string {
  const place = `flat_index % ${width}, flat_index / ${width} % ${height}, flat_index / ${width * height}`;
  return replaced(wgsl, /(threadGid = vec3<u32>\()flat_index, 0u, 0u/, `$1${place}`);
}

/** The i-th operand as vectors: its declaration, the function that reads its cells, and none that reads floats. */
function withCellReads(wgsl: string, i: number): string {
  const declaration = new RegExp(`(@binding\\(${i + 1}\\) var<storage, read> (\\w+)) : array<f32>;`);
  const name = declaration.exec(wgsl)?.[2];
  const declared = replaced(wgsl, declaration, '$1 : array<vec4<f32>>;');
  const alone = replaced(declared, new RegExp(`fn get_${name}\\([^{]*\\{[^}]*\\}`), '');
  return withBody(alone, `cell${i}`, `return ${name}[user_cellIndex];`);
}

/** One of the functions that `KernelCache` declares, with what it really does. gpu.js writes `fer_` as `fn_feru_u`. */
function withBody(wgsl: string, name: string, body: string): string {
  return replaced(wgsl, new RegExp(`(fn fn_feru_u${name}\\([^{]*\\{)[^}]*\\}`), `$1 ${body} }`);
}

/** Throws where there is nothing to replace: a gpu.js that writes otherwise must not pass for one that was understood. */
function replaced(wgsl: string, pattern: RegExp, replacement: string): string {
  if (!pattern.test(wgsl)) throw new BackendError('gpu', `gpu.js made WGSL without ${pattern}:\n${wgsl}`);
  return wgsl.replace(pattern, replacement);
}
