/** @file The elementwise functions of two variables, with broadcasting. Classes as in unary.ts. */
import { BLOCK, int, pointer } from './job';
import { pow } from './math';
import { at, choose, indicator, larger, smaller, storeLanes } from './vector';
import { isOneRow, rowOffset, WALK } from './walk';

abstract class Binary {
  abstract value(a: v128, b: v128): v128;
}

class Add extends Binary {
  value(a: v128, b: v128): v128 {
    return f32x4.add(a, b);
  }
}

class Sub extends Binary {
  value(a: v128, b: v128): v128 {
    return f32x4.sub(a, b);
  }
}

class Mul extends Binary {
  value(a: v128, b: v128): v128 {
    return f32x4.mul(a, b);
  }
}

class Div extends Binary {
  value(a: v128, b: v128): v128 {
    return f32x4.div(a, b);
  }
}

class Pow extends Binary {
  value(a: v128, b: v128): v128 {
    return pow(a, b);
  }
}

class Maximum extends Binary {
  value(a: v128, b: v128): v128 {
    return larger(a, b);
  }
}

class Minimum extends Binary {
  value(a: v128, b: v128): v128 {
    return smaller(a, b);
  }
}

class Equal extends Binary {
  value(a: v128, b: v128): v128 {
    return indicator(f32x4.eq(a, b));
  }
}

class NotEqual extends Binary {
  value(a: v128, b: v128): v128 {
    return indicator(f32x4.ne(a, b));
  }
}

class Less extends Binary {
  value(a: v128, b: v128): v128 {
    return indicator(f32x4.lt(a, b));
  }
}

class LessEqual extends Binary {
  value(a: v128, b: v128): v128 {
    return indicator(f32x4.le(a, b));
  }
}

class Greater extends Binary {
  value(a: v128, b: v128): v128 {
    return indicator(f32x4.gt(a, b));
  }
}

class GreaterEqual extends Binary {
  value(a: v128, b: v128): v128 {
    return indicator(f32x4.ge(a, b));
  }
}

/** Their numbers, as in src/backend/simd/elementwise.ts. */
enum BinaryId {
  Add,
  Sub,
  Mul,
  Div,
  Pow,
  Maximum,
  Minimum,
  Equal,
  NotEqual,
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
}

/** One row of `count` floats. An operand whose step is 0 is one float for the whole row. */
function row<F extends Binary>(a: usize, stepA: i32, b: usize, stepB: i32, y: usize, count: i32): void {
  const f = changetype<F>(0);
  const bytes: usize = (<usize>count) << 2;
  const whole: usize = bytes & ~15;
  let i: usize = 0;
  if (stepA === 0) {
    const left = v128.load32_splat(a);
    for (; i < whole; i += 16) v128.store(y + i, f.value(left, v128.load(b + i)));
    if (i < bytes) storeLanes(y + i, f.value(left, v128.load(b + i)), count & 3);
  } else if (stepB === 0) {
    const right = v128.load32_splat(b);
    for (; i < whole; i += 16) v128.store(y + i, f.value(v128.load(a + i), right));
    if (i < bytes) storeLanes(y + i, f.value(v128.load(a + i), right), count & 3);
  } else {
    for (; i < whole; i += 16) v128.store(y + i, f.value(v128.load(a + i), v128.load(b + i)));
    if (i < bytes) storeLanes(y + i, f.value(v128.load(a + i), v128.load(b + i)), count & 3);
  }
}

function run<F extends Binary>(args: usize, start: i32, end: i32): void {
  const count = int(args, WALK);
  const stepA = int(args, WALK + 1);
  const stepB = int(args, WALK + 2);
  const a = pointer(args, 1);
  const b = pointer(args, 2);
  const y = pointer(args, 3);
  if (isOneRow(args)) {
    const first = start * BLOCK;
    const floats = min(end * BLOCK, count) - first;
    row<F>(at(a, first * stepA), stepA, at(b, first * stepB), stepB, at(y, first), floats);
  } else {
    for (let r = start; r < end; r++) {
      row<F>(at(a, rowOffset(args, r, 0)), stepA, at(b, rowOffset(args, r, 1)), stepB, at(y, r * count), count);
    }
  }
}

/** An item is a row or a block: see walk.ts. Integers: fn, a, b, y, and the walk through a and b in the order of y. */
export function binary(args: usize, start: i32, end: i32): void {
  switch (int(args, 0)) {
    case BinaryId.Add:
      run<Add>(args, start, end);
      break;
    case BinaryId.Sub:
      run<Sub>(args, start, end);
      break;
    case BinaryId.Mul:
      run<Mul>(args, start, end);
      break;
    case BinaryId.Div:
      run<Div>(args, start, end);
      break;
    case BinaryId.Pow:
      run<Pow>(args, start, end);
      break;
    case BinaryId.Maximum:
      run<Maximum>(args, start, end);
      break;
    case BinaryId.Minimum:
      run<Minimum>(args, start, end);
      break;
    case BinaryId.Equal:
      run<Equal>(args, start, end);
      break;
    case BinaryId.NotEqual:
      run<NotEqual>(args, start, end);
      break;
    case BinaryId.Less:
      run<Less>(args, start, end);
      break;
    case BinaryId.LessEqual:
      run<LessEqual>(args, start, end);
      break;
    case BinaryId.Greater:
      run<Greater>(args, start, end);
      break;
    default:
      run<GreaterEqual>(args, start, end);
  }
}

/** Elements of a where the condition is not 0, else of b. An item is a block. Integers: count, condition, a, b, y. */
export function where(args: usize, start: i32, end: i32): void {
  const condition = pointer(args, 1);
  const a = pointer(args, 2);
  const b = pointer(args, 3);
  const y = pointer(args, 4);
  const last: usize = (<usize>min(end * BLOCK, int(args, 0))) << 2;
  for (let i: usize = (<usize>(start * BLOCK)) << 2; i < last; i += 16) {
    const isZero = f32x4.eq(v128.load(condition + i), f32x4.splat(0));
    v128.store(y + i, choose(isZero, v128.load(b + i), v128.load(a + i)));
  }
}
