/** @file What Keras writes as the values of layers' options, as ours. */
import type { ActivationName, Constraint, Initializer, Regularizer } from '@fer/layers';
import { asArray, asBoolean, asNumber, asObject, asString, fail, isObject, print, type Where } from './json.ts';

/** What a conversion needs to know. */
export interface Reading extends Where {
  /** Undefined if the file does not say. */
  readonly kerasMajor: number | undefined;
}

const ACTIVATIONS: Readonly<Record<string, ActivationName>> = {
  linear: 'linear',
  relu: 'relu',
  relu6: 'relu6',
  leaky_relu: 'leakyRelu',
  elu: 'elu',
  sigmoid: 'sigmoid',
  hard_sigmoid: 'hardSigmoid',
  tanh: 'tanh',
  swish: 'swish',
  silu: 'swish',
  hard_swish: 'hardSwish',
  hard_silu: 'hardSwish',
  gelu: 'gelu',
  softplus: 'softplus',
  softmax: 'softmax',
  log_softmax: 'logSoftmax',
};

/** By its name, which Keras 3 may wrap in an object. */
export function activation(reading: Reading, value: unknown): ActivationName {
  const name = isObject(value) && typeof value.config === 'string' ? value.config : value;
  const known = typeof name === 'string' && Object.hasOwn(ACTIVATIONS, name) ? ACTIVATIONS[name] : undefined;
  if (!known) return fail(reading, `activation ${print(name)} is not supported`);
  if (known === 'hardSigmoid' && reading.kerasMajor !== 3)
    return fail(
      reading,
      'activation "hard_sigmoid" was clip(0.2 x + 0.5, 0, 1) before Keras 3, which is not supported',
    );
  return known;
}

/** Classes with options: ours by the same names in camelCase. */
interface Known {
  readonly name: string;
  readonly options: readonly string[];
}

const seeded = (name: string): Known => ({ name, options: [] });

const INITIALIZERS: Readonly<Record<string, Known>> = {
  Zeros: seeded('zeros'),
  Ones: seeded('ones'),
  GlorotUniform: seeded('glorotUniform'),
  GlorotNormal: seeded('glorotNormal'),
  HeUniform: seeded('heUniform'),
  HeNormal: seeded('heNormal'),
  LecunUniform: seeded('lecunUniform'),
  LecunNormal: seeded('lecunNormal'),
  Constant: { name: 'constant', options: ['value'] },
  RandomUniform: { name: 'randomUniform', options: ['minval', 'maxval'] },
  RandomNormal: { name: 'randomNormal', options: ['mean', 'stddev'] },
  TruncatedNormal: { name: 'truncatedNormal', options: ['mean', 'stddev'] },
  VarianceScaling: { name: 'varianceScaling', options: ['scale', 'mode', 'distribution'] },
  Orthogonal: { name: 'orthogonal', options: ['gain'] },
};

const MODES: Readonly<Record<string, string>> = {
  fan_in: 'fanIn',
  fan_out: 'fanOut',
  fan_avg: 'fanAvg',
  uniform: 'uniform',
  truncated_normal: 'truncatedNormal',
  // what a truncated normal was called before TensorFlow 1.13, and is in tfjs
  normal: 'truncatedNormal',
  untruncated_normal: 'untruncatedNormal',
};

export function initializer(reading: Reading, value: unknown): Initializer {
  const { name, options } = instance(reading, 'initializer', INITIALIZERS, value);
  const entries = Object.entries(options).map(([key, option]) => {
    if (key !== 'mode' && key !== 'distribution') return [key, asNumber(reading, key, option)];
    const mode = asString(reading, key, option);
    return [key, Object.hasOwn(MODES, mode) ? MODES[mode] : fail(reading, `${key} ${print(mode)} is not supported`)];
  });
  const isPlain = INITIALIZERS_WITHOUT_OPTIONS.has(name);
  return (isPlain ? name : { name, ...Object.fromEntries(entries) }) as Initializer;
}

const INITIALIZERS_WITHOUT_OPTIONS = new Set(
  Object.values(INITIALIZERS).flatMap(({ name, options }) => (options.length === 0 ? name : [])),
);

const REGULARIZERS: Readonly<Record<string, Known>> = {
  L1L2: { name: 'l1l2', options: ['l1', 'l2'] },
  L1: { name: 'l1', options: ['l1'] },
  L2: { name: 'l2', options: ['l2'] },
};

export function regularizer(reading: Reading, value: unknown): Regularizer {
  const { options } = instance(reading, 'regularizer', REGULARIZERS, value);
  return Object.fromEntries(Object.entries(options).map(([key, option]) => [key, asNumber(reading, key, option)]));
}

const CONSTRAINTS: Readonly<Record<string, Known>> = {
  NonNeg: { name: 'nonNegative', options: [] },
  UnitNorm: { name: 'unitNorm', options: ['axis'] },
  MaxNorm: { name: 'maxNorm', options: ['max_value', 'axis'] },
  MinMaxNorm: { name: 'minMaxNorm', options: ['min_value', 'max_value', 'rate', 'axis'] },
};

export function constraint(reading: Reading, value: unknown): Constraint {
  const { name, options } = instance(reading, 'constraint', CONSTRAINTS, value);
  if (name === 'nonNegative') return name;
  const entries = Object.entries(options).map(([key, option]) => [
    camelCase(key),
    key === 'axis' ? axes(reading, option) : asNumber(reading, key, option),
  ]);
  return { name, ...Object.fromEntries(entries) } as Constraint;
}

/** An object of one of these classes: `{class_name, config}`. Options that are null are left out, seeds are ignored. */
function instance(reading: Reading, kind: string, classes: Readonly<Record<string, Known>>, value: unknown) {
  const { class_name, config } = asObject(reading, kind, value);
  const className = asString(reading, `${kind}'s class_name`, class_name);
  const known = Object.hasOwn(classes, className) ? classes[className] : undefined;
  if (!known) return fail(reading, `${kind} ${className} is not supported`);
  const given = Object.entries(asObject(reading, `${kind}'s config`, config)).filter(
    ([key, option]) => option !== null && key !== 'seed' && key !== 'dtype',
  );
  const unknown = given.find(([key]) => !known.options.includes(key));
  if (unknown) return fail(reading, `${kind} ${className} has the option ${unknown[0]}, which is not supported`);
  return { name: known.name, options: Object.fromEntries(given) };
}

/** strides_y becomes stridesY. */
export const camelCase = (key: string) => key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

export const number = (reading: Reading, value: unknown, key: string) => asNumber(reading, key, value);
export const boolean = (reading: Reading, value: unknown, key: string) => asBoolean(reading, key, value);
export const string = (reading: Reading, value: unknown, key: string) => asString(reading, key, value);

/** A number, or numbers in arrays. */
export function numbers(reading: Reading, value: unknown, key = 'a value'): unknown {
  return typeof value === 'number' ? value : asArray(reading, key, value).map((one) => numbers(reading, one, key));
}

/** Sizes, of which some may be open: null. */
export function sizes(reading: Reading, value: unknown, key: string): (number | null)[] {
  return asArray(reading, key, value).map((size) => (size === null ? null : asNumber(reading, key, size)));
}

/** An axis, or several; one in an array is one. */
export function axes(reading: Reading, value: unknown): number | number[] {
  const list = (Array.isArray(value) ? value : [value]).map((axis) => asNumber(reading, 'axis', axis));
  return list.length === 1 ? (list[0] as number) : list;
}
