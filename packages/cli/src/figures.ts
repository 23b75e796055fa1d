/** @file The figures of a run by name, so that they can be laid beside a paper's. */
import type { ClassificationReport } from '@fer/data';
import type { Logs } from '@fer/layers';
import type { Evaluation } from './evaluation.ts';

/** What a run came to, as result.json keeps it. */
export interface Result {
  readonly epochs: readonly Logs[];
  /** Why training ended before its last epoch. */
  readonly stopped?: string | undefined;
  /** Of each epoch, validation included. */
  readonly seconds: readonly number[];
  /** By the name of the part; the first is the one that counts. */
  readonly tests: Readonly<Record<string, Evaluation>>;
  readonly params: number;
  /** The parts' sizes, and how they were made. */
  readonly split: string;
}

/** Figures by their names, see figuresOf. */
export type Figures = Readonly<Record<string, number>>;

/** Epochs that P5 times. */
const TIMED_EPOCHS = 5;

/**
 * Shares from 0 to 1 and seconds: `accuracy`, `precision`, `recall`, `f1` (means over the classes), `weighted f1`, `happy
 * f1`, ...; of other tests than the first `PrivateTest accuracy`; of training `epoch 5 accuracy`, `epoch 5 validation
 * accuracy`, `seconds to train 5 epochs`, `seconds of 5 tests`.
 */
export function figuresOf({ epochs, seconds, tests }: Result): Figures {
  const figures: Record<string, number> = {};
  for (const [i, [name, evaluation]] of Object.entries(tests).entries()) {
    for (const [figure, value] of Object.entries(testFigures(evaluation))) {
      if (i === 0) figures[figure] = value;
      figures[`${name} ${figure}`] = value;
    }
  }
  for (const { epoch, accuracy, valAccuracy } of epochs) {
    figures[`epoch ${epoch} accuracy`] = accuracy ?? Number.NaN;
    figures[`epoch ${epoch} validation accuracy`] = valAccuracy ?? Number.NaN;
  }
  if (seconds.length >= TIMED_EPOCHS)
    figures[`seconds to train ${TIMED_EPOCHS} epochs`] = seconds.slice(0, TIMED_EPOCHS).reduce((a, b) => a + b);
  return figures;
}

function testFigures({ report, seconds }: Evaluation): Figures {
  return { ...reportFigures(report), [`seconds of ${TIMED_EPOCHS} tests`]: TIMED_EPOCHS * seconds };
}

/** Those of figuresOf that a report has. */
export function reportFigures({
  accuracy,
  classes: scores,
  macroAverage,
  weightedAverage,
}: ClassificationReport): Figures {
  const classes = scores.flatMap(({ label, precision, recall, f1 }) => [
    [`${label} precision`, precision],
    [`${label} recall`, recall],
    [`${label} f1`, f1],
  ]);
  return {
    accuracy,
    precision: macroAverage.precision,
    recall: macroAverage.recall,
    f1: macroAverage.f1,
    'weighted f1': weightedAverage.f1,
    ...Object.fromEntries(classes),
  };
}

/** 71.23 %, or 12.3 s */
export function formatFigure(name: string, value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '-';
  return name.includes('seconds') ? `${value.toFixed(1)} s` : percent(value);
}

export const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
