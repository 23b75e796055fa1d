/** @file Histories of any content, and thousands of damaged ones: the same rows again, or an error of ours. */
import {
  DataError,
  FER2013_CLASSES,
  formatHistoryCsv,
  formatHistoryJson,
  type Prediction,
  parseHistoryCsv,
  parseHistoryJson,
  summariseHistory,
} from '@fer/data';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

/** Files have no sign of zero. */
const number = (options: fc.DoubleConstraints) =>
  fc.double({ noNaN: true, noDefaultInfinity: true, ...options }).map((x) => x + 0);

const name = fc
  .oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
    fc.string({ unit: fc.constantFrom(...'=+-@\';", a'), minLength: 1 }),
  )
  .filter((text) => !/\p{Cc}|\ufeff/u.test(text));

const probabilities = fc
  .array(number({ min: 0, max: 1 }), { minLength: 7, maxLength: 7 })
  .filter((values) => values.some((value) => value > 1e-3))
  .map((values) => {
    const sum = values.reduce((a, b) => a + b);
    return Object.fromEntries(FER2013_CLASSES.map((label, i) => [label, (values[i] as number) / sum]));
  });

const prediction: fc.Arbitrary<Prediction> = fc.record({
  time: fc.integer({ min: 0, max: Date.UTC(10000, 0) - 1 }),
  session: name,
  face: fc.nat(),
  box: fc.record({ x: number({}), y: number({}), width: number({ min: 1e-300 }), height: number({ min: 1e-300 }) }),
  label: fc.constantFrom(...FER2013_CLASSES),
  probabilities: probabilities as fc.Arbitrary<Prediction['probabilities']>,
  model: name,
});

const history = fc.uniqueArray(prediction, {
  maxLength: 8,
  selector: ({ time, session, face }) => JSON.stringify([time, session, face]),
});

/** A text that was cut off, or in which some characters were left out, doubled or replaced. */
const damage = fc.array(
  fc.record({
    kind: fc.constantFrom('truncate', 'cut', 'double', 'write'),
    at: number({ min: 0, max: 1 }),
    length: fc.integer({ min: 1, max: 20 }),
    text: fc.oneof(
      fc.constantFrom(',', '"', '\n', "'", '-', '}', 'null', '1e400'),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
  }),
  { minLength: 1, maxLength: 3 },
);

function damaged(text: string, damages: typeof damage extends fc.Arbitrary<infer D> ? D : never): string {
  return damages.reduce((before, { kind, at, length, text: other }) => {
    const start = Math.floor(at * before.length);
    const end = start + length;
    if (kind === 'truncate') return before.slice(0, start);
    if (kind === 'cut') return before.slice(0, start) + before.slice(end);
    if (kind === 'double') return before.slice(0, end) + before.slice(start);
    return before.slice(0, start) + other + before.slice(end);
  }, text);
}

const formats = {
  CSV: { format: formatHistoryCsv, parse: parseHistoryCsv },
  JSON: { format: formatHistoryJson, parse: parseHistoryJson },
};

describe.each(Object.entries(formats))('%s', (_, { format, parse }) => {
  it('gives back any history', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (rows) => {
        expect(await parse(await format(rows))).toEqual(rows);
      }),
      { numRuns: 500 },
    );
  });

  it('that is damaged is refused, or gives rows that are whole', async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(history, damage, async (rows, damages) => {
        const text = damaged(await format(rows), damages);
        try {
          const read = await parse(text);
          expect(await parse(await format(read))).toEqual(read);
          summariseHistory(read);
        } catch (error) {
          expect(error).toBeInstanceOf(DataError);
          expect((error as Error).message.length).toBeLessThan(10_000);
          refused++;
        }
      }),
      { numRuns: 1500 },
    );
    expect(refused).toBeGreaterThan(500);
  });
});
