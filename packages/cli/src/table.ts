/** @file Markdown tables that read as text as well. */

/** @param labels So many columns, the first, hold words and not numbers. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[], labels = 1): string {
  const all = [header, ...rows];
  const widths = header.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  const pad = (cell: string, i: number) => (i < labels ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0));
  const line = (row: readonly string[]) => `| ${row.map(pad).join(' | ')} |`;
  const rule = widths.map((width, i) => (i < labels ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`));
  return [line(header), `|${rule.join('|')}|`, ...rows.map(line)].join('\n');
}
