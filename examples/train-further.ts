/**
 * @file The last part of how the weights that come with @fer/models were trained. Each face comes twice in an epoch: hardly augmented,
 * with its label, which is learned by heart, and augmented, with what both networks say of the face, which keeps the network from
 * learning that alone.
 *
 * `npx pnpm@10 run example examples/train-further.ts --network mobilenet-v2 --data <folder> --epochs 12 [--out <folder>] [--from weights]`,
 * with train_images.npy, train_labels.npy and train_ferplus_votes.npy in the folder of the data; from the weights that ship unless others
 * are given. Started again, it continues. Without data it trains for an epoch on drawn faces.
 */
import { parseArgs } from 'node:util';
import { setBackend } from '@fer/core';
import { flip } from '@fer/data';
import { loadModel } from '@fer/layers';
import { ferNet, loadPretrained, mobileNetV2, type PretrainedName } from '@fer/models';
import {
  CLASSES,
  certain,
  copyWeights,
  mixed,
  opinions,
  savePretrained,
  times,
  train,
  VOTED,
  votedFaces,
} from './fer-plus.ts';

const NETWORKS = {
  'fer-net': { create: (classes: number) => ferNet({ seed: 1, classes }), weightDecay: 5e-4 },
  'mobilenet-v2': {
    create: (classes: number) => mobileNetV2({ smallImages: true, seed: 1, dropout: 0.2, classes }),
    weightDecay: 1e-4,
  },
} satisfies Partial<Record<PretrainedName, object>>;

const { values: options } = parseArgs({
  options: {
    network: { type: 'string', default: 'mobilenet-v2' },
    data: { type: 'string' },
    out: { type: 'string' },
    epochs: { type: 'string', default: '1' },
    from: { type: 'string' },
  },
});
const name = Object.keys(NETWORKS).find((each) => each === options.network) as keyof typeof NETWORKS | undefined;
if (!name) throw new Error(`--network is ${Object.keys(NETWORKS).join(' or ')}, not ${options.network}`);
const { out = options.data ? `runs/${name}-further` : `runs/${name}-further-drawn` } = options;
const { create, weightDecay } = NETWORKS[name];
await setBackend('simd');

/** What both networks say, in place of so much of the label. */
const OPINIONS = { plain: 0.1, varied: 0.65 };

/** Of what the network learns labels are so much, FER+'s votes the rest. */
const LABEL_SHARE = 0.7;

const { faces, votes } = await votedFaces(options.data);
const model = create(CLASSES + VOTED);
await copyWeights(options.from ? await loadModel(options.from) : (await loadPretrained(name)).model, model);

const views = [faces, faces.map(flip({ probability: 1 }))];
const ferNetSays = await opinions((await loadPretrained('fer-net')).model, views);
const mobileNetSays = await opinions((await loadPretrained('mobilenet-v2')).model, views);

const targeted = (share: number) =>
  faces.withTargets(({ label }, i) => {
    const said = mixed(ferNetSays[i] as number[], 0.5, mobileNetSays[i] as number[], 0.5);
    const classes = mixed(certain(label, CLASSES), 1 - share, said, share);
    return [...times(classes, LABEL_SHARE), ...times(votes[i] as number[], 1 - LABEL_SHARE)];
  });
const finished = await train(model, targeted(OPINIONS.varied), {
  plain: targeted(OPINIONS.plain),
  folder: out,
  resume: options.data !== undefined,
  epochs: Number(options.epochs),
  batchSize: 64,
  learningRate: 0.03,
  weightDecay,
});

if (finished) await savePretrained(model, create(CLASSES), out);
