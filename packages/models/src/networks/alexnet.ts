/**
 * @file AlexNet: Krizhevsky, Sutskever & Hinton, "ImageNet classification with deep convolutional neural networks", 2012,
 * figure 2. Its two towers, which fitted it to two GPUs, are one here, as in most later uses: convolutions see all channels.
 */
import {
  type Applicable,
  Conv2D,
  Dense,
  Dropout,
  Flatten,
  input,
  LocalResponseNormalization,
  MaxPooling2D,
  type Model,
} from '@fer/layers';
import { widthMultiplier } from './channels.ts';
import { classifier, type NetworkOptions, network, poolingOf } from './options.ts';

export interface AlexNetOptions extends NetworkOptions {
  /** The width multiplier of the convolutions; 1 unless given. */
  readonly alpha?: number;
  /** Local response normalisation after the first two convolutions; true unless given. */
  readonly lrn?: boolean;
  /** For faces of about 48x48: a first convolution of 5x5 with stride 1, in place of 11x11 with stride 4. */
  readonly smallImages?: boolean;
  /** Units of the two hidden dense layers; [4096, 4096] unless given. */
  readonly hiddenUnits?: readonly number[];
}

/**
 * AlexNet (Krizhevsky et al. 2012) with new weights, from [N, 227, 227, 3], or [N, 48, 48, 1] for small images, to logits
 * [N, 1000], unless options say otherwise. The paper has RGB from 0 to 255 less the mean of the training images.
 * @throws ArgumentError for options that make no sense, ShapeError for images that are too small
 */
export function alexNet(options: AlexNetOptions = {}): Model {
  const { smallImages = false, lrn = true, includeTop = true, alpha = 1 } = options;
  const scaled = widthMultiplier('alexnet', alpha);
  const { inputShape = smallImages ? [48, 48, 1] : [227, 227, 3] } = options;
  const image = input(inputShape);
  const first = smallImages ? { kernelSize: 5, strides: 1, padding: 'same' as const } : { kernelSize: 11, strides: 4 };
  const features = image.pipe(
    new Conv2D({ filters: scaled(96), ...first, activation: 'relu', name: 'conv1' }),
    ...normalised(1, lrn),
    overlappingPooling(1),
    new Conv2D({ filters: scaled(256), kernelSize: 5, padding: 2, activation: 'relu', name: 'conv2' }),
    ...normalised(2, lrn),
    overlappingPooling(2),
    new Conv2D({ filters: scaled(384), kernelSize: 3, padding: 1, activation: 'relu', name: 'conv3' }),
    new Conv2D({ filters: scaled(384), kernelSize: 3, padding: 1, activation: 'relu', name: 'conv4' }),
    new Conv2D({ filters: scaled(256), kernelSize: 3, padding: 1, activation: 'relu', name: 'conv5' }),
    overlappingPooling(5),
  );
  return network('alexnet', image, features, includeTop ? denseTop(options) : poolingOf(options), options);
}

/** Section 3.3; TensorFlow's alpha is not divided by the number of channels, nor is the paper's. */
const normalised = (i: number, lrn: boolean): Applicable[] =>
  lrn ? [new LocalResponseNormalization({ depthRadius: 2, bias: 2, alpha: 1e-4, beta: 0.75, name: `norm${i}` })] : [];

/** Section 3.4. */
const overlappingPooling = (i: number) => new MaxPooling2D({ poolSize: 3, strides: 2, name: `pool${i}` });

function denseTop(options: AlexNetOptions): Applicable[] {
  const { hiddenUnits = [4096, 4096], dropout = 0.5 } = options;
  const hidden = hiddenUnits.flatMap((units, i) => [
    new Dropout({ rate: dropout, name: `fc${i + 6}_dropout` }),
    new Dense({ units, activation: 'relu', name: `fc${i + 6}` }),
  ]);
  return [new Flatten({ name: 'flatten' }), ...hidden, ...classifier({ ...options, dropout: 0 })];
}
