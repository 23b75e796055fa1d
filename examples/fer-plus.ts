/**
 * @file FER2013's faces with FER+'s votes: what the networks that come with @fer/models were trained on. A face of FER2013 has one
 * label, and many are wrong; FER+ asked ten people about each (Barsoum et al. 2016).
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { add, concat, mul, noGrad, pad, Random, type StoredTensor, softmax, type Tensor, tidy } from '@fer/core';
import {
  affine,
  brightness,
  compose,
  contrast,
  type Dataset,
  FER2013_CLASSES,
  flip,
  normalise,
  npyPair,
  parseNpy,
  randomErasing,
  resize,
  stratifiedSplit,
  syntheticFaces,
  toGrayscale,
} from '@fer/data';
import {
  type Batch,
  type Batches,
  CSVLogger,
  fit,
  type Model,
  ModelCheckpoint,
  noDecay,
  ProgressBar,
  predict,
  SGD,
} from '@fer/layers';
import { encodePretrained } from '@fer/models';

/** FER2013's classes; and FER+'s, which add contempt, unknown and no face. */
export const CLASSES = 7;
export const VOTED = 10;

/** FER+ in FER2013's order: angry, disgust, fear, happy, sad, surprise, neutral. */
const VOTED_AS = [4, 5, 6, 1, 3, 2, 0];

/** What FER+ writes in place of the votes on a face that it left out. */
const LEFT_OUT = 255;

/** What the votes give up for all classes alike. */
const SMOOTHING = 0.05;

export interface VotedFaces {
  readonly faces: Dataset;
  /** For each face the share of the votes that each of FER+'s classes has; the same share for all where nobody was asked. */
  readonly votes: readonly (readonly number[])[];
}

/** @param folder With train_images.npy, train_labels.npy and train_ferplus_votes.npy. Without, faces are drawn. */
export async function votedFaces(folder?: string): Promise<VotedFaces> {
  if (folder === undefined) return drawnFaces();
  const faces = await npyPair(`${folder}/train_images.npy`, `${folder}/train_labels.npy`);
  const { data } = parseNpy(await readFile(`${folder}/train_ferplus_votes.npy`));
  const votes = faces.items.map((_, i) => sharesOf(Array.from(data.subarray(VOTED * i, VOTED * (i + 1)))));
  return { faces, votes };
}

/** Faces on whose expressions everybody agrees. */
function drawnFaces(): VotedFaces {
  const faces = syntheticFaces({ seed: 1, count: 280 });
  return { faces, votes: faces.items.map(({ label }) => smoothed(certain(VOTED_AS[label], VOTED), SMOOTHING)) };
}

function sharesOf(counts: readonly number[]): number[] {
  const known = counts[0] === LEFT_OUT ? [] : counts;
  const total = known.reduce((sum, count) => sum + count, 0);
  const shares = counts.map((_, c) => (total > 0 ? (known[c] as number) / total : 1 / VOTED));
  return smoothed(shares, SMOOTHING);
}

/** All probability on one of `count` classes. */
export const certain = (label: number | undefined, count: number) =>
  Array.from({ length: count }, (_, c) => Number(c === label));

export const smoothed = (shares: readonly number[], smoothing: number) =>
  shares.map((share) => (1 - smoothing) * share + smoothing / shares.length);

export const times = (shares: readonly number[], factor: number) => shares.map((share) => factor * share);

/** a x + b y */
export const mixed = (x: readonly number[], a: number, y: readonly number[], b: number) =>
  x.map((share, c) => a * share + b * (y[c] as number));

/** A teacher's probabilities of FER2013's classes for each face: the softmax of its outputs' mean over views of it. */
export async function opinions(teacher: Model, views: readonly Dataset[]): Promise<number[][]> {
  const fused = teacher.fuse();
  const outputs: Tensor[] = [];
  for (const view of views) outputs.push(await predict(fused, view.map(scale).batch(256)));
  using probabilities = tidy(() => softmax(mul(outputs.reduce(add), 1 / outputs.length)));
  for (const each of [...outputs, fused]) each.dispose();
  return (await probabilities.array()) as number[][];
}

/** A network that tells another one what it sees. */
export interface Teacher {
  readonly model: Model;
  /** What it says counts so much, the targets of the data the rest. */
  readonly share: number;
}

/**
 * Batches whose targets are in part what a teacher says of the very images, augmented as they are, which no student can learn by
 * heart (Beyer et al. 2022, "A good teacher is patient and consistent").
 */
function taught(batches: Batches, { model, share }: Teacher): Batches {
  const teacher = model.fuse();
  const mixedWith = (targets: Tensor, images: Tensor) => {
    // of FER+'s classes it says nothing
    const beside: [number, number] = [0, VOTED];
    const seen = pad(softmax(teacher.forward(images)), [[0, 0], beside]);
    return add(mul(targets, 1 - share), mul(seen, share));
  };
  return {
    length: batches.length,
    async *epoch(epoch, firstBatch) {
      for await (const { images, labels } of batches.epoch(epoch, firstBatch)) {
        using targets = labels;
        yield { images, labels: noGrad(() => tidy(() => mixedWith(targets, images))) };
      }
    },
  };
}

/** Each batch of the one with a batch of the other, of as many. */
function together(one: Batches, other: Batches): Batches {
  return {
    length: one.length,
    async *epoch(epoch, firstBatch) {
      const others = other.epoch(epoch, firstBatch)[Symbol.asyncIterator]();
      for await (const a of one.epoch(epoch, firstBatch)) {
        const b: Batch = (await others.next()).value;
        yield noGrad(() => ({ images: concat([a.images, b.images]), labels: concat([a.labels, b.labels]) }));
        for (const half of [a, b]) for (const tensor of [half.images, half.labels]) tensor.dispose();
      }
    },
  };
}

/** What is trained on, and what the training is watched on: three tenths of the faces that the recipe `fernet` keeps apart. */
function split(faces: Dataset): { train: Dataset; validation: Dataset } {
  const [, held = []] = stratifiedSplit(faces.labels, [0.9, 0.1], { seed: 1 });
  const [, chosen = []] = stratifiedSplit(faces.select(held).labels, [0.7, 0.3], { seed: 2 });
  const apart = new Set(Array.from(chosen, (i) => held[i] as number));
  const others = [...faces.items.keys()].filter((i) => !apart.has(i));
  return { train: faces.select(others), validation: faces.select([...apart]) };
}

const augmented = (faces: Dataset): Dataset =>
  faces
    .map(affine({ rotation: 12, widthShift: 0.1, heightShift: 0.1, zoom: [0.85, 1.15] }))
    .map(flip())
    .map(brightness({ factor: 0.2 }))
    .map(contrast({ factor: 0.2 }))
    .map(randomErasing({ probability: 0.3, area: [0.02, 0.15], value: 128 }));

const hardlyAugmented = (faces: Dataset): Dataset =>
  faces.map(affine({ rotation: 4, widthShift: 0.045, heightShift: 0.045, zoom: [0.9, 1.03] })).map(flip());

/** The mean and deviation of FER2013's pixels. */
export const scale = normalise({ mean: 129.5, deviation: 65 });

export interface TrainingPlan {
  /** For the log and the checkpoint. */
  readonly folder: string;
  readonly resume: boolean;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  /** The radius of sharpness-aware minimisation, if that is wanted. */
  readonly sam?: number | undefined;
  readonly teacher?: Teacher;
  /** The same faces with other targets: half of each batch is of these, hardly augmented. */
  readonly plain?: Dataset | undefined;
}

/** Trains on faces, which have targets. @returns false if it was interrupted */
export async function train(model: Model, faces: Dataset, plan: TrainingPlan): Promise<boolean> {
  const { folder, epochs, batchSize, learningRate, weightDecay, sam, teacher, plain } = plan;
  const parts = split(faces);
  const size = Math.min(plain ? batchSize / 2 : batchSize, parts.train.length);
  const batchesOf = (views: Dataset, seed: number) =>
    views.map(scale).shuffle({ seed }).batch(size, { dropRemainder: true });
  const varied = batchesOf(augmented(parts.train), 3);
  const batches = plain ? together(varied, batchesOf(hardlyAugmented(split(plain).train), 4)) : varied;
  const steps = batches.length;
  const optimizer = new SGD({
    learningRate: {
      name: 'cosine',
      initialLearningRate: 0.001,
      warmupTarget: learningRate,
      warmupSteps: steps,
      decaySteps: Math.max(steps * (epochs - 1), 1),
    },
    momentum: 0.9,
    nesterov: true,
    weightDecay,
    groups: [noDecay],
    globalClipNorm: 5,
  });
  await mkdir(folder, { recursive: true });
  const last = `${folder}/last.safetensors`;
  const history = await fit(model, {
    train: teacher ? taught(batches, teacher) : batches,
    validation: parts.validation.map(scale).batch(256),
    epochs,
    optimizer,
    ema: 0.999,
    ...(sam !== undefined && { sam }),
    seed: 3,
    callbacks: [new ProgressBar(), new CSVLogger(`${folder}/log.csv`), new ModelCheckpoint({ last })],
    ...(plan.resume && existsSync(last) && { resume: last }),
  });
  if (history.interrupted) console.log('interrupted: the same command continues');
  return !history.interrupted;
}

/**
 * Into a folder, with all that it takes to classify the faces of a photograph.
 * @param model To be given the trained weights, but for the classes of FER+, which have done their part.
 */
export async function savePretrained(trained: Model, model: Model, folder: string): Promise<void> {
  await copyWeights(trained, model);
  const [size] = model.inputShape as [number];
  const preprocess = compose(toGrayscale(), resize({ size, interpolation: 'area' }), scale);
  const card = `# ${model.name}, trained by examples/train-${model.name}.ts`;
  const bytes = await encodePretrained({ model, labels: FER2013_CLASSES, preprocess, card }, { dtype: 'float16' });
  const path = `${folder}/${model.name}.safetensors`;
  await writeFile(path, bytes);
  console.log(`${model.countParams().total} parameters; ${path}`);
}

/** Of the deviation of a kernel whose channels come twice: so much noise lets copies part. */
const NOISE = 0.02;

/**
 * Copies weights, and of a classifier as many classes as both have. Where `to` is wider, its further channels repeat the first ones, and
 * what reads a channel that comes twice is halved, which but for some noise leaves every output as it was (Net2Wider; Chen,
 * Goodfellow & Shlens 2016).
 */
export async function copyWeights(from: Model, to: Model): Promise<void> {
  const [source, target] = [await from.stateDict(), await to.stateDict()];
  const random = new Random(1);
  for (const [name, tensor] of Object.entries(source)) {
    const place = target[name];
    if (!place) throw new Error(`${to.name} has no ${name}`);
    const isClassifier = name.startsWith('predictions/');
    copyChannels(tensor, place, { isClassifier, isDepthwise: name.endsWith('/depthwise_kernel') });
    const isWider = place.shape.length > 1 && place.data.length > tensor.data.length;
    if (isWider && !isClassifier) addNoise(place.data as Float32Array, random);
  }
  to.loadStateDict(target);
}

interface KernelKind {
  readonly isClassifier: boolean;
  readonly isDepthwise: boolean;
}

function copyChannels(from: StoredTensor, to: StoredTensor, { isClassifier, isDepthwise }: KernelKind): void {
  const channels = isDepthwise ? -2 : -1;
  const [have = 1, want = 1] = [from.shape.at(channels), to.shape.at(channels)];
  // a vector has no inputs; a depthwise kernel reads each channel alone
  const hasInputs = to.shape.length > 1 && !isDepthwise;
  const [haveInputs = 1, wantInputs = 1] = hasInputs ? [from.shape.at(-2), to.shape.at(-2)] : [];
  const fits = (less: number, more: number) => less <= more && more <= 2 * less;
  if (!fits(haveInputs, wantInputs) || !(isClassifier || fits(have, want)))
    throw new Error(`[${to.shape}] is neither as wide as [${from.shape}] nor up to twice as wide`);
  for (let i = 0; i < to.data.length; i++) {
    const output = i % want;
    if (isClassifier && output >= have) continue; // a class that is new
    const row = Math.floor(i / want);
    const input = (row % wantInputs) % haveInputs;
    const tap = Math.floor(row / wantInputs);
    const value = from.data[(tap * haveInputs + input) * have + (output % have)] as number;
    to.data[i] = input < wantInputs - haveInputs ? value / 2 : value;
  }
}

function addNoise(values: Float32Array, random: Random): void {
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
  values.forEach((value, i) => {
    values[i] = value + NOISE * random.normal(0, deviation);
  });
}
