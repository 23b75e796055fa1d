/** @file The networks' sizes against those that Keras Applications and the papers publish. */
import { setBackend } from '@fer/core';
import type { Model } from '@fer/layers';
import {
  alexNet,
  denseNet121,
  denseNet169,
  denseNet201,
  efficientNet,
  flattenHead,
  inceptionV3,
  lightAlexVgg,
  mobiExpressNet,
  mobileNetV2,
  resNet50V2,
  vgg16,
  vgg19,
  withHead,
} from '@fer/models';
import { beforeAll, describe, expect, it } from 'vitest';

beforeAll(async () => {
  await setBackend('simd');
});

/** Weights in all, and of them those that are not trained; millions of multiply-accumulates, where they are published. */
type Row = [name: string, make: () => Model, total: number, nonTrainable: number, megaMacs?: number];

const noTop = { includeTop: false };

const published: Row[] = [
  ['MobileNetV2', () => mobileNetV2(), 3_538_984, 34_112, 300.8],
  ['MobileNetV2 without top', () => mobileNetV2(noTop), 2_257_984, 34_112],
  ['MobileNetV2 0.35 without top', () => mobileNetV2({ ...noTop, alpha: 0.35 }), 410_208, 14_080],
  ['EfficientNetB0 without top', () => efficientNet('b0', noTop), 4_049_564, 42_016],
  ['EfficientNetB0', () => efficientNet('b0'), 5_330_564, 42_016, 385.9],
  ['EfficientNetB7 without top', () => efficientNet('b7', noTop), 64_097_680, 310_720],
  ['ResNet50V2 without top', () => resNet50V2(noTop), 23_564_800, 45_440],
  ['InceptionV3 without top', () => inceptionV3(noTop), 21_802_784, 34_432, 5711.2],
  ['DenseNet121 without top', () => denseNet121(noTop), 7_037_504, 83_648, 2833.1],
  ['DenseNet169 without top', () => denseNet169(noTop), 12_642_880, 158_400],
  ['DenseNet201 without top', () => denseNet201(noTop), 18_321_984, 229_056],
  ['VGG16 without top', () => vgg16(noTop), 14_714_688, 0],
  ['VGG19 without top', () => vgg19(noTop), 20_024_384, 0],
  ['VGG19', () => vgg19(), 143_667_240, 0, 19_632.1],
  ['AlexNet in one tower', () => alexNet(), 62_378_344, 0, 1135.3],
];

describe('sizes', () => {
  it.each(published)('%s', (_, make, total, nonTrainable, megaMacs) => {
    const model = make();
    expect(model.countParams()).toEqual({ total, nonTrainable, trainable: total - nonTrainable });
    if (megaMacs) expect(model.macs() / 1e6).toBeCloseTo(megaMacs, 0);
    model.dispose();
  });

  it('of VGG and AlexNet with a quarter of the channels', () => {
    const conv = (from: number, to: number, size = 3) => size ** 2 * from * to + to;
    const first = conv(3, 16) + conv(16, 16) + conv(16, 32) + conv(32, 32);
    const last = conv(32, 64) + 3 * conv(64, 64) + conv(64, 128) + 7 * conv(128, 128);
    expect(vgg19({ ...noTop, alpha: 0.25 }).countParams().total).toBe(first + last);
    const five = conv(3, 24, 11) + conv(24, 64, 5) + conv(64, 96) + conv(96, 96) + conv(96, 64);
    expect(alexNet({ ...noTop, alpha: 0.25 }).countParams().total).toBe(five);
  });

  it('MobileNetV2 at 96x96 with hidden layers of 128 and 64 units, as published for a balanced FER2013', () => {
    const model = withHead(mobileNetV2({ ...noTop, inputShape: [96, 96, 3] }), flattenHead([128, 64], 7));
    expect(model.countParams()).toEqual({ total: 3_741_383, trainable: 3_707_271, nonTrainable: 34_112 });
  });

  it('the light network has 4096 features before its only dense layer', () => {
    const model = lightAlexVgg();
    expect(model.layer('predictions').weights.get('kernel')?.shape).toEqual([4096, 7]);
  });

  it('MobiExpressNet has about 75,000 weights and a million multiply-accumulates', () => {
    const model = mobiExpressNet();
    expect(Math.abs(model.countParams().total / 75_000 - 1)).toBeLessThan(0.01);
    expect(Math.abs(model.macs() / 1e6 - 1)).toBeLessThan(0.05);
  });
});
