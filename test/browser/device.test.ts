/** @file What GPU modes refuse: to run on another one, and tensors that are too long. */
import { BackendError, matMul, memory, ones, setBackend, tidy } from '@fer/core';
import { afterEach, expect, it, vi } from 'vitest';
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
  const starting = createDevice('webgl2');
  await expect(starting).rejects.toThrow(BackendError);
  await expect(starting).rejects.toThrow('setBackend: gpu.js would run webgl2 on another of its modes');
});

it('webgl2 where there is none', async () => {
  vi.spyOn(OffscreenCanvas.prototype, 'getContext').mockReturnValue(null);
  await expect(createDevice('webgl2')).rejects.toThrow('setBackend: webgl2 is not available here');
});

it('webgpu where there is no adapter', async () => {
  vi.stubGlobal('navigator', { gpu: { requestAdapter: async () => null } });
  const starting = createDevice('webgpu');
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
