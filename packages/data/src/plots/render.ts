/** @file Plots as SVG and PNG. Vega and the rasteriser are heavy, so they are loaded when the first plot is drawn. */
import { BackendError, checkRange } from '@fer/core';
import { REGULAR, SEMIBOLD } from './advances.ts';
import type { PlotSpec } from './theme.ts';

/** An SVG document. Its font is Inter, or the reader's own sans-serif. */
export async function renderSvg(spec: PlotSpec): Promise<string> {
  const [vega, { compile }] = await Promise.all([loadVega(), import('vega-lite')]);
  const view = new vega.View(vega.parse(compile(spec).spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

export interface PngOptions {
  /** Pixels of the picture a pixel of the plot, 2 unless given. */
  readonly scale?: number;
}

/**
 * A PNG file, drawn without any font or native code of the machine. Text is in Inter, which is carried along with Latin
 * characters only: for others use renderSvg. In Node alone; browsers draw SVG themselves.
 */
export async function renderPng(spec: PlotSpec, { scale = 2 }: PngOptions = {}): Promise<Uint8Array> {
  checkRange('renderPng', 'scale', scale, 0.1, 10);
  const [svg, { Resvg, fonts }] = await Promise.all([renderSvg(spec), loadRasteriser()]);
  const drawing = new Resvg(svg, {
    font: { fontBuffers: fonts, defaultFontFamily: 'Inter', sansSerifFamily: 'Inter' },
    fitTo: { mode: 'zoom', value: scale },
  });
  const picture = drawing.render();
  try {
    return picture.asPng();
  } finally {
    picture.free();
    drawing.free();
  }
}

type Vega = typeof import('vega');

/** Vega's measure of a text, which its types leave out. */
interface TextMetrics {
  width(item: { readonly fontSize?: number; readonly fontWeight?: number | string }, text: unknown): number;
}

let vega: Promise<Vega> | undefined;

function loadVega(): Promise<Vega> {
  vega ??= import('vega').then((module) => {
    // without a canvas Vega takes every character for 0.8 times as wide as high, and leaves half of the picture empty
    const { textMetrics } = module as unknown as { textMetrics: TextMetrics };
    textMetrics.width = ({ fontSize = 11, fontWeight = 400 }, text) =>
      (fontSize / 1000) *
      widthOf(`${text ?? ''}`, Number(fontWeight) >= 600 || fontWeight === 'bold' ? SEMIBOLD : REGULAR);
    return module;
  });
  return vega;
}

function widthOf(text: string, advances: readonly number[]): number {
  let width = 0;
  for (const character of text) width += advances[(character.codePointAt(0) as number) - 0x20] || 700;
  return width;
}

interface Rasteriser {
  readonly Resvg: typeof import('@resvg/resvg-wasm').Resvg;
  readonly fonts: Uint8Array[];
}

let rasteriser: Promise<Rasteriser> | undefined;

function loadRasteriser(): Promise<Rasteriser> {
  rasteriser ??= initialiseRasteriser();
  return rasteriser;
}

async function initialiseRasteriser(): Promise<Rasteriser> {
  const builtin = globalThis.process?.getBuiltinModule;
  if (!builtin)
    throw new BackendError('renderPng', 'draws in Node alone; browsers draw the SVG of renderSvg themselves');
  const { readFile } = builtin('node:fs/promises');
  const { createRequire } = builtin('node:module');
  const { initWasm, Resvg } = await import('@resvg/resvg-wasm');
  await initWasm(readFile(createRequire(import.meta.url).resolve('@resvg/resvg-wasm/index_bg.wasm')));
  const fonts = ['Inter-Regular.otf', 'Inter-SemiBold.otf'].map((name) =>
    readFile(new URL(`../../fonts/${name}`, import.meta.url)),
  );
  return { Resvg, fonts: await Promise.all(fonts) };
}
