/** @file Weights of Keras' and tfjs' files, by name. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ArgumentError, FormatError, memory, Random, setBackend } from '@fer/core';
import { decodeImage } from '@fer/data';
import {
  BatchNormalization,
  Conv2D,
  Dense,
  DepthwiseConv2D,
  Flatten,
  type Model,
  Sequential,
  WeightsError,
} from '@fer/layers';
import { exportTfjs, type Files, inceptionV3, loadKerasWeights, mobileNetV2, modelFromKeras } from '@fer/models';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectNumbersClose } from '../close.ts';
import { disturb } from './disturb.ts';
import { outputOf, randomiseWeights } from './exported.ts';
import { hdf5File } from './hdf5.ts';
import { tfjsModel, tfjsOutput } from './tfjs.ts';

beforeAll(async () => {
  await setBackend('simd');
});

/** One layer of each kind of weights. */
const network = (seed = 1) =>
  new Sequential(
    [
      new Conv2D({ filters: 4, kernelSize: 3, name: 'conv' }),
      new BatchNormalization({ name: 'bn' }),
      new DepthwiseConv2D({ kernelSize: 3, name: 'depthwise' }),
      new Flatten({ name: 'flatten' }),
      new Dense({ units: 2, name: 'dense' }),
    ],
    { inputShape: [6, 6, 2], seed },
  );

type Weights = Record<string, { shape: readonly number[]; data: Float32Array }>;

async function weightsOf(model: Model): Promise<Weights> {
  const state = Object.entries(await model.stateDict());
  return Object.fromEntries(state.map(([name, { shape, data }]) => [name, { shape, data: data as Float32Array }]));
}

const renamed = <T>(record: Readonly<Record<string, T>>, name: (key: string) => string): Record<string, T> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [name(key), value]));

/** `conv/kernel` as Keras 2 has it: the layer's group, then the weight's name with the layer's again. */
const kerasPath = (name: string) => `${name.split('/')[0]}/${name}:0`;

/** A model with other weights than those saved, and those. */
async function setUp() {
  const source = network();
  randomiseWeights(source);
  const weights = await weightsOf(source);
  source.dispose();
  const target = network(7);
  return { weights, target, before: await weightsOf(target) };
}

describe('loadKerasWeights from HDF5', () => {
  const scoped = (name: string) => `base/base_1/${name}:0`;
  const keras1: Readonly<Record<string, string>> = {
    kernel: 'W_1',
    bias: 'b_1',
    gamma: 'gamma_1',
    beta: 'beta_1',
    moving_mean: 'running_mean_1',
    moving_variance: 'running_std_1',
    depthwise_kernel: 'depthwise_kernel_1',
  };
  it.each([
    { title: 'a whole model of Keras 2', path: (name: string) => `model_weights/${kerasPath(name)}` },
    { title: 'weights alone', path: kerasPath },
    {
      title: 'names that TensorFlow made unique',
      path: (name: string) => kerasPath(name).replace(/\/(\w+)\//, '/$1_3/'),
    },
    { title: 'a nested model', path: (name: string) => `model_weights/base/${name}:0` },
    { title: 'a nested model in scopes', path: scoped },
    { title: 'Keras 3', path: (name: string) => `model_weights/${name.split('/')[0]}/sequential/${name}` },
    {
      title: "Keras 3's depthwise kernels",
      path: (name: string) => kerasPath(name.replace('depthwise_kernel', 'kernel')),
    },
    {
      title: 'Keras 1',
      path: (name: string) => {
        const [layer, weight = ''] = name.split('/');
        return weight === 'depthwise_kernel' ? kerasPath(name) : `${layer}/${layer}_${keras1[weight]}:0`;
      },
    },
  ])('$title', async ({ path }) => {
    const { weights, target } = await setUp();
    const optimizer = { 'optimizer_weights/conv/kernel:0': { shape: [1], data: Float32Array.of(1) } };
    const datasets = renamed(weights, path);
    const isWhole = Object.keys(datasets).some((name) => name.startsWith('model_weights'));
    const report = await loadKerasWeights(
      target,
      await hdf5File({ datasets: { ...datasets, ...(isWhole && optimizer) } }),
    );
    expect(report.matched).toEqual(Object.keys(weights));
    expect([report.missing, report.unexpected, report.misshapen]).toEqual([[], [], []]);
    expect(await weightsOf(target)).toEqual(weights);
    target.dispose();
  });

  it('reads compressed, double and scalar datasets', async () => {
    const { weights, target } = await setUp();
    const doubles = Object.fromEntries(
      Object.entries(weights).map(([name, { shape, data }]) => [
        kerasPath(name),
        { shape, data: Float64Array.from(data) },
      ]),
    );
    await loadKerasWeights(target, await hdf5File({ datasets: doubles, compressed: true }));
    expect(await weightsOf(target)).toEqual(weights);
    target.dispose();
  });

  it('finds layers with slashes in their names, as DenseNet had them', async () => {
    const model = new Sequential([new Dense({ units: 1, useBias: false, name: 'conv1_bn' })], { inputShape: [1] });
    const data = Float32Array.of(42);
    const file = await hdf5File({ datasets: { 'conv1/bn/conv1/bn/kernel:0': { shape: [1, 1], data } } });
    expect((await loadKerasWeights(model, file)).matched).toEqual(['conv1_bn/kernel']);
    expect((await weightsOf(model))['conv1_bn/kernel']?.data).toEqual(data);
    model.dispose();
  });

  it('refuses integers of 64 bits and the numbered weights of Keras 3', async () => {
    const { weights, target, before } = await setUp();
    const datasets = renamed(weights, kerasPath);
    const bias = { shape: [2], data: BigInt64Array.of(1n, 2n) };
    await expect(
      loadKerasWeights(target, await hdf5File({ datasets: { ...datasets, 'dense/dense/bias:0': bias } })),
    ).rejects.toThrow(/loadKerasWeights: weight 'dense\/dense\/bias:0' has elements of type/);
    const numbered = { 'layers/dense/vars/0': { shape: [1], data: Float32Array.of(1) } };
    await expect(loadKerasWeights(target, await hdf5File({ datasets: numbered }))).rejects.toThrow(
      /\.weights\.h5 of Keras 3/,
    );
    expect(await weightsOf(target)).toEqual(before);
    target.dispose();
  });
});

describe("a file that is not the model's", () => {
  async function wrongFile(weights: Weights) {
    const { 'conv/bias': _, ...others } = weights;
    const head = { shape: [3], data: new Float32Array(3) };
    const misshapen = { shape: [3], data: new Float32Array(3) };
    return hdf5File({ datasets: renamed({ ...others, 'dense/bias': misshapen, 'head/bias': head }, kerasPath) });
  }

  it('is refused by the names of its weights, and changes none', async () => {
    const { weights, target, before } = await setUp();
    const live = memory();
    const refused = loadKerasWeights(target, await wrongFile(weights));
    await expect(refused).rejects.toThrow(WeightsError);
    await expect(refused).rejects.toMatchObject({
      missing: ['conv/bias'],
      unexpected: ['head/head/bias:0'],
      misshapen: [{ name: 'dense/bias', expected: [2], actual: [3] }],
    });
    expect(await weightsOf(target)).toEqual(before);
    expect(memory()).toEqual(live);
    target.dispose();
  });

  it('gives what matches if not strict', async () => {
    const { weights, target, before } = await setUp();
    const report = await loadKerasWeights(target, await wrongFile(weights), { strict: false });
    const others = Object.keys(weights).filter((name) => name !== 'conv/bias' && name !== 'dense/bias');
    expect(report).toEqual({
      matched: others,
      missing: ['conv/bias'],
      unexpected: ['head/head/bias:0'],
      misshapen: [{ name: 'dense/bias', expected: [2], actual: [3] }],
    });
    const kept = { 'conv/bias': before['conv/bias'], 'dense/bias': before['dense/bias'] };
    expect(await weightsOf(target)).toEqual({ ...weights, ...kept });
    target.dispose();
  });

  it('is refused if it has a weight twice', async () => {
    const { weights, target } = await setUp();
    const twice = {
      ...renamed(weights, kerasPath),
      'conv/other/conv/bias:0': { shape: [4], data: new Float32Array(4) },
    };
    await expect(loadKerasWeights(target, await hdf5File({ datasets: twice }))).rejects.toThrow(
      "loadKerasWeights: the file has two weights 'conv/bias'",
    );
    target.dispose();
  });
});

describe('layers that are only counted', () => {
  /** Three convolutions of one shape: by name alone each would take its neighbour's weights. */
  const counted = (numbers: readonly string[], filters = 2) =>
    new Sequential(
      [
        ...numbers.map((number, i) => {
          const width = i === 1 ? filters : 2;
          return new Conv2D({ filters: width, kernelSize: 1, name: `conv2d${number}` });
        }),
        new BatchNormalization(),
      ],
      { inputShape: [2, 2, 2], seed: 3 },
    );

  async function fileOf(model: Model) {
    randomiseWeights(model);
    const weights = await weightsOf(model);
    model.dispose();
    return { values: Object.values(weights), file: await hdf5File({ datasets: renamed(weights, kerasPath) }) };
  }

  it.each([
    { title: 'from 1, as Keras 2 does', numbers: ['_1', '_2', '_3'] },
    { title: 'on from another model', numbers: ['_9', '_10', '_11'] },
  ])('$title, are taken in their order', async ({ numbers }) => {
    const { values, file } = await fileOf(counted(numbers));
    const model = counted(['', '_1', '_2']);
    const { matched } = await loadKerasWeights(model, file);
    expect(matched).toEqual([...model.weights.keys()]);
    expect(Object.values(await weightsOf(model))).toEqual(values);
    model.dispose();
  });

  it.each([
    { title: 'are fewer', numbers: ['_1', '_2'] },
    { title: 'are no run', numbers: ['_1', '_3', '_4'] },
    { title: 'have other shapes', numbers: ['_1', '_2', '_3'], filters: 3 },
  ])('keep their names if they $title', async ({ numbers, filters }) => {
    const { file } = await fileOf(counted(numbers, filters));
    const model = counted(['', '_1', '_2']);
    await expect(loadKerasWeights(model, file)).rejects.toMatchObject({
      missing: expect.arrayContaining(['conv2d/kernel']),
    });
    model.dispose();
  });

  it('are all those of InceptionV3', async () => {
    const options = { includeTop: false, inputShape: [75, 75, 3] };
    const source = inceptionV3(options);
    disturb(source.weights);
    const weights = await weightsOf(source);
    source.dispose();
    const fromOne = renamed(weights, (name) =>
      name.replace(/^(conv2d|batch_normalization)(?:_(\d+))?\//, (_, base, n = 0) => `${base}_${Number(n) + 1}/`),
    );
    const model = inceptionV3(options);
    await loadKerasWeights(model, tfjsFilesOf(fromOne, float32));
    // 20 million numbers compared one by one would take a minute
    const firsts = (all: Weights) => Object.entries(all).map(([name, { data }]) => [name, ...data.subarray(0, 4)]);
    expect(firsts(await weightsOf(model))).toEqual(firsts(weights));
    model.dispose();
  });
});

/** The weights in tfjs' format, by some encoding, in shards of a few bytes. */
function tfjsFilesOf(
  weights: Weights,
  encode: (data: Float32Array) => { bytes: Uint8Array; entry: object },
  shards = 1,
): Files {
  const encoded = Object.entries(weights).map(([name, { shape, data }]) => ({ name, shape, ...encode(data) }));
  const all = Buffer.concat(encoded.map(({ bytes }) => bytes));
  const size = Math.ceil(all.length / shards);
  const files = Object.fromEntries(
    Array.from({ length: shards }, (_, i) => [
      `group1-shard${i + 1}of${shards}.bin`,
      new Uint8Array(all.subarray(i * size, (i + 1) * size)),
    ]),
  );
  const manifest = encoded.map(({ name, shape, entry }) => ({ name, shape, dtype: 'float32', ...entry }));
  const json = { format: 'layers-model', weightsManifest: [{ paths: Object.keys(files), weights: manifest }] };
  return { ...files, 'model.json': new TextEncoder().encode(JSON.stringify(json)) };
}

const bytesOf = ({ buffer }: { buffer: ArrayBufferLike }) => new Uint8Array(buffer);
const float32 = (data: Float32Array) => ({ bytes: bytesOf(data.slice()), entry: {} });

function steps(bits: 8 | 16) {
  return (data: Float32Array) => {
    const [min, max] = [Math.min(...data), Math.max(...data)];
    const scale = (max - min) / (2 ** bits - 1) || 1;
    const values = data.map((value) => Math.round((value - min) / scale));
    const bytes = bytesOf(bits === 8 ? Uint8Array.from(values) : Uint16Array.from(values));
    return { bytes, entry: { quantization: { dtype: `uint${bits}`, original_dtype: 'float32', scale, min } } };
  };
}

describe('loadKerasWeights from tfjs', () => {
  it('reads float32 from shards that cut through weights', async () => {
    const { weights, target } = await setUp();
    await loadKerasWeights(target, tfjsFilesOf(weights, float32, 3));
    expect(await weightsOf(target)).toEqual(weights);
    target.dispose();
  });

  // half a step of a range of 1
  it.each([
    { bits: 8, error: 0.5 / 255 },
    { bits: 16, error: 0.5 / 65535 },
  ] as const)('restores weights quantised to $bits bits', async ({ bits, error }) => {
    const { weights, target } = await setUp();
    await loadKerasWeights(target, tfjsFilesOf(weights, steps(bits)));
    const restored = await weightsOf(target);
    for (const [name, { data }] of Object.entries(weights))
      expectNumbersClose(restored[name]?.data ?? [], data, error + 1e-6, name);
    target.dispose();
  });

  it('restores weights quantised to float16', async () => {
    const model = new Sequential([new Dense({ units: 4, useBias: false, name: 'dense' })], { inputShape: [1] });
    const entry = { quantization: { dtype: 'float16', original_dtype: 'float32' } };
    const bytes = bytesOf(Uint16Array.of(0x3c00, 0xc000, 0x3555, 0x0001));
    await loadKerasWeights(
      model,
      tfjsFilesOf({ 'dense/kernel': { shape: [1, 4], data: new Float32Array(4) } }, () => ({ bytes, entry })),
    );
    expect(await model.weights.get('dense/kernel')?.data()).toEqual(Float32Array.of(1, -2, 0x555 / 0x1000, 2 ** -24));
    model.dispose();
  });

  it.each([
    {
      title: 'a shard that ends early',
      change: (files: Files) => ({ ...files, 'group1-shard1of1.bin': new Uint8Array(40) }),
      error: /take \d+ bytes but group1-shard1of1\.bin have 40/,
    },
    {
      title: 'a shard that is missing',
      change: ({ 'model.json': json }: Files) => ({ 'model.json': json as Uint8Array }),
      error: /there is no file 'group1-shard1of1\.bin'/,
    },
    {
      title: 'another type',
      change: edited((json) => {
        json.weightsManifest[0].weights[0].dtype = 'string';
      }),
      error: /weight 'conv\/kernel' of model\.json: elements of type "string"/,
    },
    {
      title: 'another quantisation',
      change: edited((json) => {
        json.weightsManifest[0].weights[0].quantization = { dtype: 'int4', scale: 1, min: 0 };
      }),
      error: /quantised as "int4"/,
    },
    {
      title: 'a quantisation without a scale',
      change: edited((json) => {
        json.weightsManifest[0].weights[0].quantization = { dtype: 'uint8', min: 0 };
      }),
      error: /scale must be a number but is undefined/,
    },
    {
      title: 'a shape that is none',
      change: edited((json) => {
        json.weightsManifest[0].weights[0].shape = [-3, 3];
      }),
      error: /shape must be a shape but is \[-3,3\]/,
    },
    {
      title: 'a graph model',
      change: edited((json) => {
        json.format = 'graph-model';
      }),
      error: /model\.json is a "graph-model"/,
    },
    { title: 'no JSON', change: () => ({ 'model.json': new Uint8Array([1, 2, 3]) }), error: /neither HDF5 nor JSON/ },
    {
      title: 'an array',
      change: () => ({ 'model.json': new TextEncoder().encode('[]') }),
      error: /the file must be an object but is \[\]/,
    },
  ])('refuses $title and changes nothing', async ({ change, error }) => {
    const { weights, target, before } = await setUp();
    await expect(loadKerasWeights(target, change(tfjsFilesOf(weights, float32)))).rejects.toThrow(error);
    expect(await weightsOf(target)).toEqual(before);
    target.dispose();
  });

  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON may hold
  function edited(edit: (json: any) => void) {
    return (files: Files) => {
      const json = JSON.parse(new TextDecoder().decode(files['model.json']));
      edit(json);
      return { ...files, 'model.json': new TextEncoder().encode(JSON.stringify(json)) };
    };
  }
});

describe('sources', () => {
  it('are paths, addresses of files, bytes, and whatever a reader finds', async () => {
    const { weights, target } = await setUp();
    const folder = await mkdtemp(join(tmpdir(), 'fer-import-'));
    try {
      const files = tfjsFilesOf(weights, float32, 2);
      for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
      const h5 = await hdf5File({ datasets: renamed(weights, kerasPath) });
      await writeFile(join(folder, 'weights.h5'), h5);
      const path = join(folder, 'model.json');
      const asked: string[] = [];
      const read = async (name: string) => {
        asked.push(name);
        return files[name.slice('https://models.example/a/'.length)] as Uint8Array;
      };
      const all = Object.keys(weights);
      for (const source of [path, pathToFileURL(path), join(folder, 'weights.h5'), h5, h5.slice().buffer])
        expect((await loadKerasWeights(target, source)).matched).toEqual(all);
      expect((await loadKerasWeights(target, 'https://models.example/a/model.json', { read })).matched).toEqual(all);
      expect(asked).toEqual(
        ['model.json', 'group1-shard1of2.bin', 'group1-shard2of2.bin'].map(
          (name) => `https://models.example/a/${name}`,
        ),
      );
    } finally {
      await rm(folder, { recursive: true });
    }
    target.dispose();
  });

  it('that cannot be read are errors that name them', async () => {
    const model = network();
    await expect(loadKerasWeights(model, '/does/not/exist.h5')).rejects.toThrow(ArgumentError);
    await expect(loadKerasWeights(model, '/does/not/exist.h5')).rejects.toThrow(
      "cannot read '/does/not/exist.h5': ENOENT",
    );
    await expect(loadKerasWeights(model, {})).rejects.toThrow("there is no file 'model.json'");
    model.dispose();
  });

  it.each(['../../etc/passwd', '/etc/passwd', 'file:///etc/passwd', 'a/../../b', '..\\b'])(
    'stay in their folder: not %s',
    async (path) => {
      const model = network();
      const json = JSON.stringify({ weightsManifest: [{ paths: [path], weights: [] }] });
      const read = async (name: string) => {
        expect(name).toBe('/models/model.json');
        return new TextEncoder().encode(json);
      };
      await expect(loadKerasWeights(model, '/models/model.json', { read })).rejects.toThrow(
        /which is not in its folder/,
      );
      model.dispose();
    },
  );
});

it.each(['%2e%2e/b', 'a/%2E%2e/.%2e/b', '.\t./b'])(
  'files stay in the folder of their address: not %j',
  async (path) => {
    const model = network();
    const json = JSON.stringify({ weightsManifest: [{ paths: [path], weights: [] }] });
    const read = async (name: string) => {
      expect(name).toBe('https://models.example/a/model.json');
      return new TextEncoder().encode(json);
    };
    const loading = loadKerasWeights(model, 'https://models.example/a/model.json', { read });
    await expect(loading).rejects.toThrow(/which is not in its folder/);
    model.dispose();
  },
);

it('shards are asked for with the query of their model, unless they have one', async () => {
  const { weights, target } = await setUp();
  const files = tfjsFilesOf(weights, float32);
  const json = new TextDecoder().decode(files['model.json']);
  const read = async (address: string) => {
    asked.push(address);
    const isModel = address.startsWith('https://models.example/a/model.json');
    return isModel ? new TextEncoder().encode(written) : (files['group1-shard1of1.bin'] as Uint8Array);
  };
  let asked: string[] = [];
  let written = json;
  await loadKerasWeights(target, 'https://models.example/a/model.json?token=1/2', { read });
  expect(asked[1]).toBe('https://models.example/a/group1-shard1of1.bin?token=1/2');
  asked = [];
  written = json.replace('1of1.bin', '1of1.bin?own=2');
  await loadKerasWeights(target, 'https://models.example/a/model.json?token=1', { read });
  expect(asked[1]).toBe('https://models.example/a/group1-shard1of1.bin?own=2');
  target.dispose();
});

describe('damaged HDF5 files', () => {
  it('are errors wherever they are cut off, and change nothing', async () => {
    const { weights, target, before } = await setUp();
    const file = await hdf5File({ datasets: renamed(weights, kerasPath) });
    const live = memory();
    for (let length = 0; length < file.length; length += 97)
      await expect(loadKerasWeights(target, file.slice(0, length))).rejects.toThrow(FormatError);
    expect(await weightsOf(target)).toEqual(before);
    expect(memory()).toEqual(live);
    // and the library still works
    expect((await loadKerasWeights(target, file)).missing).toEqual([]);
    target.dispose();
  });

  it('are errors, or other numbers, wherever bytes are wrong', async () => {
    const { weights, target, before } = await setUp();
    const file = await hdf5File({ datasets: renamed(weights, kerasPath) });
    const random = new Random(4);
    let refused = 0;
    for (let trial = 0; trial < 300; trial++) {
      const damaged = file.slice();
      for (let i = 0; i < 20; i++) damaged[random.integer(damaged.length)] = random.integer(256);
      const error = await loadKerasWeights(target, damaged).then(
        () => undefined,
        (reason) => reason,
      );
      if (!error) continue;
      refused++;
      expect(error).toSatisfy((reason) => reason instanceof FormatError || reason instanceof WeightsError);
    }
    expect(refused).toBeGreaterThan(100);
    await loadKerasWeights(target, file);
    expect(await weightsOf(target)).toEqual(weights);
    expect(before).not.toEqual(weights);
    target.dispose();
  });
});

const DATA = process.env.FER_DATA ?? resolve(import.meta.dirname, '../../../shared/data');
const MOBILE_NET = join(DATA, 'weights/mobilenet_v2_0.35_224_no_top');

describe.skipIf(!existsSync(MOBILE_NET))(`ImageNet's MobileNetV2 (${MOBILE_NET})`, () => {
  it('computes what tfjs does on a photograph, by topology and by name', async () => {
    const image = await decodeImage(await readFile(join(DATA, 'faces/astronaut.jpg')), {
      channels: 3,
      size: [224, 224],
    });
    const x = Float32Array.from({ length: 224 * 224 * 3 }, (_, i) => {
      const pixel = Math.floor(i / 3);
      return image.get(Math.floor(pixel / 224), pixel % 224, i % 3) / 127.5 - 1;
    });
    const shape = [1, 224, 224, 3];
    const files = {
      'model.json': new Uint8Array(await readFile(join(MOBILE_NET, 'model.json'))),
      'weights.bin': new Uint8Array(await readFile(join(MOBILE_NET, 'weights.bin'))),
    };
    const theirs = await tfjsModel(files);
    const expected = tfjsOutput(theirs, x, shape);
    theirs.dispose();
    const byTopology = await modelFromKeras(files);
    expect(byTopology.countParams()).toEqual({ total: 410_208, trainable: 396_128, nonTrainable: 14_080 });
    expectNumbersClose(await outputOf(byTopology, x, shape), expected, 1e-4, 'by topology');
    const byName = mobileNetV2({ alpha: 0.35, includeTop: false });
    const report = await loadKerasWeights(byName, join(MOBILE_NET, 'model.json'));
    expect(report.matched).toHaveLength(260);
    expectNumbersClose(await outputOf(byName, x, shape), expected, 1e-4, 'by name');
    const again = await tfjsModel(await exportTfjs(byName));
    expectNumbersClose(tfjsOutput(again, x, shape), expected, 1e-4, 'exported again');
    again.dispose();
    for (const model of [byTopology, byName]) model.dispose();
  });
});
