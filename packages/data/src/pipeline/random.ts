/** @file Random numbers that depend on what they are for, not on what was drawn before. */
import { Random } from '@fer/core';

/** A bijection of 32-bit integers that leaves no trace of their order: the finaliser of MurmurHash3 (Appleby 2011). */
function scramble(x: number): number {
  let h = x;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** The generator for a purpose that integers name, such as a seed, an epoch and the index of an item. */
export function randomFor(...key: readonly number[]): Random {
  return new Random(key.reduce((hash, part) => scramble((hash + part + 0x9e3779b9) | 0), 0));
}
