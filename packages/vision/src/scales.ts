/** @file Which sizes of objects are looked for. */
import { roundHalfEven } from './rounding.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The size of something whose size is `size` at scale 1. */
export function scaled({ width, height }: Size, scale: number): Size {
  return { width: roundHalfEven(Math.fround(width * scale)), height: roundHalfEven(Math.fround(height * scale)) };
}

/** What remains of an image when a window at this scale becomes as large as the trained one. */
export function shrunk({ width, height }: Size, scale: number): Size {
  return { width: roundHalfEven(Math.fround(width / scale)), height: roundHalfEven(Math.fround(height / scale)) };
}

const isWithin = (inner: Size, outer: Size) => inner.width <= outer.width && inner.height <= outer.height;

/**
 * The powers of `factor`, as float32, at which a window is as large as asked for; if there is none, the one that comes closest
 * to the smallest size, as in OpenCV.
 */
export function selectScales(window: Size, image: Size, factor: number, smallest: Size, largest: Size): number[] {
  const scales: number[] = [];
  for (let scale = 1; ; scale *= factor) {
    const size = { width: roundHalfEven(window.width * scale), height: roundHalfEven(window.height * scale) };
    if (!isWithin(size, image)) break;
    scales.push(Math.fround(scale));
  }
  const wanted = scales.filter((scale) => {
    const size = scaled(window, scale);
    return isWithin(size, largest) && isWithin(smallest, size);
  });
  if (wanted.length > 0 || scales.length === 0) return wanted;
  const distance = (scale: number) => {
    const size = scaled(window, scale);
    return (size.width - smallest.width) ** 2 + (size.height - smallest.height) ** 2;
  };
  return [scales.reduce((best, scale) => (distance(scale) < distance(best) ? scale : best))];
}
