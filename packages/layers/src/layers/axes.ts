/** @file Axes as options of layers: as in Keras, the batch is axis 0, and negative ones count from the end. */
import { ArgumentError } from '@fer/core';

/** The index of an axis that is not the batch's. @param rank of the batch @throws ArgumentError */
export function exampleAxis(label: string, axis: number, rank: number): number {
  const index = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || index < 1 || index >= rank)
    throw new ArgumentError(label, `axis must be from 1 to ${rank - 1}, or from ${1 - rank} to -1, but is ${axis}`);
  return index;
}
