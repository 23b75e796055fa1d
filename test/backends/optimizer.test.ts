import {
  adamaxUpdate,
  adamUpdate,
  memory,
  mul,
  Parameter,
  Random,
  reshape,
  rmspropUpdate,
  sgdUpdate,
  sum,
  tensor,
  tidy,
} from '@fer/core';
import { describe, expect, it } from 'vitest';
import { onEveryBackend, toleranceOf } from '../backends.ts';
import { expectNumbersClose } from '../close.ts';
import * as reference from '../reference/optimizer.ts';

interface Rates {
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly decoupled: boolean;
}

interface Algorithm {
  readonly name: string;
  /** Tensors of state for each parameter. */
  readonly state: number;
  readonly update: (weights: Parameter, state: Parameter[], rates: Rates, step: number) => void;
  readonly reference: (rates: Rates) => reference.Step;
}

const plain = { momentum: 0, nesterov: false };
const momentum = { momentum: 0.9, nesterov: false };
const nesterov = { momentum: 0.9, nesterov: true };
const betas = { beta1: 0.9, beta2: 0.99, epsilon: 1e-7 };
const rms = { rho: 0.8, epsilon: 1e-3, momentum: 0, centered: false };

const algorithms: Algorithm[] = [
  {
    name: 'SGD',
    state: 0,
    update: (w, _state, rates) => sgdUpdate(w, undefined, { ...rates, ...plain }),
    reference: (rates) => reference.sgd({ ...rates, ...plain }),
  },
  {
    name: 'SGD with momentum',
    state: 1,
    update: (w, [v], rates) => sgdUpdate(w, v, { ...rates, ...momentum }),
    reference: (rates) => reference.sgd({ ...rates, ...momentum }),
  },
  {
    name: "SGD with Nesterov's momentum",
    state: 1,
    update: (w, [v], rates) => sgdUpdate(w, v, { ...rates, ...nesterov }),
    reference: (rates) => reference.sgd({ ...rates, ...nesterov }),
  },
  {
    name: 'Adam',
    state: 2,
    update: (w, state, rates, step) => adamUpdate(w, ...two(state), { ...rates, ...betas, step }),
    reference: (rates) => reference.adam({ ...rates, ...betas }),
  },
  {
    name: 'Adamax',
    state: 2,
    update: (w, state, rates, step) => adamaxUpdate(w, ...two(state), { ...rates, ...betas, step }),
    reference: (rates) => reference.adamax({ ...rates, ...betas }),
  },
  {
    name: 'RMSProp',
    state: 1,
    update: (w, state, rates) => rmspropUpdate(w, { meanSquare: one(state) }, { ...rates, ...rms }),
    reference: (rates) => reference.rmsprop({ ...rates, ...rms }),
  },
  {
    name: 'RMSProp with momentum',
    state: 2,
    update: (w, state, rates) => {
      const [meanSquare, velocity] = two(state);
      rmspropUpdate(w, { meanSquare, velocity }, { ...rates, ...rms, momentum: 0.9 });
    },
    reference: (rates) => reference.rmsprop({ ...rates, ...rms, momentum: 0.9 }),
  },
  {
    name: 'RMSProp, centered',
    state: 2,
    update: (w, state, rates) => {
      const [meanSquare, meanGradient] = two(state);
      rmspropUpdate(w, { meanSquare, meanGradient }, { ...rates, ...rms, centered: true });
    },
    reference: (rates) => reference.rmsprop({ ...rates, ...rms, centered: true }),
  },
  {
    name: 'RMSProp, centered, with momentum',
    state: 3,
    update: (w, state, rates) => {
      const [meanSquare, meanGradient, velocity] = state as [Parameter, Parameter, Parameter];
      rmspropUpdate(w, { meanSquare, meanGradient, velocity }, { ...rates, ...rms, centered: true, momentum: 0.9 });
    },
    reference: (rates) => reference.rmsprop({ ...rates, ...rms, centered: true, momentum: 0.9 }),
  },
];

const decays = [
  ['', { weightDecay: 0, decoupled: false }],
  [', L2 decay', { weightDecay: 0.1, decoupled: false }],
  [', decoupled decay', { weightDecay: 0.1, decoupled: true }],
] as const;

const one = (state: Parameter[]) => state[0] as Parameter;
const two = (state: Parameter[]) => state as [Parameter, Parameter];

const STEPS = 5;
/** Not a whole number of cells. */
const SIZE = 11;

const zeroState = (count: number) => Array.from({ length: count }, () => new Parameter(tensor(new Float32Array(SIZE))));

/** Float32 numbers. */
const draw = (random: Random) => Float32Array.from({ length: SIZE }, () => random.uniform(-1, 1));

onEveryBackend(() => {
  for (const algorithm of algorithms) {
    describe(algorithm.name, () => {
      for (const [suffix, decay] of decays) {
        it(`takes ${STEPS} steps as its definition does${suffix}`, async () => {
          const rates = { learningRate: 0.05, ...decay };
          const random = new Random(1);
          const initial = draw(random);
          const gradients = Array.from({ length: STEPS }, () => draw(random));
          const expected = Array.from(initial, (start, i) => {
            const step = algorithm.reference(rates);
            return gradients.reduce((w, gradient, t) => step(w, gradient[i] as number, t + 1), start);
          });

          const weights = new Parameter(tensor(initial));
          const state = zeroState(algorithm.state);
          gradients.forEach((gradient, t) => {
            weights.setGrad(tensor(gradient));
            algorithm.update(weights, state, rates, t + 1);
          });
          expectNumbersClose(await weights.data(), expected, toleranceOf(), 'weights');
        });
      }

      it('keeps memory and what shared the old weights', async () => {
        const weights = new Parameter(tensor(draw(new Random(2))));
        const before = await weights.data();
        const seen = reshape(weights, [1, SIZE]);
        const state = zeroState(algorithm.state);
        const rates = { learningRate: 0.1, weightDecay: 0.1, decoupled: true };
        weights.setGrad(tensor(draw(new Random(3))));
        algorithm.update(weights, state, rates, 1);
        const memoryOnce = memory();
        algorithm.update(weights, state, rates, 2);
        algorithm.update(weights, state, rates, 3);
        expect(memory()).toEqual(memoryOnce);
        expect(await seen.data()).toEqual(before);
        expect(await weights.data()).not.toEqual(before);
      });
    });
  }

  it('keeps weights numbers where a steady gradient has no variance', async () => {
    const random = new Random(4);
    const gradient = Float32Array.from({ length: SIZE }, () => random.normal(0, 30));
    const [weights, meanSquare, meanGradient] = [new Parameter(tensor(draw(random))), ...zeroState(2)] as const;
    const rates = { learningRate: 0.001, weightDecay: 0, decoupled: false };
    // after many steps s and a^2 differ by their rounding alone: begin there
    const [square, mean] = [tensor(gradient.map((g) => g * g * (1 - 2 ** -22))), tensor(gradient)];
    (meanSquare as Parameter).assign(square);
    (meanGradient as Parameter).assign(mean);
    weights.setGrad(tensor(gradient));
    rmspropUpdate(
      weights,
      { meanSquare: meanSquare as Parameter, meanGradient },
      { ...rates, ...rms, epsilon: 1e-7, rho: 1, centered: true },
    );
    expect([...(await weights.data())].every(Number.isFinite)).toBe(true);
  });

  it('updates by what backward() left', async () => {
    const weights = new Parameter(tensor([1, -2, 3]));
    tidy(() => sum(mul(weights, weights)).backward());
    sgdUpdate(weights, undefined, { learningRate: 0.25, weightDecay: 0, decoupled: false, ...plain });
    expect(await weights.array()).toEqual([0.5, -1, 1.5]);
  });
});
