import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  ArgumentError,
  decodeSafetensors,
  encodeSafetensors,
  FerError,
  FormatError,
  full,
  memory,
  mul,
  Random,
  randomNormal,
  type Shape,
  type StoredTensor,
  setBackend,
  type Tensor,
} from '@fer/core';
import {
  Activation,
  Add,
  BatchNormalization,
  Conv2D,
  Dense,
  DepthwiseConv2D,
  Dropout,
  encodeModel,
  Flatten,
  GlobalAveragePooling2D,
  InvertedResidual,
  input,
  Layer,
  LayerNormalization,
  type LayerOptions,
  loadModel,
  loadWeights,
  MBConv,
  Model,
  type ModelConfig,
  modelFromConfig,
  SeparableConv2D,
  Sequential,
  saveModel,
  WeightsError,
  writeAtomically,
} from '@fer/layers';
import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';

await setBackend('simd');

/** A branched model in which one layer serves twice, and another is frozen. */
function branched(seed = 1): Model {
  const x = input([8, 8, 3]);
  const shared = new Conv2D({ filters: 3, kernelSize: 3, padding: 'same', name: 'shared' });
  const frozen = new BatchNormalization({ name: 'frozen', trainable: false });
  const once = x.pipe(shared, frozen, new MBConv({ name: 'block1a', filters: 3, dropRate: 0.2 }));
  const sum = new Add().apply([once, x.pipe(shared), x]);
  const output = sum.pipe(new GlobalAveragePooling2D(), new Dense({ units: 4, activation: 'softmax' }));
  return new Model({ input: x, output, name: 'branched', seed });
}

const images = (shape = [2, 8, 8, 3]) => randomNormal(shape, new Random(3));

async function resultsOf(model: Model, x: Tensor = images()): Promise<number[]> {
  using y = model.forward(x);
  return [...(await y.data())];
}

/** A class that the library does not know. */
class Twice extends Layer {
  readonly className = 'Twice';
  override forward = (x: Tensor) => mul(x, 2);
  override outputShape = (shape: Shape) => shape;
}

describe('toConfig', () => {
  it('is plain JSON from which the same graph is made', () => {
    const model = branched();
    const config = model.toConfig();
    expect(JSON.parse(JSON.stringify(config))).toEqual(config);
    const again = modelFromConfig(config);
    expect(again.toConfig()).toEqual(config);
    expect(again.name).toBe('branched');
    expect(again.order.length).toBe(model.order.length);
    expect([...again.weights.keys()]).toEqual([...model.weights.keys()]);
    expect(again.layer('frozen').trainable).toBe(false);
    expect(again.countParams()).toEqual(model.countParams());
    expect(again.macs()).toBe(model.macs());
  });

  it('describes a chain', () => {
    const model = new Sequential([new Flatten(), new Dense({ units: 2, name: 'top' })], { inputShape: [2, 2] });
    expect(model.toConfig()).toEqual({
      className: 'Model',
      inputShape: [2, 2],
      layers: [
        { className: 'Flatten', name: 'flatten', trainable: true, options: {} },
        { className: 'Dense', name: 'top', trainable: true, options: { units: 2 } },
      ],
      nodes: [
        { layer: 'flatten', inputs: [0] },
        { layer: 'top', inputs: [1] },
      ],
    });
  });

  it('remembers what was frozen later, and a model inside of a model', () => {
    const base = new Sequential([new InvertedResidual({ name: 'base', filters: 8 })], { inputShape: [8, 8, 3] });
    const model = new Sequential([base, new GlobalAveragePooling2D(), new Dense({ units: 2 })], {
      inputShape: [8, 8, 3],
    });
    base.trainable = false;
    const again = modelFromConfig(model.toConfig());
    expect(again.countParams()).toEqual(model.countParams());
    expect(again.layers.filter(({ trainable }) => !trainable).length).toBe(base.layers.length);
  });

  it('refuses options that JSON cannot hold', () => {
    const layer = new Twice({ name: 'twice', scale: Number.NaN } as LayerOptions);
    expect(() => new Sequential([layer], { inputShape: [2] }).toConfig()).toThrow(
      "Twice 'twice': an option is NaN, which cannot be saved",
    );
  });

  it('refuses a class that has the name of another', () => {
    class Halved extends Dense {}
    expect(() => new Sequential([new Halved({ units: 2 })], { inputShape: [2] }).toConfig()).toThrow(
      "Dense 'dense': its class Halved has the name of Dense, and would be restored as that: give it a className of its own",
    );
  });
});

describe('modelFromConfig', () => {
  const good = branched().toConfig();
  const [shared] = good.layers;

  it.each<[string, unknown, string]>([
    ['nothing', null, "expected an object of className 'Model'"],
    ['another class', { ...good, className: 'Layer' }, "expected an object of className 'Model'"],
    ['no shape', { ...good, inputShape: ['8'] }, 'inputShape is ["8"]'],
    ['layers that are none', { ...good, layers: [{}] }, 'layers are not all described'],
    ['nodes that are none', { ...good, nodes: [{ layer: 'a', inputs: [-1] }] }, 'nodes are not all described'],
    ['an unknown class', { ...good, layers: [{ ...shared, className: 'Conv9D' }] }, "no layer class 'Conv9D'"],
    ['a class from elsewhere', { ...good, layers: [{ ...shared, className: 'constructor' }] }, 'no layer class'],
    ['the same layer twice', { ...good, layers: [...good.layers, shared] }, 'two layers have the same name'],
    ['a layer that is missing', { ...good, layers: good.layers.slice(1) }, "there is no layer 'shared'"],
    ['layers left over', { ...good, nodes: good.nodes.slice(0, 2) }, 'the output does not depend on all layers'],
    ['a result to come', { ...good, nodes: [{ layer: 'shared', inputs: [1] }] }, "'shared' cannot be applied to [1]"],
    ['two inputs for one', { ...good, nodes: [{ layer: 'shared', inputs: [0, 0] }] }, "'shared' cannot be applied"],
    ['options of other types', { ...good, layers: [{ ...shared, options: { filters: 'many' } }] }, 'filters'],
    ['shapes that do not fit', { ...good, inputShape: [8] }, "Conv2D 'shared': expected images [H,W,C] but got [8]"],
  ])('refuses %s', (_, config, message) => {
    const before = memory();
    expect(() => modelFromConfig(config as ModelConfig)).toThrow(FerError);
    expect(() => modelFromConfig(config as ModelConfig)).toThrow(message);
    expect(memory()).toEqual(before);
  });
});

describe('stateDict and loadStateDict', () => {
  it('carry weights, statistics included, from a model to another', async () => {
    const [from, to] = [branched(1), branched(2)];
    const before = await resultsOf(to);
    const state = await from.stateDict();
    expect(Object.keys(state)).toEqual([...from.weights.keys()]);
    expect(to.loadStateDict(state)).toEqual({ missing: [], unexpected: [] });
    expect(await resultsOf(to)).toEqual(await resultsOf(from));
    expect(await resultsOf(to)).not.toEqual(before);
  });

  it('carry the weights of one layer', async () => {
    const [from, to] = [branched(1), branched(2)];
    const state = await from.layer('shared').stateDict();
    expect(Object.keys(state)).toEqual(['kernel', 'bias']);
    to.layer('shared').loadStateDict(state);
    expect(await to.layer('shared').stateDict()).toEqual(state);
  });

  it('are copies', async () => {
    const model = branched();
    const state = await model.stateDict();
    model.loadStateDict(state);
    const before = await resultsOf(model);
    for (const { data } of Object.values(state)) data.fill(0 as never);
    expect(await resultsOf(model)).toEqual(before);
  });

  it('name all that is missing, unexpected or misshapen, and change nothing', async () => {
    const model = branched();
    const before = await model.stateDict();
    const { 'shared/kernel': _, 'dense/bias': bias, ...others } = before;
    const tensors = {
      ...others,
      'dense/bias': { ...(bias as StoredTensor), shape: [2, 2] } as StoredTensor,
      'other/kernel': bias as StoredTensor,
    };
    const error = (() => {
      try {
        model.loadStateDict(tensors);
      } catch (error) {
        return error as WeightsError;
      }
    })();
    expect(error).toBeInstanceOf(WeightsError);
    expect(error?.message).toBe(
      "Model 'branched': these are not its weights: missing shared/kernel; unexpected other/kernel; " +
        'misshapen dense/bias is [2,2] in place of [4]',
    );
    expect(error).toMatchObject({
      missing: ['shared/kernel'],
      unexpected: ['other/kernel'],
      misshapen: [{ name: 'dense/bias', expected: [4], actual: [2, 2] }],
    });
    expect(() => model.loadStateDict(tensors, { strict: false })).toThrow(WeightsError);
    const int32 = { shape: [4], dtype: 'int32' as const, data: Int32Array.of(1, 2, 3, 4) };
    expect(() => model.loadStateDict({ ...before, 'dense/bias': int32 })).toThrow("'dense/bias' is int32");
    const long = { shape: [4], dtype: 'float32' as const, data: Float32Array.of(1, 2, 3, 4, 5) };
    const ones = Object.fromEntries(
      Object.entries(before).map(([name, { shape, data }]) => [
        name,
        { shape, dtype: 'float32' as const, data: new Float32Array(data.length).fill(1) },
      ]),
    );
    expect(() => model.loadStateDict({ ...ones, 'dense/bias': long })).toThrow(
      "'dense/bias' has 5 numbers for the shape [4]",
    );
    expect(await model.stateDict()).toEqual(before);
  });

  it('take what there is, and say so, if not strict', async () => {
    const model = branched();
    const { 'dense/bias': bias } = await branched(2).stateDict();
    const data = Float32Array.of(1, 2, 3, 4);
    const tensors = { 'dense/bias': { ...bias, data } as StoredTensor, 'other/kernel': bias as StoredTensor };
    const { missing, unexpected } = model.loadStateDict(tensors, { strict: false });
    expect(missing.length).toBe(model.weights.size - 1);
    expect(unexpected).toEqual(['other/kernel']);
    expect((await model.stateDict())['dense/bias']?.data).toEqual(data);
  });

  it('spell out ten names, and count the rest', () => {
    expect(() => branched().loadStateDict({})).toThrow(/missing (\S+, ){9}\S+ and \d+ more$/);
  });
});

describe('encodeModel and loadModel', () => {
  it('give back a model that computes the same', async () => {
    const model = branched();
    const again = await loadModel(await encodeModel(model));
    expect(again.toConfig()).toEqual(model.toConfig());
    expect(await resultsOf(again)).toEqual(await resultsOf(model));
  });

  it('leave nothing behind', async () => {
    const before = memory();
    const model = branched();
    const again = await loadModel(await encodeModel(model));
    again.dispose();
    model.dispose();
    expect(memory()).toEqual(before);
  });

  it('store half the bytes if asked to, and round', async () => {
    const model = branched();
    const [whole, half] = [await encodeModel(model), await encodeModel(model, { dtype: 'float16' })];
    const saved = whole.length - half.length;
    expect(saved).toBeGreaterThanOrEqual(2 * model.countParams().total - 64);
    const [expected, actual] = [await resultsOf(model), await resultsOf(await loadModel(half))];
    actual.forEach((value, i) => {
      expect(Math.abs(value - (expected[i] as number))).toBeLessThan(1e-3);
    });
    expect(actual).not.toEqual(expected);
  });

  it('store a quarter of the bytes of kernels if asked to, each within half a step of its channel', async () => {
    const model = new Sequential(
      [
        new Conv2D({ filters: 16, kernelSize: 3, name: 'conv' }),
        new DepthwiseConv2D({ kernelSize: 5, depthMultiplier: 2, name: 'depthwise' }),
        new BatchNormalization({ name: 'bn' }),
        new Flatten(),
        new Dense({ units: 3, kernelInitializer: 'ones', name: 'top' }),
      ],
      { inputShape: [9, 9, 12] },
    );
    const bytes = await encodeModel(model, { dtype: 'uint8' });
    const file = decodeSafetensors(bytes).tensors;
    expect(file['depthwise/depthwise_kernel:step']?.shape).toEqual([32]);
    expect(file['conv/kernel']?.dtype).toBe('uint8');
    expect((await encodeModel(model)).length - bytes.length).toBeGreaterThan(3 * 0.8 * model.countParams().total);
    const [before, after] = [await model.stateDict(), await (await loadModel(bytes)).stateDict()];
    for (const [name, { data }] of Object.entries(before)) {
      const steps = file[`${name}:step`]?.data as Float32Array | undefined;
      for (const [i, value] of [...(data as Float32Array)].entries()) {
        const bound = steps ? 0.5001 * (steps[i % steps.length] as number) : 0;
        expect(Math.abs(value - Number(after[name]?.data[i])), name).toBeLessThanOrEqual(bound + 1e-7);
      }
    }
    expect(after['top/kernel']).toEqual(before['top/kernel']);
    await loadWeights(model, bytes);
    expect(await model.stateDict()).toEqual(after);
  });

  it('have bytes for kernels alone, whatever the axes of other weights', async () => {
    const model = new Sequential(
      [
        new SeparableConv2D({ filters: 3, kernelSize: 2, name: 'conv' }),
        new LayerNormalization({ axis: [1, 2, 3], name: 'norm' }),
      ],
      { inputShape: [4, 4, 2] },
    );
    const { tensors } = decodeSafetensors(await encodeModel(model, { dtype: 'uint8' }));
    expect(tensors['norm/gamma']?.shape).toEqual([3, 3, 3]);
    const bytes = Object.keys(tensors).filter((name) => tensors[name]?.dtype === 'uint8');
    expect(bytes.sort()).toEqual(['conv/depthwise_kernel', 'conv/pointwise_kernel']);
    model.dispose();
  });

  it('refuse bytes without their steps, and kernels that are not finite', async () => {
    const model = new Sequential([new Dense({ units: 2, name: 'top' })], { inputShape: [3] });
    const { tensors, metadata } = decodeSafetensors(await encodeModel(model, { dtype: 'uint8' }));
    const load = (changes: Record<string, StoredTensor>) =>
      loadModel(encodeSafetensors({ ...tensors, ...changes }, metadata));
    const five: StoredTensor = { shape: [5], dtype: 'float32', data: new Float32Array(5) };
    await expect(load({ 'top/kernel:step': five })).rejects.toThrow(FormatError);
    await expect(load({ 'top/kernel:minimum': five })).rejects.toThrow(
      "'top/kernel' uint8 [3,2] does not fit its 2 steps",
    );
    await expect(load({ 'top/kernel': { ...five, shape: [1, 5] } })).rejects.toThrow(FormatError);
    const { 'top/kernel:step': _, ...without } = tensors;
    await expect(loadModel(encodeSafetensors(without, metadata))).rejects.toThrow(/top\/kernel/);
    model.weights.get('top/kernel')?.assign(full([3, 2], Number.POSITIVE_INFINITY));
    await expect(encodeModel(model, { dtype: 'uint8' })).rejects.toThrow("quantize: 'top/kernel' holds Infinity");
  });

  it('carry metadata', async () => {
    const bytes = await encodeModel(branched(), { metadata: { labels: 'a,b' } });
    expect(decodeSafetensors(bytes).metadata.labels).toBe('a,b');
    await expect(encodeModel(branched(), { metadata: { model: 'mine' } })).rejects.toThrow(
      "metadata must not have 'model'",
    );
  });

  it('refuse weights that are not the model’s', async () => {
    const { tensors, metadata } = decodeSafetensors(await encodeModel(branched()));
    const before = memory();
    const { 'dense/bias': bias, ...others } = tensors as { 'dense/bias': StoredTensor };
    const load = (tensors: Record<string, StoredTensor>) => loadModel(encodeSafetensors(tensors, metadata));
    await expect(load(others)).rejects.toThrow('loadModel: these are not its weights: missing dense/bias');
    await expect(load({ ...tensors, more: bias })).rejects.toThrow('unexpected more');
    const column = { ...bias, shape: [4, 1] } as StoredTensor;
    await expect(load({ ...others, 'dense/bias': column })).rejects.toThrow('dense/bias is [4,1] in place of [4]');
    await expect(loadModel(encodeSafetensors(tensors))).rejects.toThrow('weights but no model; use loadWeights');
    await expect(loadModel(encodeSafetensors(tensors, { model: '{' }))).rejects.toThrow(FormatError);
    expect(memory()).toEqual(before);
  });

  it('do not believe a configuration that asks for more than the file has', async () => {
    const model = new Sequential([new Dense({ units: 2, name: 'top' })], { inputShape: [2] });
    const { tensors } = decodeSafetensors(await encodeModel(model));
    const config = model.toConfig();
    const huge = { ...config, layers: config.layers.map((layer) => ({ ...layer, options: { units: 2 ** 40 } })) };
    const bytes = encodeSafetensors(tensors, { model: JSON.stringify(huge) });
    await expect(loadModel(bytes)).rejects.toThrow(`top/kernel is [2,2] in place of [2,${2 ** 40}]`);
  });

  it('refuse any damaged file with their own errors', async () => {
    const model = new Sequential(
      [
        new Conv2D({ filters: 2, kernelSize: 3, strides: 2 }),
        new Flatten(),
        new Dropout({ rate: 0.5 }),
        new Dense({ units: 2 }),
        new Activation({ activation: 'softmax' }),
      ],
      { inputShape: [8, 8, 1] },
    );
    const bytes = await encodeModel(model);
    const before = memory();
    const mutation = fc.record({
      at: fc.nat(bytes.length - 1),
      byte: fc.oneof(fc.nat(255), fc.constantFrom(...'0123456789"[]{},.-e'.split('').map((one) => one.charCodeAt(0)))),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), async (mutations) => {
        const damaged = bytes.slice();
        for (const { at, byte } of mutations) damaged[at] = byte;
        try {
          (await loadModel(damaged)).dispose();
        } catch (error) {
          if (!(error instanceof FerError)) throw error;
        }
        expect(memory()).toEqual(before);
      }),
      { numRuns: 2000 },
    );
  });

  it('refuse every truncation', async () => {
    const bytes = await encodeModel(new Sequential([new Dense({ units: 2 })], { inputShape: [2] }));
    for (let length = 0; length < bytes.length; length += 7)
      await expect(loadModel(bytes.subarray(0, length))).rejects.toThrow(FormatError);
  });

  it('cannot restore classes that the library does not know', async () => {
    const bytes = await encodeModel(new Sequential([new Twice({})], { inputShape: [2] }));
    await expect(loadModel(bytes)).rejects.toThrow(ArgumentError);
  });
});

describe('files', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fer-save-'));
    return () => rm(directory, { recursive: true });
  });

  it('are written whole, and nothing else is left', async () => {
    const path = join(directory, 'model.safetensors');
    const [first, second] = [branched(1), branched(2)];
    await saveModel(first, path);
    await saveModel(second, path);
    expect(await readdir(directory)).toEqual(['model.safetensors']);
    expect(await resultsOf(await loadModel(path))).toEqual(await resultsOf(second));
    expect(await loadWeights(first, path)).toEqual({ missing: [], unexpected: [] });
    expect(await resultsOf(first)).toEqual(await resultsOf(second));
  });

  it('are written several at a time', async () => {
    const path = join(directory, 'text');
    const contents = Array.from({ length: 20 }, (_, i) => String(i));
    await Promise.all(contents.map((content) => writeAtomically(path, content)));
    expect(contents).toContain(await readFile(path, 'utf8'));
    expect(await readdir(directory)).toEqual(['text']);
  });

  it('are read by path, by file: URL, and from an address', async () => {
    const path = join(directory, 'model.safetensors');
    await saveModel(branched(), path);
    const bytes = await readFile(path);
    vi.stubGlobal('fetch', async (address: string) => {
      if (address.endsWith('model.safetensors')) return new Response(bytes);
      if (address.endsWith('none')) return new Response('', { status: 404, statusText: 'Not Found' });
      throw new TypeError('fetch failed');
    });
    const address = new URL('https://models.example/model.safetensors');
    for (const source of [path, pathToFileURL(path), address, String(address)])
      expect(await (await loadModel(source)).stateDict()).toEqual(await branched().stateDict());
    await expect(loadModel('https://models.example/none')).rejects.toThrow(
      "loadModel: cannot read 'https://models.example/none': 404 Not Found",
    );
    await expect(loadModel(new URL('https://offline.example/'))).rejects.toThrow(
      "loadModel: cannot read 'https://offline.example/': fetch failed",
    );
    vi.unstubAllGlobals();
  });

  it('that cannot be read are errors that name them', async () => {
    const missing = join(directory, 'none');
    await expect(loadModel(missing)).rejects.toThrow(ArgumentError);
    await expect(loadModel(missing)).rejects.toThrow(`loadModel: cannot read '${missing}': ENOENT`);
    await expect(loadWeights(branched(), missing)).rejects.toThrow(`loadWeights: cannot read '${missing}': ENOENT`);
  });

  it('stay as they were if the new one cannot be written', async () => {
    const path = join(directory, 'model.safetensors');
    await writeFile(path, 'old');
    const huge = new Sequential([new Dense({ units: 1, kernelInitializer: { name: 'constant', value: 1e6 } })], {
      inputShape: [2],
    });
    await expect(saveModel(huge, path, { dtype: 'float16' })).rejects.toThrow('1000000 is too large for F16');
    expect(await readFile(path, 'utf8')).toBe('old');
    const folder = join(directory, 'folder');
    await mkdir(folder);
    await expect(saveModel(branched(), folder)).rejects.toThrow('EISDIR');
    expect(await readdir(directory)).toEqual(['folder', 'model.safetensors']);
  });
});
