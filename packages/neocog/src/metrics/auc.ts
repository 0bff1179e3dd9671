// Areas under the ROC curve and under precision over recall (average precision), of two classes, one against the rest, or
// several labels. As scikit-learn's roc_auc_score and average_precision_score.

import { ShapeError } from '../errors.ts';
import { formatShape } from '../tensor/shape.ts';
import { total } from './confusion.ts';
import { type Grid, gridOf, type Numbers, needBits } from './given.ts';

/** Both areas, from 0 to 1. */
export interface Areas {
  /** Under the ROC curve: how likely a sample of the class scores above another. NaN without either kind of sample. */
  readonly roc: number;
  /** Σ (Rₖ − Rₖ₋₁)·Pₖ over all thresholds, without interpolation. 0 without a sample of the class. */
  readonly averagePrecision: number;
}

/** What `metrics.auc` gives; of two classes, `roc` and `averagePrecision` are all there is to know. */
export interface Auc extends Areas {
  /** Of each column of the scores; of a row of scores, one. */
  readonly perClass: readonly Areas[];
  /** The means over the columns, each as often as it has samples; 0 where no column has any. */
  readonly weighted: Areas;
  /** Of all columns laid end to end. */
  readonly micro: Areas;
}

/**
 * The areas under both curves; `roc` and `averagePrecision` are the plain means over the columns.
 *
 * A class without samples, or without others, has no ROC curve: its `roc` and the means over it are NaN, where scikit-learn
 * raises an error (before 1.6) or gives NaN. Its average precision without samples is 0, as there.
 *
 * @param scores `[n]`, of the class 1; or `[n, classes]`. Only their order counts.
 * @param labels 0 or 1, `[n]`, for a row of scores; classes `[n]` (one against the rest), or 0 and 1 `[n, classes]` (several
 * labels), for columns.
 * @throws ShapeError for shapes that do not go together, NaN, and labels that are none of these.
 * @example metrics.auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]).roc // 0.75
 */
export function auc(scores: Numbers, labels: Numbers): Auc {
  const [given, truth] = [gridOf('auc', 'scores', scores), gridOf('auc', 'labels', labels)];
  const columns = columnsOf(given, truth);
  const perClass = columns.map(areasOf);
  const positives = columns.map(({ isThere }) => total(isThere));
  return {
    ...meanOf(perClass, () => 1),
    perClass,
    weighted: meanOf(perClass, (i) => positives[i]),
    micro: areasOf({
      scores: columns.flatMap((column) => column.scores),
      isThere: columns.flatMap((column) => column.isThere),
    }),
  };
}

/** Scores of one class, and 1 for each sample of it. */
interface Column {
  readonly scores: readonly number[];
  readonly isThere: readonly number[];
}

function columnsOf(scores: Grid, labels: Grid): Column[] {
  const [n, classes = 1] = scores.shape;
  const isRow = scores.shape.length === 1;
  const fits =
    (isRow || (scores.shape.length === 2 && classes > 0)) &&
    labels.shape[0] === n &&
    (labels.shape.length === 1 || String(labels.shape) === String(scores.shape));
  if (!fits) {
    throw new ShapeError(
      `auc: scores have shape ${formatShape(scores.shape)}, labels ${formatShape(labels.shape)}; give [n] and [n], [n, classes] and [n], or [n, classes] twice`,
    );
  }
  const oneEach = !isRow && labels.shape.length === 1;
  if (oneEach) needClasses(labels, classes);
  else needBits('auc', 'labels', labels);
  const label = (i: number, c: number): number =>
    oneEach ? Number(labels.data[i] === c) : labels.data[i * classes + c];
  return Array.from({ length: classes }, (_, c) => ({
    scores: Array.from({ length: n }, (_, i) => scores.data[i * classes + c]),
    isThere: Array.from({ length: n }, (_, i) => label(i, c)),
  }));
}

function needClasses({ data }: Grid, classes: number): void {
  for (let i = 0; i < data.length; i++) {
    if (Number.isInteger(data[i]) && data[i] >= 0 && data[i] < classes) continue;
    throw new ShapeError(`auc: labels hold ${data[i]}; give classes from 0 to ${classes - 1}`);
  }
}

function areasOf({ scores, isThere }: Column): Areas {
  const positives = total(isThere);
  const negatives = isThere.length - positives;
  const order = Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a]);
  let [above, wrongAbove, pairs, averagePrecision] = [0, 0, 0, 0];
  for (let i = 0; i < order.length; ) {
    const score = scores[order[i]];
    let [right, wrong] = [0, 0];
    for (; i < order.length && scores[order[i]] === score; i++) {
      if (isThere[order[i]] === 1) right++;
      else wrong++;
    }
    pairs += wrong * (above + right / 2);
    above += right;
    wrongAbove += wrong;
    averagePrecision += (right / (positives || 1)) * (above / (above + wrongAbove));
  }
  return { roc: pairs / (positives * negatives), averagePrecision };
}

/** Without any weight 0, as scikit-learn has it. */
function meanOf(areas: readonly Areas[], weightOf: (i: number) => number): Areas {
  const weights = areas.map((_, i) => weightOf(i));
  const all = total(weights);
  const mean = (name: keyof Areas): number =>
    all === 0 ? 0 : total(areas.map((area, i) => area[name] * weights[i])) / all;
  return { roc: mean('roc'), averagePrecision: mean('averagePrecision') };
}
