/** @file Widths of scaled networks. */

/**
 * The multiple of 8 nearest to a width, but never less than nine tenths of it (Keras' _make_divisible; Sandler et al. 2018).
 * EfficientNet's round_filters is the same.
 */
export function roundChannels(width: number): number {
  const rounded = Math.max(8, Math.floor((width + 4) / 8) * 8);
  return rounded < 0.9 * width ? rounded + 8 : rounded;
}
