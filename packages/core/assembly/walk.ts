/**
 * @file A walk through two arrays in step, axis by axis. Its parameters are integers from number WALK on: for the innermost
 * axis, whose elements are a row, the size and the steps of both arrays in floats, then the number of the axes around it,
 * and as much for each of those, the outermost first. An item is a row, or BLOCK floats if all is a single row.
 */
import { int } from './job';

export const WALK: usize = 4;

export function isOneRow(args: usize): bool {
  return int(args, WALK + 3) === 0;
}

/** Where row r begins in array 0 or 1, in floats. */
export function rowOffset(args: usize, r: i32, array: usize): i32 {
  let offset = 0;
  for (let axis: usize = int(args, WALK + 3); axis > 0; axis--) {
    const parameters: usize = WALK + 1 + axis * 3;
    const size = int(args, parameters);
    const next = r / size;
    offset += (r - next * size) * int(args, parameters + 1 + array);
    r = next;
  }
  return offset;
}
