/**
 * @file MobiExpressNet: a network of depthwise separable convolutions with about 75,000 weights and a million
 * multiply-accumulates for faces of 48x48 (Cotter, "MobiExpressNet: a deep learning network for face expression recognition
 * on smart phones", 2020). The paper at hand cites these sizes alone; the widths are our reading.
 */
import { BatchNormalization, Conv2D, DepthwiseSeparableConv, input, type Model, ReLU } from '@fer/layers';
import { averagePoolingTop, FEW_STEPS, type NetworkOptions, network } from './options.ts';

/** Channels and strides of each depthwise separable convolution. */
const ROWS = [
  [16, 2],
  [32, 1],
  [64, 2],
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 1],
] as const;

/**
 * MobiExpressNet (Cotter 2020) with new weights, from [N, 48, 48, 1] to logits [N, 7], unless options say otherwise. The shipped
 * weights are of gray levels less 129.5, divided by 65.
 * @throws ArgumentError for options that make no sense, ShapeError for images that are too small
 */
export function mobiExpressNet(options: NetworkOptions = {}): Model {
  const { inputShape = [48, 48, 1], classes = 7 } = options;
  const image = input(inputShape);
  const features = image.pipe(
    new Conv2D({ filters: 8, kernelSize: 3, strides: 2, padding: 'same', useBias: false, name: 'conv1' }),
    new BatchNormalization({ ...FEW_STEPS, name: 'conv1_bn' }),
    new ReLU({ maxValue: 6, name: 'conv1_relu' }),
    ...ROWS.map(
      ([filters, strides], i) => new DepthwiseSeparableConv({ filters, strides, index: i + 1, batchNorm: FEW_STEPS }),
    ),
  );
  return network('mobi-express-net', image, features, averagePoolingTop({ ...options, classes }), options);
}
