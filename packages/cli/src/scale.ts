/** @file Experiments made smaller, for machines and evenings that the full size does not fit: and what exactly was. */
import { ArgumentError } from '@fer/core';
import type { TransformConfig } from '@fer/data';
import type { DataPlan, Experiment, HeadPlan, NetworkPlan, SplitPlan } from './experiment.ts';

/** Factors from above 0 to 1. */
export interface Scale {
  /** Of the images' sides, where they are enlarged for the network. */
  readonly images: number;
  /** Of the network's channels and hidden units, where it has such an option. */
  readonly width: number;
  readonly samples: number;
  readonly epochs: number;
}

const FULL: Scale = { images: 1, width: 1, samples: 1, epochs: 1 };

/** As little as shows that a recipe works. */
const TINY: Scale = { images: 0.01, width: 0.1, samples: 0.05, epochs: 0.01 };

/** `full`, `tiny`, a factor for everything, or factors by name: `images=0.5,epochs=0.1`. @throws ArgumentError */
export function parseScale(text: string): Scale {
  if (text === 'full') return FULL;
  if (text === 'tiny') return TINY;
  if (!text.includes('=')) {
    const factor = parseFactor(text);
    return { images: factor, width: factor, samples: factor, epochs: factor };
  }
  const given = text.split(',').map((part) => {
    const [name = '', ...value] = part.split('=');
    if (!Object.hasOwn(FULL, name))
      throw new ArgumentError('scale', `there is no '${name}', only ${Object.keys(FULL).join(', ')}`);
    return [name, parseFactor(value.join('='))] as const;
  });
  const twice = given.find(([name], i) => given.findIndex((other) => other[0] === name) < i);
  if (twice) throw new ArgumentError('scale', `'${twice[0]}' comes twice`);
  return { ...FULL, ...Object.fromEntries(given) };
}

function parseFactor(text: string): number {
  const factor = Number(text);
  if (!(factor > 0 && factor <= 1))
    throw new ArgumentError('scale', `factors must be above 0 and at most 1 but one is '${text}'`);
  return factor;
}

/** FER2013's own side: smaller faces tell little. InceptionV3's poolings need more. */
const smallestSide = (name: string) => (name === 'inception-v3' ? 80 : 48);

/** The experiment in that scale, and in words each thing that is smaller. */
export function scaled(experiment: Experiment, scale: Scale): { experiment: Experiment; changes: string[] } {
  const images = scaleImages(experiment, scale.images);
  const network = scaleWidth(images.experiment.network, scale.width);
  const data = scaleSamples(experiment.data, scale.samples);
  const { training } = experiment;
  const epochs = Math.ceil(training.epochs * scale.epochs);
  return {
    experiment: {
      ...experiment,
      data: { ...images.experiment.data, ...data.part },
      network: network.plan,
      training: { ...training, epochs },
    },
    changes: [
      ...images.changes,
      ...network.changes,
      ...data.changes,
      ...(epochs < training.epochs ? [`${count(epochs, 'epoch')} in place of ${training.epochs}`] : []),
    ],
  };
}

const count = (n: number, noun: string) => `${n} ${noun}${n === 1 ? '' : 's'}`;

function scaleImages(experiment: Experiment, factor: number): { experiment: Experiment; changes: string[] } {
  const { data, network } = experiment;
  const [side = 0, , channels = 1] = network.options.inputShape;
  const smaller = Math.min(side, Math.max(smallestSide(network.name), 8 * Math.round((side * factor) / 8)));
  if (smaller === side) return { experiment, changes: [] };
  const resized = (transform: TransformConfig): TransformConfig =>
    transform.name === 'resize' && transform.options.size === side
      ? { ...transform, options: { ...transform.options, size: smaller } }
      : transform;
  const options = { ...network.options, inputShape: [smaller, smaller, channels] };
  return {
    experiment: {
      ...experiment,
      data: { ...data, preprocess: data.preprocess.map(resized) },
      network: { ...network, options } as NetworkPlan,
    },
    changes: [`images of ${smaller} x ${smaller} in place of ${side} x ${side}`],
  };
}

/** Of networks that have such an option; others keep their width, which is said as well. */
function scaleWidth(plan: NetworkPlan, factor: number): { plan: NetworkPlan; changes: string[] } {
  if (factor === 1) return { plan, changes: [] };
  const times = (width: number) => Math.max(1, Math.round(width * factor));
  const head = plan.head && { head: scaleHead(plan.head, times) };
  const options = scaledOptions(plan, factor, times);
  const changes = [
    options
      ? `${plan.name} ${(100 * factor).toFixed(0)} % as wide`
      : `${plan.name} in full width, which it has no option for`,
    ...(head && plan.head?.name !== 'average'
      ? [`hidden layers of the head ${(100 * factor).toFixed(0)} % as wide`]
      : []),
  ];
  return { plan: { ...plan, ...head, options: { ...plan.options, ...options } } as NetworkPlan, changes };
}

function scaledOptions(plan: NetworkPlan, factor: number, times: (width: number) => number): object | undefined {
  switch (plan.name) {
    case 'mobilenet-v2':
      return { alpha: (plan.options.alpha ?? 1) * factor };
    case 'light-alex-vgg':
      return { widths: (plan.options.widths ?? [64, 192, 384, 256, 256, 512, 1024]).map(times) };
    case 'alexnet':
    case 'vgg16':
    case 'vgg19':
      return {
        alpha: (plan.options.alpha ?? 1) * factor,
        hiddenUnits: (plan.options.hiddenUnits ?? [4096, 4096]).map(times),
      };
    default:
      return undefined;
  }
}

function scaleHead(head: HeadPlan, times: (width: number) => number): HeadPlan {
  switch (head.name) {
    case 'average':
      return head;
    case 'flatten':
      return { ...head, units: head.units.map(times) };
    case 'hidden':
      return { ...head, units: times(head.units) };
  }
}

function scaleSamples(data: DataPlan, factor: number): { part: Partial<DataPlan>; changes: string[] } {
  if (factor === 1) return { part: {}, changes: [] };
  if (data.split.by !== 'count')
    return {
      part: { fraction: (data.fraction ?? 1) * factor },
      changes: [`${Number((100 * factor).toPrecision(3))} % of the images of each class`],
    };
  const [train, test] = data.split.counts.map((n) => Math.max(2, Math.round(n * factor))) as [number, number];
  const split: SplitPlan = { by: 'count', counts: [train, test] };
  return {
    part: { split },
    changes: [`${train} + ${test} images a class in place of ${data.split.counts.join(' + ')}`],
  };
}
