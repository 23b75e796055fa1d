/** @file A cascade in a seventh of its XML's size: its arrays as a safetensors file, in base64. */
import { decodeSafetensors, encodeSafetensors, FormatError, type StoredDType, type StoredTensor } from '@fer/core';
import { fromBase64, toBase64 } from '../base64.ts';
import { type Cascade, checkCascade } from './cascade.ts';

const OPERATOR = 'unpackCascade';

/** Weights must be exact in 16 bits, and trees have less than 128 nodes. */
export function packCascade(cascade: Cascade): string {
  const { width, height, stageSizes, stageThresholds, rectangles, weights, tilted, thresholds, leaves } = cascade;
  const { treeSizes, left, right } = cascade;
  const bytes = (numbers: Int32Array): StoredTensor => vector('uint8', Uint8Array.from(numbers)); // modulo 256
  return toBase64(
    encodeSafetensors({
      window: vector('uint8', Uint8Array.of(width, height)),
      stageSizes: vector('int32', stageSizes),
      stageThresholds: vector('float32', stageThresholds),
      treeSizes: bytes(treeSizes),
      rectangles: vector('uint8', rectangles),
      weights: vector('float16', weights),
      tilted: vector('uint8', tilted),
      thresholds: vector('float32', thresholds),
      left: bytes(left),
      right: bytes(right),
      leaves: vector('float32', leaves),
    }),
  );
}

/** @throws FormatError */
export function unpackCascade(packed: string): Cascade {
  const { tensors } = decodeSafetensors(fromBase64(packed));
  const read = <D extends StoredDType>(name: string, dtype: D): DataOf<D> => {
    const tensor = tensors[name];
    if (tensor?.dtype !== dtype) throw new FormatError(OPERATOR, `${name} must be ${dtype} but is ${tensor?.dtype}`);
    return tensor.data as DataOf<D>;
  };
  const signed = (name: string) => Int32Array.from(Int8Array.from(read(name, 'uint8')));
  const [width = 0, height = 0] = read('window', 'uint8');
  return checkCascade(OPERATOR, {
    width,
    height,
    stageSizes: read('stageSizes', 'int32'),
    stageThresholds: read('stageThresholds', 'float32'),
    treeSizes: signed('treeSizes'),
    rectangles: read('rectangles', 'uint8'),
    weights: read('weights', 'float16'),
    tilted: read('tilted', 'uint8'),
    thresholds: read('thresholds', 'float32'),
    left: signed('left'),
    right: signed('right'),
    leaves: read('leaves', 'float32'),
  });
}

type DataOf<D extends StoredDType> = Extract<StoredTensor, { readonly dtype: D }>['data'];

function vector<D extends StoredDType>(dtype: D, data: DataOf<D>): StoredTensor {
  return { dtype, data, shape: [data.length] } as unknown as StoredTensor;
}
