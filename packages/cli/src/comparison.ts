/** @file A paper's figures beside ours. */
import { figuresOf, formatFigure, type Result } from './figures.ts';
import type { Recipe } from './recipes/index.ts';

export interface ComparisonRow {
  readonly variant: string;
  readonly figure: string;
  readonly paper?: number | undefined;
  readonly ours?: number | undefined;
}

/** Shown whether the paper reports them or not. */
const ALWAYS = ['accuracy', 'precision', 'recall', 'f1'];

/** @param results By the names of the variants that were run. */
export function compare({ variants }: Recipe, results: Readonly<Record<string, Result>>): ComparisonRow[] {
  return Object.entries(results).flatMap(([variant, result]) => {
    const reported = variants[variant]?.reported ?? {};
    const ours = figuresOf(result);
    const names = [...new Set([...ALWAYS, ...Object.keys(reported)])];
    return names.map((figure) => ({ variant, figure, paper: reported[figure], ours: ours[figure] }));
  });
}

/** A Markdown table, which reads as text as well. */
export function comparisonTable(rows: readonly ComparisonRow[]): string {
  const cells = rows.map(({ variant, figure, paper, ours }) => [
    variant,
    figure,
    formatFigure(figure, paper),
    formatFigure(figure, ours),
  ]);
  const all = [['variant', 'figure', 'paper', 'ours'], ...cells];
  const widths = [0, 1, 2, 3].map((i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (i < 2 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  const [header = [], ...body] = all;
  return [line(header), rule, ...body.map(line)].join('\n');
}
