/** @file Keras' topologies as models. */
import { memory, Random, setBackend } from '@fer/core';
import { Conv2D, Dense, type Model, ReLU, type Resizing, type SeparableConv2D } from '@fer/layers';
import { modelFromKeras } from '@fer/models';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectNumbersClose } from '../close.ts';
import { batchFor, outputOf } from './exported.ts';
import { hdf5File } from './hdf5.ts';
import { tf, tfjsFiles, tfjsOutput, layers as tfl } from './tfjs.ts';

beforeAll(async () => {
  await setBackend('simd');
  await tf.setBackend('cpu');
});

const files = (modelTopology: object, weightsManifest: object[] = []) => ({
  'model.json': new TextEncoder().encode(JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest })),
});

/** Sets all weights: zeros and ones would hide a mistake. */
function randomise(model: tfl.LayersModel): void {
  const random = new Random(5);
  const weights = model.getWeights().map((weight) => {
    const values = Float32Array.from({ length: weight.size }, () => random.uniform(0.5, 1.5));
    return tf.tensor(values, weight.shape);
  });
  model.setWeights(weights);
}

async function expectSameAsTfjs(theirs: tfl.LayersModel): Promise<Model> {
  randomise(theirs);
  const ours = await modelFromKeras(await tfjsFiles(theirs));
  const { x, shape } = batchFor(ours, -1, 1);
  expectNumbersClose(await outputOf(ours, x, shape), tfjsOutput(theirs, x, shape), 1e-4, 'output');
  return ours;
}

describe('models that tfjs-layers wrote', () => {
  const image = [9, 7, 3];
  const sequential = (...members: tfl.layers.Layer[]) => tfl.sequential({ layers: members });
  const {
    conv2d,
    depthwiseConv2d,
    separableConv2d,
    dense,
    batchNormalization,
    layerNormalization,
    activation,
    reLU,
    leakyReLU,
    elu,
    softmax,
    dropout,
    flatten,
    reshape,
    maxPooling2d,
    averagePooling2d,
    globalAveragePooling2d,
    globalMaxPooling2d,
    zeroPadding2d,
    rescaling,
  } = tfl.layers;

  it.each([
    {
      title: 'convolutions',
      make: () =>
        sequential(
          conv2d({
            inputShape: image,
            filters: 4,
            kernelSize: 3,
            strides: 2,
            padding: 'same',
            activation: 'relu',
            kernelRegularizer: 'l1l2',
          }),
          depthwiseConv2d({ kernelSize: [2, 3], depthMultiplier: 2, padding: 'same', useBias: false }),
          separableConv2d({ filters: 3, kernelSize: 2, activation: 'tanh', depthwiseConstraint: 'maxNorm' }),
        ),
    },
    {
      title: 'normalisation',
      make: () =>
        sequential(
          rescaling({ inputShape: image, scale: 2, offset: -1 }),
          batchNormalization({ epsilon: 0.01 }),
          layerNormalization({ axis: -1 }),
          batchNormalization({ center: false, scale: false }),
        ),
    },
    {
      title: 'activations',
      make: () =>
        sequential(
          activation({ inputShape: image, activation: 'swish' }),
          reLU({ maxValue: 0.5 }),
          leakyReLU({ alpha: 0.1 }),
          elu({}),
          activation({ activation: 'logSoftmax' as 'softmax' }),
          softmax({ axis: -1 }),
        ),
    },
    {
      title: 'pooling and shapes',
      make: () =>
        sequential(
          zeroPadding2d({
            inputShape: image,
            padding: [
              [1, 0],
              [2, 1],
            ],
          }),
          maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
          averagePooling2d({ poolSize: [2, 1] }),
          dropout({ rate: 0.5, noiseShape: [null as never, 1, 1, 3] }),
          reshape({ targetShape: [10, 3] }),
          flatten(),
          dense({ units: 3, activation: 'softmax', kernelInitializer: 'heNormal' }),
        ),
    },
    { title: 'global averages', make: () => sequential(globalAveragePooling2d({ inputShape: image })) },
    { title: 'global maxima', make: () => sequential(globalMaxPooling2d({ inputShape: image })) },
    {
      title: 'branches and shared layers',
      make: () => {
        const x = tfl.input({ shape: image });
        const shared = conv2d({ filters: 3, kernelSize: 3, padding: 'same' });
        const twice = shared.apply(shared.apply(x)) as tfl.SymbolicTensor;
        const sum = tfl.layers.add().apply([x, twice]) as tfl.SymbolicTensor;
        const product = tfl.layers.multiply().apply([sum, x]) as tfl.SymbolicTensor;
        const outputs = tfl.layers.concatenate({ axis: 3 }).apply([product, x, twice]) as tfl.SymbolicTensor;
        return tfl.model({ inputs: x, outputs });
      },
    },
    {
      title: 'a model in a model, twice',
      make: () => {
        const inner = sequential(conv2d({ inputShape: image, filters: 3, kernelSize: 3, padding: 'same' }), reLU());
        const x = tfl.input({ shape: image });
        const y = inner.apply(inner.apply(x)) as tfl.SymbolicTensor;
        return tfl.model({ inputs: x, outputs: dense({ units: 2 }).apply(y) as tfl.SymbolicTensor });
      },
    },
  ])('$title', async ({ make }) => {
    const theirs = make();
    const ours = await expectSameAsTfjs(theirs);
    expect(ours.countParams().total).toBe(theirs.countParams());
    theirs.dispose();
    ours.dispose();
  });
});

/** A residual network as Keras 2 and Keras 3 write it. */
const LAYERS = [
  ['InputLayer', 'image', {}, []],
  [
    'Conv2D',
    'conv',
    {
      filters: 3,
      kernel_size: [3, 3],
      padding: 'same',
      data_format: 'channels_last',
      groups: 1,
      activation: 'linear',
      use_bias: false,
    },
    ['image'],
  ],
  ['BatchNormalization', 'bn', { axis: [3], momentum: 0.9, epsilon: 0.01 }, ['conv']],
  ['Add', 'add', {}, ['image', 'bn']],
  ['Activation', 'silu', { activation: 'silu' }, ['add']],
  ['GlobalAveragePooling2D', 'pool', { data_format: 'channels_last', keepdims: false }, ['silu']],
  ['Dense', 'dense', { units: 2, activation: 'softmax', use_bias: true }, ['pool']],
] as const;

const keras2 = {
  keras_version: '2.15.0',
  model_config: {
    class_name: 'Functional',
    config: {
      name: 'residual',
      trainable: true,
      layers: LAYERS.map(([class_name, name, config, inputs]) => ({
        class_name,
        name,
        module: 'keras.layers',
        registered_name: null,
        config: {
          name,
          trainable: true,
          dtype: 'float32',
          ...(class_name === 'InputLayer' && { batch_input_shape: [null, 6, 6, 3], sparse: false, ragged: false }),
          ...config,
        },
        inbound_nodes: inputs.length > 0 ? [inputs.map((layer) => [layer, 0, 0, {}])] : [],
      })),
      input_layers: [['image', 0, 0]],
      output_layers: [['dense', 0, 0]],
    },
  },
};

const dtype = { module: 'keras', class_name: 'DTypePolicy', config: { name: 'float32' }, registered_name: null };

const tensor = (layer: string) => ({
  class_name: '__keras_tensor__',
  config: { shape: [null, 6, 6, 3], dtype: 'float32', keras_history: [layer, 0, 0] },
});

const initializer = (class_name: string) => ({
  module: 'keras.initializers',
  class_name,
  config: { seed: null },
  registered_name: null,
});

const keras3 = {
  keras_version: '3.3.3',
  model_config: {
    class_name: 'Functional',
    config: {
      name: 'residual',
      trainable: true,
      layers: LAYERS.map(([class_name, name, config, inputs]) => ({
        class_name,
        name,
        module: 'keras.layers',
        registered_name: null,
        build_config: { input_shape: [null, 6, 6, 3] },
        config: {
          name,
          trainable: true,
          dtype,
          ...(class_name === 'InputLayer' && { batch_shape: [null, 6, 6, 3], sparse: false, ragged: false }),
          ...(class_name === 'Dense' && {
            kernel_initializer: initializer('GlorotUniform'),
            bias_initializer: initializer('Zeros'),
            kernel_regularizer: null,
            quantization_config: null,
          }),
          ...(class_name === 'BatchNormalization' && {
            synchronized: false,
            moving_mean_initializer: initializer('Zeros'),
          }),
          ...config,
        },
        inbound_nodes:
          inputs.length === 0
            ? []
            : [
                {
                  args: inputs.length > 1 ? [inputs.map(tensor)] : inputs.map(tensor),
                  kwargs: class_name === 'BatchNormalization' ? { mask: null, training: false } : {},
                },
              ],
      })),
      input_layers: ['image', 0, 0],
      output_layers: ['dense', 0, 0],
    },
  },
};

const clone = (json: unknown) => structuredClone(json);

describe('functional models of Keras', () => {
  it.each([
    { title: 'Keras 2', topology: keras2 },
    { title: 'Keras 3', topology: keras3 },
  ])('of $title', async ({ topology }) => {
    const theirs = await tfl.loadLayersModel(
      tf.io.fromMemory({
        modelTopology: clone({
          ...keras2,
          model_config: {
            ...keras2.model_config,
            config: {
              ...keras2.model_config.config,
              layers: keras2.model_config.config.layers.map((layer) =>
                layer.name === 'silu' ? { ...layer, config: { ...layer.config, activation: 'swish' } } : layer,
              ),
            },
          },
        }) as never,
      }),
    );
    randomise(theirs);
    const weights = theirs.weights.map(
      ({ originalName, shape }, i) =>
        [
          `model_weights/${originalName.split('/')[0]}/${originalName}:0`,
          { shape: shape as number[], data: theirs.getWeights()[i]?.dataSync() as Float32Array },
        ] as const,
    );
    const file = await hdf5File({
      datasets: Object.fromEntries(weights),
      attributes: { model_config: JSON.stringify(topology.model_config), keras_version: topology.keras_version },
    });
    const ours = await modelFromKeras(file);
    expect(ours.name).toBe('residual');
    const { x, shape } = batchFor(ours);
    expectNumbersClose(await outputOf(ours, x, shape), tfjsOutput(theirs, x, shape), 1e-4, 'output');
    ours.dispose();
  });

  it('whose layers are called in inference mode, as a base that is not to be trained', async () => {
    const topology = clone(keras2) as typeof keras2;
    const { layers } = topology.model_config.config;
    Object.assign(layers[2] ?? {}, { inbound_nodes: [[['conv', 0, 0, { training: false, mask: null }]]] });
    const model = await modelFromKeras(files(topology));
    expect(model.output.shape).toEqual([2]);
    model.dispose();
  });

  it('whose layers are in no order', async () => {
    const topology = clone(keras2) as typeof keras2;
    topology.model_config.config.layers.splice(1, 6, ...topology.model_config.config.layers.slice(1).reverse());
    const model = await modelFromKeras(files(topology));
    expect(model.output.shape).toEqual([2]);
    model.dispose();
  });
});

describe('sequential models of Keras', () => {
  const conv = {
    class_name: 'Conv2D',
    config: { name: 'c', filters: 2, kernel_size: 3, batch_input_shape: [null, 5, 5, 1] },
  };

  it('of the first versions, a list of layers alone', async () => {
    const model = await modelFromKeras(files({ class_name: 'Sequential', config: [conv] }));
    expect(model.output.shape).toEqual([3, 3, 2]);
  });

  it('whose sizes are open take those given', async () => {
    const open = { ...conv, config: { ...conv.config, batch_input_shape: [null, null, null, 1] } };
    const topology = files({ class_name: 'Sequential', config: { name: 's', layers: [open] } });
    await expect(modelFromKeras(topology)).rejects.toThrow(
      /leaves sizes of its input open, \[null,null,1\]: give inputShape/,
    );
    expect((await modelFromKeras(topology, { inputShape: [8, 7, 1] })).output.shape).toEqual([6, 5, 2]);
  });
});

describe('models in models', () => {
  const dense = (units: number, name = 'dense', more: object = {}) => ({
    class_name: 'Dense',
    name,
    config: { name, units, use_bias: false },
    ...more,
  });
  const nested = (name: string, layers: object[], more: object = {}) => ({
    class_name: 'Sequential',
    name,
    config: { name, layers },
    ...more,
  });

  it.each([
    { keras: '2.15.0', first: 0 },
    { keras: '2.15.0', first: 1 },
    { keras: '3.3.3', first: 0 },
  ])("of Keras $keras whose Sequential's applications count from $first", async ({ keras, first }) => {
    const layers = [
      { class_name: 'InputLayer', name: 'x', config: { name: 'x', batch_input_shape: [null, 3] }, inbound_nodes: [] },
      nested('s', [{ class_name: 'Dropout', config: { name: 'drop', rate: 0.5 } }], {
        inbound_nodes: [[['x', 0, 0, {}]], [['s', first, 0, {}]]],
      }),
      dense(2, 'top', { inbound_nodes: [[['s', first + 1, 0, {}]]] }),
    ];
    const config = { name: 'm', layers, input_layers: [['x', 0, 0]], output_layers: [['top', 0, 0]] };
    const topology = { keras_version: keras, model_config: { class_name: 'Functional', config } };
    const model = await modelFromKeras(files(topology));
    expect(model.output.shape).toEqual([2]);
    model.dispose();
  });

  it('whose layers have the same names get the weights that are theirs', async () => {
    const config = {
      name: 'm',
      layers: [nested('base', [dense(2)]), nested('other', [nested('inner', [dense(2)]), dense(2, 'last')]), dense(2)],
    };
    const data = (value: number) => ({ shape: [2, 2], data: new Float32Array(4).fill(value) });
    const file = await hdf5File({
      datasets: {
        'model_weights/base/dense/kernel:0': data(1),
        'model_weights/other/dense/kernel:0': data(2),
        'model_weights/other/last/kernel:0': data(3),
        'model_weights/dense/dense/kernel:0': data(4),
      },
      attributes: { model_config: JSON.stringify({ class_name: 'Sequential', config }), keras_version: '2.15.0' },
    });
    const model = await modelFromKeras(file, { inputShape: [2] });
    const first = [...model.weights].map(([name, weight]) => [name, weight.dataSync()[0]]);
    expect(first).toEqual([
      ['base_dense/kernel', 1],
      ['other_dense/kernel', 2],
      ['last/kernel', 3],
      ['dense/kernel', 4],
    ]);
    model.dispose();
  });

  it('are refused if one has a name twice', async () => {
    const config = { name: 'm', layers: [nested('base', [dense(2), dense(2)])] };
    await expect(modelFromKeras(files({ class_name: 'Sequential', config }), { inputShape: [2] })).rejects.toThrow(
      "Sequential 'base': has two layers of the name 'dense'",
    );
  });
});

describe('options', () => {
  const made = async (class_name: string, config: object, inputShape = [6, 6, 2], kerasVersion = '2.15.0') => {
    const layer = { class_name, config: { name: 'layer', trainable: true, ...config } };
    const topology = {
      keras_version: kerasVersion,
      model_config: { class_name: 'Sequential', config: { layers: [layer] } },
    };
    return (await modelFromKeras(files(topology), { inputShape })).layers[0];
  };

  it('of weights are taken over', async () => {
    const dense = await made('Dense', {
      units: 2,
      kernel_initializer: {
        class_name: 'VarianceScaling',
        config: { scale: 2, mode: 'fan_out', distribution: 'untruncated_normal', seed: 3 },
      },
      bias_initializer: { class_name: 'Constant', config: { value: 0.5 } },
      kernel_regularizer: { class_name: 'L2', config: { l2: 0.01 } },
      kernel_constraint: { class_name: 'MaxNorm', config: { max_value: 2, axis: 0 } },
      bias_constraint: { class_name: 'NonNeg', config: {} },
    });
    expect(dense).toBeInstanceOf(Dense);
    expect(dense?.options).toEqual({
      name: 'layer',
      units: 2,
      kernelInitializer: { name: 'varianceScaling', scale: 2, mode: 'fanOut', distribution: 'untruncatedNormal' },
      biasInitializer: { name: 'constant', value: 0.5 },
      kernelRegularizer: { l2: 0.01 },
      kernelConstraint: { name: 'maxNorm', maxValue: 2, axis: 0 },
      biasConstraint: 'nonNegative',
    });
  });

  it('that have no effect on a class are passed over', async () => {
    // all that tf.keras 2.15 writes
    const separable = {
      ...{ filters: 3, kernel_size: [3, 3], strides: [1, 1], padding: 'valid', data_format: 'channels_last' },
      ...{ dilation_rate: [1, 1], groups: 1, activation: 'linear', use_bias: true, depth_multiplier: 1 },
      ...{ kernel_initializer: initializer('GlorotUniform'), kernel_regularizer: null, kernel_constraint: null },
      ...{ bias_initializer: initializer('Zeros'), bias_regularizer: null, bias_constraint: null },
      ...{ depthwise_initializer: initializer('HeNormal'), depthwise_regularizer: null, depthwise_constraint: null },
      ...{ pointwise_initializer: initializer('Ones'), pointwise_regularizer: null, pointwise_constraint: null },
      ...{ activity_regularizer: null },
    };
    const { options } = (await made('SeparableConv2D', separable)) as SeparableConv2D;
    expect(options).toMatchObject({ filters: 3, depthwiseInitializer: 'heNormal', pointwiseInitializer: 'ones' });
    expect(options).not.toHaveProperty('kernelInitializer');
    // all that Keras 3 writes
    const resizing = {
      ...{ height: 3, width: 2, interpolation: 'bilinear', crop_to_aspect_ratio: false, pad_to_aspect_ratio: false },
      ...{ fill_mode: 'constant', fill_value: 0, antialias: false, data_format: 'channels_last' },
    };
    const { options: size } = (await made('Resizing', resizing, [6, 6, 2], '3.3.3')) as Resizing;
    expect(size).toEqual({ name: 'layer', height: 3, width: 2, interpolation: 'bilinear' });
  });

  it('are frozen if they were, and of our classes', async () => {
    const frozen = await made('Conv2D', { filters: 1, kernel_size: [2, 2], trainable: false });
    expect(frozen).toBeInstanceOf(Conv2D);
    expect(frozen?.trainable).toBe(false);
    const leaky = await made('LeakyReLU', { negative_slope: 0.4 });
    expect(leaky).toBeInstanceOf(ReLU);
    expect(leaky?.options).toEqual({ name: 'layer', negativeSlope: 0.4 });
    expect((await made('RandomFlip', { mode: 'horizontal_and_vertical', seed: 3 }))?.options).toEqual({
      name: 'layer',
      mode: 'horizontalAndVertical',
    });
    expect((await made('Activation', { activation: 'hard_sigmoid' }, [2], '3.1.0'))?.options).toEqual({
      name: 'layer',
      activation: 'hardSigmoid',
    });
    expect((await made('Activation', { activation: { class_name: 'function', config: 'gelu' } }))?.options).toEqual({
      name: 'layer',
      activation: 'gelu',
    });
  });

  it.each([
    ['Conv2D', { filters: 1, kernel_size: 1, groups: 2 }, "Conv2D 'layer': option groups = 2 is not supported"],
    [
      'Conv2D',
      { filters: 1, kernel_size: 1, data_format: 'channels_first' },
      'option data_format = "channels_first" is not supported',
    ],
    ['Conv2D', { filters: 1, kernel_size: 1, padding: 'causal' }, 'padding must be'],
    ['Conv2D', { filters: '1', kernel_size: 1 }, 'filters must be a number but is "1"'],
    ['Conv2D', { kernel_size: 1 }, 'option filters is missing'],
    ['Conv2D', { filters: 1, kernel_size: 9 }, 'does not fit'],
    ['Conv2D', { filters: 1, kernel_size: 1, activation: 'mish' }, 'activation "mish" is not supported'],
    ['Conv2D', { filters: 1, kernel_size: 1, activation: 'hard_sigmoid' }, 'before Keras 3, which is not supported'],
    [
      'Conv2D',
      { filters: 1, kernel_size: 1, kernel_initializer: { class_name: 'Identity', config: {} } },
      'initializer Identity is not supported',
    ],
    [
      'Conv2D',
      { filters: 1, kernel_size: 1, activity_regularizer: { class_name: 'L2', config: { l2: 1 } } },
      'option activity_regularizer',
    ],
    ['Dense', { units: 1, dtype: 'float16' }, 'option dtype = "float16" is not supported'],
    ['Dense', { units: 1, dtype: { class_name: 'DTypePolicy', config: { name: 'mixed_float16' } } }, 'option dtype'],
    [
      'Dense',
      { units: 1, kernel_regularizer: { class_name: 'OrthogonalRegularizer', config: {} } },
      'regularizer OrthogonalRegularizer is not supported',
    ],
    ['Resizing', { height: 1, width: 1, pad_to_aspect_ratio: true }, 'option pad_to_aspect_ratio = true'],
    ['Conv2D', { filters: 1, kernel_size: 1, fill_value: 0 }, 'option fill_value = 0 is not supported'],
    ['Dense', { units: 1, new_option: true }, 'option new_option = true is not supported'],
    ['BatchNormalization', { axis: 1 }, 'axis 1 is not supported, only the last'],
    ['BatchNormalization', { renorm: true }, 'option renorm = true is not supported'],
    ['ELU', { alpha: 0.5 }, 'alpha 0.5 is not supported, only 1'],
    ['Normalization', { axis: -1, mean: null }, 'option mean is missing'],
    ['Lambda', {}, "Lambda 'layer': there is no counterpart to the layer class 'Lambda'"],
    ['constructor', {}, "there is no counterpart to the layer class 'constructor'"],
  ])('of %s that are not supported are named: %j', async (className, config, message) => {
    await expect(made(className, config)).rejects.toThrow(message);
  });
});

describe('topologies that are wrong', () => {
  type Config = (typeof keras2)['model_config']['config'];
  const edited = (edit: (config: Config) => void) => {
    const topology = clone(keras2) as typeof keras2;
    edit(topology.model_config.config);
    return files(topology);
  };

  it.each([
    ['no topology', files(undefined as never), 'the file has weights alone'],
    [
      'another class',
      files({ class_name: 'Subclassed', config: {} }),
      'expected a Sequential, Functional or Model but got "Subclassed"',
    ],
    ['no layers', files({ class_name: 'Sequential', config: { layers: [] } }), 'a Sequential needs layers'],
    [
      'two outputs',
      edited((config) => {
        config.output_layers.push(['bn', 0, 0]);
      }),
      'has 2 outputs, and a Model has one',
    ],
    [
      'an output that is not there',
      edited((config) => {
        config.output_layers = [['nowhere', 0, 0]];
      }),
      'nothing computes the output of "nowhere"',
    ],
    [
      'a circle',
      edited((config) => {
        (config.layers[1] as { inbound_nodes: unknown }).inbound_nodes = [[['bn', 0, 0, {}]]];
      }),
      "Conv2D 'conv': is applied to a result that nothing computes",
    ],
    [
      'an option of a call',
      edited((config) => {
        (config.layers[1] as { inbound_nodes: unknown }).inbound_nodes = [[['image', 0, 0, { training: true }]]];
      }),
      'is called with training = true',
    ],
    [
      'the second result of a layer',
      edited((config) => {
        (config.layers[1] as { inbound_nodes: unknown }).inbound_nodes = [[['image', 0, 1, {}]]];
      }),
      'refers to result 1 of "image"',
    ],
    [
      'two inputs where one is taken',
      edited((config) => {
        (config.layers[1] as { inbound_nodes: unknown }).inbound_nodes = [
          [
            ['image', 0, 0, {}],
            ['image', 0, 0, {}],
          ],
        ];
      }),
      'is applied to 2 results, and takes one',
    ],
    [
      'shapes that do not add up',
      edited((config) => {
        Object.assign(config.layers[1]?.config ?? {}, { filters: 4 });
      }),
      'expected inputs of one shape',
    ],
    [
      'a layer without a name',
      edited((config) => {
        Object.assign(config.layers[1] ?? {}, { name: undefined, config: {} });
      }),
      'the name of a Conv2D must be a string but is undefined',
    ],
    [
      'two layers of one name',
      edited((config) => {
        Object.assign(config.layers[1]?.config ?? {}, { name: 'bn' });
      }),
      'bn',
    ],
  ])('for %s are errors', async (_, source, message) => {
    await expect(modelFromKeras(source)).rejects.toThrow(message);
  });

  it('for arrays in arrays without end are errors', async () => {
    const deep = `${'['.repeat(1e5)}${']'.repeat(1e5)}`;
    const json = `{"modelTopology":{"class_name":"Sequential","config":{"layers":[{"class_name":"Conv2D","config":{"name":"c","filters":1,"kernel_size":${deep}}}]}}}`;
    const source = { 'model.json': new TextEncoder().encode(json) };
    await expect(modelFromKeras(source, { inputShape: [4, 4, 1] })).rejects.toThrow(/that large: Maximum call stack/);
  });

  it('that lie about sizes cost no memory', async () => {
    const topology = edited((config) => {
      Object.assign(config.layers[6]?.config ?? {}, { units: 1e9 });
    });
    const weights = LAYERS.flatMap(([, layer]) =>
      ['kernel', 'gamma', 'beta', 'moving_mean', 'moving_variance'].map((weight) => ({
        name: `${layer}/${weight}`,
        shape: layer === 'conv' ? [3, 3, 3, 3] : [3],
        dtype: 'float32',
      })),
    );
    const json = JSON.parse(new TextDecoder().decode(topology['model.json']));
    const bytes = 4 * weights.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);
    const source = {
      ...files(json.modelTopology, [{ paths: ['weights.bin'], weights }]),
      'weights.bin': new Uint8Array(bytes),
    };
    await expect(modelFromKeras(source)).rejects.toThrow('misshapen dense/kernel is [3] in place of [3,1000000000]');
  });

  it('leave no weights behind', async () => {
    const before = memory();
    const topology = edited((config) => {
      Object.assign(config.layers[6]?.config ?? {}, { units: 0 });
    });
    await expect(modelFromKeras(topology)).rejects.toThrow('units');
    const noWeights = files(keras2, [{ paths: [], weights: [] }]);
    const model = await modelFromKeras(noWeights);
    model.dispose();
    const kernel = { name: 'conv/kernel', shape: [3, 3, 3, 3], dtype: 'float32' };
    const incomplete = files(keras2, [{ paths: ['weights.bin'], weights: [kernel] }]);
    const source = { ...incomplete, 'weights.bin': new Uint8Array(324) };
    await expect(modelFromKeras(source)).rejects.toThrow('missing bn/gamma');
    expect(memory()).toEqual(before);
  });
});
