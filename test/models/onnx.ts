/** @file Models in onnxruntime, to compare with. */
import type { Shape } from '@fer/core';
import { InferenceSession, Tensor } from 'onnxruntime-node';

/** What onnxruntime computes for a batch. */
export async function onnxOutput(
  file: Uint8Array,
  x: Float32Array,
  shape: Shape,
): Promise<{ values: Float32Array; shape: Shape }> {
  // 3: errors
  const session = await InferenceSession.create(file, { logSeverityLevel: 3, intraOpNumThreads: 1 });
  const { output } = await session.run({ input: new Tensor('float32', x, shape) });
  await session.release();
  if (!output) throw new Error('the graph has no output');
  return { values: output.data as Float32Array, shape: output.dims };
}
