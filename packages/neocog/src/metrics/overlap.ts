// How far predicted and true regions overlap: Jaccard's index (intersection over union) and Dice's coefficient, per class. As
// scikit-learn's jaccard_score and f1_score over the classes that are present.

import { type Fields, needOptions } from '../arguments/options.ts';
import { type Hits, hitsOf, total } from './confusion.ts';
import { type ClassOptions, classFields, classified, type Numbers } from './given.ts';

/** What `metrics.meanIoU` and `metrics.dice` give. */
export interface Overlap {
  /** Over the classes that labels or predictions have; NaN without any sample. */
  readonly mean: number;
  /** From 0 to 1; NaN for a class that neither labels nor predictions have. */
  readonly perClass: number[];
}

const fields: Fields<ClassOptions> = { ...classFields };

/**
 * Intersection over union of each class, and their mean.
 *
 * @param predictions classes `[n, …]`, or scores `[n, classes, …]`, whose largest says the class.
 * @param labels classes `[n, …]`, such as masks `[n, h, w]`.
 * @throws ShapeError for shapes that do not go together, and what is no class.
 * @example metrics.meanIoU(net.forward(x), masks, { ignoreIndex: 255 }).mean
 */
export const meanIoU = (predictions: Numbers, labels: Numbers, options: ClassOptions = {}): Overlap =>
  overlapOf(
    'meanIoU',
    { predictions, labels, options },
    ({ right, taken, there }) => right / (taken + there - right),
  );

/**
 * Dice's coefficient of each class, twice the intersection over the sum of both sizes, and their mean. Of a class it is its F1.
 *
 * @param predictions classes `[n, …]`, or scores `[n, classes, …]`, whose largest says the class.
 * @param labels classes `[n, …]`, such as masks `[n, h, w]`.
 * @throws ShapeError for shapes that do not go together, and what is no class.
 * @example metrics.dice(net.forward(x), masks).perClass
 */
export const dice = (predictions: Numbers, labels: Numbers, options: ClassOptions = {}): Overlap =>
  overlapOf(
    'dice',
    { predictions, labels, options },
    ({ right, taken, there }) => (2 * right) / (taken + there),
  );

interface Given {
  readonly predictions: Numbers;
  readonly labels: Numbers;
  readonly options: ClassOptions;
}

/** 0 / 0, of a class that is nowhere, is NaN. */
function overlapOf(
  fn: string,
  { predictions, labels, options }: Given,
  measure: (hits: Hits) => number,
): Overlap {
  needOptions(fn, options, fields);
  const perClass = hitsOf(classified(fn, [predictions, labels], options)).map(measure);
  const known = perClass.filter((value) => !Number.isNaN(value));
  return { mean: total(known) / known.length, perClass };
}
