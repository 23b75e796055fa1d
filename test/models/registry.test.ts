/** @file Networks by name. */
import { ArgumentError, setBackend } from '@fer/core';
import {
  createModel,
  efficientNet,
  ferNet,
  listModels,
  type ModelName,
  mobiExpressNet,
  mobileNetV2,
  vgg16,
} from '@fer/models';
import { beforeAll, describe, expect, it } from 'vitest';

beforeAll(async () => {
  await setBackend('simd');
});

describe('listModels', () => {
  it('lists every network, or those that match', () => {
    expect(listModels().length).toBeGreaterThanOrEqual(19);
    expect(listModels('mobilenet*')).toEqual(['mobilenet-v2']);
    expect(listModels('DenseNet*')).toEqual(['densenet121', 'densenet169', 'densenet201']);
    expect(listModels('*b7')).toEqual(['efficientnet-b7']);
    expect(listModels('vgg')).toEqual([]);
    expect(listModels('vgg1.')).toEqual([]);
  });
});

describe('createModel', () => {
  it('makes a network that has its name', () => {
    const model = createModel('mobilenet-v2', { alpha: 0.35, smallImages: true, classes: 7 });
    expect(model.name).toBe('mobilenet-v2');
    expect(model.inputShape).toEqual([48, 48, 1]);
    expect(model.output.shape).toEqual([7]);
    model.dispose();
  });

  it('refuses a name that is none', () => {
    expect(() => createModel('mobilenet' as ModelName)).toThrow(ArgumentError);
    expect(() => createModel('mobilenet' as ModelName)).toThrow(
      "createModel: there is no network 'mobilenet', only alex",
    );
    expect(() => createModel('toString' as ModelName)).toThrow(ArgumentError);
  });

  it.each([
    ['mobilenet-v2: alpha must be above 0 but is 0', () => createModel('mobilenet-v2', { alpha: 0 })],
    ['mobilenet-v2: alpha must be above 0 but is NaN', () => mobileNetV2({ alpha: Number.NaN })],
    ['vgg19: alpha must be above 0 but is -1', () => createModel('vgg19', { alpha: -1 })],
    ['efficientNet: scale must be one of b0, b1', () => efficientNet('b9' as 'b0')],
    ['efficientNet: dropConnect must be from 0 to 1 but is -0.2', () => efficientNet('b0', { dropConnect: -0.2 })],
    [
      'fer-net: pooling must be one of average, max but is avg',
      () => ferNet({ includeTop: false, pooling: 'avg' as 'max' }),
    ],
    ['vgg16: dropout must be from 0 to 1 but is -0.5', () => vgg16({ dropout: -0.5 })],
    ['mobi-express-net: dropout must be from 0 to 1 but is NaN', () => mobiExpressNet({ dropout: Number.NaN })],
  ])('refuses options: %s', (message, make) => {
    expect(make).toThrow(message);
  });
});
