/** @file Kernels that run out of memory, at whatever step, give back what they had allocated until then. */
import {
  affineTransform,
  batchNormTraining,
  broadcastTo,
  concat,
  conv2d,
  depthwiseConv2d,
  matMul,
  mul,
  ones,
  Parameter,
  pad,
  reshape,
  rmspropUpdate,
  setBackend,
  softmax,
  sum,
  type Tensor,
  tensor,
  tidy,
} from '@fer/core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { HostDevice } from '../../packages/core/src/backend/gpu/host-device.ts';
import { SimdMemory } from '../../packages/core/src/backend/simd/memory.ts';

/** Buffers that are alive, and how many more can be made. */
const live = new Set<object>();
let left = Number.POSITIVE_INFINITY;

function made<T extends object>(make: () => T): T {
  if (left-- <= 0) throw new Error('no memory is left');
  const buffer = make();
  live.add(buffer);
  return buffer;
}

function watchSimd(): void {
  const { allocate, release } = SimdMemory.prototype;
  vi.spyOn(SimdMemory.prototype, 'allocate').mockImplementation(function (this: SimdMemory, floats) {
    return made(() => allocate.call(this, floats));
  });
  vi.spyOn(SimdMemory.prototype, 'release').mockImplementation(function (this: SimdMemory, buffer) {
    live.delete(buffer);
    release.call(this, buffer);
  });
}

function watchHost(): void {
  const { upload, run, release } = HostDevice.prototype;
  vi.spyOn(HostDevice.prototype, 'upload').mockImplementation(function (this: HostDevice, values) {
    return made(() => upload.call(this, values));
  });
  vi.spyOn(HostDevice.prototype, 'run').mockImplementation(function (this: HostDevice, call) {
    return made(() => run.call(this, call));
  });
  vi.spyOn(HostDevice.prototype, 'release').mockImplementation(function (this: HostDevice, buffer) {
    expect(live.delete(buffer), 'a buffer that was not released before').toBe(true);
    release.call(this, buffer);
  });
}

const operators: [name: string, shapes: number[][], op: (...inputs: Tensor[]) => Tensor][] = [
  ['mul', [[3, 1, 2, 1, 2, 1], [4]], mul],
  [
    'matMul',
    [
      [40, 600],
      [600, 3],
    ],
    (a, b) => matMul(a, b),
  ],
  [
    'conv2d',
    [
      [1, 9, 9, 16],
      [3, 3, 16, 16],
    ],
    (x, filter) => conv2d(x, filter, { padding: 'same' }),
  ],
  [
    'depthwiseConv2d',
    [
      [2, 9, 20, 4],
      [3, 3, 4, 2],
    ],
    (x, filter) => depthwiseConv2d(x, filter, { strides: 2 }),
  ],
  ['batchNormTraining', [[200, 4], [4], [4]], (x, g, b) => batchNormTraining(x, g as Tensor, b as Tensor).output],
  ['softmax and sum', [[5, 20_000]], (x) => sum(softmax(x), 1)],
  [
    'concat and pad',
    [
      [2, 3],
      [2, 3],
      [2, 3],
    ],
    (...tensors) =>
      pad(concat(tensors), [
        [1, 2],
        [0, 1],
      ]),
  ],
  ['affineTransform', [[1, 3, 3, 2]], (x) => affineTransform(x, tensor([[1, 0.2, 0, 0, 1, 0.3]]))],
];

describe.each([
  ['simd', watchSimd],
  ['cpu', watchHost],
] as const)('on %s', (name, watch) => {
  beforeAll(async () => {
    watch();
    await setBackend(name, name === 'simd' ? { threads: 1 } : {});
  });
  afterAll(() => {
    vi.restoreAllMocks();
  });

  /** Runs `fn` on new parameters with room for 0, 1, 2, ... buffers, until it succeeds. @returns how often it failed */
  const failures = (shapes: readonly number[][], fn: (parameters: Parameter[]) => void): number => {
    for (let room = 0; ; room++) {
      const before = live.size;
      const parameters = shapes.map((shape) => {
        using values = ones(shape);
        return new Parameter(values);
      });
      left = room;
      try {
        fn(parameters);
        return room;
      } catch (error) {
        expect((error as Error).message).toContain('no memory is left');
      } finally {
        left = Number.POSITIVE_INFINITY;
        for (const parameter of parameters) parameter.dispose();
        expect(live.size, `buffers that are left with room for ${room}`).toBe(before);
      }
    }
  };

  it.each(operators)('%s and its derivatives', (_name, shapes, op) => {
    const attempts = failures(shapes, (inputs) => tidy(() => sum(op(...inputs)).backward()));
    expect(attempts).toBeGreaterThan(1);
  });

  it('optimizer steps', () => {
    failures([[5], [5], [5], [5], [5]], (parameters) => {
      const [w, meanSquare, meanGradient, velocity, gradient] = parameters as [
        Parameter,
        Parameter,
        Parameter,
        Parameter,
        Parameter,
      ];
      w.setGrad(tidy(() => reshape(gradient, [5])));
      const hyper = { learningRate: 0.1, weightDecay: 0.1, decoupled: true, rho: 0.9, momentum: 0.9, epsilon: 1e-7 };
      rmspropUpdate(w, { meanSquare, meanGradient, velocity }, { ...hyper, centered: true });
    });
  });
});

describe('a kernel that fails', () => {
  it('does not give back what others hold', async () => {
    await setBackend('cpu');
    using x = tensor([1, 2, 3]);
    using y = mul(x, 2);
    expect(() => broadcastTo(x, [2 ** 23, 3])).toThrow('exceeds');
    expect([...(await y.data())]).toEqual([2, 4, 6]);
  });
});
