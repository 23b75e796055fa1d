/** @file Runs that were interrupted, or killed, and resumed end as if nothing had happened. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { decodeSafetensors, encodeSafetensors, FormatError, memory, type Parameter, slice } from '@fer/core';
import { Dataset } from '@fer/data';
import {
  Adam,
  type Batches,
  type Callback,
  EarlyStopping,
  type FitOptions,
  fit,
  ModelCheckpoint,
  type MonitorOptions,
  ReduceLROnPlateau,
  SGD,
  WeightsError,
} from '@fer/layers';
import ndarray from 'ndarray';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dense, randomImages } from './training-networks.ts';
import { afterSteps, checkpointIn, EPOCHS, STEPS, train } from './training-resumable.ts';

let whole: Awaited<ReturnType<typeof train>>;
let files: Record<string, string>;
const directories: string[] = [];

async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'fer-resume-'));
  directories.push(directory);
  return directory;
}

async function filesIn(directory: string): Promise<Record<string, string>> {
  const read = async (name: string) => [name, (await readFile(join(directory, name))).toString('base64')];
  return Object.fromEntries(await Promise.all(['last.safetensors', 'best.safetensors', 'log.csv'].map(read)));
}

beforeAll(async () => {
  const directory = await newDirectory();
  whole = await train(directory);
  files = await filesIn(directory);
});
afterAll(async () => {
  for (const directory of directories) await rm(directory, { recursive: true });
});

/** Weights, history, checkpoint, best model and log are those of the run that was never stopped, bit by bit. */
async function expectTheSame(directory: string, { history, weights }: Awaited<ReturnType<typeof train>>) {
  expect(history).toEqual(whole.history);
  expect(weights).toEqual(whole.weights);
  expect(await filesIn(directory)).toEqual(files);
}

const run = promisify(execFile);
const program = fileURLToPath(new URL('training-resumable.ts', import.meta.url));
const child = (...args: string[]) => run('node', ['--conditions=source', '--import', 'tsx', program, ...args]);

describe('a run that is resumed ends as if never stopped', () => {
  for (let step = 1; step <= EPOCHS * STEPS; step++) {
    it(`when a signal interrupted it at step ${step}`, async () => {
      const directory = await newDirectory();
      const controller = new AbortController();
      const { signal } = controller;
      const first = await train(
        directory,
        afterSteps(step, () => controller.abort()),
        { signal },
      );
      expect(first.history.interrupted).toBe(true);
      expect(first.history.epochs).toEqual(whole.history.epochs.slice(0, Math.floor((step - 1) / STEPS)));
      await expectTheSame(directory, await train(directory, {}, { resume: checkpointIn(directory) }));
    });
  }

  it('when it was interrupted again and again', async () => {
    const directory = await newDirectory();
    let last: Awaited<ReturnType<typeof train>>;
    let runs = 0;
    do {
      const controller = new AbortController();
      const resume = runs++ > 0 ? { resume: checkpointIn(directory) } : {};
      const during = afterSteps(1, () => controller.abort());
      last = await train(directory, during, { ...resume, signal: controller.signal });
    } while (last.history.interrupted);
    expect(runs).toBe(EPOCHS * STEPS + 1);
    await expectTheSame(directory, last);
  });

  it('when Ctrl-C ended the program', async () => {
    const directory = await newDirectory();
    const { stdout } = await child(directory, 'interrupt', '6');
    expect(JSON.parse(stdout)).toEqual({ interrupted: true, epochs: 1 });
    await expectTheSame(directory, await train(directory, {}, { resume: checkpointIn(directory) }));
  });

  for (const event of ['write', 'rename']) {
    it(`when it was killed at the ${event} of a checkpoint`, async () => {
      const directory = await newDirectory();
      await expect(child(directory, event, '10')).rejects.toMatchObject({ signal: 'SIGKILL' });
      await expectTheSame(directory, await train(directory, {}, { resume: checkpointIn(directory) }));
    });
  }

  it('when it was over: there is nothing left to do', async () => {
    const directory = await newDirectory();
    await writeFile(checkpointIn(directory), Buffer.from(files['last.safetensors'] ?? '', 'base64'));
    const again = await train(directory, {}, { resume: checkpointIn(directory) });
    expect(again.history).toEqual(whole.history);
    expect(again.weights).toEqual(whole.weights);
  });
});

/** Hands on every checkpoint. */
const saving = (take: (bytes: Uint8Array) => void): Callback => ({
  className: 'Save',
  async onCheckpoint(run) {
    take(await run.save());
  },
});

describe('resume', () => {
  const options = (): FitOptions => ({ train: randomImages(), epochs: 2, optimizer: new Adam(), seed: 1 });
  let checkpoint: Uint8Array;
  /** After an epoch. */
  const checkpointOf = async ({ callbacks = [], ...changes }: Partial<FitOptions> = {}) => {
    let bytes: Uint8Array = new Uint8Array();
    const save = saving((saved) => {
      bytes = saved;
    });
    await fit(dense(), { ...options(), ...changes, epochs: 1, callbacks: [...callbacks, save] });
    return bytes;
  };
  beforeAll(async () => {
    checkpoint = await checkpointOf();
  });
  const resumed = (changes: Partial<FitOptions>, bytes = checkpoint) =>
    fit(dense(), { ...options(), callbacks: [{ className: 'Save' }], ...changes, resume: bytes });

  it('may train for more epochs', async () => {
    const { epochs } = await resumed({ epochs: 3 });
    expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
  });

  it('refuses a checkpoint of another run', async () => {
    const cases: [Partial<FitOptions>, RegExp][] = [
      [{ seed: 2 }, /resume: seed must be '1', as in the checkpoint, but is '2'/],
      [{ ema: 0.9 }, /ema must be 'null'/],
      [{ callbacks: [] }, /callbacks must be 'Save'/],
      [{ metrics: [] }, /figures must be 'loss, accuracy'.* but is 'loss'/],
      [{ train: { ...randomImages(), batchSize: 8 } }, /batches must be '2'.* but is '8'/],
      [{ mixup: 0.2 }, /options must be '{.*"gradientAccumulation":1}'.* but is '.*"mixup":0.2}'/],
      [{ cutmix: 1 }, /"cutmix":1/],
      [{ sam: 0.05 }, /"sam":0.05/],
      [{ gradientAccumulation: 2 }, /"gradientAccumulation":2/],
      [{ workers: 1 }, /"workers":1/],
      [{ loss: { name: 'softmaxCrossEntropy', labelSmoothing: 0.1 } }, /"labelSmoothing":0.1/],
    ];
    for (const [changes, message] of cases) await expect(resumed(changes)).rejects.toThrow(message);
  });

  it('refuses as many batches of another size, which would train some examples twice', async () => {
    const image = ndarray(new Float32Array(16), [4, 4, 1]);
    const data = new Dataset({ classes: ['one'], items: Array.from({ length: 100 }, () => ({ image, label: 0 })) });
    const bytes = await checkpointOf({ train: data.batch(32) });
    await expect(resumed({ train: data.batch(25) }, bytes)).rejects.toThrow(
      "resume: batchSize must be '32', as in the checkpoint, but is '25'",
    );
    await expect(resumed({ train: data.take(99).batch(32) }, bytes)).rejects.toThrow(/examples must be '100'/);
    expect((await resumed({ train: data.batch(32) }, bytes)).epochs.length).toBe(2);
  });

  it('takes batches that do not tell their size', async () => {
    const { x, y } = randomImages();
    const batches: Batches = {
      length: 2,
      async *epoch() {
        for (let i = 0; i < 2; i++)
          yield { images: slice(x, [32 * i, 0, 0, 0], [32, 4, 4, 1]), labels: slice(y, [32 * i], [32]) };
      },
    };
    expect((await resumed({ train: batches })).epochs.length).toBe(2);
  });

  it('refuses callbacks that watch something else than before', async () => {
    const best = join(await newDirectory(), 'best.safetensors');
    const watching: [(options: MonitorOptions) => Callback, string][] = [
      [(watched) => new EarlyStopping({ patience: 9, ...watched }), 'EarlyStopping'],
      [(watched) => new ReduceLROnPlateau(watched), 'ReduceLROnPlateau'],
      [(watched) => new ModelCheckpoint({ best, ...watched }), 'ModelCheckpoint'],
    ];
    const save = { className: 'Save' };
    for (const [make, name] of watching) {
      const bytes = await checkpointOf({ callbacks: [make({ monitor: 'loss' })] });
      const continued = (watched: MonitorOptions) => resumed({ callbacks: [make(watched), save] }, bytes);
      await expect(continued({ monitor: 'accuracy' })).rejects.toThrow(
        `resume: monitor of ${name} must be 'loss', as in the checkpoint, but is 'accuracy'`,
      );
      await expect(continued({ monitor: 'loss', mode: 'max' })).rejects.toThrow(
        `resume: mode of ${name} must be 'min', as in the checkpoint, but is 'max'`,
      );
      expect((await continued({ monitor: 'loss', mode: 'min', minDelta: 0.1 })).epochs.length).toBe(2);
    }
    const stopping = (restoreBestWeights: boolean) =>
      new EarlyStopping({ monitor: 'loss', patience: 9, restoreBestWeights });
    const bytes = await checkpointOf({ callbacks: [stopping(true)] });
    await expect(resumed({ callbacks: [stopping(false), save] }, bytes)).rejects.toThrow(
      "resume: restoreBestWeights of EarlyStopping must be 'true', as in the checkpoint, but is 'false'",
    );
  });

  it('takes the same options however they are written', async () => {
    const { epochs } = await resumed({ loss: { name: 'softmaxCrossEntropy' }, gradientAccumulation: 1 });
    expect(epochs.length).toBe(2);
  });

  it('takes checkpoints of earlier versions, which tell neither all options nor what is frozen', async () => {
    const stopping = () => new EarlyStopping({ monitor: 'loss', patience: 9 });
    const bytes = await checkpointOf({ callbacks: [stopping()] });
    const { tensors, metadata } = decodeSafetensors(bytes);
    const { identity, progress } = JSON.parse(metadata.training ?? '');
    const { options: _, batchSize: __, examples: ___, ...identityBefore } = identity;
    const { trainable: ____, ...progressBefore } = progress;
    const [{ best, waited }] = progress.callbacks;
    progressBefore.callbacks = [{ best, waited }, null];
    const training = JSON.stringify({ identity: identityBefore, progress: progressBefore });
    const before = encodeSafetensors(tensors, { ...metadata, training });
    const { epochs } = await resumed({ mixup: 0.2, callbacks: [stopping(), { className: 'Save' }] }, before);
    expect(epochs.length).toBe(2);
  });

  it('refuses the state of another optimizer of the same class, and leaves all as it was', async () => {
    const sgd = (momentum: number) => new SGD({ learningRate: 0.1, momentum });
    let bytes: Uint8Array = new Uint8Array();
    const save = saving((saved) => {
      bytes = saved;
    });
    for (const [from, to] of [
      [0.9, 0],
      [0, 0.9],
    ] as const) {
      await fit(dense(), { ...options(), epochs: 1, optimizer: sgd(from), callbacks: [save] });
      const [model, optimizer] = [dense(), sgd(to)];
      const before = await model.stateDict();
      const other = fit(model, { ...options(), optimizer, callbacks: [save], resume: bytes });
      await expect(other).rejects.toThrow('SGD: the state does not fit');
      expect(await model.stateDict()).toEqual(before);
      expect(optimizer.steps).toBe(0);
    }
  });

  it('freezes what was frozen, and nothing else', async () => {
    const unfreezing: Callback = {
      className: 'Unfreezing',
      onEpochBegin({ epoch, model }) {
        if (epoch === 1) model.layer('dense').trainable = true;
      },
    };
    const run = async (changes: Partial<FitOptions> = {}) => {
      const model = dense();
      model.layer('dense').trainable = false;
      (model.weights.get('dense_1/bias') as Parameter).trainable = false;
      let bytes: Uint8Array = new Uint8Array();
      const save = saving((saved) => {
        bytes = saved;
      });
      const controller = new AbortController();
      const interrupting = { className: 'Interrupting', ...afterSteps(5, () => controller.abort()) };
      const callbacks = [unfreezing, save, interrupting];
      await fit(model, { ...options(), epochs: 4, callbacks, signal: controller.signal, ...changes });
      const biasIsFrozen = model.weights.get('dense_1/bias')?.trainable === false;
      return { weights: await model.stateDict(), bytes, biasIsFrozen };
    };
    const { signal } = new AbortController();
    const uninterrupted = await run({ signal });
    const { bytes } = await run();
    const continued = await run({ signal, resume: bytes });
    expect(continued.weights).toEqual(uninterrupted.weights);
    expect(continued.biasIsFrozen).toBe(true);
  });

  it('refuses weights of another model, and leaves that as it was', async () => {
    const { model } = whole;
    const before = await model.stateDict();
    const other = fit(model, { ...options(), callbacks: [{ className: 'Save' }], resume: checkpoint });
    await expect(other).rejects.toThrow(WeightsError);
    expect(await model.stateDict()).toEqual(before);
  });

  it.each([
    ['generator', { random: [0, 0, 0, 0] }, /state must hold integers from 0 to 2\^32 - 1, not all 0/],
    ['sums', { means: { sums: { loss: 'a' }, examples: 0 } }, /progress is not complete/],
  ])('refuses a state of its %s that is none, and leaves the model as it was', async (_, wrong, message) => {
    const { tensors, metadata } = decodeSafetensors(checkpoint);
    const training = JSON.parse(metadata.training ?? '');
    Object.assign(training.progress, wrong);
    const bytes = encodeSafetensors(tensors, { ...metadata, training: JSON.stringify(training) });
    const model = dense();
    const before = await model.stateDict();
    const resuming = fit(model, { ...options(), callbacks: [{ className: 'Save' }], resume: bytes });
    await expect(resuming).rejects.toThrow(message);
    expect(await model.stateDict()).toEqual(before);
  });

  it('names a file that cannot be read', async () => {
    const missing = fit(dense(), { ...options(), resume: '/nowhere.safetensors' });
    await expect(missing).rejects.toThrow("resume: cannot read '/nowhere.safetensors': ENOENT");
  });

  it('refuses files that are damaged or no checkpoint, and leaks nothing', async () => {
    const data = options();
    const before = memory();
    const damaged = (bytes: Uint8Array) => fit(whole.model, { ...data, ema: 0.9, resume: bytes });
    await expect(damaged(checkpoint.slice(0, -1))).rejects.toThrow(FormatError);
    await expect(damaged(encodeSafetensors({}))).rejects.toThrow(
      /resume: expected a checkpoint in the format fer-training-1/,
    );
    const metadata = { format: 'fer-training-1', training: '{"progress":{}}' };
    await expect(damaged(encodeSafetensors({}, metadata))).rejects.toThrow(/progress is not complete/);
    const empty = encodeSafetensors({}, { ...metadata, training: 'null' });
    await expect(damaged(empty)).rejects.toThrow(/progress is not complete/);
    await expect(damaged(encodeSafetensors({}, { ...metadata, training: '{' }))).rejects.toThrow(
      /progress is not JSON/,
    );
    expect(memory()).toEqual(before);
  });
});
