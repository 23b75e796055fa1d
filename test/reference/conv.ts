/** @file Convolutions: sums over the window of each result pixel. */
import { build, type Dense, pixelAt, size } from './dense.ts';
import { type Padding, slide } from './window.ts';

export interface ConvSettings {
  readonly strides: readonly [number, number];
  readonly padding: Padding;
  readonly dilation: readonly [number, number];
}

function windows(x: Dense, filter: Dense, { strides, padding, dilation }: ConvSettings) {
  const along = (axis: 0 | 1) =>
    slide(axis, size(x, axis + 1), {
      kernel: size(filter, axis),
      stride: strides[axis],
      dilation: dilation[axis],
      padding,
    });
  return { rows: along(0), columns: along(1) };
}

/** x [N, H, W, in], filter [kh, kw, in, out], bias [out] */
export function conv2d(settings: ConvSettings): (x: Dense, filter: Dense, bias?: Dense) => Dense {
  return (x, filter, bias) => {
    const { rows, columns } = windows(x, filter, settings);
    const [kh, kw, channels, outChannels] = filter.shape as [number, number, number, number];
    return build([size(x, 0), rows.count, columns.count, outChannels], (index) => {
      const [n, oy, ox, out] = index as [number, number, number, number];
      let total = bias?.values[out] ?? 0;
      for (let ky = 0; ky < kh; ky++) {
        for (let kx = 0; kx < kw; kx++) {
          const pixel = pixelAt(x, n, rows.position(oy, ky), columns.position(ox, kx));
          if (pixel === undefined) continue;
          for (let c = 0; c < channels; c++) {
            const weight = filter.values[((ky * kw + kx) * channels + c) * outChannels + out] as number;
            total += (x.values[pixel * channels + c] as number) * weight;
          }
        }
      }
      return total;
    });
  };
}

/** x [N, H, W, C], filter [kh, kw, C, multiplier], bias [C multiplier]; channel c makes c multiplier and following. */
export function depthwiseConv2d(settings: ConvSettings): (x: Dense, filter: Dense, bias?: Dense) => Dense {
  return (x, filter, bias) => {
    const { rows, columns } = windows(x, filter, settings);
    const [kh, kw, channels, multiplier] = filter.shape as [number, number, number, number];
    return build([size(x, 0), rows.count, columns.count, channels * multiplier], (index) => {
      const [n, oy, ox, out] = index as [number, number, number, number];
      const c = Math.floor(out / multiplier);
      let total = bias?.values[out] ?? 0;
      for (let ky = 0; ky < kh; ky++) {
        for (let kx = 0; kx < kw; kx++) {
          const pixel = pixelAt(x, n, rows.position(oy, ky), columns.position(ox, kx));
          if (pixel === undefined) continue;
          const weight = filter.values[(ky * kw + kx) * channels * multiplier + out] as number;
          total += (x.values[pixel * channels + c] as number) * weight;
        }
      }
      return total;
    });
  };
}
