/**
 * @file How the weights of FerNet that come with @fer/models were trained: on FER2013's labels and, as each face has but one
 * and many are wrong, on the votes of FER+'s ten people beside them (Barsoum et al. 2016).
 *
 * `npx pnpm@10 run example examples/train-fer-net.ts --data <folder> --epochs 34 [--out <folder>] [--from best.safetensors]`,
 * with train_images.npy, train_labels.npy and train_ferplus_votes.npy in the folder of the data. Started again, it continues.
 * Without data it trains for an epoch on drawn faces, on whose expressions everybody agrees.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { setBackend } from '@fer/core';
import {
  affine,
  brightness,
  contrast,
  type Dataset,
  flip,
  normalise,
  npyPair,
  parseNpy,
  randomErasing,
  stratifiedSplit,
  syntheticFaces,
} from '@fer/data';
import {
  CSVLogger,
  fit,
  loadModel,
  type Model,
  ModelCheckpoint,
  noDecay,
  ProgressBar,
  SGD,
  saveModel,
} from '@fer/layers';
import { ferNet } from '@fer/models';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    out: { type: 'string' },
    epochs: { type: 'string', default: '1' },
    from: { type: 'string' },
  },
});
const { out = options.data ? 'runs/fer-net' : 'runs/fer-net-drawn' } = options;
const epochs = Number(options.epochs);
await setBackend('simd');

/** FER2013's classes; and FER+'s, which add contempt, unknown and no face. */
const CLASSES = 7;
const VOTED = 10;

/** FER+ in FER2013's order: angry, disgust, fear, happy, sad, surprise, neutral. */
const VOTED_AS = [4, 5, 6, 1, 3, 2, 0];

/** What FER+ writes in place of the votes on a face that it left out. */
const LEFT_OUT = 255;

/**
 * One softmax over both kinds of classes. Its cross-entropy is that of the labels and that of the votes, weighed by their shares,
 * each with a softmax of its own, and a term that teaches the shares themselves.
 */
const LABEL_SHARE = 0.7;

/** What labels and votes give up for all classes alike. */
const LABEL_SMOOTHING = 0.1;
const VOTE_SMOOTHING = 0.05;

/** @param votes None where FER+ left the face out. */
function targetsOf(label: number, votes: ArrayLike<number> = []): number[] {
  const labels = Array.from({ length: CLASSES }, (_, c) => Number(c === label));
  const counts = Array.from({ length: VOTED }, (_, c) => votes[c] ?? 0);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const shares = counts.map((count) => (total > 0 ? count / total : 1 / VOTED));
  return [
    ...smoothed(labels, LABEL_SMOOTHING).map((share) => LABEL_SHARE * share),
    ...smoothed(shares, VOTE_SMOOTHING).map((share) => (1 - LABEL_SHARE) * share),
  ];
}

const smoothed = (shares: readonly number[], smoothing: number) =>
  shares.map((share) => (1 - smoothing) * share + smoothing / shares.length);

async function votedFaces(folder: string): Promise<Dataset> {
  const faces = await npyPair(`${folder}/train_images.npy`, `${folder}/train_labels.npy`);
  const { data } = parseNpy(await readFile(`${folder}/train_ferplus_votes.npy`));
  return faces.withTargets(({ label }, i) => {
    const votes = data.subarray(VOTED * i, VOTED * (i + 1));
    return targetsOf(label, votes[0] === LEFT_OUT ? undefined : votes);
  });
}

function drawnFaces(): Dataset {
  const agreed = (label: number) => Array.from({ length: VOTED }, (_, c) => Number(c === VOTED_AS[label]));
  return syntheticFaces({ seed: 1, count: 280 }).withTargets(({ label }) => targetsOf(label, agreed(label)));
}

const faces = options.data ? await votedFaces(options.data) : drawnFaces();
// three tenths of what the recipe `fernet` validates on, so that its weights, if --from names them, have not seen them
const [, held = []] = stratifiedSplit(faces.labels, [0.9, 0.1], { seed: 1 });
const [, chosen = []] = stratifiedSplit(faces.select(held).labels, [0.7, 0.3], { seed: 2 });
const validationIndices = new Set(Array.from(chosen, (i) => held[i] as number));
const trainIndices = [...faces.items.keys()].filter((i) => !validationIndices.has(i));
const scale = normalise({ mean: 129.5, deviation: 65 });
const train = faces
  .select(trainIndices)
  .map(affine({ rotation: 10, widthShift: 0.1, heightShift: 0.1, zoom: [0.87, 1.11] }))
  .map(flip())
  .map(brightness({ factor: 0.15 }))
  .map(contrast({ factor: 0.15 }))
  .map(randomErasing({ probability: 0.15, area: [0.02, 0.12], value: 128 }))
  .map(scale)
  .shuffle({ seed: 3 })
  .batch(Math.min(128, trainIndices.length), { dropRemainder: true });
const validation = faces
  .select([...validationIndices])
  .map(scale)
  .batch(256);

/** Copies weights, and of a classifier as many classes as both have. */
async function copyWeights(from: Model, to: Model): Promise<void> {
  const [source, target] = [await from.stateDict(), await to.stateDict()];
  for (const [name, tensor] of Object.entries(source)) {
    const place = target[name];
    if (!place) throw new Error(`${to.name} has no ${name}`);
    const [have = 1, want = 1] = [tensor.shape.at(-1), place.shape.at(-1)];
    for (let i = 0; i < place.data.length; i++)
      if (i % want < have) place.data[i] = tensor.data[Math.floor(i / want) * have + (i % want)] as number;
  }
  to.loadStateDict(target);
}

const model = ferNet({ seed: 1, classes: CLASSES + VOTED });
if (options.from) await copyWeights(await loadModel(options.from), model);
const steps = train.length;
const optimizer = new SGD({
  learningRate: {
    name: 'cosine',
    initialLearningRate: 0.001,
    warmupTarget: 0.06,
    warmupSteps: steps,
    decaySteps: Math.max(steps * (epochs - 1), 1),
  },
  momentum: 0.9,
  nesterov: true,
  weightDecay: 5e-4,
  groups: [noDecay],
  globalClipNorm: 5,
});
await mkdir(out, { recursive: true });
const last = `${out}/last.safetensors`;
const callbacks = [new ProgressBar(), new CSVLogger(`${out}/log.csv`), new ModelCheckpoint({ last })];
const resume = existsSync(last) && options.data ? { resume: last } : {};
const history = await fit(model, { train, validation, epochs, optimizer, ema: 0.999, seed: 3, callbacks, ...resume });

if (history.interrupted) console.log('interrupted: the same command continues');
else {
  // the classes of FER+ have done their part
  const network = ferNet({ classes: CLASSES });
  await copyWeights(model, network);
  await saveModel(network, `${out}/fer-net.safetensors`);
  console.log(`${optimizer.steps} steps; ${out}/fer-net.safetensors`);
}
