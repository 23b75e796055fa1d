/** @file A paper's figures beside ours. */
import { type Figures, formatFigure } from './figures.ts';
import type { Recipe } from './recipes/index.ts';
import { markdownTable } from './table.ts';

export interface ComparisonRow {
  readonly variant: string;
  readonly figure: string;
  readonly paper?: number | undefined;
  readonly ours?: number | undefined;
}

/** Shown whether the paper reports them or not, if there are such. */
const USUAL = ['accuracy', 'deviation of accuracy', 'precision', 'recall', 'f1'];

/** @param results The figures of each variant that was run, by its name. */
export function compare({ variants }: Recipe, results: Readonly<Record<string, Figures>>): ComparisonRow[] {
  return Object.entries(results).flatMap(([variant, ours]) => {
    const reported = variants[variant]?.reported ?? {};
    const usual = USUAL.filter((name) => name in ours);
    const names = [...new Set([...usual, ...Object.keys(reported)])];
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
  return markdownTable(['variant', 'figure', 'paper', 'ours'], cells, 2);
}
