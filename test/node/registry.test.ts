/** @file Which backend is chosen, and what happens where it cannot run. */
import {
  availableBackends,
  BackendError,
  type BackendName,
  getBackend,
  type SimdOptions,
  setBackend,
  tensor,
} from '@fer/core';
import { afterEach, describe, expect, it, vi } from 'vitest';

afterEach(() => vi.unstubAllEnvs());

describe('setBackend in Node', () => {
  it('takes simd unless told otherwise', async () => {
    vi.stubEnv('FER_BACKEND', '');
    expect(await setBackend()).toBe('simd');
    expect(await setBackend('auto')).toBe('simd');
    expect(getBackend()).toBe('simd');
  });

  it('takes what FER_BACKEND names, if it is to choose', async () => {
    vi.stubEnv('FER_BACKEND', 'cpu');
    expect(await setBackend('auto')).toBe('cpu');
    expect(tensor([1]).backend.name).toBe('cpu');
    expect(await setBackend('webasm')).toBe('webasm');
    vi.stubEnv('FER_BACKEND', 'tpu');
    await expect(setBackend('auto')).rejects.toThrow("setBackend: unknown backend 'tpu'");
    expect(getBackend()).toBe('webasm');
  });

  it.each([
    ['webgl2', 'setBackend: webgl2 is not available here'],
    ['webgl', 'setBackend: webgl is not available here'],
    ['webgpu', 'setBackend: webgpu is not available here: '],
    ['headlessgl', 'setBackend: headlessgl needs the package `gl`: '],
  ] as [BackendName, string][])('refuses %s, keeps what is in use, and refuses it again', async (name, message) => {
    await setBackend('cpu');
    for (let attempt = 0; attempt < 2; attempt++) {
      const starting = setBackend(name);
      await expect(starting).rejects.toThrow(BackendError);
      await expect(starting).rejects.toThrow(message);
      expect(getBackend()).toBe('cpu');
    }
  });

  it('takes what was asked for last, even if that is there first', async () => {
    await setBackend('cpu'); // so that it is started by now
    const both = [setBackend('simd', { threads: 1, relaxed: false }), setBackend('cpu')];
    expect(await Promise.all(both)).toEqual(['simd', 'cpu']);
    expect(getBackend()).toBe('cpu');
    await expect(Promise.all([setBackend('webasm'), setBackend('webgl')])).rejects.toThrow('webgl is not available');
    expect(getBackend()).toBe('webasm');
  });

  it.each<[string, () => Promise<unknown>]>([
    ['tells of no adapter', () => Promise.reject(new Error('lost'))],
    [
      'has an adapter without a device',
      async () => ({ info: {}, requestDevice: () => Promise.reject(new Error('no')) }),
    ],
    ['has an adapter that tells nothing', async () => ({ requestDevice: () => Promise.reject(new Error('no')) })],
  ])('takes simd where WebGPU %s', async (_, requestAdapter) => {
    vi.stubEnv('FER_BACKEND', '');
    vi.stubGlobal('navigator', { ...globalThis.navigator, gpu: { requestAdapter } });
    expect(await setBackend('auto')).toBe('simd');
    vi.unstubAllGlobals();
  });

  it('gives the same backend again', async () => {
    await setBackend('cpu');
    const { backend } = tensor([1]);
    await setBackend('webasm');
    await setBackend('cpu');
    expect(tensor([1]).backend).toBe(backend);
  });

  it('knows a simd backend by its options, in whatever order', async () => {
    const backendOf = async (options: SimdOptions) => {
      await setBackend('simd', options);
      return tensor([1]).backend;
    };
    const one = await backendOf({ threads: 1, relaxed: false });
    expect(await backendOf({ relaxed: false, threads: 1 })).toBe(one);
    expect(await backendOf({ threads: 1 })).not.toBe(one);
    expect(await backendOf({ threads: 1, relaxed: undefined })).toBe(await backendOf({ threads: 1 }));
  });

  it('refuses options that are not for it, and numbers of threads that are none', async () => {
    vi.stubEnv('FER_BACKEND', '');
    await expect(setBackend('cpu', { threads: 2 })).rejects.toThrow(
      'setBackend: threads are for simd, but the backend is cpu',
    );
    for (const name of ['simd', 'auto'] as const) {
      await expect(setBackend(name, { threads: 0 })).rejects.toThrow(
        'setBackend: threads must be a positive integer but is 0',
      );
    }
    vi.stubEnv('FER_BACKEND', 'cpu');
    expect(await setBackend('auto', { threads: 2 })).toBe('cpu');
    expect(await setBackend('cpu', { threads: undefined })).toBe('cpu');
  });

  it('tells what is available', async () => {
    expect(await availableBackends()).toEqual(['simd', 'webasm', 'cpu']);
  });
});
