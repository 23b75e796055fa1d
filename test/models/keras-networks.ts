/** @file The networks as Keras Applications writes them, in tfjs-layers: another structure than ours, to compare with. */
import { type LayersModel, type SymbolicTensor, layers as tfjs, model as tfjsModel } from '@tensorflow/tfjs-layers';

type T = SymbolicTensor;
type Layer = tfjs.Layer;
const on = (layer: Layer, x: T | T[]) => layer.apply(x) as T;

interface ConvOptions {
  strides?: number;
  padding?: 'same' | 'valid';
  useBias?: boolean;
}

function conv(
  x: T,
  filters: number,
  kernelSize: number | [number, number],
  name: string,
  options: ConvOptions = {},
): T {
  return on(tfjs.conv2d({ filters, kernelSize, padding: 'valid', useBias: false, ...options, name }), x);
}

const bn = (x: T, name: string, epsilon = 1e-3, scale = true) =>
  on(tfjs.batchNormalization({ name, epsilon, scale }), x);
const relu = (x: T) => on(tfjs.activation({ activation: 'relu' }), x);
const swish = (x: T) => on(tfjs.multiply(), [x, on(tfjs.activation({ activation: 'sigmoid' }), x)]);
const relu6 = (x: T) => on(tfjs.reLU({ maxValue: 6 }), x);
const pad = (x: T, sides: [[number, number], [number, number]]) => on(tfjs.zeroPadding2d({ padding: sides }), x);
const maxPool = (x: T, poolSize: number, strides: number) => on(tfjs.maxPooling2d({ poolSize, strides }), x);
const image = (shape: number[]) => tfjs.input({ shape }) as unknown as T;
const build = (inputs: T, outputs: T): LayersModel => tfjsModel({ inputs, outputs });

/** Keras' correct_pad. */
function correctPad(x: T, kernelSize: number): T {
  const half = Math.floor(kernelSize / 2);
  const side = (size: number): [number, number] => [half - 1 + (size % 2), half];
  return pad(x, [side(x.shape[1] as number), side(x.shape[2] as number)]);
}

function depthwise(x: T, kernelSize: number, strides: number, name: string): T {
  const padded = strides === 2 ? correctPad(x, kernelSize) : x;
  const padding = strides === 2 ? 'valid' : 'same';
  return on(tfjs.depthwiseConv2d({ kernelSize, strides, padding, useBias: false, name }), padded);
}

const divisible = (v: number) => {
  const rounded = Math.max(8, Math.floor((v + 4) / 8) * 8);
  return rounded < 0.9 * v ? rounded + 8 : rounded;
};

export function mobileNetV2(shape: number[], alpha: number): LayersModel {
  const inputs = image(shape);
  let x = conv(correctPad(inputs, 3), divisible(32 * alpha), 3, 'Conv1', { strides: 2 });
  x = relu6(bn(x, 'bn_Conv1'));
  const block = (filters: number, stride: number, expansion: number, id: number) => {
    const prefix = id ? `block_${id}_` : 'expanded_conv_';
    const channels = x.shape[3] as number;
    let y = x;
    if (id) y = relu6(bn(conv(y, channels * expansion, 1, `${prefix}expand`), `${prefix}expand_BN`));
    y = relu6(bn(depthwise(y, 3, stride, `${prefix}depthwise`), `${prefix}depthwise_BN`));
    y = bn(conv(y, divisible(Math.floor(filters * alpha)), 1, `${prefix}project`), `${prefix}project_BN`);
    x = channels === y.shape[3] && stride === 1 ? on(tfjs.add(), [x, y]) : y;
  };
  const filters = [16, 24, 24, 32, 32, 32, 64, 64, 64, 64, 96, 96, 96, 160, 160, 160, 320];
  const strided = new Set([1, 3, 6, 13]);
  filters.forEach((width, id) => {
    block(width, strided.has(id) ? 2 : 1, id ? 6 : 1, id);
  });
  return build(inputs, relu6(bn(conv(x, 1280, 1, 'Conv_1'), 'Conv_1_bn')));
}

export function efficientNetB0(shape: number[]): LayersModel {
  const inputs = image(shape);
  let x = swish(bn(conv(correctPad(inputs, 3), 32, 3, 'stem_conv', { strides: 2 }), 'stem_bn'));
  const block = (name: string, from: number, to: number, kernel: number, stride: number, expansion: number) => {
    let y = x;
    if (expansion !== 1) y = swish(bn(conv(y, from * expansion, 1, `${name}_expand_conv`), `${name}_expand_bn`));
    y = swish(bn(depthwise(y, kernel, stride, `${name}_dwconv`), `${name}_bn`));
    let se = on(tfjs.reshape({ targetShape: [1, 1, from * expansion] }), on(tfjs.globalAveragePooling2d({}), y));
    se = swish(conv(se, Math.max(1, Math.floor(from * 0.25)), 1, `${name}_se_reduce`, { useBias: true }));
    se = conv(se, from * expansion, 1, `${name}_se_expand`, { useBias: true });
    // tfjs' multiply layer broadcasts
    y = on(tfjs.multiply(), [y, on(tfjs.activation({ activation: 'sigmoid' }), se)]);
    y = bn(conv(y, to, 1, `${name}_project_conv`), `${name}_project_bn`);
    x = stride === 1 && from === to ? on(tfjs.add(), [y, x]) : y;
  };
  const stages: [kernel: number, repeats: number, from: number, to: number, expansion: number, stride: number][] = [
    [3, 1, 32, 16, 1, 1],
    [3, 2, 16, 24, 6, 2],
    [5, 2, 24, 40, 6, 2],
    [3, 3, 40, 80, 6, 2],
    [5, 3, 80, 112, 6, 1],
    [5, 4, 112, 192, 6, 2],
    [3, 1, 192, 320, 6, 1],
  ];
  stages.forEach(([kernel, repeats, from, to, expansion, stride], stage) => {
    for (let i = 0; i < repeats; i++)
      block(`block${stage + 1}${'abcd'[i]}`, i ? to : from, to, kernel, i ? 1 : stride, expansion);
  });
  return build(inputs, swish(bn(conv(x, 1280, 1, 'top_conv'), 'top_bn')));
}

const EPSILON = 1.001e-5;

export function resNet50V2(shape: number[]): LayersModel {
  const inputs = image(shape);
  const three: [[number, number], [number, number]] = [
    [3, 3],
    [3, 3],
  ];
  const one: [[number, number], [number, number]] = [
    [1, 1],
    [1, 1],
  ];
  let x = conv(pad(inputs, three), 64, 7, 'conv1_conv', { strides: 2, useBias: true });
  x = maxPool(pad(x, one), 3, 2);
  const block = (filters: number, stride: number, convShortcut: boolean, name: string) => {
    const preact = relu(bn(x, `${name}_preact_bn`, EPSILON));
    let shortcut = x;
    if (convShortcut) shortcut = conv(preact, 4 * filters, 1, `${name}_0_conv`, { strides: stride, useBias: true });
    else if (stride > 1) shortcut = maxPool(x, 1, stride);
    let y = relu(bn(conv(preact, filters, 1, `${name}_1_conv`), `${name}_1_bn`, EPSILON));
    y = relu(bn(conv(pad(y, one), filters, 3, `${name}_2_conv`, { strides: stride }), `${name}_2_bn`, EPSILON));
    x = on(tfjs.add(), [shortcut, conv(y, 4 * filters, 1, `${name}_3_conv`, { useBias: true })]);
  };
  const stack = (filters: number, blocks: number, stride: number, name: string) => {
    block(filters, 1, true, `${name}_block1`);
    for (let i = 2; i < blocks; i++) block(filters, 1, false, `${name}_block${i}`);
    block(filters, stride, false, `${name}_block${blocks}`);
  };
  stack(64, 3, 2, 'conv2');
  stack(128, 4, 2, 'conv3');
  stack(256, 6, 2, 'conv4');
  stack(512, 3, 1, 'conv5');
  return build(inputs, relu(bn(x, 'post_bn', EPSILON)));
}

export function denseNet121(shape: number[]): LayersModel {
  const inputs = image(shape);
  const padded = pad(inputs, [
    [3, 3],
    [3, 3],
  ]);
  let x = relu(bn(conv(padded, 64, 7, 'conv1_conv', { strides: 2 }), 'conv1_bn', EPSILON));
  x = maxPool(
    pad(x, [
      [1, 1],
      [1, 1],
    ]),
    3,
    2,
  );
  [6, 12, 24, 16].forEach((blocks, stage) => {
    if (stage > 0) {
      const name = `pool${stage + 1}`;
      x = conv(relu(bn(x, `${name}_bn`, EPSILON)), (x.shape[3] as number) / 2, 1, `${name}_conv`);
      x = on(tfjs.averagePooling2d({ poolSize: 2, strides: 2 }), x);
    }
    for (let i = 1; i <= blocks; i++) {
      const name = `conv${stage + 2}_block${i}`;
      const y = conv(relu(bn(x, `${name}_0_bn`, EPSILON)), 128, 1, `${name}_1_conv`);
      const added = conv(relu(bn(y, `${name}_1_bn`, EPSILON)), 32, 3, `${name}_2_conv`, { padding: 'same' });
      x = on(tfjs.concatenate(), [x, added]);
    }
  });
  return build(inputs, relu(bn(x, 'bn', EPSILON)));
}

export function vgg19(shape: number[]): LayersModel {
  const inputs = image(shape);
  let x = inputs;
  [2, 2, 4, 4, 4].forEach((convolutions, block) => {
    for (let i = 1; i <= convolutions; i++) {
      const filters = Math.min(64 * 2 ** block, 512);
      x = relu(conv(x, filters, 3, `block${block + 1}_conv${i}`, { padding: 'same', useBias: true }));
    }
    x = maxPool(x, 2, 2);
  });
  return build(inputs, x);
}

export function inceptionV3(shape: number[]): LayersModel {
  const inputs = image(shape);
  let count = 0;
  const unit = (x: T, filters: number, rows: number, columns: number, options: ConvOptions = { padding: 'same' }) => {
    const suffix = count === 0 ? '' : `_${count}`;
    count++;
    const y = conv(x, filters, [rows, columns], `conv2d${suffix}`, options);
    return relu(bn(y, `batch_normalization${suffix}`, 1e-3, false));
  };
  const concat = (...branches: T[]) => on(tfjs.concatenate(), branches);
  const pooled = (x: T) => on(tfjs.averagePooling2d({ poolSize: 3, strides: 1, padding: 'same' }), x);
  const halve: ConvOptions = { strides: 2, padding: 'valid' };
  let x = unit(unit(unit(inputs, 32, 3, 3, halve), 32, 3, 3, {}), 64, 3, 3);
  x = unit(unit(maxPool(x, 3, 2), 80, 1, 1, {}), 192, 3, 3, {});
  x = maxPool(x, 3, 2);
  for (const width of [32, 64, 64]) {
    const branch1 = unit(x, 64, 1, 1);
    const branch5 = unit(unit(x, 48, 1, 1), 64, 5, 5);
    const branch3 = unit(unit(unit(x, 64, 1, 1), 96, 3, 3), 96, 3, 3);
    x = concat(branch1, branch5, branch3, unit(pooled(x), width, 1, 1));
  }
  const reduced3 = unit(x, 384, 3, 3, halve);
  x = concat(reduced3, unit(unit(unit(x, 64, 1, 1), 96, 3, 3), 96, 3, 3, halve), maxPool(x, 3, 2));
  for (const width of [128, 160, 160, 192]) {
    const branch1 = unit(x, 192, 1, 1);
    const branch7 = unit(unit(unit(x, width, 1, 1), width, 1, 7), 192, 7, 1);
    let double = unit(unit(x, width, 1, 1), width, 7, 1);
    double = unit(unit(unit(double, width, 1, 7), width, 7, 1), 192, 1, 7);
    x = concat(branch1, branch7, double, unit(pooled(x), 192, 1, 1));
  }
  const reduced = unit(unit(x, 192, 1, 1), 320, 3, 3, halve);
  const factored = unit(unit(unit(unit(x, 192, 1, 1), 192, 1, 7), 192, 7, 1), 192, 3, 3, halve);
  x = concat(reduced, factored, maxPool(x, 3, 2));
  for (let i = 0; i < 2; i++) {
    const branch1 = unit(x, 320, 1, 1);
    const branch3 = unit(x, 384, 1, 1);
    const divided3 = concat(unit(branch3, 384, 1, 3), unit(branch3, 384, 3, 1));
    const double = unit(unit(x, 448, 1, 1), 384, 3, 3);
    const dividedDouble = concat(unit(double, 384, 1, 3), unit(double, 384, 3, 1));
    x = concat(branch1, divided3, dividedDouble, unit(pooled(x), 192, 1, 1));
  }
  return build(inputs, x);
}
