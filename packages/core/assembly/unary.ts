/**
 * @file The elementwise functions of one variable, each with its derivative, and the kernel that applies them.
 *
 * The loops are generic in the function's class, and its methods are inlined into them: one loop a function, as if it were
 * written out. No instance of these classes ever exists.
 */
import { BLOCK, floats, int, pointer } from './job';
import { erf, exp, log, log1p, sigmoid, tanh } from './math';
import { at, atLeast, atMost, choose, indicator, madd, storeLanes } from './vector';

function splat(x: f32): v128 {
  return f32x4.splat(x);
}

abstract class Unary {
  abstract value(x: v128, alpha: v128, beta: v128): v128;
  /** f'(x), given y = f(x) as well. */
  abstract derivative(x: v128, y: v128, alpha: v128, beta: v128): v128;
}

class Relu extends Unary {
  value(x: v128, _a: v128, _b: v128): v128 {
    return atLeast(x, splat(0));
  }
  derivative(_x: v128, y: v128, _a: v128, _b: v128): v128 {
    return indicator(f32x4.gt(y, splat(0)));
  }
}

class Relu6 extends Unary {
  value(x: v128, _a: v128, _b: v128): v128 {
    return atMost(atLeast(x, splat(0)), splat(6));
  }
  derivative(_x: v128, y: v128, _a: v128, _b: v128): v128 {
    return indicator(v128.and(f32x4.gt(y, splat(0)), f32x4.lt(y, splat(6))));
  }
}

class Sigmoid extends Unary {
  value(x: v128, _a: v128, _b: v128): v128 {
    return sigmoid(x);
  }
  derivative(_x: v128, y: v128, _a: v128, _b: v128): v128 {
    return f32x4.mul(y, f32x4.sub(splat(1), y));
  }
}

class HardSigmoid extends Unary {
  value(x: v128, _a: v128, _b: v128): v128 {
    return f32x4.mul(atMost(atLeast(f32x4.add(x, splat(3)), splat(0)), splat(6)), splat(1.0 / 6.0));
  }
  derivative(x: v128, _y: v128, _a: v128, _b: v128): v128 {
    return v128.and(f32x4.lt(f32x4.abs(x), splat(3)), splat(1.0 / 6.0));
  }
}

class Tanh extends Unary {
  value(x: v128, _a: v128, _b: v128): v128 {
    return tanh(x);
  }
  derivative(_x: v128, y: v128, _a: v128, _b: v128): v128 {
    return f32x4.sub(splat(1), f32x4.mul(y, y));
  }
}

class Swish extends Unary {
  value(x: v128, _a: v128, _b: v128): v128 {
    return f32x4.mul(x, sigmoid(x));
  }
  derivative(x: v128, y: v128, _a: v128, _b: v128): v128 {
    const s = sigmoid(x);
    return madd(y, f32x4.sub(splat(1), s), s);
  }
}

class HardSwish extends Unary {
  value(x: v128, a: v128, b: v128): v128 {
    // where it is 0 x may be infinite
    const product = f32x4.mul(x, changetype<HardSigmoid>(0).value(x, a, b));
    return choose(f32x4.le(x, splat(-3)), splat(0), product);
  }
  derivative(x: v128, _y: v128, _a: v128, _b: v128): v128 {
    const middle = madd(x, splat(1.0 / 3.0), splat(0.5));
    const above = choose(f32x4.ge(x, splat(3)), splat(1), middle);
    return choose(f32x4.le(x, splat(-3)), splat(0), above);
  }
}

class Gelu extends Unary {
  value(x: v128, _a: v128, _b: v128): v128 {
    return f32x4.mul(f32x4.mul(x, splat(0.5)), f32x4.add(splat(1), erf(f32x4.mul(x, splat(0.7071067811865475)))));
  }
  derivative(x: v128, _y: v128, _a: v128, _b: v128): v128 {
    const cumulative = madd(erf(f32x4.mul(x, splat(0.7071067811865475))), splat(0.5), splat(0.5));
    const density = f32x4.mul(exp(f32x4.mul(f32x4.mul(x, x), splat(-0.5))), splat(0.3989422804014327));
    return madd(x, density, cumulative);
  }
}

class Softplus extends Unary {
  value(x: v128, _a: v128, _b: v128): v128 {
    // log(1 + e^x) = max(x, 0) + log(1 + e^-|x|), which does not overflow
    return f32x4.add(atLeast(x, splat(0)), log1p(exp(f32x4.neg(f32x4.abs(x)))));
  }
  derivative(x: v128, _y: v128, _a: v128, _b: v128): v128 {
    return sigmoid(x);
  }
}

class Neg extends Unary {
  value(x: v128, _a: v128, _b: v128): v128 {
    return f32x4.neg(x);
  }
  derivative(_x: v128, _y: v128, _a: v128, _b: v128): v128 {
    return splat(-1);
  }
}

class Exp extends Unary {
  value(x: v128, _a: v128, _b: v128): v128 {
    return exp(x);
  }
  derivative(_x: v128, y: v128, _a: v128, _b: v128): v128 {
    return y;
  }
}

class Log extends Unary {
  value(x: v128, _a: v128, _b: v128): v128 {
    return log(x);
  }
  derivative(x: v128, _y: v128, _a: v128, _b: v128): v128 {
    return f32x4.div(splat(1), x);
  }
}

class Sqrt extends Unary {
  value(x: v128, _a: v128, _b: v128): v128 {
    return f32x4.sqrt(x);
  }
  derivative(_x: v128, y: v128, _a: v128, _b: v128): v128 {
    return f32x4.div(splat(0.5), y);
  }
}

class Rsqrt extends Unary {
  value(x: v128, _a: v128, _b: v128): v128 {
    return f32x4.div(splat(1), f32x4.sqrt(x));
  }
  derivative(_x: v128, y: v128, _a: v128, _b: v128): v128 {
    return f32x4.mul(f32x4.mul(splat(-0.5), y), f32x4.mul(y, y));
  }
}

class Square extends Unary {
  value(x: v128, _a: v128, _b: v128): v128 {
    return f32x4.mul(x, x);
  }
  derivative(x: v128, _y: v128, _a: v128, _b: v128): v128 {
    return f32x4.add(x, x);
  }
}

class Abs extends Unary {
  value(x: v128, _a: v128, _b: v128): v128 {
    return f32x4.abs(x);
  }
  derivative(x: v128, _y: v128, a: v128, b: v128): v128 {
    return changetype<Sign>(0).value(x, a, b);
  }
}

class Sign extends Unary {
  value(x: v128, _a: v128, _b: v128): v128 {
    const sign = f32x4.sub(indicator(f32x4.gt(x, splat(0))), indicator(f32x4.lt(x, splat(0))));
    return choose(f32x4.eq(x, x), sign, x);
  }
  derivative(_x: v128, _y: v128, _a: v128, _b: v128): v128 {
    return splat(0);
  }
}

class Reciprocal extends Unary {
  value(x: v128, _a: v128, _b: v128): v128 {
    return f32x4.div(splat(1), x);
  }
  derivative(_x: v128, y: v128, _a: v128, _b: v128): v128 {
    return f32x4.neg(f32x4.mul(y, y));
  }
}

class Truncate extends Unary {
  value(x: v128, _a: v128, _b: v128): v128 {
    return f32x4.trunc(x);
  }
  derivative(_x: v128, _y: v128, _a: v128, _b: v128): v128 {
    return splat(0);
  }
}

class Clip extends Unary {
  value(x: v128, alpha: v128, beta: v128): v128 {
    return atMost(atLeast(x, alpha), beta);
  }
  derivative(x: v128, _y: v128, alpha: v128, beta: v128): v128 {
    return indicator(v128.and(f32x4.ge(x, alpha), f32x4.le(x, beta)));
  }
}

class LeakyRelu extends Unary {
  value(x: v128, alpha: v128, _b: v128): v128 {
    return choose(f32x4.gt(x, splat(0)), x, f32x4.mul(x, alpha));
  }
  derivative(x: v128, _y: v128, alpha: v128, _b: v128): v128 {
    return choose(f32x4.gt(x, splat(0)), splat(1), alpha);
  }
}

class Elu extends Unary {
  value(x: v128, alpha: v128, _b: v128): v128 {
    return choose(f32x4.gt(x, splat(0)), x, f32x4.mul(alpha, f32x4.sub(exp(x), splat(1))));
  }
  derivative(x: v128, y: v128, alpha: v128, _b: v128): v128 {
    return choose(f32x4.gt(x, splat(0)), splat(1), f32x4.add(y, alpha));
  }
}

/** Their numbers, as in src/backend/simd/elementwise.ts: first those that can follow a product or a convolution. */
enum UnaryId {
  Relu,
  Relu6,
  Sigmoid,
  HardSigmoid,
  Tanh,
  Swish,
  HardSwish,
  Gelu,
  Softplus,
  Neg,
  Exp,
  Log,
  Sqrt,
  Rsqrt,
  Square,
  Abs,
  Sign,
  Reciprocal,
  Truncate,
  Clip,
  LeakyRelu,
  Elu,
}

/**
 * Of the functions that can follow a product, relu and relu6 are bounds, which kernels apply to vectors before they store
 * them. The others are smooth, and are applied to rows of results while these are in the cache.
 */
export function isSmooth(id: i32): bool {
  return id > UnaryId.Relu6;
}

export function isBound(id: i32): bool {
  return id === UnaryId.Relu || id === UnaryId.Relu6;
}

export function bound(id: i32, x: v128): v128 {
  return atMost(atLeast(x, splat(0)), splat(id === UnaryId.Relu ? Infinity : 6));
}

function smooth(id: i32, x: v128): v128 {
  switch (id) {
    case UnaryId.Sigmoid:
      return sigmoid(x);
    case UnaryId.HardSigmoid:
      return changetype<HardSigmoid>(0).value(x, x, x);
    case UnaryId.Tanh:
      return tanh(x);
    case UnaryId.Swish:
      return changetype<Swish>(0).value(x, x, x);
    case UnaryId.HardSwish:
      return changetype<HardSwish>(0).value(x, x, x);
    case UnaryId.Gelu:
      return changetype<Gelu>(0).value(x, x, x);
    default:
      return changetype<Softplus>(0).value(x, x, x);
  }
}

/** y = f(y) for a smooth function. */
export function activate(id: i32, y: usize, count: i32): void {
  for (let i = 0; i < count; i += 4) storeLanes(at(y, i), smooth(id, v128.load(at(y, i))), count - i);
}

/** y = f(x), or y = dy * f'(x, value) if `derive`, on blocks of BLOCK floats. */
function run<F extends Unary>(args: usize, start: i32, end: i32): void {
  const derive = int(args, 1);
  const count = int(args, 2);
  const x = pointer(args, 3);
  const y = pointer(args, 4);
  const value = pointer(args, 5);
  const dy = pointer(args, 6);
  const alpha = floats(args, 0);
  const beta = floats(args, 1);
  const f = changetype<F>(0);
  const last: usize = (<usize>min(end * BLOCK, count)) << 2;
  let i: usize = (<usize>(start * BLOCK)) << 2;
  if (derive) {
    for (; i < last; i += 16) {
      const slope = f.derivative(v128.load(x + i), v128.load(value + i), alpha, beta);
      v128.store(y + i, f32x4.mul(v128.load(dy + i), slope));
    }
  } else {
    for (; i < last; i += 16) v128.store(y + i, f.value(v128.load(x + i), alpha, beta));
  }
}

/** An item is a block of BLOCK floats. Integers: fn, derive, count, x, y, value, dy; floats: alpha, beta. */
export function unary(args: usize, start: i32, end: i32): void {
  switch (int(args, 0)) {
    case UnaryId.Relu:
      run<Relu>(args, start, end);
      break;
    case UnaryId.Relu6:
      run<Relu6>(args, start, end);
      break;
    case UnaryId.Sigmoid:
      run<Sigmoid>(args, start, end);
      break;
    case UnaryId.HardSigmoid:
      run<HardSigmoid>(args, start, end);
      break;
    case UnaryId.Tanh:
      run<Tanh>(args, start, end);
      break;
    case UnaryId.Swish:
      run<Swish>(args, start, end);
      break;
    case UnaryId.HardSwish:
      run<HardSwish>(args, start, end);
      break;
    case UnaryId.Gelu:
      run<Gelu>(args, start, end);
      break;
    case UnaryId.Softplus:
      run<Softplus>(args, start, end);
      break;
    case UnaryId.Neg:
      run<Neg>(args, start, end);
      break;
    case UnaryId.Exp:
      run<Exp>(args, start, end);
      break;
    case UnaryId.Log:
      run<Log>(args, start, end);
      break;
    case UnaryId.Sqrt:
      run<Sqrt>(args, start, end);
      break;
    case UnaryId.Rsqrt:
      run<Rsqrt>(args, start, end);
      break;
    case UnaryId.Square:
      run<Square>(args, start, end);
      break;
    case UnaryId.Abs:
      run<Abs>(args, start, end);
      break;
    case UnaryId.Sign:
      run<Sign>(args, start, end);
      break;
    case UnaryId.Reciprocal:
      run<Reciprocal>(args, start, end);
      break;
    case UnaryId.Truncate:
      run<Truncate>(args, start, end);
      break;
    case UnaryId.Clip:
      run<Clip>(args, start, end);
      break;
    case UnaryId.LeakyRelu:
      run<LeakyRelu>(args, start, end);
      break;
    default:
      run<Elu>(args, start, end);
  }
}
