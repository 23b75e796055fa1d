/** @file Tables as text. */

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  /** 'left' unless given. */
  readonly align?: 'left' | 'right';
}

/** Keras' form: rows under a double line, columns as wide as their contents. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = columns.map(({ title, text }) => [title, ...rows.map(text)]);
  const widths = cells.map((column) => Math.max(...column.map(({ length }) => length)));
  const lines = ['', ...rows].map((_, row) =>
    columns
      .map(({ align }, i) => {
        const [cell, width] = [cells[i]?.[row] ?? '', widths[i] ?? 0];
        return align === 'right' ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
  const [header = '', ...body] = lines;
  const width = widths.reduce((sum, one) => sum + one + 2, -2);
  return [header, '='.repeat(width), ...body, '='.repeat(width)].join('\n');
}

/** 1,234,567 */
export const formatCount = (count: number): string => count.toLocaleString('en-US');

/** In units of 1024. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 2)} ${units[power]}`;
}
