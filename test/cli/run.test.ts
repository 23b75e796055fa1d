/** @file A run within this process: what it leaves behind, and whose weights it evaluates. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { decodeSafetensors, memory, setBackend } from '@fer/core';
import { encodePng, syntheticFaces } from '@fer/data';
import { decodePretrained } from '@fer/models';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Selection, SplitPlan } from '../../packages/cli/src/experiment.ts';
import { run } from '../../packages/cli/src/run.ts';
import { RunFolder } from '../../packages/cli/src/run-folder.ts';
import { DEFAULTS, experimentOf } from '../../packages/cli/src/train-options.ts';
import { ferHere, temporaryFolder } from './fer.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  await setBackend('simd');
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

/** Learns too fast, so that epochs after the best one are worse. */
const HASTY = {
  network: 'mobi-express-net',
  epochs: 4,
  batchSize: 16,
  learningRate: 0.02,
  schedule: 'constant',
} as const;

const SILENT = { resumeBy: '', progress: { write: () => {} }, say: () => {} };

function configOf(data: string, selection: Selection) {
  const experiment = experimentOf({ ...DEFAULTS, ...HASTY, data });
  const training = { ...experiment.training, selection };
  return { title: 'A test', experiment: { ...experiment, training }, backend: 'simd', scaled: [] };
}

async function runWith(selection: Selection) {
  const there = new RunFolder(folder.file(selection));
  const result = await run(configOf('synthetic:70', selection), there, SILENT);
  const { model, card } = await decodePretrained(await readFile(there.file('best.safetensors')));
  const evaluated = (await model.stateDict())['predictions/kernel'];
  model.dispose();
  const last = decodeSafetensors(await readFile(there.file('last.safetensors'))).tensors['weights:predictions/kernel'];
  return { result, card, isLast: String(evaluated?.data) === String(last?.data) };
}

it.each([
  ['valAccuracy', false, /Selection\*\*: the epoch with the highest validation accuracy/],
  ['valLoss', false, /Selection\*\*: the epoch with the lowest validation loss/],
  ['last', true, /Selection\*\*: the last epoch/],
] as const)('evaluates the weights by %s, says so, and leaves no tensors', async (selection, isLast, text) => {
  const before = memory().tensors;
  const outcome = await runWith(selection);
  expect(memory().tensors).toBe(before);
  const { epochs, split } = outcome.result;
  expect(epochs).toHaveLength(4);
  const [first] = epochs;
  expect(Number(first?.valLoss)).toBeLessThan(Number(epochs.at(-1)?.valLoss));
  expect(outcome.isLast).toBe(isLast);
  expect(split).toMatch(/^training \d+, validation \d+, test \d+ images/);
  expect(outcome.card).toMatch(text);
});

it('tells which classes no image shows, and of epochs of few steps', async () => {
  const said: string[] = [];
  const faces = syntheticFaces({ seed: 1, count: 28 });
  const classes = folder.file('classes');
  for (const [i, name] of ['happy', 'never', 'sad'].entries()) {
    await mkdir(`${classes}/${name}`, { recursive: true });
    for (const [j, { image }] of i === 1 ? [] : faces.items.entries())
      await writeFile(`${classes}/${name}/${j}.png`, await encodePng(image));
  }
  const config = configOf(classes, 'last');
  const short = { ...config.experiment.training, epochs: 1 };
  const experiment = { ...config.experiment, training: short };
  await run({ ...config, experiment }, new RunFolder(folder.file('unseen')), {
    ...SILENT,
    say: (text) => said.push(text),
  });
  expect(said).toContain('Nothing to learn never from: no training image shows it');
  expect(said).toContain('An epoch is 2 steps: of few images smaller batches may learn more');
});

it('is not continued with other data, by which parts would be other ones', async () => {
  const there = new RunFolder(folder.file('last'));
  const before = await readFile(there.file('config.json'), 'utf8');
  const resumed = (data: string) => run(configOf(data, 'last'), there, { ...SILENT, resume: true });
  for (const data of ['synthetic:70:2', 'synthetic:71'])
    await expect(resumed(data)).rejects.toThrow(
      `resume: '${there.path}' began with other data than '${data}' holds now`,
    );
  expect(await readFile(there.file('config.json'), 'utf8')).toBe(before);
  await expect(resumed('synthetic:70')).resolves.toMatchObject({ stopped: undefined });
});

it('says so of data in parts, too, if these were not what it went by', async () => {
  const parts = folder.file('parts');
  for (const [part, seed] of [
    ['train', 1],
    ['test', 2],
  ] as const)
    for (const [i, { image, label }] of syntheticFaces({ seed, count: 70 }).items.entries()) {
      await mkdir(`${parts}/${part}/class${label}`, { recursive: true });
      await writeFile(`${parts}/${part}/class${label}/${i}.png`, await encodePng(image));
    }
  const config = configOf(parts, 'last');
  const { data, training } = config.experiment;
  const headingsOf = async (split: SplitPlan) => {
    const there = new RunFolder(folder.file(split.by));
    const experiment = { ...config.experiment, data: { ...data, split }, training: { ...training, epochs: 1 } };
    await run({ ...config, experiment }, there, SILENT);
    const weights = there.file('best.safetensors');
    return (await ferHere(['evaluate', '--weights', weights, '--data', parts])).stdout.split('\n')[0];
  };
  expect(await headingsOf({ by: 'count', counts: [9, 2] })).toMatch(/^test, of which a part was trained on/);
  expect(await headingsOf(data.split)).toBe('test');
});

it('says so when weights are evaluated on what they were trained on', async () => {
  const weights = folder.file('last/best.safetensors');
  const headingOf = async (data: string) =>
    (await ferHere(['evaluate', '--weights', weights, '--data', data])).stdout.split('\n')[0];
  expect(await headingOf('synthetic:70')).toBe(
    'test, of which a part was trained on: report.txt beside the weights is of the others',
  );
  expect(await headingOf('synthetic:70:2')).toBe('test');
  await writeFile(folder.file('last/config.json'), '// of something else');
  expect(await headingOf('synthetic:70')).toBe('test');
});
