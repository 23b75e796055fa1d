/** @file Widths of scaled networks. */
import { ArgumentError } from '@fer/core';

/**
 * The multiple of 8 nearest to a width, but never less than nine tenths of it (Keras' _make_divisible; Sandler et al. 2018).
 * EfficientNet's round_filters is the same.
 */
export function roundChannels(width: number): number {
  const rounded = Math.max(8, Math.floor((width + 4) / 8) * 8);
  return rounded < 0.9 * width ? rounded + 8 : rounded;
}

/** Scales numbers of channels by a width multiplier (Howard et al. 2017). @throws ArgumentError unless it is above 0 */
export function widthMultiplier(network: string, alpha: number): (channels: number) => number {
  if (!(alpha > 0 && Number.isFinite(alpha))) throw new ArgumentError(network, `alpha must be above 0 but is ${alpha}`);
  return (channels) => roundChannels(channels * alpha);
}
