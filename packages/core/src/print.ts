/** @file Tensors as text that a person can read. */
import { formatShape, type Shape } from './shape.ts';
import type { DType, Tensor } from './tensor.ts';

/** Elements shown at each end of an axis that is longer than twice this. */
const EDGE = 3;

/** `float32 [2,2]` and below it the elements in aligned columns. */
export function formatTensor(tensor: Tensor): string {
  const title = `${tensor.dtype} ${formatShape(tensor.shape)}`;
  if (tensor.isDisposed) return `${title} (disposed)`;
  if (tensor.backend.name === 'webgpu') return `${title} on webgpu`;
  // past Tensor.dataSync(), which refuses int32 tensors that hold no integers: text shows what is there
  return `${title}\n${formatValues(tensor.backend.downloadSync(tensor.buffer, tensor.size), tensor)}`;
}

function formatValues(values: Float32Array, { shape, dtype }: Tensor): string {
  const texts = shown(shape).map((index) => formatNumber(values[index] as number, dtype));
  const width = Math.max(...texts.map(({ length }) => length));
  const queue = texts.map((text) => text.padStart(width));
  return formatAxis(shape, queue, 0);
}

/** Row-major indices of the elements that are shown. */
function shown(shape: Shape): number[] {
  const [size, ...rest] = shape;
  if (size === undefined) return [0];
  const step = rest.reduce((product, length) => product * length, 1);
  const inner = shown(rest);
  return edges(size).flatMap((i) => (i === undefined ? [] : inner.map((index) => i * step + index)));
}

/** Positions along an axis, with `undefined` for what is left out. */
function edges(size: number): (number | undefined)[] {
  const all = Array.from({ length: size }, (_, i) => i);
  return size <= 2 * EDGE ? all : [...all.slice(0, EDGE), undefined, ...all.slice(-EDGE)];
}

/** Takes the texts of one axis, and of those within it, off the queue. */
function formatAxis(shape: Shape, queue: string[], depth: number): string {
  const [size, ...rest] = shape;
  if (size === undefined) return queue.shift() as string;
  const items = edges(size).map((i) => (i === undefined ? '...' : formatAxis(rest, queue, depth + 1)));
  const separator = rest.length === 0 ? ', ' : `,${'\n'.repeat(rest.length)}${' '.repeat(depth + 1)}`;
  return `[${items.join(separator)}]`;
}

function formatNumber(value: number, dtype: DType): string {
  if (dtype === 'int32' || (Number.isInteger(value) && Math.abs(value) < 1e6)) return String(value);
  const magnitude = Math.abs(value);
  return magnitude >= 1e5 || magnitude < 1e-3 ? value.toExponential(3) : value.toFixed(4);
}
