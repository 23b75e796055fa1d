/** @file Sums of partial results that threads left behind. */
import { BLOCK, int, pointer } from './job';
import { at } from './vector';

/** y = the sum of `parts` arrays of `count` floats that follow each other. An item is a block. Integers: parts, count, x, y. */
export function sumParts(args: usize, start: i32, end: i32): void {
  const parts = int(args, 0);
  const count = int(args, 1);
  const step: usize = (<usize>count) << 2;
  const last = min(end * BLOCK, count);
  for (let i = start * BLOCK; i < last; i += 4) {
    let x = at(pointer(args, 2), i);
    let sum = v128.load(x);
    for (let part = 1; part < parts; part++) {
      x += step;
      sum = f32x4.add(sum, v128.load(x));
    }
    v128.store(at(pointer(args, 3), i), sum);
  }
}
