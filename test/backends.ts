/** @file Running tests on every backend of the project at hand. */
import { type BackendName, getBackend, setBackend } from '@fer/core';
import { beforeAll, describe, inject } from 'vitest';
import type { TestedBackend } from './vitest.d.ts';

/** Defines the same tests once for each backend, under its title. */
export function onEveryBackend(define: (backend: TestedBackend) => void): void {
  for (const backend of inject('backends')) {
    describe(backend.title, () => {
      beforeAll(async () => {
        await setBackend(backend.name, backend.options);
      });
      define(backend);
    });
  }
}

/**
 * How far a result may be from the reference, relative to the element or to 1, whichever is larger: results are of order
 * 1 by the choice of inputs, and smaller elements carry the rounding errors of what they are the difference of. float32 has a
 * relative precision of 6e-8, and the longest sums of these tests add up some 1000 terms. GPUs' exp, log and division
 * are less exact (SwiftShader's log: 4e-5).
 */
export function toleranceOf(backend: BackendName | undefined = getBackend()): number {
  return backend === 'cpu' || backend === 'webasm' || backend === 'simd' ? 1e-5 : 1e-4;
}
