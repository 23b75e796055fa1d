/** @file Mixup and CutMix: batches whose images are mixtures of two, with labels mixed alike. */
import { add, gather, mul, type Random, ShapeError, type Tensor, tensor, tidy, where } from '@fer/core';
import { checkPositive } from './checks.ts';
import { probabilitiesOf } from './labels.ts';
import { type Batch, sizeOfBatch } from './training/batches.ts';

export interface MixOptions {
  /** How even the mixtures are: lambda is drawn from Beta(alpha, alpha), once for the batch. */
  readonly alpha: number;
  readonly classes: number;
}

/**
 * lambda of each example and 1 - lambda of another one of the batch (Zhang et al. 2018).
 * @param images [N, ...]
 * @param labels int32 [N], or probabilities [N, classes]
 * @returns images, and labels as probabilities [N, classes]
 * @throws ArgumentError for an alpha that is not above 0
 */
export function mixup(images: Tensor, labels: Tensor, { alpha, classes }: MixOptions, random: Random): Batch {
  sizeOfBatch('mixup', { images, labels });
  const lambda = drawLambda('mixup', alpha, random);
  return tidy(() => {
    const partners = drawPartners(images, random);
    return {
      images: mixed(images, partners, lambda),
      labels: mixed(probabilitiesOf(labels, classes), partners, lambda),
    };
  });
}

/**
 * Each image with a box of about 1 - lambda of its area from another one of the batch; labels are mixed by the areas (Yun
 * et al. 2019). The box lies at the same place in the whole batch, and may be cut off by the border.
 * @param images [N, H, W, C]
 * @param labels int32 [N], or probabilities [N, classes]
 * @returns images, and labels as probabilities [N, classes]
 * @throws ArgumentError for an alpha that is not above 0, ShapeError for what are no images
 */
export function cutmix(images: Tensor, labels: Tensor, { alpha, classes }: MixOptions, random: Random): Batch {
  const [, height, width] = images.shape;
  if (images.rank !== 4 || height === undefined || width === undefined)
    throw new ShapeError('cutmix', `expected images [N,H,W,C] but got [${images.shape}]`);
  sizeOfBatch('cutmix', { images, labels });
  const lambda = drawLambda('cutmix', alpha, random);
  const rows = drawSpan(height, Math.sqrt(1 - lambda), random);
  const columns = drawSpan(width, Math.sqrt(1 - lambda), random);
  const within = (span: Span, i: number) => i >= span.start && i < span.end;
  const box = Float32Array.from({ length: height * width }, (_, i) =>
    Number(within(rows, Math.floor(i / width)) && within(columns, i % width)),
  );
  const area = ((rows.end - rows.start) * (columns.end - columns.start)) / (height * width);
  return tidy(() => {
    const partners = drawPartners(images, random);
    return {
      images: where(tensor(box, [1, height, width, 1], 'float32', images.backend), gather(images, partners), images),
      labels: mixed(probabilitiesOf(labels, classes), partners, 1 - area),
    };
  });
}

/** What `fit` does to batches: an alpha for each kind of mixing, of which one is drawn if both are given. */
export interface Mixing {
  readonly mixup?: number | undefined;
  readonly cutmix?: number | undefined;
}

/** A batch mixed so, or as it is. */
export function mixedBatch(batch: Batch, mixing: Mixing, classes: number, random: Random): Batch {
  const isCut = mixing.cutmix !== undefined && (mixing.mixup === undefined || random.uniform() < 0.5);
  const [mix, alpha] = isCut ? [cutmix, mixing.cutmix] : [mixup, mixing.mixup];
  return alpha === undefined ? batch : mix(batch.images, batch.labels, { alpha, classes }, random);
}

/** For each example the index of another. */
function drawPartners(images: Tensor, random: Random): Tensor {
  const examples = Array.from({ length: images.shape[0] as number }, (_, i) => i);
  return tensor(random.shuffle(examples), undefined, 'int32', images.backend);
}

function mixed(values: Tensor, partners: Tensor, lambda: number): Tensor {
  return add(mul(values, lambda), mul(gather(values, partners), 1 - lambda));
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Around a point anywhere, as long as this fraction of the axis, and cut off at its ends. */
function drawSpan(length: number, fraction: number, random: Random): Span {
  const center = random.integer(length);
  const half = Math.floor(length * fraction) / 2;
  return { start: Math.max(0, Math.floor(center - half)), end: Math.min(length, Math.floor(center + half)) };
}

/** From Beta(alpha, alpha), as the share of one of two gamma-distributed numbers. */
function drawLambda(operator: string, alpha: number, random: Random): number {
  checkPositive(operator, 'alpha', alpha);
  const [a, b] = [logGamma(alpha, random), logGamma(alpha, random)];
  return 1 / (1 + Math.exp(b - a));
}

/** The logarithm (small shapes make numbers too small for float64) of a gamma-distributed number (Marsaglia & Tsang 2000). */
function logGamma(shape: number, random: Random): number {
  if (shape < 1) return logGamma(shape + 1, random) + Math.log(1 - random.uniform()) / shape;
  const d = shape - 1 / 3;
  for (;;) {
    const x = random.normal();
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - random.uniform()) < x ** 2 / 2 + d - d * v + d * Math.log(v)) return Math.log(d * v);
  }
}
