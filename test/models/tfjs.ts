/** @file Models in tfjs-layers, to compare with. */
import '@tensorflow/tfjs-backend-cpu';
import type { Shape } from '@fer/core';
import type { Files } from '@fer/models';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';

export { layers, tf };

/** The model in these files, as tfjs reads them. */
export async function tfjsModel(files: Files): Promise<layers.LayersModel> {
  await tf.setBackend('cpu');
  const { modelTopology, weightsManifest } = JSON.parse(new TextDecoder().decode(files['model.json']));
  const [{ weights, paths }] = weightsManifest;
  const weightData = (files[paths[0]] as Uint8Array<ArrayBuffer>).slice().buffer;
  return layers.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs: weights, weightData }));
}

/** The model as files, as tfjs writes them. */
export async function tfjsFiles(model: layers.LayersModel): Promise<Record<string, Uint8Array>> {
  const { modelTopology, weightSpecs, weightData } = await artifactsOf(model);
  const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
  const json = JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest });
  return { 'model.json': new TextEncoder().encode(json), 'weights.bin': new Uint8Array(weightData as ArrayBuffer) };
}

async function artifactsOf(model: layers.LayersModel): Promise<tf.io.ModelArtifacts> {
  return new Promise((resolve, reject) => {
    const save = async (artifacts: tf.io.ModelArtifacts) => {
      resolve(artifacts);
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' as const } };
    };
    model.save(tf.io.withSaveHandler(save)).catch(reject);
  });
}

/** What tfjs computes for a batch. */
export function tfjsOutput(model: layers.LayersModel, x: Float32Array, shape: Shape): Float32Array {
  return tf.tidy(() => (model.predict(tf.tensor(x, [...shape])) as tf.Tensor).dataSync() as Float32Array);
}
