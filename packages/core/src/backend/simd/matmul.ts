/** @file Matrix products. */
import type { Backend } from '../backend.ts';
import { pointer, type SimdDevice } from './device.ts';
import { multiply, multiplyTransposed } from './product.ts';

export function matMulKernels(device: SimdDevice): Pick<Backend, 'matMul'> {
  return {
    matMul([a, b, bias], { batch, m, n, k, transposeA, transposeB, sharedA, sharedB, activation }, shape) {
      const y = device.allocate(shape);
      const right = { operand: b, k, n, transposed: transposeB, batch: sharedB ? 1 : batch };
      const left = { pointer: pointer(a), length: transposeA ? m : k, batchStep: sharedA ? 0 : 4 * m * k };
      const product = { left, right, bias, activation, result: y };
      if (transposeA) multiplyTransposed(device, { ...product, batch, m });
      // one matrix B for many matrices A: they are one tall matrix
      else if (sharedB && !sharedA) multiply(device, { ...product, m: batch * m });
      else multiply(device, { ...product, batch, m });
      return y;
    },
  };
}
