/** @file How pictures of a history look: the same in a page and from a command. */
import { checkOneOf } from '@fer/core';
import { COLORS, frameOf, PALETTES, type PlotOptions, type Theme } from '../plots/theme.ts';
import { FER2013_CLASSES } from '../sources/classes.ts';
import type { ExpressionLabel } from './prediction.ts';

export interface HistoryPlotOptions extends PlotOptions {
  /** The background that the picture will stand on: 'light' unless given. */
  readonly theme?: Theme;
  /** Of the drawing area, in pixels: 720 unless given. */
  readonly width?: number;
}

/** Okabe & Ito 2008: people with any colour vision tell them apart, on light and on dark. */
export const EXPRESSION_COLORS: Readonly<Record<ExpressionLabel, string>> = {
  angry: COLORS.orange,
  disgust: COLORS.green,
  fear: '#cc79a7',
  happy: '#e69f00',
  sad: COLORS.blue,
  surprise: '#56b4e9',
  neutral: COLORS.gray,
};

/** The scale that gives each expression its colour. */
export const EXPRESSION_SCALE = {
  domain: FER2013_CLASSES,
  range: FER2013_CLASSES.map((label) => EXPRESSION_COLORS[label]),
};

/** What a picture begins with, and the colours of its text. */
export function themeOf(operator: string, { theme = 'light' }: HistoryPlotOptions) {
  checkOneOf(operator, 'theme', theme, ['light', 'dark']);
  return { frame: frameOf(theme), palette: PALETTES[theme] };
}

/** 1 h 2 min 3 s, or as much of it as there is. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`);
  return said.length === 0 ? '0 s' : said.join(' ');
}
