/** @file Weights by name, as they are saved and loaded. */
import {
  DTypeError,
  FerError,
  type Parameter,
  type Shape,
  ShapeError,
  type StoredTensor,
  sameShape,
  sizeOf,
} from '@fer/core';
import { downloaded, uploaded } from './stored.ts';

/** Names that weights and tensors do not share. */
export interface NameDifferences {
  /** Weights that were not given. */
  readonly missing: readonly string[];
  /** Tensors that are no weights. */
  readonly unexpected: readonly string[];
}

/** A tensor that has another shape than its weight. */
export interface Misshapen {
  readonly name: string;
  readonly expected: Shape;
  readonly actual: Shape;
}

/** Tensors that are not the weights of a layer or model. */
export class WeightsError extends FerError implements NameDifferences {
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  readonly misshapen: readonly Misshapen[];

  constructor(
    operator: string,
    { missing = [], unexpected = [], misshapen = [] }: Partial<NameDifferences & { misshapen: readonly Misshapen[] }>,
  ) {
    const shapes = misshapen.map(({ name, expected, actual }) => `${name} is [${actual}] in place of [${expected}]`);
    const problems = [listed('missing', missing), listed('unexpected', unexpected), listed('misshapen', shapes)];
    super(operator, `these are not its weights: ${problems.filter(Boolean).join('; ')}`);
    this.missing = missing;
    this.unexpected = unexpected;
    this.misshapen = misshapen;
  }
}

/** So many are spelt out in a message. */
const SPELT_OUT = 10;

function listed(what: string, items: readonly string[]): string {
  if (items.length === 0) return '';
  const more = items.length > SPELT_OUT ? ` and ${items.length - SPELT_OUT} more` : '';
  return `${what} ${items.slice(0, SPELT_OUT).join(', ')}${more}`;
}

/** See Layer.stateDict. */
export async function stateOf(weights: ReadonlyMap<string, Parameter>): Promise<Record<string, StoredTensor>> {
  const entries = [...weights].map(async ([name, weight]) => [name, await downloaded(weight)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** See Layer.loadStateDict. */
export function loadState(...state: Parameters<typeof checkState>): NameDifferences {
  const [, weights, tensors] = state;
  const differences = checkState(...state);
  for (const { weight, tensor } of shared(weights, tensors)) {
    using value = uploaded(tensor, weight.backend);
    weight.assign(value);
  }
  return differences;
}

/** What loadState would return or throw, without loading anything. */
export function checkState(
  operator: string,
  weights: ReadonlyMap<string, Parameter>,
  tensors: Readonly<Record<string, StoredTensor>>,
  strict: boolean,
): NameDifferences {
  const missing = [...weights.keys()].filter((name) => !Object.hasOwn(tensors, name));
  const unexpected = Object.keys(tensors).filter((name) => !weights.has(name));
  const loaded = shared(weights, tensors);
  const misshapen = loaded.flatMap(({ name, weight, tensor }) => misshapenOf(name, weight.shape, tensor) ?? []);
  if (misshapen.length > 0 || (strict && missing.length + unexpected.length > 0))
    throw new WeightsError(operator, strict ? { missing, unexpected, misshapen } : { misshapen });
  for (const { name, tensor } of loaded) checkNumbers(operator, name, tensor);
  return { missing, unexpected };
}

/** The weights for which there are tensors. */
function shared(weights: ReadonlyMap<string, Parameter>, tensors: Readonly<Record<string, StoredTensor>>) {
  return [...weights].flatMap(([name, weight]) => {
    const tensor = Object.hasOwn(tensors, name) ? tensors[name] : undefined;
    return tensor ? [{ name, weight, tensor }] : [];
  });
}

/** How a tensor differs from a weight of that shape, if it does. */
export function misshapenOf(name: string, expected: Shape, { shape: actual }: StoredTensor): Misshapen | undefined {
  return sameShape(expected, actual) ? undefined : { name, expected, actual };
}

/** @throws DTypeError for integers and booleans, ShapeError for more or fewer numbers than the shape says */
export function checkNumbers(operator: string, name: string, { dtype, shape, data }: StoredTensor): void {
  if (data.length !== sizeOf(shape))
    throw new ShapeError(operator, `'${name}' has ${data.length} numbers for the shape [${shape}]`);
  if (!dtype.includes('float')) throw new DTypeError(operator, `weights are floats but '${name}' is ${dtype}`);
}
