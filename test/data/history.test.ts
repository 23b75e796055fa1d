/** @file The expression history: files that round-trip or are refused, figures counted by hand, pictures. */
import { ArgumentError } from '@fer/core';
import {
  DataError,
  type ExpressionLabel,
  FER2013_CLASSES,
  formatHistoryCsv,
  formatHistoryJson,
  historyShares,
  historyTimeline,
  type Prediction,
  parseHistoryCsv,
  parseHistoryJson,
  renderSvg,
  type SessionSummary,
  summariseHistory,
} from '@fer/data';
import { describe, expect, it } from 'vitest';

const START = Date.UTC(2026, 10, 22, 6, 10);

/** A face that is most probably `label`: 0.4, all others 0.1. */
function row(seconds: number, label: ExpressionLabel, other: Partial<Prediction> = {}): Prediction {
  const probabilities = Object.fromEntries(FER2013_CLASSES.map((name) => [name, name === label ? 0.4 : 0.1]));
  return {
    time: START + 1000 * seconds,
    session: 'Monday',
    face: 0,
    box: { x: 10, y: 20.5, width: 60, height: 62.25 },
    label,
    probabilities: probabilities as Prediction['probabilities'],
    model: 'mobi-express-net',
    ...other,
  };
}

const refusal = async (text: string): Promise<DataError> => {
  const error = await parseHistoryCsv(text).then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(DataError);
  return error;
};

describe('a history as CSV', () => {
  const HEADER = 'time,session,face,x,y,width,height,label,angry,disgust,fear,happy,sad,surprise,neutral,model';
  const LINE = '2026-11-22T06:10:01.500Z,Monday,0,10,20.5,60,62.25,happy,0.1,0.1,0.1,0.4,0.1,0.1,0.1,mobi-express-net';

  it('is a line for each prediction', async () => {
    expect(await formatHistoryCsv([row(1.5, 'happy')])).toBe(`${HEADER}\r\n${LINE}\r\n`);
    expect(await formatHistoryCsv([])).toBe(`${HEADER}\r\n`);
  });

  it('is read with columns in any order, other line ends, a byte order mark, empty lines, and short numbers', async () => {
    expect(await parseHistoryCsv(`${HEADER}\n${LINE}`)).toEqual([row(1.5, 'happy')]);
    expect(await parseHistoryCsv(`\ufeff${HEADER}\r${LINE}\r\r`)).toEqual([row(1.5, 'happy')]);
    const turned = (line: string) => line.split(',').reverse().join(',');
    expect(await parseHistoryCsv(`${turned(HEADER)}\n${turned(LINE)}\n`)).toEqual([row(1.5, 'happy')]);
    const [short] = await parseHistoryCsv(`${HEADER}\n${LINE.replace('0.4,0.1', '0.49999,1E-5')}`);
    expect(short?.probabilities.sad).toBe(1e-5);
    expect(await parseHistoryCsv(`${HEADER}\r\n`)).toEqual([]);
  });

  it('holds no formulas, and gives names back as they were', async () => {
    const names = [
      '=1+1',
      '+1',
      '-1',
      '@a',
      "'a",
      "''=a",
      ' =a',
      '"=a',
      '; "=a',
      "a;'b;=c",
      '＝1',
      'a,"b";',
      '0',
      ' a ',
    ];
    const rows = names.map((name, i) => row(i, 'sad', { session: name, model: name }));
    const text = await formatHistoryCsv(rows);
    const cells = text.split(/[\r\n,;]+/).map((cell) => cell.replace(/^[\s"]+/, ''));
    expect(cells.filter((cell) => /^[=+\-@＝]/.test(cell))).toEqual([]);
    expect(await parseHistoryCsv(text)).toEqual(rows);
  });

  it.each([
    ['happy', LINE.replace('0.4', 'much'), "line 3, column happy: must be a number from 0 to 1 but is 'much'"],
    ['happy', LINE.replace('0.4', '1.4'), 'line 3, column happy: must be a number from 0 to 1 but is 1.4'],
    ['happy', LINE.replace('0.4', ''), "line 3, column happy: must be a number from 0 to 1 but is ''"],
    ['the sum', LINE.replace('0.4', '0.2'), 'column neutral: all probabilities must add up to 1 but to 0.800'],
    ['time', LINE.replace('T', ' '), 'column time: must be a time from 1970 to 9999 (in milliseconds; in files as 20'],
    ['time', LINE.replace('11-22', '02-30'), "but is '2026-02-30T06:10:01.500Z'"],
    ['time', LINE.replace('2026', '1926'), 'column time: must be a time'],
    ['session', LINE.replace('Monday', ''), 'column session: must be text of 1 to 100 characters'],
    ['session', LINE.replace('Monday', 'a'.repeat(101)), 'column session: must be text of 1 to 100 characters'],
    ['face', LINE.replace(',0,', ',0.5,'), 'column face: must be an integer from 0 but is 0.5'],
    ['x', LINE.replace(',10,', ',1e999,'), 'column x: must be a finite number but is Infinity'],
    ['width', LINE.replace(',60,', ',0,'), 'column width: must be a number above 0 but is 0'],
    ['label', LINE.replace('happy', 'joy'), `column label: must be one of ${FER2013_CLASSES.join(', ')} but is 'joy'`],
    ['fields', LINE.slice(0, 40), 'line 3: 5 fields, not 16'],
    ['quotes', LINE.replace('Monday', '"Mon'), 'line 3: Quoted field unterminated'],
    ['a repetition', `${LINE}\n${LINE}`, 'line 4: session, time and face are those of line 3'],
  ])('refuses damage of %s and says where', async (_, line, reason) => {
    const { message, damaged } = await refusal(`${HEADER}\n${LINE.replace(',0,', ',1,')}\n${line}\n`);
    expect(message).toContain('parseHistoryCsv: one of the rows is damaged');
    expect(message).toContain(reason);
    expect(damaged).toHaveLength(1);
  });

  it('refuses other tables, and gives up on what has nothing to do with it', async () => {
    expect((await refusal('')).message).toContain('line 1 must name the columns time, session');
    expect((await refusal(HEADER.replace('angry', 'cross'))).message).toContain('line 1 must name the columns');
    expect((await refusal(`${HEADER},note`)).message).toContain('line 1 must name the columns');
    const { message, damaged } = await refusal(`${HEADER}\n${'x\n'.repeat(5000)}`);
    expect(message).toContain('more than 1000 of the rows are damaged');
    expect(damaged).toHaveLength(1001);
  });
});

describe('a history as JSON', () => {
  const rows = [row(0, 'happy'), row(1, 'sad', { session: 'Tuesday "♥"\u2028', face: 3 })];

  it('gives back what was written', () => {
    const text = formatHistoryJson(rows);
    expect(parseHistoryJson(text)).toEqual(rows);
    expect(text).toContain('"time":"2026-11-22T06:10:01.000Z"');
    expect(text.split('\n')).toHaveLength(5);
    expect(parseHistoryJson(formatHistoryJson([]))).toEqual([]);
  });

  it.each([
    ['{', 'the text is not JSON'],
    ['null', 'the text is JSON, but no history'],
    ['[]', 'the text is JSON, but no history'],
    [
      '{"format":"fer-history","version":2,"predictions":[]}',
      'no history: that begins as {"format":"fer-history","version"',
    ],
    [formatHistoryJson(rows).replace('"label":"sad"', '"label":null'), 'predictions[1].label: must be one of'],
    [
      formatHistoryJson(rows).replace('"x":10', '"x":"10"'),
      "predictions[0].box.x: must be a finite number but is '10'",
    ],
    [formatHistoryJson(rows).replace('"x":10', '"z":10'), 'predictions[0].box.z: there is no such field'],
    [formatHistoryJson(rows).replace('"face"', '"box.x"'), 'predictions[0].box.x: there is no such field'],
    [
      formatHistoryJson(rows).replace('"2026-11-22T06:10:01.000Z"', '1795327801000'),
      'predictions[1].time: must be a time',
    ],
    ['{"format":"fer-history","version":1,"predictions":[null,7]}', 'predictions[1].time: must be a time'],
  ])('refuses %s', (text, reason) => {
    expect(() => parseHistoryJson(text)).toThrow(DataError);
    expect(() => parseHistoryJson(text)).toThrow(reason);
  });
});

it('rows that could not be read again are not written', async () => {
  const bad = [
    [{ time: 0.5 }, 'predictions[1].time'],
    [{ session: 'a\nb' }, 'predictions[1].session'],
    [{ session: '\ud800' }, 'predictions[1].session'],
    [{ box: { x: Number.NaN, y: 0, width: 1, height: 1 } }, 'predictions[1].box.x'],
    [{ time: START }, 'predictions[1]: session, time and face are those of predictions[0]'],
  ] as const;
  for (const [other, message] of bad) {
    const rows = [row(0, 'fear'), row(1, 'fear', other)];
    expect(() => formatHistoryJson(rows)).toThrow(message);
    expect(() => summariseHistory(rows)).toThrow(DataError);
    await expect(formatHistoryCsv(rows)).rejects.toThrow(message);
  }
});

describe('a summary', () => {
  it('counts labels, runs and changes of each face, and leaves out the time that it was away', () => {
    const rows = [
      ...[0, 1, 2].map((s) => row(s, 'happy')),
      ...[3, 4].map((s) => row(s, 'sad')),
      ...[60, 61.5].map((s) => row(s, 'happy')), // after a minute away: another run, no change
      ...[3, 4, 5].map((s) => row(s, 'happy', { face: 4, model: 'fer-net' })), // another face at the same times
    ].reverse();
    const [summary] = summariseHistory(rows) as [SessionSummary];
    expect(summary).toMatchObject({
      session: 'Monday',
      start: START,
      duration: 61_500,
      frames: 8,
      faces: 2,
      predictions: 10,
      models: ['mobi-express-net', 'fer-net'],
    });
    expect(summary.changesPerMinute).toBeCloseTo(1 / ((4 + 1.5 + 2) / 60), 10);
    expect(summary.expressions.happy).toEqual({
      share: 0.8,
      longestRun: 2000,
      meanProbability: expect.closeTo(0.8 * 0.4 + 0.2 * 0.1, 10),
    });
    expect(summary.expressions.sad).toMatchObject({ share: 0.2, longestRun: 1000 });
    expect(summary.expressions.fear).toMatchObject({
      share: 0,
      longestRun: 0,
      meanProbability: expect.closeTo(0.1, 10),
    });
  });

  it('tells sessions apart, by their first frames', () => {
    const rows = [row(5, 'sad'), row(1, 'happy', { session: 'Tuesday' }), row(9, 'fear', { session: 'Tuesday' })];
    const sessions = summariseHistory(rows);
    expect(sessions.map(({ session, frames }) => [session, frames])).toEqual([
      ['Tuesday', 2],
      ['Monday', 1],
    ]);
    expect(sessions[1]).toMatchObject({ duration: 0, changesPerMinute: 0 });
    expect(summariseHistory([])).toEqual([]);
  });
});

describe('pictures', () => {
  const textsOf = async (spec: Parameters<typeof renderSvg>[0]) =>
    [...(await renderSvg(spec)).matchAll(/<text[^>]*>(.*?)<\/text>/gs)].map(([, text = '']) => text);

  /** Corners of the areas, as the specification has them. */
  const cornersOf = (spec: unknown) =>
    (spec as { data: { values: { face: string; part: number; expression: string; low: number; high: number }[] } }).data
      .values;

  it('show each face over time, with gaps where it was away', async () => {
    const rows = [
      ...Array.from({ length: 40 }, (_, i) => row(i / 4, 'happy')),
      ...Array.from({ length: 40 }, (_, i) => row(30 + i / 4, 'sad')),
      row(35, 'sad', { face: 2 }),
    ];
    const spec = historyTimeline(rows, { width: 300 });
    const corners = cornersOf(spec);
    expect(new Set(corners.map(({ face, part }) => `${face}, ${part}`))).toEqual(
      new Set(['Face 0, 0', 'Face 0, 1', 'Face 2, 0']),
    );
    const [bottom, top] = [corners[0], corners[FER2013_CLASSES.length - 1]];
    expect(bottom).toMatchObject({ expression: 'neutral', low: 0, high: 0.1 });
    expect(top).toMatchObject({ expression: 'angry', high: expect.closeTo(1, 10) });
    const texts = await textsOf(spec);
    expect(texts).toEqual(expect.arrayContaining(['Monday', 'Face 0', 'Face 2', '0:30', 'Probability']));
    expect(texts).toContain('2026-11-22 06:10 UTC, 40 s, 80 frames');
    for (const name of FER2013_CLASSES) expect(texts).toContain(name);
  });

  it('stay small, however long the session, and show the six faces that were seen most', async () => {
    const rows = Array.from({ length: 20_000 }, (_, i) =>
      row(i / 4, 'happy', { face: i % 200 === 0 ? 1 + (i % 9) : 0 }),
    );
    const spec = historyTimeline(rows);
    expect(cornersOf(spec).length).toBeLessThan(6 * 7 * 2 * 241);
    expect(new Set(cornersOf(spec).map(({ face }) => face)).size).toBe(6);
    expect((await textsOf(spec)).join()).toContain('1 h 23 min 20 s, 20,000 frames, the 6 of 10 faces');
  });

  it.each([1, 2, 3, 5, 8])('tell each second of %i once', async (seconds) => {
    const rows = Array.from({ length: 10 * seconds + 1 }, (_, i) => row(i / 10, 'happy'));
    const times = (await textsOf(historyTimeline(rows))).filter((text) => /^\d+:\d\d$/.test(text));
    expect(times.length).toBeGreaterThan(1);
    expect(new Set(times).size).toBe(times.length);
  });

  it('counts hours on over days', async () => {
    const rows = [0, 24, 48].map((hour) => row(3600 * hour, 'happy'));
    const times = (await textsOf(historyTimeline(rows))).filter((text) => /^\d+:\d\d:\d\d$/.test(text));
    expect(times.at(0)).toBe('0:00:00');
    expect(times.at(-1)).toBe('48:00:00');
    expect(new Set(times).size).toBe(times.length);
  });

  it('show the shares of labels', async () => {
    const [summary] = summariseHistory([row(0, 'happy'), row(1, 'happy'), row(2, 'sad')]) as [SessionSummary];
    const texts = await textsOf(historyShares(summary, { title: 'Shares' }));
    expect(texts).toEqual(expect.arrayContaining(['Shares', 'happy', '66.7%', '33.3%', '0.0%']));
  });

  it('are made for light and dark', async () => {
    const [summary] = summariseHistory([row(0, 'happy')]) as [SessionSummary];
    for (const plot of [
      historyTimeline([row(0, 'happy')], { theme: 'dark' }),
      historyShares(summary, { theme: 'dark' }),
    ]) {
      const svg = await renderSvg(plot);
      expect(svg).toContain('fill="#16191d"');
      expect(svg).not.toMatch(/#1f2328|#ffffff|#fff"/);
    }
  });

  it('refuse several sessions, none, and other options', () => {
    expect(() => historyTimeline([])).toThrow('historyTimeline: predictions must be of one session but are of 0');
    expect(() => historyTimeline([row(0, 'sad'), row(1, 'sad', { session: 'b' })])).toThrow(ArgumentError);
    expect(() => historyTimeline([row(0, 'sad')], { width: 0 })).toThrow(ArgumentError);
    expect(() => historyTimeline([row(0, 'sad')], { theme: 'blue' as 'dark' })).toThrow(ArgumentError);
  });
});
