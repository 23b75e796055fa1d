/** @file Optimizer steps. Each buffer that a step leaves behind is one elementwise kernel: the state, then the weights. */
import { adamaxRate, adamRate } from '../../adam.ts';
import type { Backend, Buffer, Operand, UpdateSettings } from '../../backend.ts';
import type { Device } from '../device.ts';
import type { Cell, Floats, ScalarFunction, Thread } from '../dialect.ts';
import { cellGrid } from './sizes.ts';

function formulaOf2(
  this: Thread<object, { formula(a: number, b: number, p: number, q: number): number }>,
  a: Floats,
  b: Floats,
  p: number,
  q: number,
): Cell {
  const [a0, a1, a2, a3] = a.cell(this.thread.x);
  const [b0, b1, b2, b3] = b.cell(this.thread.x);
  return [
    this.formula(a0, b0, p, q),
    this.formula(a1, b1, p, q),
    this.formula(a2, b2, p, q),
    this.formula(a3, b3, p, q),
  ];
}

function formulaOf3(
  this: Thread<object, { formula(a: number, b: number, c: number, p: number, q: number, r: number): number }>,
  a: Floats,
  b: Floats,
  c: Floats,
  p: number,
  q: number,
  r: number,
): Cell {
  const [a0, a1, a2, a3] = a.cell(this.thread.x);
  const [b0, b1, b2, b3] = b.cell(this.thread.x);
  const [c0, c1, c2, c3] = c.cell(this.thread.x);
  return [
    this.formula(a0, b0, c0, p, q, r),
    this.formula(a1, b1, c1, p, q, r),
    this.formula(a2, b2, c2, p, q, r),
    this.formula(a3, b3, c3, p, q, r),
  ];
}

/** Formulas of two tensors and two numbers. */
const scaledSum: ScalarFunction = (a, b, p, q) => p * a + q * b;
const squareAverage: ScalarFunction = (s, g, rho, rest) => rho * s + rest * g * g;
const decayingMaximum: ScalarFunction = (u, g, beta2, _q) => Math.max(beta2 * u, Math.abs(g));
// rounding may make it less than nothing
const varianceOf: ScalarFunction = (meanSquare, mean, _p, _q) => Math.max(meanSquare - mean * mean, 0);

/** Formulas of three tensors and three numbers. */
const nesterovStep: ScalarFunction = (w, v, g, momentum, rate, _r) => w + momentum * v - rate * g;
const adamStep: ScalarFunction = (w, m, v, rate, epsilon, _r) => w - (rate * m) / (Math.sqrt(v) + epsilon);
const adamaxStep: ScalarFunction = (w, m, u, rate, epsilon, _r) => w - (rate * m) / (u + epsilon);
const scaledStep: ScalarFunction = (a, g, variance, p, q, epsilon) => p * a + (q * g) / Math.sqrt(variance + epsilon);

export function optimizerKernels(device: Device): Pick<Backend, 'sgd' | 'adam' | 'adamax' | 'rmsprop'> {
  /** `weights` only tells the shape, which the state shares. */
  const formula = (weights: Operand) => {
    const size = cellGrid(weights.shape);
    return {
      of2: (fn: ScalarFunction, inputs: [Buffer, Buffer], numbers: [number, number]) =>
        device.run({ kernel: formulaOf2, inputs, numbers, functions: { formula: fn }, ...size }),
      of3: (fn: ScalarFunction, inputs: [Buffer, Buffer, Buffer], numbers: [number, number, number]) =>
        device.run({ kernel: formulaOf3, inputs, numbers, functions: { formula: fn }, ...size }),
    };
  };

  /** The step itself, on weights or a gradient that weight decay has changed. */
  const withDecay = (
    weights: Operand,
    gradient: Operand,
    { learningRate, weightDecay, decoupled }: UpdateSettings,
    step: (w: Buffer, g: Buffer) => Buffer[],
  ): Buffer[] => {
    const [w, g] = [weights.buffer, gradient.buffer];
    if (weightDecay === 0) return step(w, g);
    const { of2 } = formula(weights);
    const decayed = decoupled
      ? of2(scaledSum, [w, w], [1, -learningRate * weightDecay])
      : of2(scaledSum, [g, w], [1, weightDecay]);
    const updated = decoupled ? step(decayed, g) : step(w, decayed);
    device.release(decayed);
    return updated;
  };

  return {
    sgd([weights, gradient, velocity], { momentum, nesterov, ...decay }) {
      const { of2, of3 } = formula(weights);
      const { learningRate } = decay;
      return withDecay(weights, gradient, decay, (w, g) => {
        if (!velocity) return [of2(scaledSum, [w, g], [1, -learningRate])];
        const v = of2(scaledSum, [velocity.buffer, g], [momentum, -learningRate]);
        return [
          nesterov ? of3(nesterovStep, [w, v, g], [momentum, learningRate, 0]) : of2(scaledSum, [w, v], [1, 1]),
          v,
        ];
      });
    },

    adam([weights, gradient, m, v], settings) {
      const { of2, of3 } = formula(weights);
      const { beta1, beta2, epsilon } = settings;
      const rate = adamRate(settings);
      return withDecay(weights, gradient, settings, (w, g) => {
        const newM = of2(scaledSum, [m.buffer, g], [beta1, 1 - beta1]);
        const newV = of2(squareAverage, [v.buffer, g], [beta2, 1 - beta2]);
        return [of3(adamStep, [w, newM, newV], [rate, epsilon, 0]), newM, newV];
      });
    },

    adamax([weights, gradient, m, u], settings) {
      const { of2, of3 } = formula(weights);
      const { beta1, beta2, epsilon } = settings;
      const rate = adamaxRate(settings);
      return withDecay(weights, gradient, settings, (w, g) => {
        const newM = of2(scaledSum, [m.buffer, g], [beta1, 1 - beta1]);
        const newU = of2(decayingMaximum, [u.buffer, g], [beta2, 0]);
        return [of3(adamaxStep, [w, newM, newU], [rate, epsilon, 0]), newM, newU];
      });
    },

    rmsprop([weights, gradient, meanSquare, meanGradient, velocity], { rho, momentum, epsilon, centered, ...decay }) {
      const { of2, of3 } = formula(weights);
      const { learningRate } = decay;
      return withDecay(weights, gradient, decay, (w, g) => {
        const square = of2(squareAverage, [meanSquare.buffer, g], [rho, 1 - rho]);
        const mean = meanGradient && of2(scaledSum, [meanGradient.buffer, g], [rho, 1 - rho]);
        const variance = centered && mean ? of2(varianceOf, [square, mean], [0, 0]) : square;
        const v = velocity && of3(scaledStep, [velocity.buffer, g, variance], [momentum, learningRate, epsilon]);
        const updated = v
          ? of2(scaledSum, [w, v], [1, -1])
          : of3(scaledStep, [w, g, variance], [1, -learningRate, epsilon]);
        if (variance !== square) device.release(variance);
        return [updated, square, mean, v].filter((buffer) => buffer !== undefined);
      });
    },
  };
}
