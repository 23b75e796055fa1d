/**
 * @file Draws docs/results/gpu-kernels.svg from gpu-kernels.json: how many times faster than tfjs each kernel runs.
 * `npx pnpm@10 --filter @fer/bench run chart`
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { RESULTS } from './report.ts';
import type { Spread } from './statistics.ts';

interface Report {
  readonly machine: string;
  readonly command: string;
  readonly rows: readonly { readonly mode: 'webgl2' | 'webgpu'; readonly case: string; readonly ratio: Spread }[];
}

const { machine, command, rows } = JSON.parse(readFileSync(new URL('gpu-kernels.json', RESULTS), 'utf8')) as Report;

const COLORS = { webgl2: '#4c78a8', webgpu: '#f58518' };
const [LABELS, WIDTH, LINE, TOP] = [380, 940, 13, 64];
const titles = [...new Set(rows.map((row) => row.case))];
const height = TOP + titles.length * (2 * LINE + 8) + 40;

/** Ratios on a logarithmic scale, from a quarter to 32 times. */
const scale = (ratio: number) =>
  LABELS + ((Math.log2(Math.min(Math.max(ratio, 0.25), 32)) + 2) / 7) * (WIDTH - LABELS - 60);

const text = (x: number, y: number, content: string, attributes = '') =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${content}</text>`;

const grid = [0.25, 0.5, 1, 2, 4, 8, 16, 32].map((ratio) => {
  const line = `<line x1="${scale(ratio)}" x2="${scale(ratio)}" y1="${TOP - 8}" y2="${height - 36}" stroke="${ratio === 1 ? '#333' : '#ddd'}"/>`;
  return line + text(scale(ratio), height - 20, `${ratio}x`, 'text-anchor="middle"');
});

const bars = titles.flatMap((title, i) => {
  const y = TOP + i * (2 * LINE + 8);
  const row = (['webgl2', 'webgpu'] as const).flatMap((mode, j) => {
    const ratio = rows.find((candidate) => candidate.mode === mode && candidate.case === title)?.ratio.median;
    if (ratio === undefined) return [];
    const [from, to] = [scale(1), scale(ratio)].sort((a, b) => a - b) as [number, number];
    const bar = `<rect x="${from.toFixed(1)}" y="${y + j * LINE}" width="${(to - from).toFixed(1)}" height="${LINE - 2}" fill="${COLORS[mode]}"/>`;
    return [bar, text(to + 4, y + j * LINE + 10, `${ratio.toFixed(1)}x`, 'font-size="10"')];
  });
  return [text(LABELS - 12, y + LINE + 3, title, 'text-anchor="end"'), ...row];
});

const legend = (['webgl2', 'webgpu'] as const).map(
  (mode, i) =>
    `<rect x="${LABELS + i * 190}" y="36" width="11" height="11" fill="${COLORS[mode]}"/>${text(LABELS + 16 + i * 190, 46, `against tfjs-${mode === 'webgl2' ? 'webgl' : mode}`)}`,
);

writeFileSync(
  new URL('gpu-kernels.svg', RESULTS),
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12" fill="#222">
<rect width="100%" height="100%" fill="#fff"/>
${text(20, 22, 'How many times faster than TensorFlow.js the gpu.js kernels run, in software (SwiftShader)', 'font-size="15" font-weight="bold"')}
${[...legend, ...grid, ...bars].join('\n')}
${text(20, height - 4, `${machine}. Data: ${command}`, 'font-size="9" fill="#666"')}
</svg>
`,
);
