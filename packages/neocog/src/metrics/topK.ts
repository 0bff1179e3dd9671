// How often the right class is among the k that score best. As scikit-learn's top_k_accuracy_score, also among equal scores.

import { count } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { ShapeError } from '../errors.ts';
import { formatShape } from '../tensor/shape.ts';
import { gridOf, type Numbers, scoreRows } from './given.ts';

/** How `metrics.topK` counts. */
export interface TopKOptions {
  /** How many classes are looked at. Default 1. */
  k?: number | undefined;
}

const fields: Fields<TopKOptions> = { k: count };

/**
 * The fraction of samples whose label is among the k best scores; NaN without samples.
 *
 * Of equal scores the later class comes first, as scikit-learn has it; so with ties `topK` at k = 1 may differ from an accuracy
 * that takes the first. From k = classes on it is 1.
 *
 * @param scores `[n, classes]`: logits or probabilities.
 * @param labels classes `[n]`.
 * @throws ShapeError for shapes that do not go together, and labels that are no classes.
 * @example metrics.topK(net.forward(x), y, { k: 5 })
 */
export function topK(scores: Numbers, labels: Numbers, options: TopKOptions = {}): number {
  needOptions('topK', options, fields);
  const { k = 1 } = options;
  const { data, shape } = scoreRows('topK', 'scores', scores);
  const [n, classes] = shape;
  const truth = gridOf('topK', 'labels', labels);
  if (truth.shape.length !== 1 || truth.shape[0] !== n) {
    throw new ShapeError(
      `topK: labels have shape ${formatShape(truth.shape)}, scores ${formatShape(shape)}; give one label for each row`,
    );
  }
  let right = 0;
  for (let i = 0; i < n; i++) {
    const label = truth.data[i];
    if (!(Number.isInteger(label) && label >= 0 && label < classes))
      throw new ShapeError(`topK: labels hold ${label}; give classes from 0 to ${classes - 1}`);
    if (aheadOf(label, data, { from: i * classes, classes }) < k) right++;
  }
  return right / n;
}

interface Row {
  readonly from: number;
  readonly classes: number;
}

/** How many classes come before this one. */
function aheadOf(label: number, scores: ArrayLike<number>, { from, classes }: Row): number {
  const own = scores[from + label];
  let ahead = 0;
  for (let c = 0; c < classes; c++) {
    const other = scores[from + c];
    if (other > own || (other === own && c > label)) ahead++;
  }
  return ahead;
}
