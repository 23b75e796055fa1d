/**
 * @file How the weights of MobileNetV2 that come with @fer/models were trained: distilled from FerNet's (Hinton, Vinyals & Dean 2015),
 * which sees each face turned, cut and mirrored as MobileNetV2 sees it.
 * train-further.ts is the last part.
 *
 * `npx pnpm@10 run example examples/train-mobilenet-v2.ts --data <folder> --epochs 60 [--out <folder>] [--from weights]`, with
 * train_images.npy, train_labels.npy and train_ferplus_votes.npy in the folder of the data. Started again, it continues. Without
 * data it trains for an epoch on drawn faces.
 */
import { parseArgs } from 'node:util';
import { setBackend } from '@fer/core';
import { loadModel } from '@fer/layers';
import { loadPretrained, mobileNetV2 } from '@fer/models';
import { CLASSES, certain, copyWeights, savePretrained, times, train, VOTED, votedFaces } from './fer-plus.ts';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    out: { type: 'string' },
    epochs: { type: 'string', default: '1' },
    from: { type: 'string' },
  },
});
const { out = options.data ? 'runs/mobilenet-v2' : 'runs/mobilenet-v2-drawn' } = options;
await setBackend('simd');

const network = { smallImages: true, seed: 1 };

/** The teacher counts one half; of the other half labels and votes count so much. */
const TEACHER = 0.5;
const LABEL = 0.45;

const { faces, votes } = await votedFaces(options.data);
const model = mobileNetV2({ ...network, classes: CLASSES + VOTED, dropout: 0.2 });
if (options.from !== undefined) await copyWeights(await loadModel(options.from), model);
const targeted = faces.withTargets(({ label }, i) => [
  ...times(certain(label, CLASSES), LABEL),
  ...times(votes[i] as number[], 1 - LABEL),
]);
const { model: teacher } = await loadPretrained('fer-net');
const finished = await train(model, targeted, {
  folder: out,
  resume: options.data !== undefined,
  epochs: Number(options.epochs),
  batchSize: 64,
  learningRate: 0.04,
  weightDecay: 1e-4,
  teacher: { model: teacher, share: TEACHER },
});

if (finished) await savePretrained(model, mobileNetV2({ ...network, classes: CLASSES }), out);
