/** @file Plots: Vega-Lite specifications, which renderSvg and renderPng draw; and grids of images. */
export { classScoresPlot } from './classes.ts';
export { type ConfusionPlotOptions, confusionMatrixPlot } from './confusion.ts';
export { type CurvesOptions, type EpochFigures, trainingCurves } from './curves.ts';
export { type GridOptions, imageGrid, type PreviewOptions, transformPreview } from './grid.ts';
export { heatOverlay } from './heat.ts';
export { type PngOptions, renderPng, renderSvg } from './render.ts';
export type { PlotOptions, PlotSpec, Theme } from './theme.ts';
export {
  type FeatureMapOptions,
  featureMaps,
  type PredictedSample,
  type SampleGridOptions,
  sampleGrid,
} from './tiles.ts';
