/** @file CK+ by subject: folds, what they come to together, and networks that begin with weights for other labels. */
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createNetwork, findRecipe, openSource, prepare, type Variant } from '@fer/cli';
import { decodeSafetensors, encodeSafetensors, Random, setBackend, tensor } from '@fer/core';
import { Dataset, encodePng, syntheticFaces } from '@fer/data';
import { encodeModel, type Model, saveModel } from '@fer/layers';
import { createModel, exportTfjs, loadPretrained } from '@fer/models';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectNumbersClose } from '../close.ts';
import { fer, ferHere, temporaryFolder } from './fer.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let data: string;

/** Drawn faces as CK+ has its own: nine people, three frames of each of seven expressions. */
beforeAll(async () => {
  await setBackend('simd');
  folder = await temporaryFolder();
  data = folder.file('ck');
  const { items, classes } = syntheticFaces({ seed: 5, count: 63 });
  for (const { image, label, subject } of items) {
    const path = `${data}/${classes[label] === 'neutral' ? 'contempt' : classes[label]}`;
    await mkdir(path, { recursive: true });
    const person = `S${100 + Number(/\d+/.exec(`${subject}`)?.[0])}`;
    for (const frame of [1, 2, 3]) await writeFile(`${path}/${person}_001_0000000${frame}.png`, await encodePng(image));
  }
});
afterAll(() => folder.remove());

describe('folds', () => {
  const fold = async (fold: number, folds = 3) => {
    const source = await openSource(data);
    const split = { by: 'fold', folds, fold } as const;
    const parts = prepare(source, { source: data, split, imageSize: 48, augment: [], preprocess: [] }, [48, 48, 1], 1);
    const { train, validation, tests } = parts;
    const subjects = [train, validation, tests.test].map((part) => new Set(part?.items.map(({ subject }) => subject)));
    return { parts, subjects };
  };

  it('test each person once, share none between parts, and use the next fold for validation', async () => {
    const rounds = await Promise.all([1, 2, 3].map((number) => fold(number)));
    for (const [i, { parts, subjects }] of rounds.entries()) {
      expect(subjects.map(({ size }) => size)).toEqual([3, 3, 3]);
      expect(new Set(subjects.flatMap((part) => [...part])).size).toBe(9);
      expect(parts.split).toContain(`fold ${i + 1} of 3, sharing no person`);
      expect(subjects[1]).toEqual(rounds[(i + 1) % 3]?.subjects[2]);
    }
    expect(new Set(rounds.flatMap(({ subjects }) => [...(subjects[2] ?? [])])).size).toBe(9);
  });

  it('must be three at least, of people who are known', async () => {
    await expect(fold(1, 2)).rejects.toThrow('split: there must be 3 folds or more');
    const plan = {
      split: { by: 'fold', folds: 3, fold: 1 },
      source: '',
      imageSize: 48,
      augment: [],
      preprocess: [],
    } as const;
    const { items, classes } = await openSource(data);
    const strangers = new Dataset({ classes, items: items.map(({ image, label }) => ({ image, label })) });
    expect(() => prepare(strangers, plan, [48, 48, 1], 1)).toThrow('split: the data do not tell whose faces they show');
  });
});

describe('a network that begins with trained weights', () => {
  const [{ experiment }] = Object.values(findRecipe('mobiexpressnet-ckplus/subject-tuned').recipe.variants) as [
    Variant,
  ];
  const plan = { ...experiment.network, init: 'mobi-express-net' };

  it('has all of them for the same labels, and all but the classifier for others', async () => {
    const { model: trained, labels } = await loadPretrained('mobi-express-net');
    const before = await trained.stateDict();
    const same = await (await createNetwork(plan, labels, 1)).stateDict();
    expect(same).toEqual(before);
    const other = await (await createNetwork(plan, [...labels.slice(1), 'contempt'], 1)).stateDict();
    const changed = Object.keys(other).filter((name) => `${other[name]?.data}` !== `${before[name]?.data}`);
    expect(changed).toEqual(['predictions/kernel', 'predictions/bias']);
    trained.dispose();
  });

  it('has the same classifier for the same labels in another order', async () => {
    const { model: trained, labels } = await loadPretrained('mobi-express-net');
    const turned = await createNetwork(plan, [...labels].reverse(), 1);
    const image = new Random(1);
    using x = tensor(
      Float32Array.from({ length: 48 * 48 }, () => image.normal()),
      [1, 48, 48, 1],
    );
    const outputsOf = (model: Model) => Array.from(model.forward(x).dataSync());
    expectNumbersClose(outputsOf(turned).reverse(), outputsOf(trained), 1e-6, 'outputs');
    trained.dispose();
    turned.dispose();
  });

  it('is refused those of another network', async () => {
    const other = { name: 'fer-net', options: { inputShape: [48, 48, 1] }, init: 'mobi-express-net' } as const;
    await expect(createNetwork(other, [...'abcdefg'], 1)).rejects.toThrow(
      "init: no tensor of 'mobi-express-net' has the name of a weight of fer-net",
    );
    await expect(createNetwork({ ...plan, init: 'lenet' }, ['a'], 1)).rejects.toThrow(/weights for .* not for 'lenet'/);
    await expect(createNetwork({ ...plan, init: '/no.safetensors' }, ['a'], 1)).rejects.toThrow(/weights: cannot read/);
  });

  it('takes bytes, and tells if some weights are new', async () => {
    const options = { inputShape: [44, 44, 1], widths: [2, 2, 2, 2, 2, 2, 2] as const };
    const model = createModel('light-alex-vgg', { ...options, classes: 7 });
    const bytes = await encodeModel(model, { dtype: 'uint8' });
    const { tensors, metadata } = decodeSafetensors(bytes);
    const plan = { name: 'light-alex-vgg', options, init: folder.file('bytes.safetensors') } as const;
    const labels = [...'abcdefg'];
    const said: string[] = [];
    const first = async () => {
      const { weights } = await createNetwork(plan, labels, 2, (text) => said.push(text));
      return weights.get('conv1/kernel')?.dataSync();
    };
    await writeFile(plan.init, bytes);
    const expected = model.weights.get('conv1/kernel')?.dataSync() as Float32Array;
    expectNumbersClose((await first()) as Float32Array, expected, 0.01, 'conv1/kernel');
    expect(said).toEqual([]);
    const { 'conv2/bias': left, ...rest } = tensors;
    expect(left).toBeDefined();
    await writeFile(plan.init, encodeSafetensors(rest, metadata));
    await first();
    expect(said).toEqual([
      expect.stringMatching(/^\d+ of \d+ weights of light-alex-vgg are from '.*', the others new$/),
    ]);
    model.dispose();
  });

  it('is refused those of layers that are fused', async () => {
    const { model } = await loadPretrained('mobi-express-net');
    const fused = model.fuse();
    await saveModel(fused, folder.file('fused.safetensors'));
    for (const one of [model, fused]) one.dispose();
    await expect(createNetwork({ ...plan, init: folder.file('fused.safetensors') }, [...'abcdefg'], 1)).rejects.toThrow(
      /^init: '.*' has '\w+\/bias', but that layer of mobi-express-net has no such weight$/,
    );
  });

  it('is refused those of another form of the network', async () => {
    const light = (n: number) => ({ inputShape: [44, 44, 1], widths: [n, n, n, n, n, n, n] as const });
    const narrow = createModel('light-alex-vgg', { ...light(2), classes: 7 });
    await saveModel(narrow, folder.file('narrow.safetensors'));
    for (const [name, bytes] of Object.entries(await exportTfjs(narrow))) await writeFile(folder.file(name), bytes);
    narrow.dispose();
    for (const file of ['narrow.safetensors', 'model.json']) {
      const wide = { name: 'light-alex-vgg', options: light(4), init: folder.file(file) } as const;
      await expect(createNetwork(wide, [...'abcdefg'], 1)).rejects.toThrow(
        'misshapen conv1/kernel is [5,5,1,2] in place of [5,5,1,4], ',
      );
    }
  });
});

describe('fer reproduce', () => {
  const tuned = (out: string) => [
    ...['reproduce', 'mobiexpressnet-ckplus/subject-tuned', '--data', data, '--folds', '3'],
    ...['--scale', 'epochs=0.05', '--crops', '1', '--out', folder.file(out)],
  ];

  it('runs the folds, sums them up, and keeps those that are done', async () => {
    const { code, stdout, stderr } = await fer(tuned('tuned'));
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/\| subject-tuned \| accuracy +\| +- \| +\d+\.\d\d % \|/);
    expect(stdout).toContain('- 3 folds in place of the recipe');
    const rows = [...stdout.matchAll(/^\| (\d|mean|deviation) +\| +(\d+\.\d\d) % \|$/gm)];
    expect(rows.map(([, name]) => name)).toEqual(['1', '2', '3', 'mean', 'deviation']);
    const [a = 0, b = 0, c = 0, mean = 0, deviation = 0] = rows.map(([, , value]) => Number(value));
    expect(mean).toBeCloseTo((a + b + c) / 3, 1);
    expect(deviation).toBeCloseTo(Math.sqrt(((a - mean) ** 2 + (b - mean) ** 2 + (c - mean) ** 2) / 2), 1);

    const path = folder.file('tuned/subject-tuned');
    const pictures = ['confusion', 'confusion-normalised', 'scores'].flatMap((name) => [`${name}.png`, `${name}.svg`]);
    const files = ['cross-validation.json', 'fold-01', 'fold-02', 'fold-03', 'report.txt', ...pictures];
    expect((await readdir(path)).sort()).toEqual(files.sort());
    const pooled = JSON.parse(await readFile(`${path}/cross-validation.json`, 'utf8'));
    expect(pooled.matrix.flat().reduce((sum: number, n: number) => sum + n)).toBe(189);
    expect(100 * pooled.mean).toBeCloseTo(mean, 2);
    expect(await readFile(`${path}/report.txt`, 'utf8')).toMatch(
      /3 folds, accuracy [\s\S]*macro avg[\s\S]*In % of the/,
    );
    const { experiment } = JSON.parse(await readFile(`${path}/fold-02/config.json`, 'utf8'));
    expect(experiment).toMatchObject({ data: { split: { fold: 2 } }, network: { init: 'mobi-express-net' } });

    const result = (fold: string) => stat(`${path}/${fold}/result.json`).then(({ mtimeMs }) => mtimeMs);
    const before = await result('fold-01');
    await rm(`${path}/fold-03`, { recursive: true });
    const again = await ferHere([...tuned('tuned'), '--resume']);
    expect(again.stdout).toBe(stdout);
    expect(await result('fold-01')).toBe(before);
    expect((await ferHere(tuned('tuned'))).stderr).toContain('holds a run: continue it with --resume');
  });

  it('compares what earlier commands left in the folder as well', async () => {
    const args = ['reproduce', 'mobiexpressnet-ckplus/paper-tuned', '--data', data, '--out', folder.file('tuned')];
    const { code, stdout } = await ferHere([...args, '--scale', 'epochs=0.025']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/\| subject-tuned \| accuracy [\s\S]*\| paper-tuned +\| accuracy /);
    expect(stdout).toMatch(/- subject-tuned: 3 folds in place[\s\S]*- paper-tuned: 1 epoch in place of 40\n/);
  });

  it.each([
    [['reproduce', 'p4', '--folds', '5'], /^fer: reproduce: --folds is for cross-validations/],
    [['reproduce', 'fernet-ckplus/subject-scratch', '--init', 'x.h5'], /^fer: reproduce: --init has no use here/],
    [['reproduce', 'fernet-ckplus/paper-tuned', '--init', '/x.h5', '--scale', 'tiny'], /ENOENT|cannot read/],
  ])('refuses %s', async (args, message) => {
    const { code, stderr } = await ferHere([...args, '--out', folder.file('none')]);
    expect([code, stderr.split('\n').length]).toEqual([2, 2]);
    expect(stderr).toMatch(message);
  });
});
