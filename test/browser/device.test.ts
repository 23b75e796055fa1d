/** @file What GPU modes refuse, to run on another one and tensors that are too long; and grids that are long. */
import {
  BackendError,
  depthwiseConv2d,
  matMul,
  maxPool2d,
  memory,
  ones,
  setBackend,
  type Tensor,
  tensor,
  tidy,
} from '@fer/core';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createDevice } from '../../packages/core/src/backend/gpu/create-device.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

it('webgl2 on a context of webgl', async () => {
  const prototype = OffscreenCanvas.prototype as { getContext(kind: string): OffscreenRenderingContext | null };
  const { getContext } = prototype;
  vi.spyOn(prototype, 'getContext').mockImplementation(function (this: OffscreenCanvas) {
    return getContext.call(this, 'webgl');
  });
  const starting = createDevice('webgl2', vi.fn());
  await expect(starting).rejects.toThrow(BackendError);
  await expect(starting).rejects.toThrow('setBackend: gpu.js would run webgl2 on another of its modes');
});

it('webgl2 where there is none', async () => {
  vi.spyOn(OffscreenCanvas.prototype, 'getContext').mockReturnValue(null);
  await expect(createDevice('webgl2', vi.fn())).rejects.toThrow('setBackend: webgl2 is not available here');
});

it('webgpu where there is no adapter', async () => {
  vi.stubGlobal('navigator', { gpu: { requestAdapter: async () => null } });
  const starting = createDevice('webgpu', vi.fn());
  await expect(starting).rejects.toThrow(BackendError);
  await expect(starting).rejects.toThrow(/^setBackend: webgpu is not available here: /);
});

it('is not chosen where it is made of software: simd is faster', async () => {
  expect(await setBackend('auto')).toBe('simd');
});

it.each(['webgl2', 'webgpu'] as const)('tensors of more elements than can be numbered, on %s', async (name) => {
  await setBackend(name);
  const before = memory();
  // a product of tiles
  const product = () => tidy(() => matMul(ones([5000, 64]), ones([64, 5000])));
  expect(product).toThrow('gpu: a tensor of 25000000 elements exceeds the 16777216 that gpu.js kernels can number');
  expect(memory()).toEqual(before);
});

describe('grids longer than webgpu dispatches', () => {
  const expectAll = async (x: Tensor, value: number) => {
    const values = await x.data();
    expect(values.findIndex((element) => element !== value)).toBe(-1);
    x.dispose();
  };
  beforeAll(async () => void (await setBackend('webgpu')));

  it('in pixels', () => expectAll(maxPool2d(ones([1, 800, 800, 4]), { strides: 1 }), 1));
  it('in rows', () => expectAll(depthwiseConv2d(ones([70_000, 1, 1, 4]), ones([1, 1, 4, 1])), 1));
  it('in matrices', () => expectAll(matMul(ones([70_000, 1, 4]), ones([70_000, 4, 4])), 4));
  it('in matrices of tiles', () => expectAll(matMul(ones([70_000, 4, 4]), ones([70_000, 4, 4])), 4));
  it('in the rows of a matrix', () =>
    expectAll(matMul(ones([2, 600_001]), ones([2, 4]), { transposeA: true, activation: 'relu' }), 2));
  it('in the rows of a matrix, by tiles', () => expectAll(matMul(ones([2_200_000, 4]), ones([4, 4])), 4));

  it('in their order', async () => {
    const rows = Float32Array.from({ length: 600_001 }, (_, row) => row);
    const values = await matMul(tensor(rows, [1, rows.length]), ones([1, 4]), { transposeA: true }).data();
    expect(values.findIndex((element, i) => element !== i >> 2)).toBe(-1);
  });
});
