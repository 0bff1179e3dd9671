// Precision, recall and their harmonic mean, per class and averaged. As scikit-learn's precision_recall_fscore_support with
// the labels 0 … classes − 1, also where a quotient has nothing below its line.

import { finite, flag, oneOf } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { ShapeError } from '../errors.ts';
import { formatShape } from '../tensor/shape.ts';
import { type Hits, hitsOf, total } from './confusion.ts';
import {
  type ClassOptions,
  classFields,
  classified,
  gridOf,
  type Numbers,
  needAlike,
  needBits,
} from './given.ts';

/** How `metrics.precisionRecall` counts. */
export interface PrecisionRecallOptions extends ClassOptions {
  /** What 0 / 0 is: the precision of a class that nothing was taken for, the recall of one that nothing is of. Default 0. */
  zeroDivision?: 0 | 1 | undefined;
  /** A sample may have several labels, or none: predictions and labels are both `[n, classes]`, labels of 0 and 1. Default false. */
  multiLabel?: boolean | undefined;
  /** With `multiLabel`: from which score on a label is predicted. Default 0.5. */
  threshold?: number | undefined;
}

const fields: Fields<PrecisionRecallOptions> = {
  ...classFields,
  zeroDivision: oneOf(0, 1),
  multiLabel: flag,
  threshold: finite,
};

/** Fractions of 1. */
export interface Rates {
  /** Of what was taken for the class, how much is of it. */
  readonly precision: number;
  /** Of what is of the class, how much was taken for it. */
  readonly recall: number;
  /** 2 · precision · recall / (precision + recall); 0 where both are 0. */
  readonly f1: number;
}

/** What `metrics.precisionRecall` gives. */
export interface PrecisionRecall {
  /** Per class. */
  readonly precision: number[];
  /** Per class. */
  readonly recall: number[];
  /** Per class. */
  readonly f1: number[];
  /** Samples of each class. */
  readonly support: number[];
  /** Of the counts of all classes together. With one label a sample, all three are the accuracy. */
  readonly micro: Rates;
  /** The plain means over the classes. */
  readonly macro: Rates;
  /** The means over the classes, each as often as it has samples. */
  readonly weighted: Rates;
  /** The fraction of samples with every label right. */
  readonly accuracy: number;
}

/**
 * Precision, recall and F1 of every class, and their averages.
 *
 * Where there is nothing to divide by, a rate is `zeroDivision`; F1 is 0 where precision and recall are. Macro averages run
 * over all classes, also those without samples. Without any sample of any class, weighted recall is `zeroDivision`, and so are
 * the other two if nothing was predicted either, else 0. All as scikit-learn has it.
 *
 * @param predictions classes `[n, …]`, or scores `[n, classes, …]`, whose largest says the class.
 * @param labels classes `[n, …]`; with `multiLabel` 0 or 1, `[n, classes]`.
 * @throws ShapeError for shapes that do not go together, and what is no class.
 * @example metrics.precisionRecall(net.forward(x), y).macro.f1
 */
export function precisionRecall(
  predictions: Numbers,
  labels: Numbers,
  options: PrecisionRecallOptions = {},
): PrecisionRecall {
  needOptions('precisionRecall', options, fields);
  const { zeroDivision = 0, multiLabel = false } = options;
  const { hits, accuracy } = multiLabel
    ? severalLabels([predictions, labels], options)
    : oneLabel([predictions, labels], options);
  const rates = hits.map((each) => ratesOf(each, zeroDivision));
  const list = (name: keyof Rates): number[] => rates.map((rate) => rate[name]);
  return {
    precision: list('precision'),
    recall: list('recall'),
    f1: list('f1'),
    support: hits.map(({ there }) => there),
    micro: ratesOf(sumOf(hits), zeroDivision),
    macro: meansOf(rates, () => 1),
    weighted: weightedOf(rates, hits, zeroDivision),
    accuracy,
  };
}

type Given = readonly [predictions: Numbers, labels: Numbers];

interface Counted {
  readonly hits: readonly Hits[];
  readonly accuracy: number;
}

function oneLabel(given: Given, options: PrecisionRecallOptions): Counted {
  if (options.threshold !== undefined)
    throw new ShapeError(
      'precisionRecall: threshold is for samples with several labels; add multiLabel: true',
    );
  const hits = hitsOf(classified('precisionRecall', given, options));
  const { right, there } = sumOf(hits);
  return { hits, accuracy: right / there };
}

function severalLabels([predictions, labels]: Given, options: PrecisionRecallOptions): Counted {
  const fn = 'precisionRecall';
  if (options.ignoreIndex !== undefined || options.classes !== undefined)
    throw new ShapeError(
      `${fn}: with multiLabel the labels say which classes there are; leave classes and ignoreIndex out`,
    );
  const [scores, truth] = [gridOf(fn, 'predictions', predictions), gridOf(fn, 'labels', labels)];
  needAlike(fn, { predictions: scores, labels: truth });
  if (truth.shape.length !== 2 || truth.shape[1] === 0)
    throw new ShapeError(
      `${fn}: labels have shape ${formatShape(truth.shape)}; with multiLabel they are [n, classes]`,
    );
  needBits(fn, 'labels', truth);
  const { threshold = 0.5 } = options;
  const [n, classes] = truth.shape;
  const hits = Array.from({ length: classes }, () => ({ right: 0, taken: 0, there: 0 }));
  let whole = 0;
  for (let i = 0; i < n; i++) {
    let isWhole = true;
    hits.forEach((hit, c) => {
      const [taken, there] = [scores.data[i * classes + c] >= threshold, truth.data[i * classes + c] === 1];
      if (taken) hit.taken++;
      if (there) hit.there++;
      if (taken && there) hit.right++;
      isWhole &&= taken === there;
    });
    if (isWhole) whole++;
  }
  return { hits, accuracy: whole / n };
}

const sumOf = (hits: readonly Hits[]): Hits => ({
  right: total(hits.map(({ right }) => right)),
  taken: total(hits.map(({ taken }) => taken)),
  there: total(hits.map(({ there }) => there)),
});

function ratesOf({ right, taken, there }: Hits, zeroDivision: number): Rates {
  const precision = taken > 0 ? right / taken : zeroDivision;
  const recall = there > 0 ? right / there : zeroDivision;
  return { precision, recall, f1: (2 * precision * recall) / (precision + recall || 1) };
}

function meansOf(rates: readonly Rates[], weightOf: (i: number) => number): Rates {
  const weights = rates.map((_, i) => weightOf(i));
  const mean = (name: keyof Rates): number =>
    total(rates.map((rate, i) => rate[name] * weights[i])) / total(weights);
  return { precision: mean('precision'), recall: mean('recall'), f1: mean('f1') };
}

function weightedOf(rates: readonly Rates[], hits: readonly Hits[], zeroDivision: number): Rates {
  const { taken, there } = sumOf(hits);
  if (there > 0) return meansOf(rates, (i) => hits[i].there);
  const others = taken > 0 ? 0 : zeroDivision;
  return { precision: others, recall: zeroDivision, f1: others };
}
