/** @file What a network is worth on a part of the data. */
import { add, FerError, mul, noGrad, type Shape, type Tensor, tidy } from '@fer/core';
import {
  type AccuracyInterval,
  bootstrapAccuracy,
  type ClassificationReport,
  type ConfusionMatrix,
  classificationReport,
  confusionMatrix,
  Dataset,
  expectedCalibrationError,
  type Image,
  logLoss,
  predictedClasses,
  resize,
  tenCrop,
} from '@fer/data';
import { type Model, predict } from '@fer/layers';
import { toProbabilities } from '@fer/models';
import type { Crops } from './experiment.ts';
import { toInput } from './prepare.ts';

/** What a report shows. */
export interface Evaluation {
  readonly images: number;
  readonly crops: Crops;
  /** At 95 %, by bootstrap. */
  readonly interval: AccuracyInterval;
  readonly report: ClassificationReport;
  /** [actual][predicted] */
  readonly matrix: ConfusionMatrix;
  readonly logLoss: number;
  readonly calibrationError: number;
  readonly seconds: number;
}

/** For each image the probability of each class. */
export type Probabilities = readonly (readonly number[])[];

/** How much larger than the network's input an image is made for ten crops if it is not: 48 for crops of 44, as usual. */
const MARGIN = 48 / 44;

const BATCH = 64;

/** @param dataset Preprocessed, not yet cropped. */
export async function evaluateOn(
  model: Model,
  dataset: Dataset,
  crops: Crops,
): Promise<{ evaluation: Evaluation; probabilities: Probabilities }> {
  const start = performance.now();
  const probabilities = await probabilitiesOf(model, dataset, crops);
  const seconds = (performance.now() - start) / 1000;
  const { labels, classes } = dataset;
  const predictions = predictedClasses(probabilities);
  const evaluation = {
    images: dataset.length,
    crops,
    interval: bootstrapAccuracy(labels, predictions),
    report: classificationReport(labels, predictions, { classes, digits: 4 }),
    matrix: confusionMatrix(labels, predictions, classes.length),
    logLoss: logLoss(labels, probabilities),
    calibrationError: expectedCalibrationError(labels, probabilities),
    seconds,
  };
  return { evaluation, probabilities };
}

/**
 * The softmax of the outputs' mean over the views, or their mean if the network ends in a softmax. Each image is preprocessed once,
 * however many views it has.
 * @throws FerError if outputs are NaN
 */
export async function probabilitiesOf(model: Model, dataset: Dataset, crops: Crops): Promise<Probabilities> {
  const rows: (readonly number[])[] = [];
  for (let start = 0; start < dataset.length; start += BATCH) {
    const count = Math.min(BATCH, dataset.length - start);
    const items = Array.from({ length: count }, (_, i) => ({ image: dataset.image(start + i), label: 0 })); // unused
    const batch = new Dataset({ classes: ['any'], items });
    rows.push(...(await batchProbabilities(model, viewsOf(batch, model.inputShape, crops))));
  }
  return rows;
}

async function batchProbabilities(model: Model, views: readonly Dataset[]): Promise<Probabilities> {
  const outputs: Tensor[] = [];
  try {
    for (const view of views) outputs.push(await predict(model, view.batch(BATCH)));
    using probabilities = noGrad(() =>
      tidy(() => toProbabilities(model)(mul(outputs.reduce(add), 1 / outputs.length))),
    );
    const rows = (await probabilities.array()) as Probabilities;
    if (rows.some((row) => row.some(Number.isNaN)))
      throw new FerError('predict', "the network's outputs are NaN: its weights are not finite");
    return rows;
  } finally {
    for (const output of outputs) output.dispose();
  }
}

/**
 * Each image in one view, its middle; or in ten, its corners, its middle and their mirror images. If it is no larger than
 * the network's input, it is enlarged for that.
 */
function viewsOf(dataset: Dataset, inputShape: Shape, crops: Crops): Dataset[] {
  if (crops === 1) return [toInput(dataset, inputShape)];
  const [height = 0, width = 0] = inputShape;
  const [rows = 0, columns = 0] = dataset.image(0).shape;
  const size = [Math.round(height * MARGIN), Math.round(width * MARGIN)] as const;
  const larger = rows > height && columns > width ? dataset : dataset.map(resize({ size }));
  return Array.from({ length: crops }, (_, view) =>
    larger.map((image: Image) => tenCrop(image, [height, width])[view] as Image),
  );
}
