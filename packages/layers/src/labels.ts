/** @file The two forms of labels: int32 [N], and probabilities [N, classes]. */
import { add, equal, expandDims, greaterEqual, less, range, sum, type Tensor } from '@fer/core';

/** Labels as probabilities: 1 for the class that an integer names; soft ones stay as they are. */
export function probabilitiesOf(labels: Tensor, classes: number): Tensor {
  if (labels.dtype !== 'int32') return labels;
  return equal(expandDims(labels, 1), range(0, classes, 1, 'int32', labels.backend));
}

/** How many integers name none of so many classes, a scalar. */
export function foreignLabels(labels: Tensor, classes: number): Tensor {
  return sum(add(less(labels, 0), greaterEqual(labels, classes)));
}
