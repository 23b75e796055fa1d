/** @file What a recipe is. */
import type { TransformConfig } from '@fer/data';
import type { DataPlan, Experiment } from '../experiment.ts';

export type DatasetName = 'fer2013' | 'ck-plus';

/** The experiments of a paper, and what it reports of them. Plain data. */
export interface Recipe {
  readonly title: string;
  /** Where it is from. */
  readonly source: string;
  /** What the paper leaves open and how it was read, and what in it contradicts itself. */
  readonly notes: readonly string[];
  readonly variants: Readonly<Record<string, Variant>>;
}

export interface Variant {
  readonly title: string;
  /** What it is meant for; drawn faces take its place where there is none. */
  readonly dataset: DatasetName;
  readonly experiment: RecipeExperiment;
  /** Whether it begins with trained weights: with those of --init as one likes, unless given. */
  readonly init?: 'always' | 'never';
  /** The paper's figures, by the names of figuresOf. */
  readonly reported: Readonly<Record<string, number>>;
}

/** An experiment without its data. */
export type RecipeExperiment = Omit<Experiment, 'data'> & { readonly data: Omit<DataPlan, 'source'> };

/** The side of FER2013's and CK+'s faces. */
export const FACE = 48;

/** To a side, in three channels for networks made for colour. @param range Of the pixels, [0, 1] unless given. */
export const enlarged = (size: number, range: readonly [number, number] = [0, 1]): TransformConfig[] => [
  { name: 'resize', options: { size } },
  { name: 'rescale', options: { scale: (range[1] - range[0]) / 255, offset: range[0] } },
  { name: 'grayscaleToRGB', options: {} },
];

export const affine = (options: Readonly<Record<string, unknown>>): TransformConfig => ({ name: 'affine', options });

export const FLIP: TransformConfig = { name: 'flip', options: {} };
