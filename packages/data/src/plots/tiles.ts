/** @file Small images within a plot: samples with predictions, and feature maps. */
import { ArgumentError, checkInteger, ShapeError } from '@fer/core';
import type { NdArray } from 'ndarray';
import type { Image } from '../image.ts';
import { encodePng } from '../sources/png.ts';
import { imageGrid } from './grid.ts';
import { COLORS, FRAME, INK, type PlotOptions, type PlotSpec, titleOf } from './theme.ts';
import { viridis } from './viridis.ts';

/** An image with what is known and thought of it. */
export interface PredictedSample {
  readonly image: Image;
  /** The actual class. */
  readonly label: number;
  readonly prediction?: number;
  /** Of the prediction. */
  readonly probability?: number;
}

export interface SampleGridOptions extends PlotOptions {
  /** The name of every class. */
  readonly classes: readonly string[];
  /** 8 unless given. */
  readonly columns?: number;
  /** The pixel values that are shown as black and as white, [0, 255] unless given. */
  readonly range?: readonly [black: number, white: number];
}

const TILE = 96;

/** Images with their classes; where there are predictions, what was taken for what, framed by right and wrong. */
export async function sampleGrid(samples: readonly PredictedSample[], options: SampleGridOptions): Promise<PlotSpec> {
  const { classes, columns = 8, range = [0, 255] } = options;
  checkInteger('sampleGrid', 'columns', columns, 1);
  const nameOf = (label: number) => {
    const name = classes[label];
    if (name === undefined) throw new ArgumentError('sampleGrid', `there is no class ${label}, only ${classes.length}`);
    return name;
  };
  const tiles = samples.map(async ({ image, label, prediction, probability }) => {
    const actual = nameOf(label);
    const certainty = probability === undefined ? '' : ` ${(100 * probability).toFixed(0)}%`;
    const right = prediction === undefined || prediction === label;
    return {
      url: await dataUrl(image, range),
      outcome: prediction === undefined ? null : right ? 'Right' : 'Wrong',
      caption: prediction === undefined ? actual : nameOf(prediction) + certainty,
      detail: right ? '' : `actual: ${actual}`,
    };
  });
  const predicted = samples.some(({ prediction }) => prediction !== undefined);
  const step = { x: TILE + 16, y: TILE + (predicted ? 48 : 32) };
  const frame = {
    mark: { type: 'rect', filled: false, strokeWidth: 3, cornerRadius: 2 },
    encoding: {
      x2: { field: 'right', type: 'quantitative', scale: null },
      y2: { field: 'bottom', type: 'quantitative', scale: null },
      stroke: {
        field: 'outcome',
        type: 'nominal',
        scale: { domain: ['Right', 'Wrong'], range: [COLORS.blue, COLORS.orange] },
        legend: { title: null, orient: 'top', symbolType: 'square', symbolFillColor: 'transparent' },
      },
    },
  };
  const layers = [...(predicted ? [frame] : []), captionLayer('caption', 600, 17), captionLayer('detail', 400, 32)];
  return tilePlot(await Promise.all(tiles), step, columns, layers, titleOf(options, 'Samples'));
}

export interface FeatureMapOptions extends PlotOptions {
  /** 8 unless given. */
  readonly columns?: number;
}

/**
 * The channels of one layer's output for one image, each as a picture. All share one scale of colours.
 * @param features [height, width, channels]
 */
export async function featureMaps(features: NdArray, options: FeatureMapOptions = {}): Promise<PlotSpec> {
  const { columns = 8 } = options;
  checkInteger('featureMaps', 'columns', columns, 1);
  const [height = 0, width = 0, channels = 0] = features.shape;
  if (features.dimension !== 3 || features.size === 0) {
    throw new ShapeError('featureMaps', `features must be [height,width,channels] but are [${features.shape}]`);
  }
  const maps = Array.from({ length: channels }, (_, c) => {
    const values = new Float32Array(height * width);
    for (let i = 0; i < values.length; i++) values[i] = features.get(Math.floor(i / width), i % width, c);
    return values;
  });
  const lowest = maps.reduce((least, map) => map.reduce((a, b) => Math.min(a, b), least), Infinity);
  const highest = maps.reduce((most, map) => map.reduce((a, b) => Math.max(a, b), most), -Infinity);
  if (!Number.isFinite(lowest) || !Number.isFinite(highest)) {
    throw new ArgumentError('featureMaps', `features must be finite but are from ${lowest} to ${highest}`);
  }
  const tiles = maps.map(async (map, c) => ({
    url: await dataUrl(viridis(map, height, width, lowest, highest), [0, 255]),
    caption: `${c}`,
    value: c === 0 ? lowest : highest,
  }));
  const scale = {
    mark: { type: 'point', opacity: 0 },
    encoding: {
      color: {
        field: 'value',
        type: 'quantitative',
        scale: { domain: [lowest, highest], scheme: 'viridis' },
        legend: { title: 'Value', gradientLength: 160, tickCount: 5 },
      },
    },
  };
  const layers = [scale, captionLayer('caption', 400, 15)];
  const step = { x: TILE + 10, y: TILE + 26 };
  const subtitle = `${channels} channels of ${height} x ${width}`;
  return tilePlot(await Promise.all(tiles), step, columns, layers, titleOf({ subtitle, ...options }, 'Feature maps'));
}

/** Tiles in rows, drawn first, under the other layers. Positions are pixels. */
function tilePlot(
  tiles: readonly object[],
  step: { readonly x: number; readonly y: number },
  columns: number,
  layers: readonly object[],
  title: object,
): PlotSpec {
  const values = tiles.map((tile, i) => {
    const [left, top] = [(i % columns) * step.x, Math.floor(i / columns) * step.y];
    return {
      ...tile,
      left,
      top,
      right: left + TILE,
      bottom: top + TILE,
      middleX: left + TILE / 2,
      middleY: top + TILE / 2,
    };
  });
  const position = { type: 'quantitative', scale: null, axis: null };
  return {
    ...FRAME,
    ...title,
    width: (Math.min(columns, tiles.length) - 1) * step.x + TILE,
    height: Math.ceil(tiles.length / columns) * step.y,
    data: { values },
    encoding: { x: { field: 'left', ...position }, y: { field: 'top', ...position } },
    layer: [
      {
        mark: { type: 'image', width: TILE, height: TILE, align: 'left', baseline: 'top' },
        encoding: { url: { field: 'url', type: 'nominal' } },
      },
      ...layers,
    ],
  } as PlotSpec;
}

/** A line of text below each tile. */
function captionLayer(field: string, fontWeight: number, below: number) {
  return {
    mark: { type: 'text', fontSize: 11, fontWeight, color: INK, align: 'center', dy: below },
    encoding: {
      x: { field: 'middleX', type: 'quantitative', scale: null },
      y: { field: 'bottom', type: 'quantitative', scale: null },
      text: { field },
    },
  };
}

/** Enlarged to about twice the tile's size, so that pixels stay sharp squares in every viewer. */
async function dataUrl(image: Image, range: readonly [number, number]): Promise<string> {
  const longest = Math.max(...image.shape.slice(0, 2));
  const scale = Math.max(1, Math.round((2 * TILE) / longest));
  const png = await encodePng(imageGrid([[image]], { scale, gap: 0, range }));
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}
