/** @file Weights from elsewhere into a model, by name. */
import { FormatError, type Shape, tensor, tidy } from '@fer/core';
import { type Misshapen, type Model, type NameDifferences, WeightsError } from '@fer/layers';

/** A weight in a file, not read yet. */
export interface StoredWeight {
  /** Where it is in the file. */
  readonly path: string;
  /** What a model may call it, the likeliest first. */
  readonly names: readonly string[];
  readonly shape: Shape;
  /** Its elements in row-major order. @throws FormatError */
  read(): Float32Array;
}

/** What became of a file's weights. */
export interface WeightReport extends NameDifferences {
  /** Loaded. */
  readonly matched: readonly string[];
  /** In both, but of other shapes in the file. */
  readonly misshapen: readonly Misshapen[];
}

/**
 * Gives a model the weights that it has in common with a file: all of them or none, should one turn out to be damaged.
 * @param strict whether every weight must be in both
 * @throws WeightsError naming weights that are missing, unexpected or misshapen, if strict; FormatError
 */
export function assignWeights(
  operator: string,
  model: Model,
  stored: readonly StoredWeight[],
  strict: boolean,
): WeightReport {
  const { weights } = model;
  const sources = byName(operator, stored, new Set(weights.keys()));
  const known = [...weights].flatMap(([name, { shape: expected }]) => {
    const source = sources.get(name);
    return source ? [{ name, expected, actual: source.shape, source }] : [];
  });
  const fits = ({ expected, actual }: Misshapen) => `${expected}` === `${actual}`;
  const fitting = known.filter(fits);
  const report = {
    matched: fitting.map(({ name }) => name),
    missing: [...weights.keys()].filter((name) => !sources.has(name)),
    unexpected: [...sources.keys()].filter((name) => !weights.has(name)),
    misshapen: known.filter((one) => !fits(one)).map(({ name, expected, actual }) => ({ name, expected, actual })),
  };
  const isComplete = report.matched.length === weights.size && report.unexpected.length === 0;
  if (strict && !isComplete) throw new WeightsError(operator, report);
  tidy(() => {
    const values = fitting.map(({ name, expected, source }) => ({ name, value: tensor(source.read(), expected) }));
    for (const { name, value } of values) weights.get(name)?.assign(value);
  });
  return report;
}

/** @throws FormatError if two weights have the same name */
function byName(operator: string, stored: readonly StoredWeight[], known: ReadonlySet<string>) {
  const sources = new Map<string, StoredWeight>();
  for (const weight of stored) {
    const name = weight.names.find((candidate) => known.has(candidate)) ?? weight.path;
    if (sources.has(name)) throw new FormatError(operator, `the file has two weights '${name}'`);
    sources.set(name, weight);
  }
  return sources;
}
