/** @file fer history: tables and pictures from exported sessions. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { FER2013_CLASSES, formatHistoryCsv, formatHistoryJson, type Prediction, summariseHistory } from '@fer/data';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fer, ferHere, temporaryFolder } from './fer.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

/** Ten frames a second of a face that smiles every other second. */
const predictions = ['Lab / 1', '=Übung'].flatMap((session, i) =>
  Array.from({ length: 40 }, (_, frame): Prediction => {
    const label = frame % 20 < 10 ? 'happy' : 'neutral';
    const entries = FER2013_CLASSES.map((name) => [name, name === label ? 0.4 : 0.1]);
    return {
      time: Date.UTC(2026, 10, 22, 6, 10 + i) + 100 * frame,
      session,
      face: 0,
      box: { x: 1, y: 2, width: 60, height: 60 },
      label,
      probabilities: Object.fromEntries(entries) as Prediction['probabilities'],
      model: 'fer-net',
    };
  }),
);

it('prints a table of each session, draws them, and is quiet', async () => {
  const file = folder.file('week.csv');
  await writeFile(file, await formatHistoryCsv(predictions));
  const { code, stdout, stderr } = await fer(['history', file]);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain('Lab / 1\n2026-11-22 06:10:00 UTC, 4 s, 40 frames, 1 face, by fer-net\n');
  expect(stdout).toMatch(/^happy +50\.00 % +25\.00 % +0\.9 s$/m);
  expect(stdout).toMatch(/^fear +0\.00 % +10\.00 % +0\.0 s$/m);
  expect(stdout).toContain('46.2 changes of expression a minute');
  const pictures = ['1-Lab-1-shares', '1-Lab-1-timeline', '2-Übung-shares', '2-Übung-timeline'];
  expect(await readdir(folder.file('week-history'))).toEqual(
    pictures.flatMap((name) => [`${name}.png`, `${name}.svg`]),
  );
  expect((await readFile(folder.file('week-history/1-Lab-1-timeline.png'))).subarray(1, 4).toString()).toBe('PNG');
  expect(await readFile(folder.file('week-history/2-Übung-shares.svg'), 'utf8')).toContain('=Übung');
});

it('takes JSON, gives JSON, and draws where it is told to', async () => {
  const file = folder.file('week.json');
  await writeFile(file, formatHistoryJson(predictions));
  const { code, stdout } = await ferHere(['history', file, '--out', folder.file('drawn'), '--json']);
  expect(code).toBe(0);
  const { sessions } = JSON.parse(stdout);
  expect(sessions).toMatchObject(summariseHistory(predictions));
  expect(sessions[0].pictures).toEqual(['timeline', 'shares'].map((name) => folder.file(`drawn/1-Lab-1-${name}.png`)));
});

it.each([
  ['nowhere.csv', undefined, /^fer: history: cannot read '.*nowhere\.csv': ENOENT/],
  ['face.png', 'PNG', /^fer: history: '.*face\.png' must be a \.csv or \.json file/],
  ['empty.csv', 'header', /^fer: history: '.*empty\.csv' holds no predictions/],
  ['binary.csv', Buffer.from([0xff, 0xfe, 0]), /^fer: history: '.*binary\.csv' is no text in UTF-8/],
  [
    'other.csv',
    'emotion,pixels,Usage\n',
    /^fer: .*other\.csv: parseHistoryCsv: line 1 must name the columns time, session/,
  ],
  [
    'damaged.csv',
    'damaged',
    /^fer: .*damaged\.csv: parseHistoryCsv: one of the rows is damaged: line 5, column happy: must be a number/,
  ],
  ['damaged.json', '{', /^fer: .*damaged\.json: parseHistoryJson: the text is not JSON/],
])('refuses %s, and draws nothing', async (name, content, message) => {
  const expected = message.source.startsWith('^fer: history') ? 2 : 1; // another file is asked for, or a whole one
  const csv = (await formatHistoryCsv(predictions)).split('\r\n');
  const contents = new Map([
    ['header', csv[0] as string],
    ['damaged', csv.with(4, (csv[4] as string).replace('0.4', 'x')).join('\n')],
  ]);
  if (content !== undefined) await writeFile(folder.file(name), contents.get(`${content}`) ?? content);
  const { code, stdout, stderr } = await ferHere(['history', folder.file(name), '--out', folder.file('none')]);
  expect(stderr).toMatch(message);
  expect([code, stdout, stderr.split('\n').length]).toEqual([expected, '', 2]);
  expect(await readdir(folder.path)).not.toContain('none');
});
