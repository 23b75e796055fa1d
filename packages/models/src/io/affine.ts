/** @file Preprocessing layers as what they compute: a factor and an offset for each channel. */

import type { AnyLayer } from '@fer/layers';
import { Normalization, type PerChannel, Rescaling } from '@fer/layers';

export interface Affine {
  readonly scale: Float32Array;
  readonly offset: Float32Array;
}

/** Of the layers that compute x scale + offset; undefined for others. */
export function affineOf(layer: AnyLayer, channels: number): Affine | undefined {
  if (layer instanceof Rescaling) {
    const { scale, offset = 0 } = layer.options;
    return { scale: each(channels, scale), offset: each(channels, offset) };
  }
  if (!(layer instanceof Normalization)) return undefined;
  const { mean, invert = false } = layer.options;
  const [means, deviations] = [each(channels, mean), each(channels, layer.deviation)];
  if (invert) return { scale: deviations, offset: means };
  return { scale: deviations.map((one) => 1 / one), offset: means.map((one, i) => -one / (deviations[i] as number)) };
}

function each(channels: number, value: PerChannel): Float32Array {
  return typeof value === 'number' ? new Float32Array(channels).fill(value) : Float32Array.from(value);
}
