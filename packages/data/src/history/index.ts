/** @file The expression history: predictions over time as CSV and JSON, in figures and as pictures. */
export { formatHistoryCsv, parseHistoryCsv } from './csv.ts';
export { formatHistoryJson, parseHistoryJson } from './json.ts';
export { EXPRESSION_COLORS, formatDuration, type HistoryPlotOptions } from './plots.ts';
export type { ExpressionLabel, Prediction } from './prediction.ts';
export { historyShares } from './shares.ts';
export { type ExpressionSummary, type SessionSummary, summariseHistory } from './summary.ts';
export { historyTimeline } from './timeline.ts';
