// Non-maximum suppression: of boxes that overlap, the one with the highest score stays. On the host. Both readers of graphs
// have operators for it.

import { willWork } from '../budget.ts';

/** A box by its lower and upper corner. */
export type Box = readonly [y0: number, x0: number, y1: number, x1: number];

export interface BoxLimits {
  /** How many stay at most. */
  readonly most: number;
  /** What boxes may share: their intersection over their union. */
  readonly overlap: number;
  /** undefined: any score will do. */
  readonly score: number | undefined;
}

/** Numbers of boxes, the best first; of equal ones the first one, as sorting is stable. */
export function keptOf(
  boxes: readonly Box[],
  scores: Float64Array,
  { most, overlap, score }: BoxLimits,
): number[] {
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
export function boxFromCorners(data: Float64Array, at: number): Box {
  const [ya, xa, yb, xb] = data.subarray(at, at + 4);
  return [Math.min(ya, yb), Math.min(xa, xb), Math.max(ya, yb), Math.max(xa, xb)];
}

export function boxAroundCentre(data: Float64Array, at: number): Box {
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
