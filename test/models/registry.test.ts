/** @file Networks by name. */
import { ArgumentError, setBackend } from '@fer/core';
import { createModel, listModels, type ModelName } from '@fer/models';
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
});
