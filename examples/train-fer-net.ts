/**
 * @file How the weights of FerNet that come with @fer/models were trained: on FER2013's labels and FER+'s votes beside them, and in
 * the end on what earlier weights say of ten crops of each face (Furlanello et al. 2018). A narrower FerNet's weights are widened.
 * train-further.ts is the last part.
 *
 * `npx pnpm@10 run example examples/train-fer-net.ts --data <folder> --epochs 34 [--out <folder>] [--from weights [--distil]]
 * [--sam radius]`, with train_images.npy, train_labels.npy and train_ferplus_votes.npy in the folder of the data. Started again, it continues.
 * Without data it trains for an epoch on drawn faces.
 */
import { parseArgs } from 'node:util';
import { setBackend } from '@fer/core';
import { type Dataset, type Image, resize, tenCrop } from '@fer/data';
import { loadModel } from '@fer/layers';
import { ferNet } from '@fer/models';
import {
  CLASSES,
  certain,
  copyWeights,
  mixed,
  opinions,
  savePretrained,
  smoothed,
  times,
  train,
  VOTED,
  votedFaces,
} from './fer-plus.ts';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    out: { type: 'string' },
    epochs: { type: 'string', default: '1' },
    from: { type: 'string' },
    distil: { type: 'boolean', default: false },
    sam: { type: 'string' },
  },
});
const { out = options.data ? 'runs/fer-net' : 'runs/fer-net-drawn' } = options;
await setBackend('simd');

/**
 * One softmax over both kinds of classes. Its cross-entropy is that of the labels and that of the votes, weighed by their shares,
 * each with a softmax of its own, and a term that teaches the shares themselves.
 */
const LABEL_SHARE = 0.7;
const LABEL_SMOOTHING = 0.1;

/** What earlier weights say, in place of so much of the label. */
const DISTILLED = 0.5;

const { faces, votes } = await votedFaces(options.data);
const model = ferNet({ seed: 1, classes: CLASSES + VOTED });
const earlier = options.from === undefined ? undefined : await loadModel(options.from);
if (earlier) await copyWeights(earlier, model);
const seen = options.distil && earlier && (await opinions(earlier, withTenCrops(faces)));
earlier?.dispose();

const targeted = faces.withTargets(({ label }, i) => {
  const labelled = smoothed(certain(label, CLASSES), LABEL_SMOOTHING);
  const classes = seen ? mixed(labelled, 1 - DISTILLED, seen[i] as number[], DISTILLED) : labelled;
  return [...times(classes, LABEL_SHARE), ...times(votes[i] as number[], 1 - LABEL_SHARE)];
});
const finished = await train(model, targeted, {
  folder: out,
  resume: options.data !== undefined,
  epochs: Number(options.epochs),
  batchSize: 128,
  learningRate: 0.05,
  weightDecay: 5e-4,
  sam: options.sam === undefined ? undefined : Number(options.sam),
});

if (finished) await savePretrained(model, ferNet({ classes: CLASSES }), out);

/** Ten crops of each face. */
function withTenCrops(faces: Dataset): Dataset[] {
  const larger = faces.map(resize({ size: 52 }));
  return Array.from({ length: 10 }, (_, i) => larger.map((image) => tenCrop(image, 48)[i] as Image));
}
