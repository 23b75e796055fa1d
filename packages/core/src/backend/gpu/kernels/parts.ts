/** @file Long sums in parts: that gives the GPU more threads and keeps the rounding errors small. */
import type { Buffer } from '../../backend.ts';
import type { Device } from '../device.ts';
import { reduceKernels } from './reduce.ts';

/** Terms that one thread sums, at most, where the number of terms has a divisor that allows it. */
const MAX_TERMS = 256;
/** Terms that are worth a thread. */
const MIN_TERMS = 16;

/**
 * `length` sums, each over `pieces` pieces of `pieceLength` terms. `run` computes [parts, length] sums over pieces / parts
 * pieces, which are then added up; `parts` is 1 where cutting does not pay.
 */
export function sumInParts(
  device: Device,
  pieces: number,
  pieceLength: number,
  length: number,
  run: (parts: number) => Buffer,
): Buffer {
  const parts = partsOf(pieces, pieceLength);
  const partial = run(parts);
  if (parts === 1) return partial;
  const view = { fn: 'sum', outer: 1, length: parts, inner: length } as const;
  const result = reduceKernels(device).reduce([{ shape: [parts, length], buffer: partial }], view, [length]);
  device.release(partial);
  return result;
}

/** The smallest divisor of `pieces` that leaves parts of a good size. */
function partsOf(pieces: number, pieceLength: number): number {
  const terms = pieces * pieceLength;
  for (let parts = Math.ceil(terms / MAX_TERMS); parts <= Math.min(pieces, terms / MIN_TERMS); parts++) {
    if (pieces % parts === 0) return parts;
  }
  return 1;
}
