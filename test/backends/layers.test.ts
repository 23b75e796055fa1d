import type { Shape } from '@fer/core';
import * as layers from '@fer/layers';
import {
  Activation,
  type ActivationName,
  Add,
  AveragePooling2D,
  BatchNormalization,
  Concatenate,
  Conv2D,
  Dense,
  DepthwiseConv2D,
  Dropout,
  Flatten,
  GlobalAveragePooling2D,
  GlobalMaxPooling2D,
  Layer,
  LayerNormalization,
  LocalResponseNormalization,
  MaxPooling2D,
  Model,
  Multiply,
  Normalization,
  RandomFlip,
  RandomRotation,
  RandomTranslation,
  RandomZoom,
  ReLU,
  Rescaling,
  Reshape,
  Resizing,
  SeparableConv2D,
  Softmax,
  SpatialDropout2D,
  StochasticDepth,
  ZeroPadding2D,
} from '@fer/layers';
import { expect, it } from 'vitest';
import { onEveryBackend } from '../backends.ts';
import { awayFrom, uniform } from '../inputs.ts';
import { runLayerTest, testedLayers } from '../runLayerTest.ts';

const image = [5, 4, 3];
const notImages = [[[4]], [[4, 4]], [[1, 4, 4, 3]]];
/** For layers that have kinks. */
const away =
  (...kinks: number[]) =>
  (shape: Shape) =>
    awayFrom(kinks, shape);

onEveryBackend(() => {
  runLayerTest('Conv2D', () => new Conv2D({ filters: 4, kernelSize: 3, activation: 'tanh' }), {
    inputShapes: [image],
    outputShape: [3, 2, 4],
    weights: { kernel: [3, 3, 3, 4], bias: [4] },
    macs: 3 * 2 * 3 * 3 * 3 * 4,
    refuses: [...notImages, [[2, 4, 3]]],
  });
  runLayerTest(
    'Conv2D with strides, dilation and without bias',
    () =>
      new Conv2D({
        filters: 2,
        kernelSize: [2, 3],
        strides: [2, 1],
        dilationRate: [1, 2],
        padding: 'same',
        useBias: false,
        activation: 'elu',
        kernelInitializer: 'heNormal',
      }),
    { inputShapes: [image], outputShape: [3, 4, 2], weights: { kernel: [2, 3, 3, 2] }, macs: 3 * 4 * 2 * 3 * 3 * 2 },
  );
  runLayerTest('DepthwiseConv2D', () => new DepthwiseConv2D({ kernelSize: 3, strides: 2, padding: 'same' }), {
    inputShapes: [image],
    outputShape: [3, 2, 3],
    weights: { depthwise_kernel: [3, 3, 3, 1], bias: [3] },
    macs: 3 * 2 * 3 * 3 * 3,
    refuses: notImages,
  });
  runLayerTest(
    'DepthwiseConv2D with a multiplier',
    () => new DepthwiseConv2D({ kernelSize: 2, depthMultiplier: 2, useBias: false, activation: 'elu' }),
    {
      inputShapes: [image],
      outputShape: [4, 3, 6],
      weights: { depthwise_kernel: [2, 2, 3, 2] },
      macs: 4 * 3 * 2 * 2 * 6,
    },
  );
  runLayerTest(
    'SeparableConv2D',
    () => new SeparableConv2D({ filters: 4, kernelSize: 3, depthMultiplier: 2, padding: 'same', activation: 'swish' }),
    {
      inputShapes: [image],
      outputShape: [5, 4, 4],
      weights: { depthwise_kernel: [3, 3, 3, 2], pointwise_kernel: [1, 1, 6, 4], bias: [4] },
      macs: 5 * 4 * (3 * 3 * 6 + 6 * 4),
      refuses: notImages,
    },
  );
  runLayerTest('Dense', () => new Dense({ units: 4, activation: 'softmax' }), {
    inputShapes: [[6]],
    outputShape: [4],
    weights: { kernel: [6, 4], bias: [4] },
    macs: 24,
    refuses: [[[]]],
  });
  runLayerTest('Dense on images', () => new Dense({ units: 2, useBias: false }), {
    inputShapes: [image],
    outputShape: [5, 4, 2],
    weights: { kernel: [3, 2] },
    macs: 5 * 4 * 3 * 2,
  });

  runLayerTest('BatchNormalization', () => new BatchNormalization({ momentum: 0.9 }), {
    inputShapes: [image],
    outputShape: image,
    weights: { gamma: [3], beta: [3], moving_mean: [3], moving_variance: [3] },
    statistics: ['moving_mean', 'moving_variance'],
    training: 'batch',
    refuses: [[[]]],
  });
  runLayerTest(
    'BatchNormalization of vectors, bare',
    () => new BatchNormalization({ center: false, scale: false, epsilon: 0.1 }),
    {
      inputShapes: [[4]],
      outputShape: [4],
      weights: { moving_mean: [4], moving_variance: [4] },
      statistics: ['moving_mean', 'moving_variance'],
      training: 'batch',
    },
  );
  runLayerTest('LayerNormalization', () => new LayerNormalization(), {
    inputShapes: [image],
    outputShape: image,
    weights: { gamma: [3], beta: [3] },
    refuses: [[[]]],
  });
  runLayerTest('LayerNormalization of images', () => new LayerNormalization({ axis: [-1, 1, 2], center: false }), {
    inputShapes: [image],
    outputShape: image,
    weights: { gamma: image },
    refuses: [[[4]]],
  });
  runLayerTest('LocalResponseNormalization', () => new LocalResponseNormalization({ depthRadius: 1, alpha: 0.1 }), {
    inputShapes: [image],
    outputShape: image,
    refuses: notImages,
  });

  const activations: ActivationName[] = [
    'linear',
    'elu',
    'sigmoid',
    'tanh',
    'swish',
    'gelu',
    'softplus',
    'softmax',
    'logSoftmax',
  ];
  for (const activation of activations) {
    runLayerTest(`Activation '${activation}'`, () => new Activation({ activation }), {
      inputShapes: [[4, 3]],
      outputShape: [4, 3],
    });
  }
  for (const [activation, kinks] of [
    ['relu', [0]],
    ['relu6', [0, 6]],
    ['leakyRelu', [0]],
    ['hardSigmoid', [-3, 3]],
    ['hardSwish', [-3, 3]],
  ] as const) {
    runLayerTest(`Activation '${activation}'`, () => new Activation({ activation }), {
      inputShapes: [[4, 3]],
      outputShape: [4, 3],
      draw: (shape) => awayFrom(kinks, shape, -7, 7),
    });
  }
  for (const options of [
    {},
    { maxValue: 6 },
    { maxValue: 1 },
    { negativeSlope: 0.1 },
    { threshold: 0.5 },
    { maxValue: 1.5, negativeSlope: 0.2, threshold: 1 },
  ]) {
    runLayerTest(`ReLU ${JSON.stringify(options)}`, () => new ReLU(options), {
      inputShapes: [image],
      outputShape: image,
      draw: away(0, 0.5, 1, 1.5),
    });
  }
  runLayerTest('Softmax', () => new Softmax(), { inputShapes: [[5]], outputShape: [5], refuses: [[[]]] });
  runLayerTest('Softmax along the height', () => new Softmax({ axis: 1 }), {
    inputShapes: [image],
    outputShape: image,
  });

  runLayerTest('Dropout', () => new Dropout({ rate: 0.4 }), {
    inputShapes: [image],
    outputShape: image,
    training: 'random',
  });
  runLayerTest('Dropout with a noise shape', () => new Dropout({ rate: 0.5, noiseShape: [null, 1, 4, 1] }), {
    inputShapes: [image],
    outputShape: image,
    training: 'random',
    refuses: [[[5, 3, 3]], [[4]]],
  });
  runLayerTest('Dropout of nothing', () => new Dropout({ rate: 0 }), { inputShapes: [image], outputShape: image });
  runLayerTest('SpatialDropout2D', () => new SpatialDropout2D({ rate: 0.5 }), {
    inputShapes: [image],
    outputShape: image,
    training: 'random',
    refuses: notImages,
  });
  runLayerTest('StochasticDepth', () => new StochasticDepth({ rate: 0.5 }), {
    inputShapes: [image],
    outputShape: image,
    training: 'random',
  });

  runLayerTest('MaxPooling2D', () => new MaxPooling2D(), {
    inputShapes: [image],
    outputShape: [2, 2, 3],
    refuses: [...notImages, [[1, 4, 3]]],
  });
  runLayerTest(
    'MaxPooling2D of 3x2 by 2x1',
    () => new MaxPooling2D({ poolSize: [3, 2], strides: [2, 1], padding: 'same' }),
    {
      inputShapes: [image],
      outputShape: [3, 4, 3],
    },
  );
  runLayerTest('AveragePooling2D', () => new AveragePooling2D({ poolSize: 3, strides: 2, padding: 'same' }), {
    inputShapes: [image],
    outputShape: [3, 2, 3],
    refuses: notImages,
  });
  for (const Pooling of [GlobalAveragePooling2D, GlobalMaxPooling2D]) {
    runLayerTest(Pooling.name, () => new Pooling(), { inputShapes: [image], outputShape: [3], refuses: notImages });
    runLayerTest(`${Pooling.name} that keeps dimensions`, () => new Pooling({ keepDims: true }), {
      inputShapes: [image],
      outputShape: [1, 1, 3],
    });
  }

  runLayerTest('ZeroPadding2D', () => new ZeroPadding2D(), {
    inputShapes: [image],
    outputShape: [7, 6, 3],
    refuses: notImages,
  });
  runLayerTest(
    'ZeroPadding2D on each side',
    () =>
      new ZeroPadding2D({
        padding: [
          [0, 1],
          [2, 3],
        ],
      }),
    {
      inputShapes: [image],
      outputShape: [6, 9, 3],
    },
  );
  runLayerTest('Flatten', () => new Flatten(), { inputShapes: [image], outputShape: [60] });
  runLayerTest('Reshape', () => new Reshape({ targetShape: [6, -1] }), {
    inputShapes: [image],
    outputShape: [6, 10],
    refuses: [[[7]]],
  });

  runLayerTest('Rescaling', () => new Rescaling({ scale: [0.5, 1, 2], offset: -1 }), {
    inputShapes: [image],
    outputShape: image,
    refuses: [[[5, 4, 1]]],
  });
  for (const invert of [false, true]) {
    runLayerTest(
      `Normalization${invert ? ' undone' : ''}`,
      () => new Normalization({ mean: [1, 0, -1], variance: [1, 4, 0.25], invert }),
      {
        inputShapes: [image],
        outputShape: image,
        refuses: [[[5, 4, 1]]],
      },
    );
  }
  for (const interpolation of ['bilinear', 'nearest'] as const) {
    runLayerTest(`Resizing, ${interpolation}`, () => new Resizing({ height: 3, width: 7, interpolation }), {
      inputShapes: [image],
      outputShape: [3, 7, 3],
      refuses: notImages,
    });
  }

  runLayerTest('Add', () => new Add(), {
    inputShapes: [image, image, image],
    outputShape: image,
    refuses: [[], [image, [5, 4, 1]]],
  });
  runLayerTest('Multiply', () => new Multiply(), {
    inputShapes: [image, [1, 1, 3]],
    outputShape: image,
    refuses: [[], [image, [3]], [image, [5, 3, 3]]],
  });
  runLayerTest('Concatenate', () => new Concatenate(), {
    inputShapes: [image, [5, 4, 1], [5, 4, 2]],
    outputShape: [5, 4, 6],
    refuses: [[], [image, [4, 4, 3]], [image, [3]]],
  });
  runLayerTest('Concatenate along the height', () => new Concatenate({ axis: 1 }), {
    inputShapes: [image, [2, 4, 3]],
    outputShape: [7, 4, 3],
  });

  const augmentation = {
    inputShapes: [image],
    outputShape: image,
    training: 'random',
    draw: uniform,
    refuses: notImages,
  } as const;
  runLayerTest('RandomFlip', () => new RandomFlip(), augmentation);
  runLayerTest('RandomRotation', () => new RandomRotation({ factor: 0.1 }), augmentation);
  runLayerTest('RandomZoom', () => new RandomZoom({ heightFactor: [-0.3, 0.2], fillMode: 'nearest' }), augmentation);
  runLayerTest(
    'RandomTranslation',
    () => new RandomTranslation({ heightFactor: 0.3, widthFactor: [0.1, 0.2], fillMode: 'constant', fillValue: 1 }),
    augmentation,
  );

  it('every layer is among these', () => {
    const names = Object.entries(layers).flatMap(([name, value]) => (isLayer(value) ? [name] : []));
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !testedLayers.has(name))).toEqual([]);
  });
});

/** A class of layers; a model is one too, but not one of this library's layers. */
function isLayer(value: unknown): boolean {
  if (typeof value !== 'function' || value === Model) return false;
  return value.prototype instanceof Layer && !(value.prototype instanceof Model);
}
