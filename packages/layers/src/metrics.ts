/** @file Metrics of a batch, computed where the tensors are. */
import {
  ArgumentError,
  argMax,
  checkInteger,
  equal,
  greater,
  lessEqual,
  max,
  mean,
  mul,
  ShapeError,
  sum,
  type Tensor,
  where,
  zeros,
} from '@fer/core';
import { probabilitiesOf } from './labels.ts';
import { scalarOf } from './losses.ts';

/** The share of examples whose label has the highest score, or one of the k highest. Plain JSON. */
export type Metric = 'accuracy' | { readonly name: 'topK'; readonly k: number };

/**
 * A metric of one's own, made of operators: from what the model gave for a batch, [N, ...], and the batch's labels or targets to their
 * mean over the examples, a scalar. In logs it has the function's name.
 */
export type MetricFunction = (outputs: Tensor, targets: Tensor) => Tensor;

/** What a metric is called in logs. @throws ArgumentError for a metric that does not exist, or a function without a name */
export function nameOfMetric(metric: Metric | MetricFunction): string {
  if (typeof metric === 'function') {
    if (metric.name === '') throw new ArgumentError('metrics', 'a function must have a name, by which logs call it');
    return metric.name;
  }
  if (metric === 'accuracy') return metric;
  if (metric.name !== 'topK') throw new ArgumentError('metrics', `there is no metric ${JSON.stringify(metric)}`);
  checkInteger('topK', 'k', metric.k, 1);
  return `top${metric.k}`;
}

/**
 * A metric of a batch, a scalar. Classes of equal score all count among the k highest, as in TensorFlow.
 * @param scores [N, classes]
 * @param labels int32 [N]; or probabilities [N, classes], of which the highest is the label
 * @throws ShapeError for scores of another shape, or if a function gives no scalar
 */
export function metricOf(metric: Metric | MetricFunction, scores: Tensor, labels: Tensor): Tensor {
  if (typeof metric === 'function') return scalarOf(metric.name, metric(scores, labels));
  const classes = scores.shape[1];
  if (classes === undefined || scores.rank !== 2)
    throw new ShapeError(nameOfMetric(metric), `expected outputs [N,classes] but got [${scores.shape}]`);
  const hard = labels.dtype === 'int32' ? labels : argMax(labels);
  if (metric === 'accuracy') {
    // scores that are NaN are never right
    const numbers = sum(lessEqual(scores, max(scores, 1, true)), 1);
    return mean(mul(equal(argMax(scores), hard), equal(numbers, classes)));
  }
  const own = sum(where(probabilitiesOf(hard, classes), scores, zeros([1], 'float32', scores.backend)), 1, true);
  // counted this way round, scores that are NaN are never right here, too
  const notHigher = sum(lessEqual(scores, own), 1);
  return mean(greater(notHigher, Math.max(0, classes - metric.k)));
}
