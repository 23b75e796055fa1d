/** @file Long sums in parts: that gives the GPU more threads and keeps the rounding errors small. */
import type { Buffer } from '../../backend.ts';
import { type Device, MAX_LENGTH } from '../device.ts';
import { reduceKernels } from './reduce.ts';

/** Results that keep a large GPU busy. */
const ENOUGH_RESULTS = 2 ** 16;
/** Terms that are worth a thread. */
const MIN_TERMS = 64;
/** Terms that one thread sums, at most. */
const MAX_TERMS = 4096;

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
  const parts = partsOf(pieces, pieceLength, length);
  const partial = run(parts);
  if (parts === 1) return partial;
  const view = { fn: 'sum', outer: 1, length: parts, inner: length } as const;
  const result = reduceKernels(device).reduce([{ shape: [parts, length], buffer: partial }], view, [length]);
  device.release(partial);
  return result;
}

/** The smallest divisor of `pieces` that makes enough parts, or else the largest that does not make too many. */
function partsOf(pieces: number, pieceLength: number, length: number): number {
  const terms = pieces * pieceLength;
  const most = Math.min(pieces, Math.floor(terms / MIN_TERMS), Math.floor(MAX_LENGTH / length));
  const wanted = Math.max(Math.ceil(terms / MAX_TERMS), Math.min(Math.ceil(ENOUGH_RESULTS / length), most));
  for (let parts = wanted; parts <= most; parts++) if (pieces % parts === 0) return parts;
  for (let parts = Math.min(wanted, most); parts > 1; parts--) if (pieces % parts === 0) return parts;
  return 1;
}
