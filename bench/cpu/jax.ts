/**
 * @file Engine: jax-js on WebAssembly, compiled by jit. It has no layers, batch-norm, pooling with a gradient or Adam, so the
 * small CNN's training step is written out here; it cannot thread in Node.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { setBackend } from '@fer/core';
import type { Model } from '@fer/layers';
import { defaultDevice, init, type Array as JaxArray, jit, lax, nn, numpy as np, valueAndGrad } from '@jax-js/jax';
import { imagesFor, labelsFor, networkOf, type Values } from '../networks.ts';
import { type Run, serve } from './engine.ts';

/** An operation consumes its operands; `.ref` keeps one for another use. */
const toArray = ({ data, shape }: Values) => np.array(data).reshape(shape);

/** What is trained; filters [kh, kw, in, out] as [out, in, kh, kw]. */
async function parametersOf(model: Model): Promise<JaxArray[]> {
  const weights = [...model.weights.values()].filter(({ trainable }) => trainable);
  return Promise.all(
    weights.map(async (weight) => {
      const array = toArray({ data: (await weight.data()) as Float32Array, shape: [...weight.shape] });
      return weight.rank === 4 ? np.transpose(array, [3, 2, 0, 1]) : array;
    }),
  );
}

/** Convolution, batch-norm by the batch's own moments, relu, and 2x2 max-pooling as a maximum over a reshape. */
function block(x: JaxArray, [filter, gamma, beta]: readonly [JaxArray, JaxArray, JaxArray]): JaxArray {
  const y = lax.convGeneralDilated(x, filter, [1, 1], 'SAME');
  const centered = y.ref.sub(np.mean(y, [0, 2, 3], { keepdims: true }));
  const variance = np.mean(np.square(centered.ref), [0, 2, 3], { keepdims: true });
  const channels = (vector: JaxArray) => vector.reshape([1, -1, 1, 1]);
  const normed = centered
    .div(np.sqrt(variance.add(1e-3)))
    .mul(channels(gamma))
    .add(channels(beta));
  const [n, c, h, w] = normed.shape as [number, number, number, number];
  return np.max(nn.relu(normed).reshape([n, c, h / 2, 2, w / 2, 2]), [3, 5]);
}

type Eight = [JaxArray, JaxArray, JaxArray, JaxArray, JaxArray, JaxArray, JaxArray, JaxArray];

function loss(parameters: JaxArray[], x: JaxArray, target: JaxArray): JaxArray {
  const [filter1, gamma1, beta1, filter2, gamma2, beta2, kernel, bias] = parameters as Eight;
  const features = np.mean(block(block(x, [filter1, gamma1, beta1]), [filter2, gamma2, beta2]), [2, 3]);
  const logits = np.matmul(features, kernel).add(bias);
  return np.mean(np.sum(nn.logSoftmax(logits).mul(target), 1)).neg();
}

/** Adam, whose `rate` corrects the bias of its means. */
const step = jit(
  (parameters: JaxArray[], m: JaxArray[], v: JaxArray[], x: JaxArray, target: JaxArray, rate: JaxArray) => {
    const [value, gradients] = valueAndGrad(loss)(
      parameters.map((a) => a.ref),
      x,
      target,
    ) as [JaxArray, JaxArray[]];
    const m2 = m.map((a, i) => a.mul(0.9).add((gradients[i] as JaxArray).ref.mul(0.1)));
    const v2 = v.map((a, i) => a.mul(0.999).add(np.square(gradients[i] as JaxArray).mul(0.001)));
    const next = parameters.map((a, i) => {
      const [mean, square] = [m2[i] as JaxArray, v2[i] as JaxArray];
      return a.sub(mean.ref.mul(rate.ref).div(np.sqrt(square.ref).add(1e-7)));
    });
    return [value, next, m2, v2] as const;
  },
);

async function training(model: Model, batch: number): Promise<Run> {
  let parameters = await parametersOf(model);
  let m = parameters.map(({ shape }) => np.zeros(shape));
  let v = parameters.map(({ shape }) => np.zeros(shape));
  const x = np.transpose(toArray(imagesFor(model, batch)), [0, 3, 1, 2]);
  const oneHot = new Float32Array(batch * 7);
  for (const [row, label] of labelsFor(batch).entries()) oneHot[row * 7 + label] = 1;
  const target = np.array(oneHot).reshape([batch, 7]);
  let steps = 0;
  return async () => {
    steps++;
    const rate = np.array((1e-3 * Math.sqrt(1 - 0.999 ** steps)) / (1 - 0.9 ** steps));
    const [value, ...state] = step(parameters, m, v, x.ref, target.ref, rate);
    [parameters, m, v] = state;
    return (await value.data()) as Float32Array;
  };
}

await setBackend('auto'); // makes the network
await init('wasm');
defaultDevice('wasm');
const manifest = new URL('../package.json', pathToFileURL(createRequire(import.meta.url).resolve('@jax-js/jax')));
const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
serve({
  description: `jax-js ${version} wasm, jit, 1 thread`,
  async prepare(work) {
    return work.kind === 'training' && work.network === 'small CNN 48x48x1'
      ? training(networkOf(work.network), work.batch)
      : undefined;
  },
});
