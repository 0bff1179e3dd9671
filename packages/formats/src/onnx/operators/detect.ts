// Non-maximum suppression of batches and classes.

import { type Box, type BoxLimits, boxAroundCentre, boxFromCorners, keptOf } from '../../graph/boxes.ts';
import { operation } from '../../graph/operation.ts';
import { type HostArray, int64s } from '../../graph/value.ts';
import type { Operator } from '../node.ts';

/** boxes `[n, k, 4]`, scores `[n, classes, k]` → rows of batch, class and box. */
const nonMaxSuppression: Operator = {
  name: 'NonMaxSuppression',
  limits: 'on the host',
  build: (node) => {
    const boxAt = node.int('center_point_box', 0) === 1 ? boxAroundCentre : boxFromCorners;
    return operation('NonMaxSuppression', (inputs) => {
      const [boxes, scores, ...settings] = inputs.map((value) => value && node.read(value));
      const [most = 0, overlap = 0, score] = settings.map((value) => value?.data[0]);
      return keptBoxes((i) => boxAt(boxes!.data, 4 * i), scores!, { most, overlap, score });
    });
  },
};

function keptBoxes(boxAt: (i: number) => Box, scores: HostArray, limits: BoxLimits): HostArray {
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

export const detectOperators: readonly Operator[] = [nonMaxSuppression];
