/** @file Picking entries of an axis by their indices, and the derivative. */
import { int, pointer } from './job';
import { at, storeLanes } from './vector';

/** An item is a row of `inner` floats of the result. Integers: x, indices, y, length, inner, number of indices. */
export function gather(args: usize, start: i32, end: i32): void {
  const length = int(args, 3);
  const inner = int(args, 4);
  const count = int(args, 5);
  for (let item = start; item < end; item++) {
    const outer = item / count;
    const index = load<f32>(at(pointer(args, 1), item - outer * count));
    const y = at(pointer(args, 2), item * inner);
    if (index >= 0 && index < <f32>length) {
      memory.copy(y, at(pointer(args, 0), (outer * length + <i32>index) * inner), (<usize>inner) << 2);
    } else {
      for (let i = 0; i < inner; i += 4) storeLanes(at(y, i), f32x4.splat(NaN), inner - i);
    }
  }
}

/** An item is one of the outer entries. Integers: dy, indices, dx, and as above. */
export function gatherGrad(args: usize, start: i32, end: i32): void {
  const length = int(args, 3);
  const inner = int(args, 4);
  const count = int(args, 5);
  for (let item = start; item < end; item++) {
    const dx = at(pointer(args, 2), item * length * inner);
    memory.fill(dx, 0, (<usize>(length * inner)) << 2);
    for (let j = 0; j < count; j++) {
      const index = load<f32>(at(pointer(args, 1), j));
      if (!(index >= 0 && index < <f32>length)) continue;
      const from = at(pointer(args, 0), (item * count + j) * inner);
      const to = at(dx, <i32>index * inner);
      for (let i = 0; i < inner; i += 4) {
        storeLanes(at(to, i), f32x4.add(v128.load(at(to, i)), v128.load(at(from, i))), inner - i);
      }
    }
  }
}
