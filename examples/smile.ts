/** @file Learns to tell smiles from frowns on small drawn faces, and shows what it thinks of new ones. */
import * as fer from '@fer/core';
import { drawFaces, printFaces } from './faces.ts';

console.log(`Training on the backend ${await fer.setBackend('auto')}.`);
const random = new fer.Random(2);

/** A weight with He's initialisation, and Adam's moments for it. */
function weight(shape: number[], inputs: number) {
  const initial = fer.randomNormal(shape, random, 0, Math.sqrt(2 / inputs));
  const [m, v] = [new fer.Parameter(fer.zeros(shape)), new fer.Parameter(fer.zeros(shape))];
  return { parameter: new fer.Parameter(initial), m, v };
}
const filter1 = weight([3, 3, 1, 8], 9);
const filter2 = weight([3, 3, 8, 16], 72);
const dense = weight([576, 2], 576);

function network(images: fer.Tensor): fer.Tensor {
  const edges = fer.maxPool2d(fer.relu(fer.conv2d(images, filter1.parameter, { padding: 'same' })));
  const shapes = fer.relu(fer.conv2d(edges, filter2.parameter, { padding: 'same' }));
  return fer.matMul(fer.reshape(shapes, [-1, 576]), dense.parameter);
}

const hyper = { learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0, decoupled: false };

/** One step of Adam; `tidy` frees everything but the two figures. */
function trainingStep(step: number): { loss: fer.Tensor; accuracy: fer.Tensor } {
  return fer.tidy(() => {
    const { images, labels } = drawFaces(32, random);
    const logits = network(images);
    const loss = fer.softmaxCrossEntropy(logits, labels);
    loss.backward();
    for (const { parameter, m, v } of [filter1, filter2, dense]) {
      fer.adamUpdate(parameter, m, v, { ...hyper, step });
      parameter.zeroGrad();
    }
    return { loss, accuracy: fer.mean(fer.equal(fer.argMax(logits), labels)) };
  });
}

for (let step = 1; step <= 60; step++) {
  const { loss, accuracy } = trainingStep(step);
  const figures = `loss ${(await loss.item()).toFixed(4)}  accuracy ${(100 * (await accuracy.item())).toFixed(0)} %`;
  if (step === 1 || step % 10 === 0) console.log(`step ${String(step).padStart(3)}  ${figures}`);
  loss.dispose();
  accuracy.dispose();
}

const { images } = drawFaces(4, random);
const probabilities = (await fer.softmax(network(images)).array()) as [number, number][];
const captions = probabilities.map(([, smile]) => `smile ${(100 * smile).toFixed(1)} %`);
await printFaces(images, captions);
