/** @file Times as files have them: ISO 8601 in UTC, with milliseconds. */

export const writeTime = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** Milliseconds since 1970; what is no such text stays no time: a number becomes a text. */
export function readTime(value: unknown): unknown {
  if (typeof value !== 'string') return typeof value === 'number' ? `${value}` : value;
  const milliseconds = Date.parse(value);
  return Number.isNaN(milliseconds) || writeTime(milliseconds) !== value ? value : milliseconds;
}
