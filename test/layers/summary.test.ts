import { memory, Random, randomNormal, setBackend, type Tensor } from '@fer/core';
import {
  Add,
  BatchNormalization,
  Conv2D,
  Dense,
  Dropout,
  Flatten,
  GlobalAveragePooling2D,
  InvertedResidual,
  input,
  Model,
  profile,
  ReLU,
  Sequential,
} from '@fer/layers';
import { describe, expect, it } from 'vitest';

await setBackend('simd');

const chain = () =>
  new Sequential(
    [
      new Conv2D({ filters: 32, kernelSize: 3, padding: 'same', useBias: false }),
      new BatchNormalization(),
      new GlobalAveragePooling2D(),
      new Dense({ units: 7 }),
    ],
    { inputShape: [48, 48, 1], name: 'small' },
  );

const branched = () =>
  new Sequential([new InvertedResidual({ name: 'block_1', filters: 4 })], { inputShape: [8, 8, 4] });

describe('summary', () => {
  it('prints a table, and returns what it printed', () => {
    const printed: string[] = [];
    const summary = chain().summary((text) => printed.push(text));
    expect(printed).toEqual([String(summary)]);
    expect(`\n${summary}\n`).toBe(`
Model: "small"
Layer (type)                                       Output Shape        Param #     MACs
=======================================================================================
input (Input)                                      (None, 48, 48, 1)         0        0
conv2d (Conv2D)                                    (None, 48, 48, 32)      288  663,552
batch_normalization (BatchNormalization)           (None, 48, 48, 32)      128        0
global_average_pooling2d (GlobalAveragePooling2D)  (None, 32)                0        0
dense (Dense)                                      (None, 7)               231      224
=======================================================================================
Total params: 647 (2.53 kB)
Trainable params: 583 (2.28 kB)
Non-trainable params: 64 (256 B)
Multiply-accumulates: 663,776
Activations: 585.15 kB for one example
`);
  });

  it('says what is connected to what where the model branches', () => {
    const rows = String(branched().summary(() => {})).split('\n');
    expect(rows[1]).toMatch(/Connected to$/);
    expect(rows.find((row) => row.startsWith('block_1_add'))).toMatch(/ {2}input, block_1_project_BN$/);
    expect(rows.every((row) => row === row.trimEnd())).toBe(true);
  });

  it('is data as JSON', () => {
    const model = branched();
    const data = JSON.parse(JSON.stringify(model.summary(() => {})));
    expect(data).toMatchObject({ name: 'model', params: model.countParams(), macs: model.macs() });
    expect(data.layers.length).toBe(1 + model.layers.length);
    expect(data.layers.at(-1)).toEqual({
      name: 'block_1_add',
      className: 'Add',
      outputShape: [8, 8, 4],
      params: 0,
      macs: 0,
      bytes: 8 * 8 * 4 * 4,
      connectedTo: ['input', 'block_1_project_BN'],
    });
    const sum = (key: string) =>
      data.layers.reduce((total: number, layer: Record<string, number>) => total + (layer[key] ?? 0), 0);
    expect(sum('params')).toBe(data.params.total);
    expect(sum('macs')).toBe(data.macs);
    expect(sum('bytes')).toBe(data.activationBytes);
  });

  it('counts the weights of a shared layer once, and what it computes each time', () => {
    const x = input([4]);
    const shared = new Dense({ units: 4, name: 'shared' });
    const model = new Model({ input: x, output: new Add().apply([shared.apply(x), x.pipe(shared, shared)]) });
    const { layers } = model.summary(() => {}).toJSON();
    const rows = layers.filter(({ name }) => name === 'shared');
    expect(rows.map(({ params, macs }) => [params, macs])).toEqual([
      [20, 16],
      [0, 16],
      [0, 16],
    ]);
    expect(model.countParams().total).toBe(20);
    expect(model.macs()).toBe(48);
  });
});

describe('profile', () => {
  it('measures each layer, and leaves nothing behind', async () => {
    const model = new Sequential(
      [new Conv2D({ filters: 8, kernelSize: 3 }), new Dropout({ rate: 0.5 }), new Flatten(), new Dense({ units: 7 })],
      { inputShape: [16, 16, 3] },
    );
    const x = randomNormal([4, 16, 16, 3], new Random(1));
    const before = memory();
    const measured = await profile(model, x, { runs: 3 });
    expect(memory()).toEqual(before);
    const { backend, layers, milliseconds } = measured.toJSON();
    expect(backend).toBe('simd');
    expect(layers.map(({ name, outputShape, bytes, macs }) => [name, outputShape, bytes, macs])).toEqual([
      ['conv2d', [4, 14, 14, 8], 4 * 14 * 14 * 8 * 4, 4 * 14 * 14 * 8 * 27],
      ['dropout', [4, 14, 14, 8], 0, 0],
      ['flatten', [4, 1568], 0, 0],
      ['dense', [4, 7], 4 * 7 * 4, 4 * 1568 * 7],
    ]);
    expect(layers.every((layer) => layer.milliseconds > 0)).toBe(true);
    expect(milliseconds).toBeCloseTo(layers.reduce((sum, layer) => sum + layer.milliseconds, 0));
    const rows = String(measured).split('\n');
    expect(rows[0]).toMatch(/^Layer \(type\) +Output Shape +Memory +GMAC\/s +ms +%$/);
    expect(rows.at(-1)).toMatch(/^Total: \d+\.\d{3} ms on simd$/);
    expect(rows.length).toBe(3 + layers.length + 1);
    expect(performance.getEntriesByName('conv2d', 'measure')).toHaveLength(3);
  });

  it('refuses what it cannot measure', async () => {
    using x = randomNormal([1, 48, 48, 2], new Random(1));
    const before = memory();
    const model = chain();
    await expect(profile(model, x)).rejects.toThrow("Model 'small': expected x [N,48,48,1] but got [1,48,48,2]");
    await expect(profile(model, x, { runs: 0 })).rejects.toThrow('runs must be an integer of at least 1 but is 0');
    model.dispose();
    expect(memory()).toEqual(before);
  });

  it('leaves nothing behind if a layer throws the second time', async () => {
    let calls = 0;
    class Failing extends ReLU {
      override forward(input: Tensor): Tensor {
        if (++calls > 1) throw new Error('on purpose');
        return super.forward(input);
      }
    }
    const model = new Sequential([new ReLU(), new Failing()], { inputShape: [4] });
    using x = randomNormal([2, 4], new Random(1));
    const before = memory();
    await expect(profile(model, x)).rejects.toThrow('on purpose');
    expect(memory()).toEqual(before);
  });
});
