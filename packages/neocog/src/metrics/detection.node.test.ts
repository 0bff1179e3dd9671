// Mean average precision against pycocotools, in both forms of boxes, and what it refuses.

import { describe, expect, it } from 'vitest';
import { metricCases } from '../../../../test/metrics/fixtures.ts';
import { metrics, NeocogError, tensor } from '../index.ts';

interface Case {
  name: string;
  classes: number;
  images: { truth: Truth; found: Found }[];
  /** COCO's twelve. */
  stats: number[];
  perClass: number[];
}

interface Found {
  boxes: number[][];
  labels: number[];
  scores: number[];
}

interface Truth {
  boxes: number[][];
  labels: number[];
  crowd: number[];
  areas?: number[];
}

const statsOf = (found: metrics.MeanAveragePrecision): number[] => {
  const { ap, ap50, ap75, apSmall, apMedium, apLarge, ar, arSmall, arMedium, arLarge } = found;
  return [ap, ap50, ap75, apSmall, apMedium, apLarge, ...ar, arSmall, arMedium, arLarge];
};
const near = (value: number) => expect.closeTo(value, 12);

describe.each(metricCases<Case>('detection'))(
  'pycocotools, $name',
  ({ images, classes, stats, perClass }) => {
    const found = images.map((image) => image.found);
    const truth = images.map((image) => image.truth);

    it('from corners and sizes', () => {
      const result = metrics.meanAveragePrecision(found, truth, { format: 'xywh', classes });
      expect(statsOf(result)).toEqual(stats.map(near));
      expect(result.perClass).toEqual(perClass.map(near));
    });

    it('from two corners, in tensors', () => {
      const corners = (boxes: number[][]) =>
        tensor(
          boxes.flatMap(([x, y, w, h]) => [x, y, x + w, y + h]),
          [boxes.length, 4],
        );
      const result = metrics.meanAveragePrecision(
        found.map(({ boxes, labels, scores }) => ({
          boxes: corners(boxes),
          labels: Int32Array.from(labels),
          scores: tensor(scores, [scores.length]),
        })),
        truth.map(({ boxes, ...rest }) => ({ ...rest, boxes: corners(boxes) })),
        { classes },
      );
      expect(statsOf(result)).toEqual(stats.map(near));
    });
  },
);

describe('meanAveragePrecision', () => {
  const one = [{ boxes: [[0, 0, 10, 10]], scores: [0.5], labels: [0] }];
  const there = [{ boxes: [[0, 0, 10, 8]], labels: [0] }];

  it('counts with thresholds and numbers of its own', () => {
    const options = { iouThresholds: [0.79, 0.81], maxDetections: [1] };
    const found = metrics.meanAveragePrecision(one, there, options);
    expect(found).toMatchObject({ ap: near(0.5), ap50: -1, ap75: -1, ar: [0.5], perClass: [near(0.5)] });
    expect(metrics.meanAveragePrecision(one, there).ap50).toEqual(near(1));
    expect(metrics.meanAveragePrecision(one, there).ap).toEqual(near(0.7));
  });

  it('of no picture knows nothing', () => {
    expect(metrics.meanAveragePrecision([], [])).toMatchObject({ ap: -1, perClass: [] });
  });

  it.each<[string, () => unknown, string]>([
    ['other pictures', () => metrics.meanAveragePrecision(one, []), 'found is of 1 pictures, truth of 0'],
    [
      'boxes the wrong way round',
      () => metrics.meanAveragePrecision([{ boxes: [[5, 5, 2, 2]], scores: [1], labels: [0] }], there),
      'a box of found[0] is [5,5,2,2], of negative size as xyxy',
    ],
    [
      'a score too few',
      () => metrics.meanAveragePrecision([{ ...one[0], scores: [] }], there),
      'scores of found[0] have shape [0]; give one for each of 1 boxes',
    ],
    [
      'a label that is no class',
      () => metrics.meanAveragePrecision(one, [{ ...there[0], labels: [0.5] }]),
      'labels of truth[0] hold 0.5',
    ],
    [
      'labels beyond the classes',
      () => metrics.meanAveragePrecision([{ ...one[0], labels: [3] }], there, { classes: 2 }),
      'there is a label 3; give classes from 0 to 1',
    ],
    [
      'boxes of three numbers',
      () => metrics.meanAveragePrecision([{ ...one[0], boxes: tensor([[1, 2, 3]]) }], there),
      'boxes of found[0] is Tensor float32 [1,3]; give finite numbers [k, 4]',
    ],
    [
      'a number twice',
      () => metrics.meanAveragePrecision(one, there, { maxDetections: [10, 10] }),
      'maxDetections is [10,10]',
    ],
    [
      'numbers that do not ascend',
      () => metrics.meanAveragePrecision(one, there, { maxDetections: [10, 1] }),
      'maxDetections is [10,1]',
    ],
  ])('refuses %s', (_, call, message) => {
    expect(call).toThrow(message);
    expect(call).toThrow(NeocogError);
  });
});
