/** @file Trained networks for commands: those of fer train, and those that come with @fer/models. */
import { readFile } from 'node:fs/promises';
import { ArgumentError } from '@fer/core';
import {
  centerCrop,
  compose,
  type Dataset,
  resize,
  type Transform,
  type TransformConfig,
  toGrayscale,
  transformFromConfig,
} from '@fer/data';
import { decodePretrained, listPretrained, loadPretrained, type Pretrained, type PretrainedName } from '@fer/models';
import type { DataPlan, NetworkPlan } from './experiment.ts';
import { naming } from './naming.ts';

export const WEIGHTS_HELP = `a best.safetensors of fer train, or ${listPretrained().join(' or ')}`;

export const DEFAULT_WEIGHTS = listPretrained()[0] as string;

/** Others are names of networks that ship. */
export const isWeightsFile = (weights: string): boolean => /\.safetensors$/i.test(weights);

/** @throws ArgumentError if there is no such file or name, FormatError or WeightsError for damaged or other files */
export async function loadClassifier(weights: string): Promise<Pretrained> {
  const isFile = isWeightsFile(weights);
  try {
    return await (isFile ? decodePretrained(await readFile(weights)) : loadPretrained(weights as PretrainedName));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw isFile ? naming(weights, error) : error;
    throw new ArgumentError('weights', `cannot read '${weights}': ${error.message}`);
  }
}

/** From an image of any kind to the network's input: what a plan does to images that are not trained on. */
export function preprocessOf({ imageSize, preprocess }: DataPlan, { options }: NetworkPlan): Transform {
  const [height = 0, width = 0] = options.inputShape;
  return compose(
    toGrayscale(),
    resize({ size: imageSize, interpolation: 'area' }), // photographs may be much larger
    ...preprocess.map(transformFromConfig),
    centerCrop({ size: [height, width] }),
  );
}

/** The steps of a preprocessing but for the crop at its end: it is from their result that views are cut. */
export function withoutCrop({ config }: Transform): readonly TransformConfig[] {
  const steps = config.name === 'compose' ? (config.options.transforms as readonly TransformConfig[]) : [config];
  return steps.at(-1)?.name === 'centerCrop' ? steps.slice(0, -1) : steps;
}

/** What photographs are brought to before anything else, if they are, as loaders do it: no larger ones need to be kept. */
export function firstSize(preprocess: Transform): number | undefined {
  const first = withoutCrop(preprocess).find(({ name }) => name !== 'toGrayscale');
  const { size, interpolation } = first?.name === 'resize' ? first.options : {};
  return typeof size === 'number' && interpolation === 'area' ? size : undefined;
}

/**
 * Images with labels in the classifier's order.
 * @throws ArgumentError if the data have other classes
 */
export function withLabels(labels: readonly string[], dataset: Dataset): Dataset {
  if ([...dataset.classes].sort().join() !== [...labels].sort().join())
    throw new ArgumentError(
      'evaluate',
      `the weights tell apart ${labels.join(', ')}, but the classes of the data are ${dataset.classes.join(', ')}`,
    );
  return dataset.keepClasses(labels);
}
