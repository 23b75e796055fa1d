/** @file How all plots look. */
import type { Config, TopLevelSpec } from 'vega-lite';

/** Okabe & Ito 2008: colours that people with any colour vision tell apart. */
export const COLORS = { blue: '#0072b2', orange: '#d55e00', green: '#009e73', gray: '#8a8f98' } as const;

/** The background that a plot is made for. */
export type Theme = 'light' | 'dark';

/** Text has a contrast of at least 5.9 with its background (WCAG 2 asks for 4.5). */
export const PALETTES = {
  light: { background: '#ffffff', ink: '#1f2328', muted: '#59636e', lines: '#e4e7eb' },
  dark: { background: '#16191d', ink: '#e6e9ed', muted: '#a3abb5', lines: '#32373e' },
} as const;

export const INK = PALETTES.light.ink;

const configOf = ({ background, ink, muted, lines }: (typeof PALETTES)[Theme]): Config => ({
  background,
  padding: 16,
  font: 'Inter, sans-serif',
  view: { stroke: null },
  title: {
    anchor: 'start',
    color: ink,
    fontSize: 16,
    fontWeight: 600,
    offset: 12,
    subtitleColor: muted,
    subtitleFontSize: 12,
    subtitlePadding: 6,
  },
  axis: {
    labelColor: muted,
    labelFontSize: 11,
    titleColor: ink,
    titleFontSize: 12,
    titleFontWeight: 600,
    titlePadding: 10,
    gridColor: lines,
    domainColor: muted,
    tickColor: muted,
    ticks: false,
    labelPadding: 6,
  },
  legend: {
    labelColor: ink,
    labelFontSize: 12,
    titleColor: ink,
    titleFontSize: 12,
    titleFontWeight: 600,
    symbolStrokeWidth: 2.5,
    gradientLabelOffset: 6,
  },
  header: { labelColor: ink, labelFontSize: 12, labelFontWeight: 600 },
});

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
export interface Frame {
  readonly $schema: string;
  readonly config: Config;
}

export const frameOf = (theme: Theme): Frame => ({
  $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
  config: configOf(PALETTES[theme]),
});

export const FRAME = frameOf('light');
