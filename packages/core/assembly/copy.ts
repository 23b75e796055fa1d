/** @file Moving elements: every operator that only rearranges them is a walk through two strided arrays. */
import { BLOCK, float, int, pointer } from './job';
import { at } from './vector';
import { isOneRow, rowOffset, WALK } from './walk';

function row(x: usize, stepX: i32, y: usize, stepY: i32, count: i32): void {
  if (stepX === 1 && stepY === 1) {
    memory.copy(y, x, (<usize>count) << 2);
    return;
  }
  const bytesX = stepX << 2;
  const bytesY = stepY << 2;
  for (let i = 0; i < count; i++) {
    store<f32>(y, load<f32>(x));
    x += bytesX;
    y += bytesY;
  }
}

/** An item is a row or a block: see walk.ts. Integers: x, y, and the walk through both. */
export function copyStrided(args: usize, start: i32, end: i32): void {
  const x = pointer(args, 0);
  const y = pointer(args, 1);
  const count = int(args, WALK);
  const stepX = int(args, WALK + 1);
  const stepY = int(args, WALK + 2);
  if (isOneRow(args)) {
    const first = start * BLOCK;
    row(at(x, first * stepX), stepX, at(y, first * stepY), stepY, min(end * BLOCK, count) - first);
  } else {
    for (let r = start; r < end; r++) {
      row(at(x, rowOffset(args, r, 0)), stepX, at(y, rowOffset(args, r, 1)), stepY, count);
    }
  }
}

/** An item is a block. Integers: y, count; float: the value. */
export function fill(args: usize, start: i32, end: i32): void {
  const y = pointer(args, 0);
  const value = f32x4.splat(float(args, 0));
  const last: usize = (<usize>min(end * BLOCK, int(args, 1))) << 2;
  for (let i: usize = (<usize>(start * BLOCK)) << 2; i < last; i += 16) v128.store(y + i, value);
}
