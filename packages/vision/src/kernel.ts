/** @file The WebAssembly kernel (assembly/index.ts). */
import { BackendError } from '@fer/core';
import { fromBase64 } from './base64.ts';
import { kernel } from './kernel.generated.ts';

/** Addresses are bytes in the kernel's memory. Returns how many windows it found. */
export type ScanRow = (
  table: number,
  sums: number,
  squares: number,
  count: number,
  scratch: number,
  found: number,
) => number;

let compiled: WebAssembly.Module | undefined;

/** @throws BackendError */
export function instantiateKernel(memory: WebAssembly.Memory): ScanRow {
  compiled ??= compile();
  return new WebAssembly.Instance(compiled, { env: { memory } }).exports.scanRow as ScanRow;
}

/** Without waiting, which pages may do as it is small (assembly/build.mjs). */
function compile(): WebAssembly.Module {
  const bytes = fromBase64(kernel);
  if (!WebAssembly.validate(bytes)) throw new BackendError('CascadeClassifier', 'this engine lacks WebAssembly SIMD');
  return new WebAssembly.Module(bytes);
}
