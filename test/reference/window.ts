/** @file Where windows that slide over images lie, by TensorFlow's definition of 'same' and 'valid'. */

export type Padding = 'same' | 'valid' | number | readonly [readonly [number, number], readonly [number, number]];

export interface Axis {
  /** Windows along this axis. */
  readonly count: number;
  /** The position in the image of tap `tap` of window `window`; outside of it in the padding. */
  readonly position: (window: number, tap: number) => number;
}

/** One axis of an image: 0 is vertical, 1 horizontal. */
export function slide(
  axis: 0 | 1,
  size: number,
  { kernel, stride, dilation = 1, padding }: { kernel: number; stride: number; dilation?: number; padding: Padding },
): Axis {
  const reach = (kernel - 1) * dilation + 1;
  const [before, after] = amounts();
  return {
    count: Math.floor((size + before + after - reach) / stride) + 1,
    position: (window, tap) => window * stride + tap * dilation - before,
  };

  function amounts(): readonly [number, number] {
    if (padding === 'valid') return [0, 0];
    if (typeof padding === 'number') return [padding, padding];
    if (padding !== 'same') return padding[axis];
    const total = Math.max((Math.ceil(size / stride) - 1) * stride + reach - size, 0);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  }
}
