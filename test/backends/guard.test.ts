import { availableBackends, type BackendName, getBackend, tensor } from '@fer/core';
import { describe, expect, inject, it } from 'vitest';
import { onEveryBackend } from '../backends.ts';

const inBrowser = 'document' in globalThis;
/** What every run of the tests has to cover; see also everyBackend.ts. */
const required: BackendName[] = inBrowser ? ['webgl2', 'webgl', 'webgpu', 'simd'] : ['cpu', 'webasm', 'simd'];

describe('the machine', () => {
  it('has every backend that is tested, and every one that has to be', async () => {
    const available = await availableBackends();
    const tested = inject('backends').map(({ name }) => name);
    expect(available).toEqual(expect.arrayContaining(tested));
    expect(tested).toEqual(expect.arrayContaining(required));
  });

  it('shares memory between threads', () => {
    expect(!inBrowser || globalThis.crossOriginIsolated).toBe(true);
  });
});

onEveryBackend(({ name }) => {
  it('is in use', () => {
    expect(getBackend()).toBe(name);
    expect(tensor([1]).backend.name).toBe(name);
  });
});
