/** @file What fer train makes of its options before it trains. */
import { describe, expect, it } from 'vitest';
import { DEFAULTS, experimentOf, type TrainOptions } from '../../packages/cli/src/train-options.ts';

const networkOf = (options: Partial<TrainOptions>) => experimentOf({ ...DEFAULTS, ...options }).network.options;

it('gives networks what they need to learn from random weights', () => {
  expect(networkOf({ network: 'vgg19' })).toMatchObject({ batchNorm: true });
  expect(networkOf({ network: 'vgg19', option: ['batchNorm=false'] })).toMatchObject({ batchNorm: false });
  expect(networkOf({ network: 'mobilenet-v2', imageSize: 96 })).toMatchObject({ momentum: 0.9 });
  expect(networkOf({ network: 'resnet50-v2', option: ['momentum=0.99'] })).toMatchObject({ momentum: 0.99 });
});

describe('networks that have a form for small images', () => {
  it.each([
    ['of 48 pixels, unless told otherwise', {}, true],
    ['of 64 pixels', { imageSize: 64 }, true],
    ['of 96 pixels', { imageSize: 96 }, undefined],
    ['of 96 pixels, told by the shape', { option: ['inputShape=[96,96,3]'] }, undefined],
    ['where an option says so', { imageSize: 96, option: ['smallImages=true'] }, true],
    ['where an option says otherwise', { option: ['smallImages=false'] }, false],
  ])('take it for images %s: %o', (_, options, expected) => {
    const { smallImages } = networkOf({ network: 'mobilenet-v2', ...options }) as { smallImages?: boolean };
    expect(smallImages).toBe(expected);
  });

  it('are not taken for others', () => {
    expect(networkOf({ network: 'mobi-express-net' })).toEqual({ inputShape: [48, 48, 1] });
  });
});
