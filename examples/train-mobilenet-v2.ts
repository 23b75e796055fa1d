/**
 * @file How the weights of MobileNetV2 that come with @fer/models were trained: distilled from FerNet's (Hinton, Vinyals & Dean 2015),
 * first on smaller pictures, which take less than half of the time.
 *
 * `npx pnpm@10 run example examples/train-mobilenet-v2.ts --data <folder> --epochs 26,20 [--out <folder>]`, with train_images.npy,
 * train_labels.npy and train_ferplus_votes.npy in the folder of the data. Started again, it continues. Without data it trains on
 * drawn faces, an epoch at each size. Those weights had four epochs more in between, at half of the learning rate, and in the end
 * six with two teachers (docs/results/mobilenet-v2).
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { setBackend } from '@fer/core';
import { loadModel, type Model, saveModel } from '@fer/layers';
import { loadPretrained, mobileNetV2 } from '@fer/models';
import {
  CLASSES,
  certain,
  copyWeights,
  mirrored,
  mixed,
  opinions,
  savePretrained,
  times,
  train,
  VOTED,
  votedFaces,
} from './fer-plus.ts';

const { values: options } = parseArgs({
  options: { data: { type: 'string' }, out: { type: 'string' }, epochs: { type: 'string', default: '1,1' } },
});
const { out = options.data ? 'runs/mobilenet-v2' : 'runs/mobilenet-v2-drawn' } = options;
const [epochsSmall = 1, epochsFull = 1] = options.epochs.split(',').map(Number);
await setBackend('simd');

const ALPHA = 0.5;

/** What each of the three says about a face counts that much. The teacher also says what a face resembles. */
const LABEL = 0.25;
const TEACHER = 0.45;
const VOTES = 0.3;

const { faces, votes } = await votedFaces(options.data);
const { model: teacher } = await loadPretrained('fer-net');
const seen = await opinions(teacher, faces, mirrored);
teacher.dispose();
const targeted = faces.withTargets(({ label }, i) => {
  const shares = mixed(certain(label, CLASSES), LABEL, seen[i] as number[], TEACHER);
  return [...shares, ...times(votes[i] as number[], VOTES)];
});
interface Stage {
  readonly size: number;
  readonly epochs: number;
  readonly learningRate: number;
  /** Whose weights it begins with. */
  readonly from?: Model;
}

/** Trains at one size. @returns nothing if it was interrupted */
async function stage({ size, epochs, learningRate, from }: Stage): Promise<Model | undefined> {
  const folder = `${out}/${size}`;
  const done = `${folder}/done.safetensors`;
  const resume = options.data !== undefined;
  if (resume && existsSync(done)) return loadModel(done);
  const inputShape = [size, size, 1];
  const classes = CLASSES + VOTED;
  const model = mobileNetV2({ smallImages: true, inputShape, alpha: ALPHA, classes, dropout: 0.2, seed: 1 });
  if (from) await copyWeights(from, model);
  const plan = { folder, resume, epochs, batchSize: 64, learningRate, weightDecay: 1e-4 };
  if (!(await train(model, targeted, plan))) return undefined;
  await saveModel(model, done);
  return model;
}

const small = await stage({ size: 32, epochs: epochsSmall, learningRate: 0.05 });
const full = small && (await stage({ size: 48, epochs: epochsFull, learningRate: 0.04, from: small }));

if (full) {
  // the classes of FER+ have done their part
  const network = mobileNetV2({ smallImages: true, alpha: ALPHA, classes: CLASSES });
  await copyWeights(full, network);
  await savePretrained(network, out);
}
