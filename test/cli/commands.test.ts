/** @file Every command of fer, as another process, on small data. */
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { full, type Parameter, setBackend } from '@fer/core';
import { centerCrop, compose, decodeImage, encodePng, normalise, resize, syntheticFaces, toGrayscale } from '@fer/data';
import { loadModel } from '@fer/layers';
import { decodePretrained, encodePretrained, mobiExpressNet } from '@fer/models';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunFolder } from '../../packages/cli/src/run-folder.ts';
import { fer, ferHere, ferInLittleRoom, type Outcome, temporaryFolder } from './fer.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let weights: string;
let trained: Outcome;

const TRAIN = [
  'train',
  '--data',
  'synthetic:70',
  '--network',
  'mobi-express-net',
  '--batch-size',
  '16',
  '--epochs',
  '8',
];

beforeAll(async () => {
  await setBackend('simd');
  folder = await temporaryFolder();
  weights = folder.file('run/best.safetensors');
  trained = await fer([...TRAIN, '--out', folder.file('run'), '--json']);
}, 60_000);
afterAll(() => folder.remove());

const read = (name: string) => readFile(folder.file(name), 'utf8');

describe('fer train', () => {
  it('ends well, tells its result as JSON, and is quiet without a terminal', () => {
    expect(trained).toMatchObject({ code: 0, stderr: '' });
    const result = JSON.parse(trained.stdout);
    expect(result).toMatchObject({ folder: folder.file('run'), params: 74_503, tests: { test: { images: 7 } } });
    expect(result.epochs).toHaveLength(8);
    expect(result.seconds).toHaveLength(8);
  });

  it('leaves a folder with everything, and nothing half written', async () => {
    const plots = ['confusion', 'confusion-normalised', 'curves', 'samples', 'scores'];
    expect((await readdir(folder.file('run'))).sort()).toEqual(
      [
        ...[
          'best.safetensors',
          'config.json',
          'last.safetensors',
          'log.csv',
          'model-card.md',
          'report.html',
          'report.txt',
          'result.json',
        ],
        ...plots.flatMap((name) => [`${name}.png`, `${name}.svg`]),
      ].sort(),
    );
    expect((await readFile(folder.file('run/curves.png'))).subarray(1, 4).toString()).toBe('PNG');
    expect(await read('run/curves.svg')).toMatch(/^<svg/);
    expect((await read('run/log.csv')).split('\n')[0]).toBe('epoch,loss,accuracy,valLoss,valAccuracy,learningRate');
    expect(await read('run/report.txt')).toMatch(/macro avg[\s\S]*95 % interval[\s\S]*In % of the actual class/);
    expect(await read('run/model-card.md')).toMatch(/mobi-express-net, 74,503 parameters/);
    expect(JSON.parse(await read('run/config.json'))).toMatchObject({
      experiment: { network: { name: 'mobi-express-net' } },
    });
  });

  it('writes weights that say what they are', async () => {
    const bytes = await readFile(weights);
    const { labels, card, model } = await decodePretrained(bytes);
    expect(labels).toEqual(['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral']);
    expect(card).toBe((await read('run/model-card.md')).trimEnd());
    expect(Object.keys((await loadModel(bytes)).toConfig())).toEqual(Object.keys(model.toConfig()));
  });

  it('leaves nothing of what it cannot begin', async () => {
    const out = folder.file('mistyped');
    expect((await ferHere(['train', '--data', '/nowhere.csv', '--out', out])).code).toBe(2);
    expect((await ferHere(['train', '--optimizer', 'Lion', '--out', out])).code).toBe(2);
    expect(await readdir(folder.path)).not.toContain('mistyped');
  });

  it('is not overwritten by a demo', async () => {
    const { code, stderr } = await ferHere(['demo', '--out', folder.file('run')]);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/^fer: demo: '.*run' holds the run 'mobi-express-net on/),
    ]);
  });

  it('does not overwrite a run', async () => {
    const { code, stderr, stdout } = await ferHere([...TRAIN, '--out', folder.file('run')]);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toBe(
      `fer: out: '${folder.file('run')}' holds a run: continue it with --resume, or choose another folder\n`,
    );
  });

  it('does not go where no folder can be', async () => {
    const file = folder.file('file');
    await writeFile(file, '');
    for (const [there, why] of [
      [file, `'${file}' cannot be a folder: something else is there`],
      ['', "'' cannot be a folder"],
    ] as const) {
      const { code, stderr } = await ferHere([...TRAIN, '--out', there]);
      expect([code, stderr]).toEqual([2, `fer: out: ${why}\n`]);
    }
  });

  it('does not share a folder with another one that begins at the same time', async () => {
    const [first, second] = [await RunFolder.unused(folder.file('same')), await RunFolder.unused(folder.file('same'))];
    await first.writeConfig({ seed: 1 });
    await expect(second.writeConfig({ seed: 2 })).rejects.toThrow(
      /^out: '.*same' holds a run: continue it with --resume/,
    );
    expect(JSON.parse(await read('same/config.json'))).toEqual({ seed: 1 });
  });

  it('is not overwritten by an evaluation', async () => {
    const { code, stderr } = await ferHere([
      'evaluate',
      '--weights',
      weights,
      '--data',
      'synthetic:7',
      '--out',
      folder.file('run'),
    ]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^fer: out: '.*run' holds a run: /)]);
  });

  it('after Ctrl-C continues to the same end', async () => {
    const out = folder.file('interrupted');
    const interrupted = await fer([...TRAIN, '--out', out, '--verbose'], 'Epoch 1/8');
    expect(interrupted.code).toBe(130);
    expect(interrupted.stderr).toMatch(/interrupted: fer train --resume .*interrupted continues where it stopped/);
    expect(await readdir(out)).not.toContain('result.json');
    const resumed = await fer(['train', '--resume', out]);
    expect(resumed).toMatchObject({ code: 0, stderr: '' });
    expect(await read('interrupted/log.csv')).toBe(await read('run/log.csv'));
    const [once, twice] = await Promise.all(
      ['run', 'interrupted'].map(async (name) => {
        const { model } = await decodePretrained(await readFile(folder.file(`${name}/best.safetensors`)));
        return model.stateDict();
      }),
    );
    expect(twice).toEqual(once);
  });

  it('keeps the options of a run that is resumed', async () => {
    const { code, stderr } = await ferHere(['train', '--resume', folder.file('run'), '--epochs', '3']);
    expect([code, stderr]).toEqual([
      2,
      'fer: train: a run that is resumed keeps its own options: leave out --epochs\n',
    ]);
  });

  it('takes the data of a run that is resumed from where they are now, if they are the same', async () => {
    const out = folder.file('moved');
    for (const [i, { image, label }] of syntheticFaces({ seed: 1, count: 70 }).items.entries()) {
      await mkdir(folder.file(`data/class${label}`), { recursive: true });
      await writeFile(folder.file(`data/class${label}/${i}.png`), await encodePng(image));
    }
    const short = [...TRAIN, '--epochs', '1', '--data', folder.file('data'), '--out', out];
    expect((await ferHere(short)).code).toBe(0);
    await rename(folder.file('data'), folder.file('elsewhere'));
    const resumed = (data: string) => ferHere(['train', '--resume', out, '--data', data]);
    expect(await resumed(folder.file('elsewhere'))).toMatchObject({ code: 0, stderr: '' });
    expect((await resumed('synthetic:71')).stderr).toMatch(/began with other data than 'synthetic:71' holds now\n$/);
  });
});

describe("fer train's options", () => {
  it('tell how to train', async () => {
    const out = folder.file('options');
    const method = ['--optimizer', 'SGD', '--learning-rate', '0.05', '--momentum', '0.9', '--weight-decay', '5e-4'];
    const more = [
      '--schedule',
      'constant',
      '--label-smoothing',
      '0.1',
      '--mixup',
      '0.2',
      '--ema',
      '0.9',
      '--patience',
      '1',
    ];
    const { code, stderr } = await ferHere([...TRAIN, ...method, ...more, '--out', out]);
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(await read('options/config.json')).experiment.training).toEqual({
      epochs: 8,
      batchSize: 16,
      optimizer: {
        name: 'SGD',
        learningRate: 0.05,
        momentum: 0.9,
        weightDecay: 5e-4,
        groups: [{ weights: '(^|/)(bias|gamma|beta)$', weightDecay: 0 }],
      },
      loss: { name: 'softmaxCrossEntropy', labelSmoothing: 0.1 },
      mixup: 0.2,
      ema: 0.9,
      earlyStopping: { patience: 1 },
      selection: 'valAccuracy',
    });
    const rates = (await read('options/log.csv')).trim().split('\n').slice(1);
    expect(new Set(rates.map((line) => line.split(',').at(-1)))).toEqual(new Set(['0.05']));
  });
});

describe('with weights', () => {
  it('fer predict tells the expressions of images of any size and colour', async () => {
    const paths = [folder.file('gray.png'), folder.file('colour.png')];
    const images = [
      syntheticFaces({ seed: 3, count: 1 }),
      syntheticFaces({ seed: 3, count: 1, size: 96, channels: 3 }),
    ];
    for (const [i, path] of paths.entries())
      await writeFile(path, await encodePng(images[i]?.items[0]?.image as never));
    const { code, stdout } = await fer(['predict', ...paths, '--weights', weights, '--top', '7', '--json']);
    expect(code).toBe(0);
    const predictions = JSON.parse(stdout);
    expect(predictions.map(({ name }: { name: string }) => name)).toEqual(paths);
    for (const { classes } of predictions) {
      const probabilities = classes.map(({ probability }: { probability: number }) => probability);
      expect(probabilities.reduce((a: number, b: number) => a + b)).toBeCloseTo(1, 5);
      expect(probabilities).toEqual([...probabilities].sort((a, b) => b - a));
    }
  });

  it('fer predict --detect finds the faces in a picture', async () => {
    const photograph = fileURLToPath(new URL('../vision/fixtures/astronaut.png', import.meta.url));
    const small = folder.file('small.png'); // smaller than any face that is looked for
    await writeFile(small, await encodePng(syntheticFaces({ seed: 3, count: 1, size: 16 }).items[0]?.image as never));
    const { code, stdout } = await fer(['predict', '--detect', photograph, small, '--top', '2']);
    expect(code).toBe(0);
    const [found, none] = stdout.trim().split('\n');
    expect(found).toMatch(/astronaut\.png 93x93 at 178,67: happy \d+\.\d\d % \(\w+ \d+\.\d\d %\)$/);
    expect(none).toBe(`${small}: no face`);
  });

  it('fer predict --explain draws where the expressions are found', async () => {
    const picture = folder.file('why.png');
    const { code } = await fer(['predict', '--explain', picture]);
    expect(code).toBe(0);
    // seven drawn faces of 48x48, four times enlarged, in colour
    expect((await decodeImage(await readFile(picture))).shape).toEqual([4 + 196, 4 + 7 * 196, 3]);
  });

  it('fer predict takes drawn faces where no images are given', async () => {
    const { code, stdout } = await fer(['predict', '--weights', weights, '--crops', '10']);
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(7);
    expect(stdout).toMatch(/^drawn face, angry: \w+ \d+\.\d\d % \(/);
  });

  it('fer evaluate measures each part but Training, and writes pictures', async () => {
    const csv = folder.file('fer2013.csv');
    const rows = syntheticFaces({ seed: 4, count: 21 }).items.map(({ image, label }, i) => {
      const usage = ['Training', 'PublicTest', 'PrivateTest'][Math.floor(i / 7)];
      return `${label},${Array.from(image.data).join(' ')},${usage}`;
    });
    await writeFile(csv, ['emotion,pixels,Usage', ...rows].join('\n'));
    const out = folder.file('evaluation');
    const evaluate = ['evaluate', '--weights', weights, '--data', csv, '--json'];
    const { code, stdout } = await fer(evaluate);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ PublicTest: { images: 7, crops: 1 }, PrivateTest: { images: 7 } });
    const one = await ferHere([...evaluate, '--usage', 'PublicTest', '--crops', '10', '--out', out]);
    expect(JSON.parse(one.stdout)).toEqual({ PublicTest: expect.objectContaining({ images: 7, crops: 10 }) });
    expect(await readdir(out)).toEqual(
      expect.arrayContaining(['report-PublicTest.txt', 'confusion-PublicTest.png', 'evaluation.json']),
    );
    const page = await readFile(`${out}/report.html`, 'utf8');
    expect(page).toMatch(/<h1>.*best\.safetensors on .*fer2013\.csv<\/h1>[\s\S]*PublicTest[\s\S]*macro avg/);
    expect(page.match(/<img alt="\S+-PublicTest"/g)).toHaveLength(4);
  });

  it('fer data duplicates finds what PublicTest shares with Training, and fer evaluate leaves it out', async () => {
    const csv = folder.file('shared.csv');
    const faces = syntheticFaces({ seed: 4, count: 10 }).items;
    const row = (i: number, usage: string) =>
      `${faces[i]?.label},${Array.from(faces[i]?.image.data ?? []).join(' ')},${usage}`;
    const training = [0, 1, 2, 3, 4, 5, 6].map((i) => row(i, 'Training'));
    await writeFile(
      csv,
      ['emotion,pixels,Usage', ...training, ...[2, 7, 8, 9, 2].map((i) => row(i, 'PublicTest'))].join('\n'),
    );
    const out = folder.file('pairs.png');
    const exact = ['data', 'duplicates', '--data', csv, '--similarity', '0.999'];
    const { code, stdout } = await ferHere([...exact, '--out', out]);
    expect([code, stdout.trim().split('\n')]).toEqual([
      0,
      [
        `${csv}: images that are at least 0.999 alike`,
        'Training: of 7 images 0 (0.00 %) repeat one before them, 0 (0.00 %) of these with its label',
        'PublicTest: of 5 images 1 (20.00 %) repeat one before them, 1 (100.00 %) of these with its label',
        'PublicTest: of 5 images 2 (40.00 %) are in Training too, 2 (100.00 %) of these with its label',
      ],
    ]);
    expect((await readFile(out)).subarray(1, 4).toString()).toBe('PNG');

    const none = folder.file('none.png');
    const alone = ['data', 'duplicates', '--data', 'synthetic:7', '--similarity', '0.999', '--verbose', '--out', none];
    expect((await ferHere(alone)).stderr).toContain(`No duplicates: '${none}' is not drawn`);
    await expect(readFile(none)).rejects.toThrow('ENOENT');

    const evaluate = ['evaluate', '--weights', weights, '--data', csv, '--usage', 'PublicTest', '--without'];
    const left = await ferHere([...evaluate, 'Training', '--json']);
    expect(JSON.parse(left.stdout)).toEqual({ PublicTest: expect.objectContaining({ images: 3 }) });
    expect((await ferHere([...evaluate, 'Training'])).stdout).toMatch(
      /^PublicTest, without 2 images that Training has too\n/,
    );
    expect(await ferHere([...evaluate, 'PublicTest'])).toMatchObject({
      code: 2,
      stderr: 'fer: evaluate: --without PublicTest leaves no image of PublicTest\n',
    });
  });

  it('NaN is neither a prediction nor wrong usage', async () => {
    const { model, ...rest } = await decodePretrained(await readFile(weights));
    const kernel = model.weights.get('predictions/kernel') as Parameter;
    kernel.assign(full(kernel.shape, Number.NaN));
    const broken = folder.file('nan.safetensors');
    await writeFile(broken, await encodePretrained({ model, ...rest }));
    for (const command of ['predict', 'evaluate'])
      expect(await ferHere([command, '--weights', broken])).toEqual({
        code: 1,
        stdout: '',
        stderr: "fer: predict: the network's outputs are NaN: its weights are not finite\n",
      });
  });

  it('fer evaluate sees images as fer predict does, whatever the preprocessing begins with', async () => {
    const { model, labels, card } = await decodePretrained(await readFile(weights));
    const steps = [
      toGrayscale(),
      centerCrop({ size: [40, 40] }),
      resize({ size: 48 }),
      normalise({ mean: 128, deviation: 64 }),
    ];
    const own = folder.file('cropped.safetensors');
    await writeFile(own, await encodePretrained({ model, labels, card, preprocess: compose(...steps) }));
    const { items } = syntheticFaces({ seed: 6, count: 7, size: 93 });
    for (const { image, label } of items) {
      const path = folder.file(`large/${labels[label]}`);
      await mkdir(path, { recursive: true });
      await writeFile(`${path}/face.png`, await encodePng(image));
    }
    const pictures = labels.map((label) => folder.file(`large/${label}/face.png`));
    const told = JSON.parse((await ferHere(['predict', ...pictures, '--weights', own, '--top', '7', '--json'])).stdout);
    const losses = labels.map((label, i) => {
      const classes: { label: string; probability: number }[] = told[i].classes;
      return -Math.log(classes.find((each) => each.label === label)?.probability as number);
    });
    const { stdout } = await ferHere(['evaluate', '--weights', own, '--data', folder.file('large'), '--json']);
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    expect(JSON.parse(stdout).test.logLoss).toBeCloseTo(mean, 4);
  });

  it('fer evaluate leaves damaged rows out if it is told to, and calls Training by its name', async () => {
    const csv = folder.file('training.csv');
    const [face] = syntheticFaces({ seed: 4, count: 1 }).items;
    const row = (pixels: string) => `${face?.label},${pixels},Training`;
    await writeFile(
      csv,
      ['emotion,pixels,Usage', row(Array.from(face?.image.data ?? []).join(' ')), row('1 2')].join('\n'),
    );
    const evaluate = ['evaluate', '--weights', weights, '--data', csv, '--json'];
    expect((await ferHere(evaluate)).code).toBe(1);
    const { stdout } = await ferHere([...evaluate, '--skip-damaged']);
    expect(JSON.parse(stdout)).toEqual({ Training: expect.objectContaining({ images: 1 }) });
  });

  it('fer evaluate refuses data of other classes', async () => {
    const data = folder.file('moods');
    for (const name of ['bad', 'good']) {
      await mkdir(`${data}/${name}`, { recursive: true });
      await writeFile(
        `${data}/${name}/a.png`,
        await encodePng(syntheticFaces({ seed: 1, count: 1 }).items[0]?.image as never),
      );
    }
    const { code, stderr } = await ferHere(['evaluate', '--weights', weights, '--data', data]);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^fer: evaluate: the weights tell apart angry, .*, but the classes of the data are bad, good\n$/,
    );
  });

  it('fer export tells logits from probabilities', async () => {
    const { model: _, ...rest } = await decodePretrained(await readFile(weights));
    const soft = folder.file('soft.safetensors');
    const model = mobiExpressNet({ classes: 7, classifierActivation: 'softmax' });
    await writeFile(soft, await encodePretrained({ model, ...rest }));
    for (const [file, outputs] of [
      [weights, 'logits'],
      [soft, 'probabilities'],
    ] as const) {
      const { stdout } = await ferHere(['export', file, '--out', folder.file('told.onnx')]);
      expect(stdout).toContain(`output: ${outputs} of angry, disgust`);
    }
  });

  it.each([
    ['model.onnx', ['model.onnx']],
    ['web/model.json', ['web/model.json', 'web/weights.bin']],
    ['half.safetensors', ['half.safetensors']],
  ])('fer export writes %s', async (name, files) => {
    const { code, stdout } = await ferHere(['export', weights, '--out', folder.file(name), '--json']);
    expect(code).toBe(0);
    const { files: written, labels } = JSON.parse(stdout);
    expect(labels).toHaveLength(7);
    expect(written).toEqual(files.map((file) => folder.file(file)));
    for (const file of written) expect((await readFile(file)).length).toBeGreaterThan(10_000);
  });

  it('fer export writes weights in a byte each, which predict takes', async () => {
    const file = folder.file('bytes.safetensors');
    expect((await ferHere(['export', weights, '--out', file, '--dtype', 'uint8'])).code).toBe(0);
    expect((await readFile(file)).length).toBeLessThan(150_000);
    const { stdout } = await ferHere(['predict', '--weights', file, '--json']);
    expect(JSON.parse(stdout)).toHaveLength(7);
  });

  it('fer summary shows their network', async () => {
    const { stdout } = await ferHere(['summary', weights]);
    expect(stdout).toMatch(/Total params: 74,503/);
  });
});

describe('without weights', () => {
  it('fer bench times the kernels of a training step', async () => {
    const args = [
      'bench',
      'mobi-express-net',
      '-o',
      'inputShape=[48,48,1]',
      '--batch',
      '2',
      '--seconds',
      '0.01',
      '--kernels',
    ];
    const { code, stdout } = await ferHere(args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/mobi-express-net, a training step of 2\n\| kernel +\| +calls \| +ms \| +share \|/);
    expect(stdout).toMatch(/\n\| conv2d +\| +\d+ \| +\d+\.\d{3} \| +\d+\.\d\d % \|/);
    expect(stdout).toMatch(/\n\| other +\| +0 \|/);
  });

  it('fer bench times networks, and their layers', async () => {
    const args = ['bench', 'mobi-express-net', '--batch', '2', '--seconds', '0.01', '--layers'];
    const { code, stdout, stderr } = await ferHere(args);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /\| mobi-express-net \| +[\d,]+ \| +[\d.]+ M \| +[\d.]+ ms \|( +[\d.,]+ images\/s \|){2}\nOn simd\./,
    );
    expect(stdout).toMatch(/mobi-express-net, batch of 2\nLayer \(type\)[\s\S]*Total: [\d.]+ ms on simd/);
    const json = JSON.parse((await ferHere([...args, '--json'])).stdout);
    expect(json.speeds[0]).toMatchObject({ network: 'mobi-express-net', parameters: expect.any(Number) });
    expect(json.layers['mobi-express-net'].layers.length).toBeGreaterThan(8);
  });

  it('fer summary shows networks, and lists them', async () => {
    const data = JSON.parse(
      (await ferHere(['summary', 'mobilenet-v2', '-o', 'alpha=0.35', '-o', 'classes=7', '--json'])).stdout,
    );
    expect(data.params.total).toBe(419_175);
    expect((await ferHere(['summary'])).stdout.split('\n')).toContain('fer-net');
  });

  it('fer data describes and shows', async () => {
    const described = JSON.parse((await ferHere(['data', 'describe', '--data', 'synthetic:14', '--json'])).stdout);
    expect(described).toMatchObject({ kind: 'synthetic', items: 14, subjects: 2, shapes: { '48x48x1': 14 } });
    const out = folder.file('preview.png');
    const { code, stdout } = await fer(['data', 'preview', '--data', 'synthetic:14', '--out', out]);
    expect([code, stdout]).toEqual([0, `${out}: rows are angry, disgust, fear, happy, sad, surprise, neutral\n`]);
    expect((await readFile(out)).subarray(1, 4).toString()).toBe('PNG');
  });

  it('fer reproduce lays the figures of a paper beside ours, says what was scaled, and resumes', async () => {
    const data = folder.file('ck');
    for (const [i, { image, label }] of syntheticFaces({ seed: 1, count: 70 }).items.entries()) {
      const path = `${data}/expression${label}`;
      await mkdir(path, { recursive: true });
      await writeFile(`${path}/S${100 + i}_001_00000001.png`, await encodePng(image));
    }
    const out = folder.file('p5');
    const scale = (text: string) => ['reproduce', 'p5/ck-plus-light', '--scale', text, '--out', out, '--resume'];
    const args = [...scale('width=0.05,epochs=0.01'), '--data', data];
    const { code, stdout } = await fer(args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/\| ck-plus-light \| accuracy +\| +96\.97 % \| +\d+\.\d\d % \|/);
    expect(stdout).toContain('- light-alex-vgg 5 % as wide\n- 1 epoch in place of 60\n');
    expect(await readdir(out)).toEqual(['ck-plus-light', 'comparison.json', 'comparison.md']);
    expect((await ferHere([...scale('width=0.05,epochs=0.01'), '--data', `${data}/`])).stdout).toBe(stdout);
    expect((await ferHere([...scale('tiny'), '--data', data])).stderr).toMatch(
      / holds a run with other data, scale or options\n$/,
    );
    expect(stdout).toMatch(
      /## Data\n\n- ck: training 63, .* validation and test\); tested: the weights of the last epoch\n/,
    );
    const others = folder.file('no-ck');
    await mkdir(`${others}/happy`, { recursive: true });
    await writeFile(`${others}/happy/a.png`, await encodePng(syntheticFaces({ seed: 1, count: 1 }).image(0)));
    const withoutData = await ferHere([...scale('tiny'), '--data', others]);
    expect(withoutData.stderr).toBe('fer: reproduce: ck-plus-light was left out: it needs ck-plus as --data\n');
  });
});

describe('help', () => {
  it.each([
    'demo',
    'train',
    'evaluate',
    'predict',
    'history',
    'live',
    'reproduce',
    'summary',
    'bench',
    'data',
    'export',
  ])('of fer %s has examples', async (command) => {
    const { code, stdout } = await ferHere([command, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(`Examples:\n  fer ${command}`);
  });
});

describe('errors are one line, and an exit code', () => {
  it.each([
    [['train', '--epochs', '0'], 2, /^fer: option '-e, --epochs <n>' argument '0' is invalid\. It must be an integer/],
    [['data', 'duplicates', '--similarity', '2'], 2, /argument '2' is invalid\. It must be at least 0 and below 1\./],
    [['train', '--nonsense'], 2, /^fer: unknown option '--nonsense'/],
    [['fly'], 2, /^fer: unknown command 'fly'/],
    [['train', '--data', '/nowhere.csv'], 2, /^fer: data: cannot read '\/nowhere\.csv': ENOENT/],
    [['train', '--network', 'lenet'], 2, /there is no network 'lenet'/],
    [['train', '--network', 'fer-net', '-o', 'alpha=1'], 2, /^fer: fer-net: there is no option 'alpha'/],
    [
      ['train', '--optimizer', 'Lion'],
      2,
      /'--optimizer <name>' argument 'Lion' is invalid\. Allowed choices are SGD, Adam/,
    ],
    [['train', '-o', 'classes=3'], 2, /^fer: fer-net: there is no option 'classes', only inputShape, dropout/],
    [['train', '-o', 'inputShape=96'], 2, /^fer: fer-net: inputShape must be an array of numbers but is 96/],
    [
      ['train', '-o', 'inputShape=[96]'],
      2,
      /^fer: fer-net: inputShape must be \[height,width,channels\] but is \[96\]/,
    ],
    [
      ['train', '-o', 'inputShape=[48,48,2]'],
      2,
      /^fer: train: images have 1 or 3 channels, but inputShape is \[48,48,2\]/,
    ],
    [['summary', 'mobilenet-v2', '-o', 'smallImages="false"'], 2, /smallImages must be true or false but is "false"/],
    [
      ['summary', 'alexnet', '-o', 'hiddenUnits=5'],
      2,
      /^fer: alexnet: hiddenUnits must be an array of numbers but is 5/,
    ],
    [['summary', 'light-alex-vgg', '-o', 'widths=[1,2]'], 2, /^fer: light-alex-vgg: widths must be 7 but are \[1,2\]/],
    [['train', '--seed='], 2, /^fer: option '--seed <n>' argument '' is invalid\. It must be an integer/],
    [['evaluate', '--out', '/dev/null'], 2, /^fer: out: '\/dev\/null' cannot be a folder: something else is there/],
    [['predict', 'a.png', '--crops', '10', '--explain', ''], 2, /^fer: predict: --explain/],
    [
      ['train', '-o', 'inputShape=[96,96,1]', '--image-size', '48'],
      2,
      /^fer: train: --image-size and -o inputShape both/,
    ],
    [['train', '--fraction', '1e-9'], 2, /^fer: stratifiedSample: a fraction of 1e-9 leaves none of \d+ samples/],
    [['reproduce', 'p4', '--data', 'synthetic', '--data', 'synthetic:70'], 2, /'synthetic:70' would both be fer2013/],
    [['train', '--momentum', '0.9'], 2, /^fer: train: --momentum is for SGD and RMSProp, but the optimizer is Adam/],
    [['train', '--ema', '1'], 2, /^fer: option '--ema <decay>' argument '1' is invalid\. It must be at least 0 and/],
    [['predict', '--detect'], 2, /^fer: predict: --detect needs images/],
    [['predict', 'a.png', '--detect', '--explain', 'b.png'], 2, /^fer: predict: --explain needs images of one face/],
    [['predict', '--crops', '10', '--explain', 'b.png'], 2, /^fer: predict: --explain .*, and one view of each/],
    [['predict', '/nowhere.png'], 2, /^fer: predict: cannot read '\/nowhere\.png'/],
    [['predict', '--weights', '/nowhere.safetensors'], 2, /^fer: weights: cannot read '\/nowhere\.safetensors'/],
    [['reproduce', 'p9'], 2, /^fer: reproduce: there is no recipe 'p9'/],
    [
      ['export', 'fer-net', '--out', '/m.onnx', '--dtype', 'uint8'],
      2,
      /^fer: export: --dtype is for \.safetensors files/,
    ],
    [['bench', '-o', 'alpha=1'], 2, /^fer: bench: --option needs names of networks/],
    [['summary', 'a.safetensors', '-o', 'alpha=1'], 2, /^fer: network: --option is for names of networks, but 'a\.saf/],
    [['summary', '-o', 'alpha=1'], 2, /^fer: summary: --option needs the name of a network/],
    [['live', '--port', ''], 2, /It must be an integer from 0 to 65535/],
    [['summary', 'fer-net', '--backend', 'abacus'], 2, /'abacus' is invalid. Allowed choices are auto, simd/],
    [['summary', 'vgg16', '-o', 'inputShape=[8,8,3]'], 2, /^fer: network: /],
    [['reproduce', 'p1/a/b'], 2, /^fer: reproduce: 'p1\/a\/b' must be NAME or NAME\/VARIANT/],
    [['train', '--data', 'synthetic:70', '--skip-damaged'], 2, /^fer: data: of 'synthetic:70' nothing can be skipped/],
  ] as const)('fer %s', async (args, expected, message) => {
    const { code, stdout, stderr } = await ferHere(args);
    expect(stderr).toMatch(message);
    expect([code, stdout, stderr.split('\n').length]).toEqual([expected, '', 2]);
  });

  it('keep the old file where the new one has no room', async () => {
    const out = folder.file('full');
    await mkdir(out);
    const path = `${out}/old.safetensors`;
    await writeFile(path, 'old');
    const { code, stdout, stderr } = await ferInLittleRoom(2048, ['export', 'fer-net', '--out', path]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toBe(`fer: write: '${path}' cannot be written: EFBIG: file too large, write\n`);
    expect(await readdir(out)).toEqual(['old.safetensors']);
    expect(await readFile(path, 'utf8')).toBe('old');
  });

  it('names weights that are none', async () => {
    const path = folder.file('broken.safetensors');
    await writeFile(path, 'nothing of the kind');
    const { code, stderr } = await ferHere(['predict', '--weights', path]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^fer: .*broken\.safetensors: decodeSafetensors: /);
  });

  it('names damaged data', async () => {
    const path = folder.file('damaged.csv');
    await writeFile(path, 'emotion,pixels,Usage\n0,1 2 3,Training\n9,1 2 3,Training\n');
    const { code, stderr } = await ferHere(['data', 'describe', '--data', path]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^fer: fer2013: 2 of 2 items of .* are damaged, and not to be skipped: line 2: 3 pixels instead of 2304 \(--verbose shows 1 more\)\n$/,
    );
  });

  it('shows where it came from with --verbose', async () => {
    const { stderr } = await ferHere(['reproduce', 'p9', '--verbose']);
    expect(stderr).toMatch(/^fer: ArgumentError: reproduce: there is no recipe[\s\S]*\n {4}at /);
  });
});
