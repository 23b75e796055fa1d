/** @file Engine: ONNX Runtime, on WebAssembly or native, as ORT_BACKEND names it. Inference only. */
import { networkOf, values } from './cases.ts';
import { serve } from './engine.ts';
import { foldNorms } from './networks.ts';
import { toOnnx } from './onnx.ts';

const backend = process.env.ORT_BACKEND ?? 'web';
const threads = Number(process.env.BENCH_THREADS ?? 1);
const ort = backend === 'node' ? await import('onnxruntime-node') : await import('onnxruntime-web');
if (backend === 'web') ort.env.wasm.numThreads = threads;

serve({
  description: `onnxruntime-${backend} ${ort.env.versions.common}${backend === 'web' ? ' wasm SIMD' : ' native'}, ${threads} threads`,
  async prepare(work) {
    if (work.kind !== 'inference') return undefined;
    const network = networkOf(work.network);
    const { bytes, output } = toOnnx(network, foldNorms(network), work.batch);
    const session = await ort.InferenceSession.create(bytes, {
      executionProviders: [backend === 'node' ? 'cpu' : 'wasm'],
      graphOptimizationLevel: 'all',
      intraOpNumThreads: threads,
    });
    const shape = [work.batch, ...network.inputShape];
    const x = new ort.Tensor(
      'float32',
      values(
        shape.reduce((p, n) => p * n),
        1,
      ),
      shape,
    );
    return async () => (await session.run({ x }))[output]?.data as Float32Array;
  },
});
