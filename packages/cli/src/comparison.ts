/** @file A paper's figures beside ours. */
import { basename } from 'node:path';
import { type CrossValidation, foldsTable } from './cross-validation.ts';
import { type Figures, formatFigure } from './figures.ts';
import { SELECTED } from './model-card.ts';
import { nameOfInit } from './network.ts';
import type { Recipe } from './recipes/index.ts';
import { markdownTable } from './table.ts';
import type { Outcome } from './variant-run.ts';

export interface ComparisonRow {
  readonly variant: string;
  readonly figure: string;
  readonly paper?: number | undefined;
  readonly ours?: number | undefined;
}

/** Shown whether the paper reports them or not, if there are such. */
const USUAL = ['accuracy', 'deviation of accuracy', 'precision', 'recall', 'f1'];

export interface Comparison {
  readonly rows: readonly ComparisonRow[];
  readonly validations: Readonly<Record<string, CrossValidation>>;
  /** What was trained and tested on, and with which weights. */
  readonly data: readonly string[];
  /** What was left out, replaced or made smaller. */
  readonly remarks: readonly string[];
}

/** The paper's figures beside ours, and all that tells them apart, as Markdown and as data. */
export function comparisonReport(
  recipe: Recipe,
  outcomes: Readonly<Record<string, Outcome>>,
  leftOut: readonly string[],
): Comparison & { readonly report: string } {
  const all = Object.entries(outcomes);
  const rows = compare(recipe, Object.fromEntries(all.map(([key, { figures }]) => [key, figures])));
  const validations = Object.fromEntries(
    all.flatMap(([key, { validation }]) => (validation ? [[key, validation]] : [])),
  );
  const data = byVariants(outcomes, (outcome) => [dataOf(outcome)]);
  const remarks = [...leftOut, ...byVariants(outcomes, changesOf)];
  const { title, source, notes } = recipe;
  const list = (lines: readonly string[]) => lines.map((line) => `- ${line}`).join('\n');
  const report = [
    `# ${title}`,
    source,
    comparisonTable(rows),
    ...(Object.keys(validations).length > 0 ? [foldsTable(validations)] : []),
    '## Data',
    list(data),
    '## Scaled or replaced',
    list(remarks.length > 0 ? remarks : ['nothing: this is the full size']),
    '## Notes',
    list(notes),
  ].join('\n\n');
  return { rows, validations, data, remarks, report };
}

/** Each text once, with the variants that it is true of unless that is all of them. */
function byVariants(
  outcomes: Readonly<Record<string, Outcome>>,
  textsOf: (outcome: Outcome) => readonly string[],
): string[] {
  const variants = new Map<string, string[]>();
  for (const [key, outcome] of Object.entries(outcomes))
    for (const text of textsOf(outcome)) variants.set(text, [...(variants.get(text) ?? []), key]);
  const all = Object.keys(outcomes).length;
  return [...variants].map(([text, keys]) => (keys.length === all ? text : `${keys.join(', ')}: ${text}`));
}

function dataOf({ config: { experiment }, split }: Outcome): string {
  const { data, training } = experiment;
  return `${basename(data.source)}: ${split}; tested: the weights of ${SELECTED[training.selection]}`;
}

function changesOf({ config: { experiment, scaled } }: Outcome): string[] {
  const { init } = experiment.network;
  return [...(init === undefined ? [] : [`begins with the weights of ${nameOfInit(init)}`]), ...scaled];
}

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
function comparisonTable(rows: readonly ComparisonRow[]): string {
  const cells = rows.map(({ variant, figure, paper, ours }) => [
    variant,
    figure,
    formatFigure(figure, paper),
    formatFigure(figure, ours),
  ]);
  return markdownTable(['variant', 'figure', 'paper', 'ours'], cells, 2);
}
