// The confusion matrix, from which accuracy, precision, recall and overlap follow. As scikit-learn's confusion_matrix.

import { type Field, oneOf } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { ShapeError } from '../errors.ts';
import { type Classified, type ClassOptions, classFields, classified, type Numbers } from './given.ts';

/** How `metrics.confusion` counts. */
export interface ConfusionOptions extends ClassOptions {
  /**
   * Fractions instead of counts: of the samples with a label, of those with a prediction, or of all. Where there are none, 0.
   */
  normalize?: 'labels' | 'predictions' | 'all' | undefined;
}

const ways: Field<NonNullable<ConfusionOptions['normalize']>> = oneOf('labels', 'predictions', 'all');
const fields: Fields<ConfusionOptions> = { ...classFields, normalize: ways };

/**
 * How many samples of each class were taken for each: `confusion[label][prediction]`.
 *
 * @param predictions classes `[n, …]`, or scores `[n, classes, …]`, whose largest says the class, the first of equals.
 * @param labels classes `[n, …]`.
 * @throws ShapeError for shapes that do not go together, and what is no class.
 * @example metrics.confusion([0, 1, 1], [0, 0, 1]) // [[1, 1], [0, 1]]
 */
export function confusion(predictions: Numbers, labels: Numbers, options: ConfusionOptions = {}): number[][] {
  needOptions('confusion', options, fields);
  const counts = countsOf(classified('confusion', [predictions, labels], options));
  const { normalize } = options;
  if (normalize === undefined) return counts;
  const rows = rowSums(counts);
  const columns = columnSums(counts);
  const all = total(rows);
  const share = (count: number, row: number, column: number): number =>
    count / ((normalize === 'labels' ? rows[row] : normalize === 'predictions' ? columns[column] : all) || 1);
  return counts.map((row, i) => row.map((count, j) => share(count, i, j)));
}

/** A table of 512 MB. */
const mostClasses = 8192;

/** `counts[label][prediction]` */
function countsOf({ taken, labels, classes }: Classified): number[][] {
  if (classes > mostClasses) {
    throw new ShapeError(
      `confusion: there are ${classes} classes, a table of at most ${mostClasses} is made; count by precisionRecall`,
    );
  }
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < labels.length; i++) counts[labels[i]][taken[i]]++;
  return counts;
}

export const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

const rowSums = (counts: readonly (readonly number[])[]): number[] => counts.map(total);

const columnSums = (counts: readonly (readonly number[])[]): number[] =>
  counts.map((_, c) => total(counts.map((row) => row[c])));

/** Of one class: how many are rightly taken for it, taken for it, and of it. */
export interface Hits {
  readonly right: number;
  readonly taken: number;
  readonly there: number;
}

/** The hits of every class. */
export function hitsOf({ taken, labels, classes }: Classified): Hits[] {
  const hits = Array.from({ length: classes }, () => ({ right: 0, taken: 0, there: 0 }));
  for (let i = 0; i < labels.length; i++) {
    hits[taken[i]].taken++;
    hits[labels[i]].there++;
    if (taken[i] === labels[i]) hits[labels[i]].right++;
  }
  return hits;
}
