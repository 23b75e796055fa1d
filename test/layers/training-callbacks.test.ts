/** @file Callbacks: when they are told what, and what each of them does. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memory, setBackend } from '@fer/core';
import {
  Adam,
  type Callback,
  CSVLogger,
  EarlyStopping,
  evaluate,
  type FitOptions,
  fit,
  type Logs,
  loadModel,
  ModelCheckpoint,
  ProgressBar,
  ReduceLROnPlateau,
  type Run,
  SGD,
  TerminateOnNaN,
} from '@fer/layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { convolutional, dense, randomImages } from './training-networks.ts';

let directory: string;
beforeAll(async () => {
  await setBackend('simd');
  directory = await mkdtemp(join(tmpdir(), 'fer-callbacks-'));
});
afterAll(() => rm(directory, { recursive: true }));

const options = (epochs: number, ...callbacks: Callback[]): FitOptions => {
  const data = randomImages();
  return { train: { ...data, batchSize: 32 }, validation: data, epochs, optimizer: new SGD(), callbacks };
};

/** Changes what the callbacks after it see, so that their decisions can be told beforehand. */
function pretend(values: Record<string, number>[]): Callback {
  return {
    className: 'Pretend',
    onEpochEnd({ history }) {
      Object.assign(history.at(-1) as Logs, values[history.length - 1]);
    },
  };
}

const losses = (...valLoss: number[]) => pretend(valLoss.map((loss) => ({ valLoss: loss })));

it('callbacks are told in this order, and wait for each other', async () => {
  const told: string[] = [];
  const event = (name: string) => async (run: Run) => {
    await new Promise((later) => setTimeout(later, 1));
    told.push(`${name} ${run.epoch}.${run.batch}`);
  };
  await fit(
    dense(),
    options(2, {
      className: 'Spy',
      onTrainBegin: event('train'),
      onEpochBegin: event('epoch'),
      onBatchEnd: event('batch'),
      onEpochEnd: event('end'),
      onCheckpoint: event('save'),
      onTrainEnd: event('over'),
    }),
  );
  const first = ['train 0.0', 'epoch 0.0', 'batch 0.1', 'batch 0.2', 'end 0.2', 'save 1.0'];
  expect(told).toEqual([...first, 'epoch 1.0', 'batch 1.1', 'batch 1.2', 'end 1.2', 'save 2.0', 'over 2.0']);
});

describe('EarlyStopping', () => {
  it('stops after the patience, and restores the best weights', async () => {
    const model = convolutional();
    const snapshots: Record<string, unknown>[] = [];
    const spy: Callback = {
      className: 'Spy',
      async onEpochEnd(run) {
        snapshots.push(await run.model.stateDict());
      },
    };
    const stopping = new EarlyStopping({ patience: 2, restoreBestWeights: true });
    const before = memory().tensors;
    const { epochs, stopped } = await fit(model, options(9, losses(3, 1, 2, 1, 0), stopping, spy));
    expect(epochs.length).toBe(4);
    expect(stopped).toBe('valLoss has not improved for 2 epochs');
    expect(await model.stateDict()).toEqual(snapshots[1]);
    expect(snapshots[3]).not.toEqual(snapshots[1]);
    // the images and labels of options() alone
    expect(memory().tensors - before).toBe(2);
  });

  it('goes by minDelta, and upwards for accuracy', async () => {
    const byLoss = new EarlyStopping({ patience: 1, minDelta: 0.5 });
    expect((await fit(dense(), options(9, losses(3, 2, 1.6, 0), byLoss))).epochs.length).toBe(3);
    const accuracies = pretend([0.1, 0.3, 0.2].map((valAccuracy) => ({ valAccuracy })));
    const byAccuracy = new EarlyStopping({ monitor: 'valAccuracy', patience: 1 });
    expect((await fit(dense(), options(9, accuracies, byAccuracy))).epochs.length).toBe(3);
    const automatically = new EarlyStopping({ monitor: 'valLoss', mode: 'auto', patience: 1 });
    expect((await fit(dense(), options(9, losses(3, 2, 1, 2), automatically))).epochs.length).toBe(4);
    const downwards = new EarlyStopping({ monitor: 'valAccuracy', mode: 'min', patience: 1 });
    expect((await fit(dense(), options(9, accuracies, downwards))).epochs.length).toBe(2);
  });

  it('begins anew with each run', async () => {
    const stopping = new EarlyStopping({ patience: 2, restoreBestWeights: true });
    await fit(dense(), options(9, losses(1, 2, 2), stopping));
    const { epochs } = await fit(dense(), options(9, losses(5, 6, 4, 6, 6), stopping));
    expect(epochs.length).toBe(5);
    const [once, again] = [dense(), dense()];
    await fit(once, options(9, losses(5, 6, 6), new EarlyStopping({ patience: 2, restoreBestWeights: true })));
    await fit(again, options(9, losses(5, 6, 6), stopping));
    expect(await again.stateDict()).toEqual(await once.stateDict());
  });

  it('never takes NaN for the best', async () => {
    const model = dense();
    const { epochs } = await fit(
      model,
      options(9, losses(Number.NaN, 2, Number.NaN, 3), new EarlyStopping({ patience: 2 })),
    );
    expect(epochs.length).toBe(4);
  });

  it('refuses a figure that is not there', async () => {
    const wrong = fit(dense(), options(1, new EarlyStopping({ monitor: 'valF1', mode: 'max' })));
    await expect(wrong).rejects.toThrow(
      "EarlyStopping: there is no 'valF1' among epoch, loss, accuracy, valLoss, valAccuracy, learningRate",
    );
    expect(() => new EarlyStopping({ monitor: 'valDistance' })).toThrow(
      "EarlyStopping: mode must be 'min' or 'max' for 'valDistance', whose name does not say which is better",
    );
    expect(() => new EarlyStopping({ patience: -1 })).toThrow(/patience must be an integer of at least 0/);
    expect(() => new EarlyStopping({ mode: 'lower' as 'min' })).toThrow(
      'EarlyStopping: mode must be one of auto, min, max but is lower',
    );
    expect(() => new EarlyStopping({ minDelta: -1 })).toThrow(/minDelta must be at least 0/);
  });
});

describe('ReduceLROnPlateau', () => {
  const rates = async (plateau: ReduceLROnPlateau, ...values: number[]) => {
    const { epochs } = await fit(dense(), options(values.length, losses(...values), plateau));
    return epochs.map(({ learningRate }) => Number((learningRate ?? 0).toPrecision(6)));
  };

  it('reduces after the patience, again and again', async () => {
    const plateau = new ReduceLROnPlateau({ factor: 0.5, patience: 2 });
    expect(await rates(plateau, 1, 1, 1, 1, 1, 0.5, 1)).toEqual([0.01, 0.01, 0.01, 0.005, 0.005, 0.0025, 0.0025]);
  });

  it('waits in the cooldown, and stops at the minimum', async () => {
    const plateau = new ReduceLROnPlateau({ patience: 1, cooldown: 2, minLearningRate: 0.0005 });
    expect(await rates(plateau, 1, 1, 1, 1, 1, 1, 1)).toEqual([0.01, 0.01, 0.001, 0.001, 0.0005, 0.0005, 0.0005]);
  });

  it('begins anew with each run', async () => {
    const plateau = new ReduceLROnPlateau({ patience: 2, cooldown: 1 });
    expect(await rates(plateau, 1, 1, 1)).toEqual([0.01, 0.01, 0.01]);
    expect(await rates(plateau, 5, 4, 3, 3, 3, 3)).toEqual([0.01, 0.01, 0.01, 0.01, 0.01, 0.001]);
  });

  it('multiplies a schedule', async () => {
    const optimizer = new SGD({ learningRate: { name: 'step', initialLearningRate: 1e-3, stepSize: 2, gamma: 0.5 } });
    const callbacks = [losses(1, 1, 1), new ReduceLROnPlateau({ patience: 1 })];
    const { epochs } = await fit(dense(), { ...options(3), optimizer, callbacks });
    expect(epochs.map(({ learningRate }) => learningRate)).toEqual([1e-3, 5e-4, 0.1 * 2.5e-4]);
  });

  it('refuses a factor that does not reduce', () => {
    expect(() => new ReduceLROnPlateau({ factor: 1 })).toThrow(/factor must be between 0 and 1 but is 1/);
    expect(() => new ReduceLROnPlateau({ minLearningRate: -1 })).toThrow(
      'minLearningRate must be at least 0 but is -1',
    );
  });
});

describe('TerminateOnNaN', () => {
  it('stops in the epoch, which leaves neither history nor checkpoint', async () => {
    const last = join(directory, 'nan.safetensors');
    const optimizer = new SGD({ learningRate: { name: 'step', initialLearningRate: 0.1, stepSize: 2, gamma: 1e38 } });
    const callbacks = [new TerminateOnNaN(), new ModelCheckpoint({ last })];
    const { epochs, stopped } = await fit(dense(), { ...options(9), optimizer, callbacks });
    expect(stopped).toMatch(/^the loss is (NaN|Infinity) in epoch \d$/);
    expect(epochs.length).toBe(Number(stopped?.at(-1)) - 1);
    expect(epochs.length).toBeGreaterThan(0);
    expect(epochs.every(({ loss }) => Number.isFinite(loss))).toBe(true);
    const resumed = await fit(dense(), { ...options(epochs.length, ...callbacks), resume: last });
    expect(resumed.epochs).toEqual(epochs);
  });
});

it('a figure of validation is missed before the first step', async () => {
  const watching = [new EarlyStopping(), new ReduceLROnPlateau(), new ModelCheckpoint({ best: join(directory, 'b') })];
  for (const callback of watching) {
    const { validation: _, ...withoutValidation } = options(1, callback);
    await expect(fit(dense(), withoutValidation)).rejects.toThrow(
      `${callback.className}: there is no 'valLoss' among epoch, loss, accuracy, learningRate`,
    );
    expect(withoutValidation.optimizer.steps).toBe(0);
  }
});

describe('ModelCheckpoint', () => {
  it('keeps the best model as it was evaluated', async () => {
    const best = join(directory, 'new/best.safetensors');
    const run = options(4, new ModelCheckpoint({ best, monitor: 'valLoss' }));
    const { epochs } = await fit(convolutional(), { ...run, ema: 0.5, optimizer: new Adam({ learningRate: 0.3 }) });
    const loaded = await loadModel(best);
    const { loss } = await evaluate(loaded, run.validation ?? run.train);
    expect(loss).toBe(Math.min(...epochs.map(({ valLoss }) => valLoss ?? Number.NaN)));
    expect(await readdir(join(directory, 'new'))).toEqual(['best.safetensors']);
  });

  it('keeps the best model of each run', async () => {
    const best = join(directory, 'again.safetensors');
    const checkpoint = new ModelCheckpoint({ best });
    await fit(dense(), options(1, losses(1), checkpoint));
    const model = dense();
    await fit(model, options(2, losses(3, 2), checkpoint));
    expect(await (await loadModel(best)).stateDict()).toEqual(await model.stateDict());
  });

  it('keeps the model of the lower loss where accuracies are the same', async () => {
    const best = join(directory, 'tied.safetensors');
    const figures = [
      { valAccuracy: 0.5, valLoss: 3 },
      { valAccuracy: 1, valLoss: 2 },
      { valAccuracy: 1, valLoss: 1 },
    ];
    const checkpoint = new ModelCheckpoint({ best, monitor: 'valAccuracy' });
    const model = dense();
    await fit(model, options(3, pretend(figures), checkpoint));
    expect(await (await loadModel(best)).stateDict()).toEqual(await model.stateDict());
    await fit(dense(), options(3, pretend([...figures].reverse()), checkpoint));
    expect(await (await loadModel(best)).stateDict()).not.toEqual(await model.stateDict());
  });

  it('refuses to do nothing', () => {
    expect(() => new ModelCheckpoint({})).toThrow(/expected a path as `last`, `best` or both/);
  });
});

describe('CSVLogger', () => {
  it('writes a row for each epoch', async () => {
    const path = join(directory, 'log.csv');
    const { epochs } = await fit(dense(), options(3, new CSVLogger(path)));
    const [header, ...rows] = (await readFile(path, 'utf8')).trimEnd().split('\n');
    expect(header).toBe('epoch,loss,accuracy,valLoss,valAccuracy,learningRate');
    expect(rows.map((row) => row.split(',').map(Number))).toEqual(epochs.map((logs) => Object.values(logs)));
  });

  it('leaves cells empty in epochs that did not have a figure', async () => {
    const [path, last] = [join(directory, 'grown.csv'), join(directory, 'grown.safetensors')];
    const { validation, ...run } = options(1, new CSVLogger(path), new ModelCheckpoint({ last }));
    await fit(dense(), run);
    await fit(dense(), { ...run, validation: validation ?? run.train, epochs: 2, resume: last });
    const [header, first, second] = (await readFile(path, 'utf8')).split('\n');
    expect(header).toBe('epoch,loss,accuracy,learningRate,valLoss,valAccuracy');
    expect(first).toMatch(/^1,[\d.]+,[\d.]+,0.01,,$/);
    expect(second).toMatch(/^2,[\d.]+,[\d.]+,0.01,[\d.]+,[\d.]+$/);
  });
});

describe('ProgressBar', () => {
  const shown = async (terminal: { isTTY?: boolean; columns?: number }) => {
    let text = '';
    const stream = { ...terminal, write: (part: string) => (text += part) };
    await fit(dense(), options(2, new ProgressBar({ stream }), new EarlyStopping()));
    return text;
  };

  it('writes a line for each epoch where there is no terminal', async () => {
    const lines = (await shown({})).trimEnd().split('\n');
    expect(lines.length).toBe(2);
    expect(lines[0]).toMatch(
      /^Epoch 1\/2 {2}0:00 {2}[\d.]+ images\/s {2}loss [\d.]+ {2}accuracy [\d.]+ {2}valLoss [\d.]+ .*learningRate 0.01$/,
    );
  });

  it('draws over its line on a terminal, and not beyond its edge', async () => {
    const text = await shown({ isTTY: true, columns: 40 });
    const drawings = text.split('\r\x1b[2K').slice(1);
    expect(drawings[0]).toMatch(/^Epoch 1\/2 {2}\d\/2 [█░]{20}/);
    expect(drawings[0]?.length).toBeLessThan(40);
    expect(text.split('\n').length).toBe(3);
  });

  it('says why training stopped', async () => {
    let text = '';
    const stream = { write: (part: string) => (text += part) };
    await fit(dense(), options(9, losses(1, 2), new EarlyStopping(), new ProgressBar({ stream })));
    expect(text).toMatch(/Stopped: valLoss has not improved for 1 epochs\.\n$/);
  });
});

it('a checkpoint is of a moment between steps', async () => {
  const saving: Callback = {
    className: 'Saving',
    async onEpochEnd(run) {
      await run.save();
    },
  };
  await expect(fit(dense(), options(1, saving))).rejects.toThrow(/save: expected to be called from onCheckpoint or/);
});
