/** @file What this browser can compute with, and what to tell of what it cannot. */
import type { BackendName } from '@fer/core';
import type { Notice } from './view/notices.ts';

/** What the page offers, the first that is there being taken: for one small face a GPU costs more time than it saves. */
const OFFERED = ['simd', 'webgl2', 'webgpu', 'cpu'] as const satisfies readonly BackendName[];

/** A module with one function that holds one instruction on vectors: v128.const. */
const SIMD_MODULE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 23, 1, 21, 0, 253, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 26, 11,
]);

const hasSimd = (): boolean => typeof WebAssembly === 'object' && WebAssembly.validate(SIMD_MODULE);

/** The backends that this browser seems to have. Starting one shows whether it really does. */
export async function offeredBackends(): Promise<BackendName[]> {
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
  const has: Record<(typeof OFFERED)[number], boolean> = {
    simd: true, // without which no face is found
    webgl2: hasWebGL2(),
    webgpu: Boolean(adapter),
    cpu: true,
  };
  return OFFERED.filter((name) => has[name]);
}

function hasWebGL2(): boolean {
  const gl = document.createElement('canvas').getContext('webgl2');
  const hasFloats = Boolean(gl?.getExtension('EXT_color_buffer_float'));
  gl?.getExtension('WEBGL_lose_context')?.loseContext();
  return hasFloats;
}

/** What this browser lacks, by name: with an error among it, nothing can be looked at. */
export function shortcomings(): Record<string, Notice> {
  const found: Record<string, Notice> = {};
  if (!isSecureContext)
    found.secure = {
      title: 'This address is not secure',
      text: 'Browsers give cameras, threads and locks to secure pages alone. Open this page at http://localhost, as fer live says, or by https.',
      isError: true,
    };
  if (!hasSimd())
    found.simd = {
      title: 'This browser has no WebAssembly SIMD',
      text: 'Faces cannot be found without it, so nothing can be looked at. Chrome and Edge from 91, Firefox from 89 and Safari from 16.4 have it. Stored sessions can still be seen.',
      isError: true,
    };
  if (!crossOriginIsolated)
    found.isolation = {
      title: 'The page is not isolated',
      text: 'Browsers share memory between threads on isolated pages alone, so everything is computed on one thread, more slowly. The command fer live sends the headers that isolate it (COOP and COEP).',
    };
  return found;
}
