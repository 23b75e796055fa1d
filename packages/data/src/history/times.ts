/** @file Times as files have them: ISO 8601 in UTC, with milliseconds. */

export const writeTime = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** Milliseconds since 1970; anything else is returned as the text that it is, which no row takes for a time. */
export function readTime(value: unknown): number | string {
  const milliseconds = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(milliseconds) || writeTime(milliseconds) !== value ? `${value}` : milliseconds;
}
