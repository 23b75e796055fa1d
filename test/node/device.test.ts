/** @file What devices refuse, and what they keep: kernels and buffers. */
import {
  adamaxUpdate,
  adamUpdate,
  add,
  affineTransform,
  avgPool2d,
  BackendError,
  batchNormTraining,
  broadcastTo,
  concat,
  conv2d,
  depthwiseConv2d,
  gather,
  localResponseNormalization,
  logSumExp,
  matMul,
  max,
  maxPool2d,
  memory,
  mul,
  Parameter,
  pad,
  Random,
  randomNormal,
  relu,
  resizeBilinear,
  rmspropUpdate,
  setBackend,
  sgdUpdate,
  softmaxCrossEntropy,
  sum,
  type Tensor,
  tensor,
  tidy,
  tile,
  transpose,
  variance,
} from '@fer/core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createDevice } from '../../packages/core/src/backend/gpu/create-device.ts';
import type { GpuJs } from '../../packages/core/src/backend/gpu/device.ts';
import type { Floats, Thread } from '../../packages/core/src/backend/gpu/dialect.ts';
import { HostDevice } from '../../packages/core/src/backend/gpu/host-device.ts';

/** Reads a texture, which gpu.js's webasm mode cannot: it hands the kernel to its cpu mode. */
function readTexture(this: Thread, x: Floats, texture: readonly number[]): number {
  return x.at(this.thread.x) + (texture[0] as number);
}

describe('a kernel that gpu.js would run on another mode', () => {
  it('is an error', async () => {
    const device = await createDevice('webasm', () => {});
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    vi.spyOn(Math, 'fround').mockImplementation((number) => number); // so that a texture passes for a number
    const texture = { type: 'NumberTexture', toArray: () => [1] } as unknown as number;
    const x = device.upload(Float32Array.of(1));
    const run = () => device.run({ kernel: readTexture, inputs: [x], numbers: [texture], grid: [1], length: 1 });
    expect(run).toThrow(BackendError);
    expect(run).toThrow(/^gpu: a kernel for webasm would run on cpu \(argument "texture" of type NumberTexture/);
    warn.mockRestore();
    vi.mocked(Math.fround).mockRestore();
    device.destroy();
  });
});

describe('tensors of more elements than gpu.js kernels can number', () => {
  beforeAll(async () => {
    await setBackend('cpu');
  });
  const message = 'gpu: a tensor of 16777217 elements exceeds the 16777216 that gpu.js kernels can number';

  it('are refused when they are made', () => {
    expect(() => tensor(new Float32Array(2 ** 24 + 1))).toThrow(message);
  });
  it('are refused when they are computed', () => {
    const before = memory();
    expect(() => tidy(() => broadcastTo(tensor(1), [2 ** 24 + 1]))).toThrow(message);
    expect(memory()).toEqual(before);
  });
});

describe('compiled kernels', () => {
  const created: number[] = [];
  const destroyed: number[] = [];

  class FakeGPU {
    createKernel(_source: string, { constants }: { constants: Record<string, number> }) {
      const [id = 0] = Object.values(constants);
      created.push(id);
      const kernel = () => Float32Array.of(id);
      return Object.assign(kernel, { kernel: { constructor: { mode: 'cpu' } }, destroy: () => destroyed.push(id) });
    }
    destroy() {}
  }
  function constant(this: Thread<{ id: number }>, x: Floats): number {
    return x.at(0) + this.constants.id;
  }

  it('are used again, up to 768 of them; those go first that were not used for the longest time', () => {
    const gpujs = { GPU: FakeGPU, input: (values: Float32Array) => values } as unknown as GpuJs;
    const device = new HostDevice(gpujs, 'cpu');
    const x = device.upload(Float32Array.of(1));
    const run = (id: number) => device.run({ kernel: constant, inputs: [x], constants: { id }, grid: [1], length: 1 });
    const ids = Array.from({ length: 1000 }, (_, id) => id);
    for (const id of ids) {
      expect(device.downloadSync(run(id), 1)[0]).toBe(id);
      run(0);
    }
    expect(created).toEqual(ids);
    expect(destroyed).toEqual(ids.slice(1, 1000 - 768 + 1));
    run(1);
    expect(created.at(-1)).toBe(1);
    device.destroy();
    expect([...destroyed].sort((a, b) => a - b)).toEqual([...created].sort((a, b) => a - b));
  });
});

describe('buffers', () => {
  const live = new Set<object>();
  const random = new Random(1);
  const parameter = (...shape: number[]) => {
    using values = randomNormal(shape, random);
    return new Parameter(values);
  };

  beforeAll(async () => {
    const { upload, run, release } = HostDevice.prototype;
    vi.spyOn(HostDevice.prototype, 'upload').mockImplementation(function (this: HostDevice, values) {
      const buffer = upload.call(this, values);
      live.add(buffer);
      return buffer;
    });
    vi.spyOn(HostDevice.prototype, 'run').mockImplementation(function (this: HostDevice, call) {
      for (const input of call.inputs) expect(live.has(input), 'an input that was not released').toBe(true);
      const buffer = run.call(this, call);
      live.add(buffer);
      return buffer;
    });
    vi.spyOn(HostDevice.prototype, 'release').mockImplementation(function (this: HostDevice, buffer) {
      expect(live.delete(buffer), 'a buffer that was not released before').toBe(true);
      release.call(this, buffer);
    });
    await setBackend('cpu');
  });
  afterAll(() => {
    vi.restoreAllMocks();
  });

  /** Operators whose kernels make buffers on the way, and some that do not. */
  const operators: [name: string, inputs: number[][], op: (...inputs: Tensor[]) => Tensor][] = [
    ['relu', [[5]], relu],
    ['mul', [[3, 1], [4]], mul],
    [
      'matMul',
      [
        [2, 600],
        [600, 3],
      ],
      (a, b) => matMul(a, b, { activation: 'tanh' }),
    ],
    [
      'batched matMul',
      [
        [3, 2, 4],
        [4, 2],
      ],
      (a, b) => matMul(a, b),
    ],
    [
      'conv2d',
      [
        [2, 9, 20, 4],
        [3, 3, 4, 4],
      ],
      (x, filter) => conv2d(x, filter, { padding: 'same', activation: 'relu' }),
    ],
    [
      'depthwiseConv2d',
      [
        [2, 9, 20, 4],
        [3, 3, 4, 1],
      ],
      (x, filter) => depthwiseConv2d(x, filter),
    ],
    ['maxPool2d', [[1, 4, 4, 3]], (x) => maxPool2d(x)],
    ['avgPool2d', [[1, 4, 4, 4]], (x) => avgPool2d(x)],
    ['batchNormTraining', [[200, 4], [4], [4]], (x, g, b) => batchNormTraining(x, g as Tensor, b as Tensor).output],
    ['localResponseNormalization', [[1, 2, 2, 5]], (x) => localResponseNormalization(x)],
    ['reductions', [[3, 5000, 2]], (x) => add(sum(max(x, 1)), add(variance(x), logSumExp(x)))],
    [
      'softmaxCrossEntropy',
      [[2, 5]],
      (x) => softmaxCrossEntropy(x, tensor([1, 2], [2], 'int32'), { labelSmoothing: 0.1 }),
    ],
    [
      'pad',
      [[2, 3]],
      (x) =>
        pad(x, [
          [1, 0],
          [2, 2],
        ]),
    ],
    [
      'concat',
      [
        [2, 1],
        [2, 3],
        [2, 2],
        [2, 1],
      ],
      (...tensors) => concat(tensors, 1),
    ],
    ['transpose and tile', [[2, 3]], (x) => tile(transpose(x), [2, 2])],
    ['gather', [[3, 2]], (x) => gather(x, tensor([2, 2, 0], [3], 'int32'))],
    ['resizeBilinear', [[1, 3, 3, 2]], (x) => resizeBilinear(x, [5, 7])],
    ['affineTransform', [[1, 3, 3, 2]], (x) => affineTransform(x, tensor([[1, 0.2, 0, 0, 1, 0.3]]))],
  ];

  it.each(operators)('of %s and its derivatives are given back', (_name, shapes, op) => {
    const inputs = shapes.map((shape) => parameter(...shape));
    const before = live.size;
    tidy(() => void op(...inputs.map((input) => mul(input, 1))));
    tidy(() => sum(op(...inputs)).backward());
    for (const input of inputs) input.zeroGrad();
    expect(live.size).toBe(before);
  });

  const rates = { learningRate: 0.1, weightDecay: 0.1 };
  const betas = { beta1: 0.9, beta2: 0.9, epsilon: 1e-7, step: 1 };
  type Update = (w: Parameter, s1: Parameter, s2: Parameter, s3: Parameter, decoupled: boolean) => void;
  const optimizers: [name: string, update: Update][] = [
    ['sgd', (w, v, _u, _t, decoupled) => sgdUpdate(w, v, { ...rates, decoupled, momentum: 0.9, nesterov: true })],
    ['adam', (w, m, v, _t, decoupled) => adamUpdate(w, m, v, { ...rates, decoupled, ...betas })],
    ['adamax', (w, m, u, _t, decoupled) => adamaxUpdate(w, m, u, { ...rates, decoupled, ...betas })],
    [
      'rmsprop',
      (w, meanSquare, meanGradient, velocity, decoupled) => {
        const hyper = { ...rates, decoupled, rho: 0.9, momentum: 0.9, epsilon: 1e-7, centered: true };
        rmspropUpdate(w, { meanSquare, meanGradient, velocity }, hyper);
      },
    ],
  ];

  it.each(optimizers)('of %s are given back', (_name, update) => {
    const [w, ...state] = [parameter(5), parameter(5), parameter(5), parameter(5)];
    w.setGrad(randomNormal([5], random));
    const before = live.size;
    for (const decoupled of [true, false]) update(w, ...(state as [Parameter, Parameter, Parameter]), decoupled);
    expect(live.size).toBe(before);
  });
});
