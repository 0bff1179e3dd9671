// Intersection over union, and what is left where boxes cover each other: greedy non-maximum suppression.

import { ShapeError, Tensor } from 'neocog';
import { between, type Fields, field, floatTensor, need, needOptions, show, whole } from 'neocog/arguments';
import { aRow, needBoxes, numbersOf } from '../tensors/image.ts';

/**
 * Intersection over union of each box of `a` [n, 4] with each of `b` [m, 4], which are left, top, right, bottom: [n, m], from 0
 * to 1. Boxes without area have 0.
 *
 * @throws ShapeError for tensors that are no boxes.
 */
export function iou(a: Tensor, b: Tensor): Tensor {
  needBoxes('iou', 'a', a);
  needBoxes('iou', 'b', b);
  const [n, m] = [a.shape[0], b.shape[0]];
  const values = new Float32Array(n * m);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < m; j++) values[i * m + j] = overlap(a.data, b.data, { i, j });
  return new Tensor(values, [n, m]);
}

/** Of box `i` of `a` and box `j` of `b`. */
function overlap(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  { i, j }: { readonly i: number; readonly j: number },
): number {
  const [p, q] = [4 * i, 4 * j];
  const width = Math.min(a[p + 2], b[q + 2]) - Math.max(a[p], b[q]);
  const height = Math.min(a[p + 3], b[q + 3]) - Math.max(a[p + 1], b[q + 1]);
  const shared = width > 0 && height > 0 ? width * height : 0;
  const all = areaOf(a, p) + areaOf(b, q) - shared;
  return shared > 0 ? shared / all : 0;
}

const areaOf = (boxes: ArrayLike<number>, at: number): number =>
  (boxes[at + 2] - boxes[at]) * (boxes[at + 3] - boxes[at + 1]);

/** Which boxes `nms` keeps. */
export interface NmsOptions {
  /** A box is left out that overlaps a better one by more than this. Default 0.5. */
  iouThreshold?: number | undefined;
  /** Boxes with a lower score are left out. Default: none is. */
  scoreThreshold?: number | undefined;
  /** The class of each box, a list or a tensor [n]: boxes of different classes do not cover each other. Default: all of one. */
  classes?: Tensor | readonly number[] | undefined;
  /** How many boxes are kept at most. Default: all. */
  most?: number | undefined;
}

const nmsFields: Fields<NmsOptions> = {
  iouThreshold: between(0, 1),
  scoreThreshold: field('a number other than NaN', (v) => typeof v === 'number' && !Number.isNaN(v)),
  classes: aRow,
  most: whole(0),
};

/**
 * Non-maximum suppression: which of the boxes [n, 4] (left, top, right, bottom) with these scores [n] are left, as an int32
 * tensor of their places, best first; of equal scores the earlier first.
 *
 * @throws ShapeError for tensors that do not fit together, and scores of NaN.
 * @example nms(boxes, scores, { iouThreshold: 0.45, classes })
 */
export function nms(boxes: Tensor, scores: Tensor, options: NmsOptions = {}): Tensor {
  needBoxes('nms', 'boxes', boxes);
  need('nms', 'scores', scores, floatTensor);
  needOptions('nms', options, nmsFields);
  const n = boxes.shape[0];
  const classes = options.classes && numbersOf('nms', 'classes', options.classes, n);
  const kept = suppress(boxes.data, rank(scores, n, options.scoreThreshold), {
    limit: options.iouThreshold ?? 0.5,
    most: options.most ?? n,
    classes,
  });
  return new Tensor(Int32Array.from(kept), [kept.length]);
}

/** Places by falling score, those that are good enough. */
function rank(scores: Tensor, n: number, least = Number.NEGATIVE_INFINITY): number[] {
  const { data, shape } = scores;
  if (shape.length !== 1 || data.length !== n)
    throw new ShapeError(
      `nms: scores have shape ${show(shape)} for ${n} boxes; give one score for each, [${n}]`,
    );
  const lost = data.findIndex(Number.isNaN);
  if (lost >= 0) throw new ShapeError(`nms: the score at index ${lost} is NaN; give a number for each box`);
  const places = Array.from({ length: n }, (_, i) => i).filter((i) => data[i] >= least);
  return places.sort((i, j) => data[j] - data[i] || i - j);
}

interface Rule {
  readonly limit: number;
  readonly most: number;
  readonly classes: ArrayLike<number> | undefined;
}

function suppress(
  boxes: ArrayLike<number>,
  order: readonly number[],
  { limit, most, classes }: Rule,
): number[] {
  const kept: number[] = [];
  for (const i of order) {
    if (kept.length >= most) break;
    const isCovered = (j: number): boolean =>
      (!classes || classes[i] === classes[j]) && overlap(boxes, boxes, { i, j }) > limit;
    if (!kept.some(isCovered)) kept.push(i);
  }
  return kept;
}
