/** @file Engine: ONNX Runtime, on WebAssembly or native, as ORT_BACKEND names it. Inference only. */
import { setBackend } from '@fer/core';
import { exportOnnx } from '@fer/models';
import { imagesFor, networkOf } from '../networks.ts';
import { serve } from './engine.ts';

const backend = process.env.ORT_BACKEND ?? 'web';
const threads = Number(process.env.BENCH_THREADS ?? 1);
const ort = backend === 'node' ? await import('onnxruntime-node') : await import('onnxruntime-web');
if (backend === 'web') ort.env.wasm.numThreads = threads;

await setBackend('auto'); // makes the network
serve({
  description: `onnxruntime-${backend} ${ort.env.versions.common}${backend === 'web' ? ' wasm SIMD' : ' native'}, ${threads} threads`,
  async prepare(work) {
    if (work.kind !== 'inference') return undefined;
    const model = networkOf(work.network);
    const session = await ort.InferenceSession.create(await exportOnnx(model.fuse()), {
      executionProviders: [backend === 'node' ? 'cpu' : 'wasm'],
      graphOptimizationLevel: 'all',
      intraOpNumThreads: threads,
      freeDimensionOverrides: { N: work.batch },
    });
    const { data, shape } = imagesFor(model, work.batch);
    const input = new ort.Tensor('float32', data, shape);
    return async () => (await session.run({ input })).output?.data as Float32Array;
  },
});
