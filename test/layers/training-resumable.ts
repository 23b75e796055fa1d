/**
 * @file A training with state of every kind, that leaves a checkpoint. As a program, `training-resumable.ts directory event
 * step`, it is interrupted or killed in the midst of it.
 */
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setBackend } from '@fer/core';
import {
  AdamW,
  type Callback,
  CSVLogger,
  EarlyStopping,
  type FitOptions,
  fit,
  type History,
  ModelCheckpoint,
  noDecay,
  ReduceLROnPlateau,
} from '@fer/layers';
import { convolutional, randomImages } from './training-networks.ts';

export const EPOCHS = 4;
/** Optimizer steps in an epoch. */
export const STEPS = 4;
const BATCHES = 7;

/** Resumes from the checkpoint in the directory if asked to. */
export async function train(directory: string, during: Partial<Callback> = {}, options: Partial<FitOptions> = {}) {
  await setBackend('simd', { threads: 1, relaxed: false });
  const model = convolutional({ rate: 0.3 });
  const { x, y } = randomImages(4 * BATCHES);
  const learningRate = {
    name: 'cosine',
    initialLearningRate: 0,
    warmupTarget: 0.05,
    warmupSteps: 3,
    decaySteps: 13,
  } as const;
  const history: History = await fit(model, {
    train: { x, y, batchSize: 4 },
    validation: { x, y },
    epochs: EPOCHS,
    seed: 5,
    optimizer: new AdamW({ learningRate, globalClipNorm: 1, groups: [noDecay] }),
    gradientAccumulation: 2,
    ema: 0.9,
    mixup: 0.3,
    cutmix: 1,
    callbacks: [
      new ReduceLROnPlateau({ monitor: 'loss', patience: 1, factor: 0.7 }),
      new EarlyStopping({ monitor: 'valAccuracy', patience: 2, restoreBestWeights: true }),
      new CSVLogger(join(directory, 'log.csv')),
      new ModelCheckpoint({ last: checkpointIn(directory), best: join(directory, 'best.safetensors') }),
      { className: 'During', ...during },
    ],
    ...options,
  });
  return { history, weights: await model.stateDict(), model };
}

export const checkpointIn = (directory: string) => join(directory, 'last.safetensors');

/** Runs this after so many steps. */
export function afterSteps(count: number, action: () => void | Promise<void>): Partial<Callback> {
  let steps = 0;
  return {
    async onBatchEnd() {
      if (++steps === count) await action();
    },
  };
}

const kill = () => void process.kill(process.pid, 'SIGKILL');

/** From now on the process is killed halfway through writing a checkpoint, or before a written one gets its name. */
function killAt(event: string): void {
  const { open, rename } = fs;
  const isCheckpoint = (path: unknown) => String(path).includes('last.safetensors');
  if (event === 'rename') fs.rename = async (from, to) => (isCheckpoint(to) ? kill() : rename(from, to));
  if (event === 'write')
    fs.open = async (path, ...options) => {
      const file = await open(path, ...options);
      if (!isCheckpoint(path)) return file;
      file.writeFile = async (contents) => {
        const bytes = contents as Uint8Array;
        await file.write(bytes.subarray(0, bytes.length / 2));
        kill();
      };
      return file;
    };
  syncBuiltinESMExports();
}

async function interruptSelf(): Promise<void> {
  process.kill(process.pid, 'SIGINT');
  await new Promise((later) => setTimeout(later, 20)); // signals arrive between events
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [directory = '', event = '', step = ''] = process.argv.slice(2);
  const action = event === 'interrupt' ? interruptSelf : () => killAt(event);
  const { history } = await train(directory, afterSteps(Number(step), action));
  console.log(JSON.stringify({ interrupted: history.interrupted, epochs: history.epochs.length }));
}
