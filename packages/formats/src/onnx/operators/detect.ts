// Non-maximum suppression: of boxes that overlap, the one with the highest score stays. On the host.

import { willWork } from '../../budget.ts';
import { operation } from '../../graph/operation.ts';
import { type HostArray, int64s } from '../../graph/value.ts';
import type { Operator } from '../node.ts';

/** A box by its lower and upper corner. */
type Box = readonly [y0: number, x0: number, y1: number, x1: number];

interface Limits {
  readonly most: number;
  readonly overlap: number;
  /** undefined: any score will do. */
  readonly score: number | undefined;
}

/** boxes `[n, k, 4]`, scores `[n, classes, k]` → rows of batch, class and box. */
const nonMaxSuppression: Operator = {
  name: 'NonMaxSuppression',
  limits: 'not compiled',
  build: (node) => {
    const boxAt = node.int('center_point_box', 0) === 1 ? boxAroundCentre : boxFromCorners;
    return operation('NonMaxSuppression', (inputs) => {
      const [boxes, scores, ...settings] = inputs.map((value) => value && node.read(value));
      const [most = 0, overlap = 0, score] = settings.map((value) => value?.data[0]);
      return keptBoxes((i) => boxAt(boxes!.data, 4 * i), scores!, { most, overlap, score });
    });
  },
};

function keptBoxes(boxAt: (i: number) => Box, scores: HostArray, limits: Limits): HostArray {
  const [n, classes, k] = scores.shape;
  const rows: number[] = [];
  for (let b = 0; b < n; b++) {
    const all = Array.from({ length: k }, (_, i) => boxAt(b * k + i));
    for (let c = 0; c < classes; c++) {
      const from = (b * classes + c) * k;
      const own = scores.data.subarray(from, from + k);
      for (const i of keptOf(all, own, limits)) rows.push(b, c, i);
    }
  }
  return int64s(rows, [rows.length / 3, 3]);
}

/** Numbers of boxes, the best first; of equal ones the first one, as sorting is stable. */
function keptOf(boxes: readonly Box[], scores: Float64Array, { most, overlap, score }: Limits): number[] {
  const order = [...boxes.keys()]
    .filter((i) => score === undefined || scores[i] > score)
    .sort((i, j) => scores[j] - scores[i]);
  const kept: number[] = [];
  for (const i of order) {
    if (kept.length >= most) break;
    willWork(16 * kept.length);
    if (!kept.some((j) => shared(boxes[i], boxes[j]) > overlap)) kept.push(i);
  }
  return kept;
}

/** Any two opposite corners. */
function boxFromCorners(data: Float64Array, at: number): Box {
  const [ya, xa, yb, xb] = data.subarray(at, at + 4);
  return [Math.min(ya, yb), Math.min(xa, xb), Math.max(ya, yb), Math.max(xa, xb)];
}

function boxAroundCentre(data: Float64Array, at: number): Box {
  const [x, y, width, height] = data.subarray(at, at + 4);
  return [y - height / 2, x - width / 2, y + height / 2, x + width / 2];
}

const areaOf = ([y0, x0, y1, x1]: Box): number => Math.max(0, y1 - y0) * Math.max(0, x1 - x0);

/** Intersection over union; NaN, which is above no threshold, of two boxes without an area. */
function shared(a: Box, b: Box): number {
  const common = areaOf([
    Math.max(a[0], b[0]),
    Math.max(a[1], b[1]),
    Math.min(a[2], b[2]),
    Math.min(a[3], b[3]),
  ]);
  return common / (areaOf(a) + areaOf(b) - common);
}

export const detectOperators: readonly Operator[] = [nonMaxSuppression];
