import { memory, noGrad, Random, randomNormal, type Shape } from '@fer/core';
import {
  type Applicable,
  AveragePooling2D,
  Conv2D,
  DenseBlock,
  DepthwiseSeparableConv,
  InceptionModule,
  InvertedResidual,
  MBConv,
  type Model,
  modelFromConfig,
  ResidualV2,
  Sequential,
  SqueezeExcite,
  Transition,
} from '@fer/layers';
import { describe, expect, it } from 'vitest';
import { onEveryBackend } from '../backends.ts';
import { expectNumbersClose } from '../close.ts';
import { randomizeWeights } from '../models.ts';
import { runLayerTest } from '../runLayerTest.ts';

/** The weights of a convolution: a kernel, and a bias if there is one. */
const conv = (name: string, kernel: Shape, { bias = false } = {}) => ({
  [`${name}/kernel`]: kernel,
  ...(bias && { [`${name}/bias`]: kernel.slice(-1) }),
});
const depthwise = (name: string, kernel: Shape) => ({ [`${name}/depthwise_kernel`]: kernel });
const norm = (name: string, channels: number) =>
  Object.fromEntries(
    ['gamma', 'beta', 'moving_mean', 'moving_variance'].map((weight) => [`${name}/${weight}`, [channels]]),
  );

interface BlockCase {
  readonly block: () => Applicable;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** In Keras' order, under the names of Keras Applications. */
  readonly weights: Readonly<Record<string, Shape>>;
  readonly macs: number;
  readonly training?: 'same' | 'batch';
  /** Whether it has no ReLU. */
  readonly smooth?: boolean;
  /** The layers that have no weights. */
  readonly others: readonly string[];
}

const cases: Record<string, BlockCase> = {
  DepthwiseSeparableConv: {
    block: () => new DepthwiseSeparableConv({ filters: 3, strides: 2, index: 1 }),
    inputShape: [4, 4, 2],
    outputShape: [2, 2, 3],
    weights: {
      ...depthwise('conv_dw_1', [3, 3, 2, 1]),
      ...norm('conv_dw_1_bn', 2),
      ...conv('conv_pw_1', [1, 1, 2, 3]),
      ...norm('conv_pw_1_bn', 3),
    },
    macs: 4 * (9 * 2 + 2 * 3),
    others: ['conv_pad_1', 'conv_dw_1_relu', 'conv_pw_1_relu'],
  },
  'InvertedResidual with a shortcut': {
    block: () => new InvertedResidual({ name: 'block_2', filters: 2, expansion: 3 }),
    inputShape: [3, 3, 2],
    outputShape: [3, 3, 2],
    weights: {
      ...conv('block_2_expand', [1, 1, 2, 6]),
      ...norm('block_2_expand_BN', 6),
      ...depthwise('block_2_depthwise', [3, 3, 6, 1]),
      ...norm('block_2_depthwise_BN', 6),
      ...conv('block_2_project', [1, 1, 6, 2]),
      ...norm('block_2_project_BN', 2),
    },
    macs: 9 * (2 * 6 + 9 * 6 + 6 * 2),
    others: ['block_2_expand_relu', 'block_2_depthwise_relu', 'block_2_add'],
  },
  'InvertedResidual of half the size, without expansion': {
    block: () => new InvertedResidual({ name: 'expanded_conv', filters: 3, strides: 2, expansion: 1 }),
    inputShape: [5, 4, 2],
    outputShape: [3, 2, 3],
    weights: {
      ...depthwise('expanded_conv_depthwise', [3, 3, 2, 1]),
      ...norm('expanded_conv_depthwise_BN', 2),
      ...conv('expanded_conv_project', [1, 1, 2, 3]),
      ...norm('expanded_conv_project_BN', 3),
    },
    macs: 6 * (9 * 2 + 2 * 3),
    others: ['expanded_conv_pad', 'expanded_conv_depthwise_relu'],
  },
  SqueezeExcite: {
    block: () => new SqueezeExcite({ name: 'se', filters: 2, activation: 'swish' }),
    inputShape: [3, 3, 4],
    outputShape: [3, 3, 4],
    weights: { ...conv('se_reduce', [1, 1, 4, 2], { bias: true }), ...conv('se_expand', [1, 1, 2, 4], { bias: true }) },
    macs: 2 * 4 * 2,
    training: 'same',
    smooth: true,
    others: ['se_squeeze', 'se_reshape', 'se_excite'],
  },
  'MBConv with a shortcut': {
    block: () => new MBConv({ name: 'block2b', filters: 4, kernelSize: 5, expansion: 2, dropRate: 0.4 }),
    inputShape: [3, 3, 4],
    outputShape: [3, 3, 4],
    weights: {
      ...conv('block2b_expand_conv', [1, 1, 4, 8]),
      ...norm('block2b_expand_bn', 8),
      ...depthwise('block2b_dwconv', [5, 5, 8, 1]),
      ...norm('block2b_bn', 8),
      ...conv('block2b_se_reduce', [1, 1, 8, 1], { bias: true }),
      ...conv('block2b_se_expand', [1, 1, 1, 8], { bias: true }),
      ...conv('block2b_project_conv', [1, 1, 8, 4]),
      ...norm('block2b_project_bn', 4),
    },
    macs: 9 * (4 * 8 + 25 * 8 + 8 * 4) + 2 * 8,
    smooth: true,
    others: [
      ...['expand_activation', 'activation', 'se_squeeze', 'se_reshape', 'se_excite', 'drop', 'add'].map(
        (layer) => `block2b_${layer}`,
      ),
    ],
  },
  'MBConv of half the size, without expansion': {
    block: () => new MBConv({ name: 'block1a', filters: 3, strides: 2, expansion: 1, dropRate: 0.4 }),
    inputShape: [4, 3, 4],
    outputShape: [2, 2, 3],
    weights: {
      ...depthwise('block1a_dwconv', [3, 3, 4, 1]),
      ...norm('block1a_bn', 4),
      ...conv('block1a_se_reduce', [1, 1, 4, 1], { bias: true }),
      ...conv('block1a_se_expand', [1, 1, 1, 4], { bias: true }),
      ...conv('block1a_project_conv', [1, 1, 4, 3]),
      ...norm('block1a_project_bn', 3),
    },
    macs: 4 * (9 * 4 + 4 * 3) + 2 * 4,
    smooth: true,
    others: ['dwconv_pad', 'activation', 'se_squeeze', 'se_reshape', 'se_excite'].map((layer) => `block1a_${layer}`),
  },
  'ResidualV2 with a convolution as its shortcut': {
    block: () => new ResidualV2({ name: 'conv2_block1', filters: 2, convShortcut: true }),
    inputShape: [3, 3, 3],
    outputShape: [3, 3, 8],
    weights: {
      ...norm('conv2_block1_preact_bn', 3),
      ...conv('conv2_block1_0_conv', [1, 1, 3, 8], { bias: true }),
      ...conv('conv2_block1_1_conv', [1, 1, 3, 2]),
      ...norm('conv2_block1_1_bn', 2),
      ...conv('conv2_block1_2_conv', [3, 3, 2, 2]),
      ...norm('conv2_block1_2_bn', 2),
      ...conv('conv2_block1_3_conv', [1, 1, 2, 8], { bias: true }),
    },
    macs: 9 * (3 * 8 + 3 * 2 + 9 * 2 * 2 + 2 * 8),
    others: ['preact_relu', '1_relu', '2_pad', '2_relu', 'out'].map((layer) => `conv2_block1_${layer}`),
  },
  'ResidualV2 of half the size': {
    block: () => new ResidualV2({ name: 'conv2_block3', filters: 1, strides: 2 }),
    inputShape: [4, 4, 4],
    outputShape: [2, 2, 4],
    weights: {
      ...norm('conv2_block3_preact_bn', 4),
      ...conv('conv2_block3_1_conv', [1, 1, 4, 1]),
      ...norm('conv2_block3_1_bn', 1),
      ...conv('conv2_block3_2_conv', [3, 3, 1, 1]),
      ...norm('conv2_block3_2_bn', 1),
      ...conv('conv2_block3_3_conv', [1, 1, 1, 4], { bias: true }),
    },
    macs: 16 * 4 + 4 * (9 + 4),
    others: [...['preact_relu', '1_relu', '2_pad', '2_relu', '0_pool', 'out'].map((layer) => `conv2_block3_${layer}`)],
  },
  InceptionModule: {
    block: () =>
      new InceptionModule({
        name: 'mixed0',
        branches: [
          [new Conv2D({ filters: 2, kernelSize: 1, name: 'one' })],
          [
            new Conv2D({ filters: 1, kernelSize: 1, name: 'three_reduce' }),
            new Conv2D({ filters: 3, kernelSize: 3, padding: 'same', name: 'three' }),
          ],
          [new AveragePooling2D({ poolSize: 3, strides: 1, padding: 'same', name: 'pool' })],
        ],
      }),
    inputShape: [3, 3, 2],
    outputShape: [3, 3, 7],
    weights: {
      ...conv('one', [1, 1, 2, 2], { bias: true }),
      ...conv('three_reduce', [1, 1, 2, 1], { bias: true }),
      ...conv('three', [3, 3, 1, 3], { bias: true }),
    },
    macs: 9 * (2 * 2 + 2 + 9 * 3),
    training: 'same',
    smooth: true,
    others: ['pool', 'mixed0'],
  },
  DenseBlock: {
    block: () => new DenseBlock({ name: 'conv2', layers: 2, growthRate: 1 }),
    inputShape: [3, 3, 2],
    outputShape: [3, 3, 4],
    weights: {
      ...norm('conv2_block1_0_bn', 2),
      ...conv('conv2_block1_1_conv', [1, 1, 2, 4]),
      ...norm('conv2_block1_1_bn', 4),
      ...conv('conv2_block1_2_conv', [3, 3, 4, 1]),
      ...norm('conv2_block2_0_bn', 3),
      ...conv('conv2_block2_1_conv', [1, 1, 3, 4]),
      ...norm('conv2_block2_1_bn', 4),
      ...conv('conv2_block2_2_conv', [3, 3, 4, 1]),
    },
    macs: 9 * (2 * 4 + 9 * 4 + 3 * 4 + 9 * 4),
    others: [1, 2].flatMap((i) => ['0_relu', '1_relu', 'concat'].map((layer) => `conv2_block${i}_${layer}`)),
  },
  Transition: {
    block: () => new Transition({ name: 'pool2' }),
    inputShape: [4, 4, 5],
    outputShape: [2, 2, 2],
    weights: { ...norm('pool2_bn', 5), ...conv('pool2_conv', [1, 1, 5, 2]) },
    macs: 16 * 5 * 2,
    others: ['pool2_relu', 'pool2_pool'],
  },
};

const chain = ({ block, inputShape }: BlockCase) => new Sequential([block()], { inputShape });

onEveryBackend(() => {
  describe('blocks', () => {
    for (const [name, blockCase] of Object.entries(cases)) {
      const { inputShape, outputShape, weights, macs, training = 'batch', smooth = false } = blockCase;
      runLayerTest(name, () => chain(blockCase), {
        inputShapes: [inputShape],
        outputShape,
        weights,
        statistics: Object.keys(weights).filter((weight) => weight.includes('/moving_')),
        macs,
        training,
        kinks: !smooth,
        copy: (model) => modelFromConfig((model as Model).toConfig()),
      });
    }

    it.each(Object.entries(cases))('%s computes the same when fused', async (_, blockCase) => {
      const before = memory();
      const model = chain(blockCase);
      randomizeWeights(model);
      const fused = model.fuse();
      using x = randomNormal([2, ...blockCase.inputShape], new Random(2));
      using expected = noGrad(() => model.forward(x));
      using actual = fused.forward(x);
      expectNumbersClose(await actual.data(), await expected.data(), 1e-4, 'results');
      model.dispose();
      using still = fused.forward(x);
      expect(await still.data()).toEqual(await actual.data());
      fused.dispose();
      for (const tensor of [x, expected, actual, still]) tensor.dispose();
      expect(memory()).toEqual(before);
    });

    it('have no other layers than these', () => {
      for (const [name, blockCase] of Object.entries(cases)) {
        const { layers } = chain(blockCase);
        const withWeights = Object.keys(blockCase.weights).map((weight) => weight.split('/')[0]);
        const names = new Set([...withWeights, ...blockCase.others]);
        expect(new Set(layers.map((layer) => layer.name)), name).toEqual(names);
        for (const layer of layers) layer.dispose();
      }
    });
  });
});
