/** @file How all plots look. */
import type { Config, TopLevelSpec } from 'vega-lite';

/** Okabe & Ito 2008: colours that people with any colour vision tell apart. */
export const COLORS = { blue: '#0072b2', orange: '#d55e00', green: '#009e73', gray: '#8a8f98' } as const;

export const INK = '#1f2328';
const MUTED = '#59636e';
const LINES = '#e4e7eb';

const config: Config = {
  background: '#ffffff',
  padding: 16,
  font: 'Inter, sans-serif',
  view: { stroke: null },
  title: {
    anchor: 'start',
    color: INK,
    fontSize: 16,
    fontWeight: 600,
    offset: 12,
    subtitleColor: MUTED,
    subtitleFontSize: 12,
    subtitlePadding: 6,
  },
  axis: {
    labelColor: MUTED,
    labelFontSize: 11,
    titleColor: INK,
    titleFontSize: 12,
    titleFontWeight: 600,
    titlePadding: 10,
    gridColor: LINES,
    domainColor: MUTED,
    tickColor: MUTED,
    ticks: false,
    labelPadding: 6,
  },
  legend: {
    labelColor: INK,
    labelFontSize: 12,
    titleColor: INK,
    titleFontSize: 12,
    titleFontWeight: 600,
    symbolStrokeWidth: 2.5,
    gradientLabelOffset: 6,
  },
  header: { labelColor: INK, labelFontSize: 12, labelFontWeight: 600 },
};

/** A Vega-Lite specification: plain JSON, which renderSvg and renderPng draw. */
export type PlotSpec = TopLevelSpec;

/** What every plot can be given. */
export interface PlotOptions {
  readonly title?: string;
  /** A second, smaller line. */
  readonly subtitle?: string;
}

export function titleOf({ title, subtitle }: PlotOptions, otherwise: string) {
  return { title: { text: title ?? otherwise, ...(subtitle === undefined ? {} : { subtitle }) } };
}

/** What every specification begins with. */
export const FRAME: { readonly $schema: string; readonly config: Config } = {
  $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
  config,
};
