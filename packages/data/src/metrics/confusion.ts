/** @file Metrics of labels and predictions, by scikit-learn's definitions. A ratio of nothing to nothing counts as 0. */
import { checkInteger, checkOneOf } from '@fer/core';
import { checkClasses, checkPairs, type Labels } from './check.ts';

/** [actual][predicted]: how many samples of one class were taken for another. */
export type ConfusionMatrix = number[][];

/**
 * Rows are the actual classes, columns the predicted ones (scikit-learn's confusion_matrix).
 * @param classes How many there are; those without samples have zeros.
 */
export function confusionMatrix(labels: Labels, predictions: Labels, classes: number): ConfusionMatrix {
  return count('confusionMatrix', labels, predictions, classes);
}

function count(operator: string, labels: Labels, predictions: Labels, classes: number): ConfusionMatrix {
  checkInteger(operator, 'classes', classes, 1);
  checkPairs(operator, labels, predictions);
  checkClasses(operator, 'labels', labels, classes);
  checkClasses(operator, 'predictions', predictions, classes);
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < labels.length; i++) {
    const row = matrix[labels[i] as number] as number[];
    row[predictions[i] as number] = (row[predictions[i] as number] as number) + 1;
  }
  return matrix;
}

/** The part of the predictions that is right. */
export function accuracy(labels: Labels, predictions: Labels): number {
  checkPairs('accuracy', labels, predictions);
  let right = 0;
  for (let i = 0; i < labels.length; i++) if (labels[i] === predictions[i]) right++;
  return right / labels.length;
}

/** The mean recall of the classes that have samples (scikit-learn's balanced_accuracy_score). */
export function balancedAccuracy(labels: Labels, predictions: Labels, classes: number): number {
  const scores = classScores(count('balancedAccuracy', labels, predictions, classes));
  const present = scores.filter(({ support }) => support > 0);
  return present.reduce((sum, { recall }) => sum + recall, 0) / present.length;
}

/** What is known of one class, or of several in the mean. */
export interface Scores {
  /** Of what was predicted as this class, the part that is; 0 if nothing was. */
  readonly precision: number;
  /** Of this class, the part that was predicted as it; 0 if it has no samples. */
  readonly recall: number;
  /** The harmonic mean of the two; 0 if both are. */
  readonly f1: number;
  /** How many samples there are. */
  readonly support: number;
}

/** The scores of every class. */
export function classScores(matrix: ConfusionMatrix): Scores[] {
  return matrix.map((row, c) => {
    const right = row[c] as number;
    const support = row.reduce((sum, n) => sum + n, 0);
    const predicted = matrix.reduce((sum, other) => sum + (other[c] as number), 0);
    return {
      precision: ratio(right, predicted),
      recall: ratio(right, support),
      f1: ratio(2 * right, predicted + support),
      support,
    };
  });
}

/** 0 / 0 is 0: scikit-learn's zero_division="warn" and 0. */
function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** 'macro': all classes count the same; 'weighted': each as much as it has samples. */
export type Average = 'macro' | 'weighted';

/** The mean of the classes' scores; 0 of none. */
export function averageScores(scores: readonly Scores[], average: Average): Scores {
  const weights = scores.map(({ support }) => (average === 'macro' ? 1 : support));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = (key: keyof Scores) =>
    ratio(
      scores.reduce((sum, score, i) => sum + score[key] * (weights[i] as number), 0),
      total,
    );
  const support = scores.reduce((sum, score) => sum + score.support, 0);
  return { precision: mean('precision'), recall: mean('recall'), f1: mean('f1'), support };
}

export interface ScoreOptions {
  /** How many there are. Those without samples count as 0 in the macro average. */
  readonly classes: number;
  /** 'macro' unless given; 'none' gives the score of every class. */
  readonly average?: Average | 'none';
}

interface ScoreFunction {
  (labels: Labels, predictions: Labels, options: ScoreOptions & { readonly average: 'none' }): number[];
  (labels: Labels, predictions: Labels, options: ScoreOptions & { readonly average?: Average }): number;
}

function scoreFunction(name: 'precision' | 'recall' | 'f1'): ScoreFunction {
  function score(labels: Labels, predictions: Labels, { classes, average = 'macro' }: ScoreOptions): number | number[] {
    checkOneOf(name, 'average', average, ['macro', 'weighted', 'none']);
    const scores = classScores(count(name, labels, predictions, classes));
    return average === 'none' ? scores.map((each) => each[name]) : averageScores(scores, average)[name];
  }
  return score as ScoreFunction;
}

/** Of what was predicted as a class, the part that is one (scikit-learn's precision_score). */
export const precision: ScoreFunction = scoreFunction('precision');

/** Of a class, the part that was predicted as one (scikit-learn's recall_score). */
export const recall: ScoreFunction = scoreFunction('recall');

/** The harmonic mean of precision and recall (scikit-learn's f1_score). */
export const f1: ScoreFunction = scoreFunction('f1');
