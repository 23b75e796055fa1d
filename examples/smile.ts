/** @file Learns to tell a smile from a frown on small drawn faces, and shows what it thinks of a few new ones. */
import * as fer from '@fer/core';

const backend = await fer.setBackend('auto');
const random = new fer.Random(7);
const SIZE = 12;

/** A face of two eyes and a curved mouth at a random place, with noise; 1 for a smile, 0 for a frown. */
function drawFace(): { pixels: Float32Array; label: number } {
  const label = random.integer(2);
  const pixels = Float32Array.from({ length: SIZE * SIZE }, () => random.uniform(0, 0.3));
  const [left, top] = [random.integer(3), random.integer(3)];
  const paint = (x: number, y: number) => pixels.set([random.uniform(0.7, 1)], (top + y) * SIZE + left + x);
  for (const x of [2, 6]) paint(x, 1);
  for (let x = 1; x <= 7; x++) paint(x, 5 + Math.round((label ? 1 : -1) * (1.5 - ((x - 4) / 3) ** 2 * 2)));
  return { pixels, label };
}

/** Images [count, SIZE, SIZE, 1] and their labels [count]. */
function drawBatch(count: number) {
  const faces = Array.from({ length: count }, drawFace);
  const images = fer.tensor(Float32Array.from(faces.flatMap(({ pixels }) => [...pixels])), [count, SIZE, SIZE, 1]);
  return {
    images,
    labels: fer.tensor(
      faces.map(({ label }) => label),
      [count],
      'int32',
    ),
  };
}

const weight = (shape: number[], fanIn: number) =>
  new fer.Parameter(fer.randomNormal(shape, random, 0, Math.sqrt(2 / fanIn)));
const weights = [weight([3, 3, 1, 8], 9), weight([3, 3, 8, 16], 72), weight([16, 2], 16)] as const;
const momenta = weights.map(({ shape }) => [0, 1].map(() => new fer.Parameter(fer.zeros(shape), { trainable: false })));

function network(images: fer.Tensor): fer.Tensor {
  const edges = fer.maxPool2d(fer.relu(fer.conv2d(images, weights[0], { padding: 'same' })));
  const shapes = fer.relu(fer.conv2d(edges, weights[1], { padding: 'same' }));
  return fer.matMul(fer.globalAveragePool2d(shapes), weights[2]);
}

const accuracy = (logits: fer.Tensor, labels: fer.Tensor) => fer.mean(fer.equal(fer.argMax(logits), labels));

console.log(`Training a network of ${weights.reduce((n, { size }) => n + size, 0)} weights on the backend ${backend}.`);
for (let step = 1; step <= 150; step++) {
  const { loss, correct } = fer.tidy(() => {
    const { images, labels } = drawBatch(32);
    const logits = network(images);
    const loss = fer.softmaxCrossEntropy(logits, labels);
    loss.backward();
    weights.forEach((parameter, i) => {
      const [m, v] = momenta[i] as [fer.Parameter, fer.Parameter];
      const hyper = { learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0, decoupled: false };
      fer.adamUpdate(parameter, m, v, { ...hyper, step });
      parameter.zeroGrad();
    });
    return { loss, correct: accuracy(logits, labels) };
  });
  if (step === 1 || step % 25 === 0) {
    console.log(
      `step ${String(step).padStart(3)}  loss ${(await loss.item()).toFixed(4)}  accuracy ${((await correct.item()) * 100).toFixed(0)} %`,
    );
  }
  loss.dispose();
  correct.dispose();
}

const faces = drawBatch(4);
const probabilities = await fer.noGrad(() => fer.softmax(network(faces.images))).data();
const pixels = await faces.images.data();
for (let y = 0; y < SIZE; y++) {
  const rows = [0, 1, 2, 3].map((n) => [...pixels.slice((n * SIZE + y) * SIZE, (n * SIZE + y + 1) * SIZE)]);
  console.log(rows.map((row) => row.map((value) => (value > 0.5 ? '##' : ' .')).join('')).join('   '));
}
console.log(
  [0, 1, 2, 3]
    .map((n) => `smile ${((probabilities[n * 2 + 1] as number) * 100).toFixed(1)} %`.padEnd(SIZE * 2 + 3))
    .join(''),
);
