/** @file The elementwise functions of the contract, each with its derivative, in the dialect of dialect.ts. */
// biome-ignore-all lint/complexity/useMathMinMax: on GPUs these lose NaN
import type { Activation, BinaryFunction, UnaryFunction } from '../../backend.ts';
import type { Helpers, ScalarFunction } from '../dialect.ts';

interface Differentiable {
  /** f(x) */
  value(this: Helpers, x: number, alpha: number, beta: number): number;
  /** f'(x), given y = f(x) as well */
  derivative(this: Helpers, x: number, y: number, alpha: number, beta: number): number;
}

/**
 * Every function names all of its parameters: gpu.js does not compile calls with more arguments than those. NaN stays NaN, so
 * that one sees when a network diverged: hence comparisons, which are false for it, and not Math.max and Math.min, which on
 * GPUs may return either operand.
 */
export const unaryFunctions: Record<UnaryFunction, Differentiable> = {
  neg: { value: (x, _a, _b) => -x, derivative: (_x, _y, _a, _b) => -1 },
  exp: {
    value(this: Helpers, x, _a, _b) {
      return this.exp(x);
    },
    derivative: (_x, y, _a, _b) => y,
  },
  log: {
    value(this: Helpers, x, _a, _b) {
      return this.log(x);
    },
    derivative: (x, _y, _a, _b) => 1 / x,
  },
  sqrt: { value: (x, _a, _b) => Math.sqrt(x), derivative: (_x, y, _a, _b) => 0.5 / y },
  rsqrt: { value: (x, _a, _b) => 1 / Math.sqrt(x), derivative: (_x, y, _a, _b) => -0.5 * y * y * y },
  square: { value: (x, _a, _b) => x * x, derivative: (x, _y, _a, _b) => 2 * x },
  abs: { value: (x, _a, _b) => Math.abs(x), derivative: (x, _y, _a, _b) => (x > 0 ? 1 : x < 0 ? -1 : x) },
  sign: { value: (x, _a, _b) => (x > 0 ? 1 : x < 0 ? -1 : x), derivative: (_x, _y, _a, _b) => 0 },
  reciprocal: { value: (x, _a, _b) => 1 / x, derivative: (_x, y, _a, _b) => -y * y },
  truncate: { value: (x, _a, _b) => (x < 0 ? Math.ceil(x) : Math.floor(x)), derivative: (_x, _y, _a, _b) => 0 },
  clip: {
    value: (x, a, b) => (x < a ? a : x > b ? b : x),
    derivative: (x, _y, a, b) => (x >= a && x <= b ? 1 : 0),
  },
  relu: { value: (x, _a, _b) => (x <= 0 ? 0 : x), derivative: (_x, y, _a, _b) => (y > 0 ? 1 : 0) },
  relu6: {
    value: (x, _a, _b) => (x <= 0 ? 0 : x > 6 ? 6 : x),
    derivative: (_x, y, _a, _b) => (y > 0 && y < 6 ? 1 : 0),
  },
  leakyRelu: { value: (x, a, _b) => (x > 0 ? x : a * x), derivative: (x, _y, a, _b) => (x > 0 ? 1 : a) },
  elu: {
    value(this: Helpers, x, a, _b) {
      return x > 0 ? x : a * (this.exp(x) - 1);
    },
    derivative: (x, y, a, _b) => (x > 0 ? 1 : y + a),
  },
  sigmoid: {
    value(this: Helpers, x, _a, _b) {
      return 1 / (1 + this.exp(-x));
    },
    derivative: (_x, y, _a, _b) => y * (1 - y),
  },
  hardSigmoid: {
    value: (x, _a, _b) => (x <= -3 ? 0 : x >= 3 ? 1 : (x + 3) / 6),
    derivative: (x, _y, _a, _b) => (x > -3 && x < 3 ? 1 / 6 : 0),
  },
  tanh: {
    value(this: Helpers, x, _a, _b) {
      return this.tanh(x);
    },
    derivative: (_x, y, _a, _b) => 1 - y * y,
  },
  swish: {
    value: (x, _a, _b) => x / (1 + Math.exp(-x)),
    derivative(this: Helpers, x, y, _a, _b) {
      const s = 1 / (1 + Math.exp(-x));
      return s + y * (1 - s);
    },
  },
  hardSwish: {
    value: (x, _a, _b) => (x <= -3 ? 0 : x >= 3 ? x : (x * (x + 3)) / 6),
    derivative: (x, _y, _a, _b) => (x <= -3 ? 0 : x >= 3 ? 1 : (2 * x + 3) / 6),
  },
  gelu: {
    value(this: Helpers, x, _a, _b) {
      return 0.5 * x * (1 + this.erf(x * 0.7071067811865475));
    },
    derivative(this: Helpers, x, _y, _a, _b) {
      return 0.5 * (1 + this.erf(x * 0.7071067811865475)) + x * Math.exp(-0.5 * x * x) * 0.3989422804014327;
    },
  },
  softplus: {
    // log(1 + e^x) = max(x, 0) + log(1 + e^-|x|), which does not overflow
    value: (x, _a, _b) => (x < 0 ? 0 : x) + Math.log(1 + Math.exp(-Math.abs(x))),
    derivative: (x, _y, _a, _b) => 1 / (1 + Math.exp(-x)),
  },
};

export const binaryFunctions: Record<BinaryFunction, ScalarFunction> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow(this: Helpers, a, b) {
    return this.power(a, b);
  },
  // a + b is NaN if one of them is
  maximum: (a, b) => (a > b ? a : a <= b ? b : a + b),
  minimum: (a, b) => (a < b ? a : a >= b ? b : a + b),
  equal: (a, b) => (a === b ? 1 : 0),
  // not a !== b, which on webgpu is false for NaN
  notEqual: (a, b) => (a === b ? 0 : 1),
  less: (a, b) => (a < b ? 1 : 0),
  lessEqual: (a, b) => (a <= b ? 1 : 0),
  greater: (a, b) => (a > b ? 1 : 0),
  greaterEqual: (a, b) => (a >= b ? 1 : 0),
};

const identity: ScalarFunction = (x, _a, _b) => x;

/** The function that a kernel applies to its result before it stores it. */
export function epilogue(activation: Activation | undefined): ScalarFunction {
  return activation ? unaryFunctions[activation].value : identity;
}
