// Drawings against torchvision's where it draws the same (fixtures/boxes/make.py), pixel by pixel.

import { readFileSync } from 'node:fs';
import { ShapeError, type Tensor, tensor, zeros } from 'neocog';
import { describe, expect, it } from 'vitest';
import { drawBoxes } from './drawBoxes.ts';
import { drawMask } from './drawMask.ts';
import { drawPoints } from './drawPoints.ts';
import { heatmap } from './heatmap.ts';

const found = JSON.parse(readFileSync(new URL('../../fixtures/boxes/boxes.json', import.meta.url), 'utf8'));
const image = tensor(found.image as number[], [3, 12, 16], { dtype: 'int32' });
const palette = [
  [255, 0, 0],
  [0, 200, 10],
  [30, 40, 250],
] as const;
/** torchvision's right and bottom are the last pixels, here what follows them. */
const frames = tensor(
  (found.frames as number[]).map((v, i) => (i % 4 > 1 ? v + 1 : v)),
  [3, 4],
);

/** Where a picture without colours has any. */
const marked = (t: Tensor, channel = 0): number[] => {
  const area = t.shape[1] * t.shape[2];
  return [...t.data.subarray(channel * area, (channel + 1) * area)].flatMap((v, i) => (v > 0 ? [i] : []));
};

describe('drawBoxes', () => {
  it.each([1, 2])('lines of %i are where torchvision draws them', (width) => {
    const drawn = drawBoxes(image, frames, { palette, width });
    expect([...drawn.data]).toEqual(found.drawn[width]);
    expect([...image.data]).toEqual(found.image);
  });

  it('draws floats as whole numbers, and grey in colours', () => {
    const floats = tensor(image.data.map((v) => v) as never, [3, 12, 16], { dtype: 'float32' });
    const scaled = tensor(
      Float32Array.from(floats.data, (v) => v / 255),
      [3, 12, 16],
    );
    const drawn = drawBoxes(scaled, frames, { palette });
    drawn.data.forEach((v, i) => {
      expect(v * 255).toBeCloseTo(found.drawn[2][i], 3);
    });
    const grey = drawBoxes(zeros([1, 4, 4]), tensor([[0, 0, 2, 2]]), { palette: [[0, 255, 0]], width: 1 });
    expect(grey.shape).toEqual([3, 4, 4]);
    expect(marked(grey)).toEqual([]);
    expect(marked(grey, 1)).toEqual([0, 1, 4, 5]);
  });

  it('colours by class, in turns and without the black of classes', () => {
    const boxes = tensor([
      [0, 0, 1, 1],
      [1, 0, 2, 1],
      [2, 0, 3, 1],
    ]);
    const reds = (options: object) => [...drawBoxes(zeros([3, 1, 3]), boxes, options).data.subarray(0, 3)];
    expect(
      reds({
        palette: [
          [255, 0, 0],
          [51, 0, 0],
        ],
        classes: [1, 0, 3],
      }),
    ).toEqual([0.2, 1, 0.2].map(Math.fround));
    expect(reds({}).map((v) => Math.round(v * 255))).toEqual([128, 0, 128]);
  });

  it('fills in part, keeps opacity, and passes over what is no box', () => {
    const boxes = tensor([
      [0, 0, 3, 3],
      [2, 2, 2, 5],
      [Number.NaN, 0, 1, 1],
      [-1e9, -1e9, 1e9, 1e9],
    ]);
    const drawn = drawBoxes(zeros([4, 3, 3]), boxes, {
      palette: [[255, 255, 255]],
      width: 1,
      fillOpacity: 0.25,
    });
    expect(drawn.shape).toEqual([4, 3, 3]);
    expect(drawn.data[4]).toBe(1 - 0.75 * 0.75);
    expect(drawn.data[0]).toBe(1);
    expect(drawn.data[27]).toBe(1);
  });

  it('needs colours', () => {
    expect(() => drawBoxes(zeros([2, 4, 4]), frames)).toThrow(
      'drawBoxes: the image has shape [2,4,4]; give 1, 3 or 4 channels',
    );
    expect(() => drawBoxes(image, frames, { classes: [1] })).toThrow(
      'drawBoxes: classes is [1]; give 3 of them',
    );
  });
});

describe('drawMask', () => {
  const mask = tensor(found.mask as number[], [12, 16], { dtype: 'int32' });
  const colours = [[0, 0, 0], palette[0], palette[1]] as const;

  it('mixes as torchvision does, which cuts where this rounds', () => {
    const drawn = drawMask(image, mask, { palette: colours, opacity: 0.4 });
    drawn.data.forEach((v, i) => {
      const difference = v - found.masked[i];
      expect(difference === 0 || difference === 1).toBe(true);
    });
  });

  it('draws every class where none is the background', () => {
    const ids = tensor([0, 1], [1, 1, 2], { dtype: 'int32' });
    const of = (ignoreIndex?: number | null) => [
      ...drawMask(zeros([1, 1, 2]), ids, {
        palette: [
          [255, 255, 255],
          [51, 51, 51],
        ],
        opacity: 1,
        ignoreIndex,
      }).data.subarray(0, 2),
    ];
    expect(of()).toEqual([0, Math.fround(0.2)]);
    expect(of(1)).toEqual([1, 0]);
    expect(of(null)).toEqual([1, Math.fround(0.2)]);
  });

  it.each<[string, () => unknown]>([
    ['drawMask: the mask has shape [12,16], the image is 4×4', () => drawMask(zeros([3, 4, 4]), mask)],
    [
      'drawMask: the mask has shape [16,12]',
      () => drawMask(image, tensor(found.mask, [16, 12], { dtype: 'int32' })),
    ],
    [
      'the palette has no colour for class 2',
      () =>
        drawMask(image, mask, {
          palette: [
            [0, 0, 0],
            [1, 1, 1],
          ],
        }),
    ],
    ['drawMask: the mask is Tensor float32', () => drawMask(image, zeros([12, 16]))],
  ])('%s', (message, attempt) => {
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(ShapeError);
  });
});

describe('drawPoints', () => {
  const sheet = zeros([3, 7, 7]);
  const white = [[255, 255, 255]] as const;

  it('draws discs around centers of pixels', () => {
    expect(marked(drawPoints(sheet, tensor([[3.5, 2.5]]), { radius: 0, palette: white }))).toEqual([17]);
    const cross = marked(drawPoints(sheet, tensor([[3.5, 2.5]]), { radius: 0.6, palette: white }));
    expect(cross).toEqual([10, 16, 17, 18, 24]);
    const disc = drawPoints(zeros([3, 41, 41]), tensor([[20.5, 20.5]]), { radius: 15, palette: white });
    const area = [...disc.data.subarray(0, 1681)].reduce((a, b) => a + b, 0);
    expect(Math.abs(area / (Math.PI * 225) - 1)).toBeLessThan(0.01);
  });

  it('passes over what is not seen, and cuts at edges', () => {
    const points = tensor([
      [1, 1, 0],
      [0, 0, 2],
      [1e9, 5, 1],
      [Number.NaN, 1, 1],
    ]);
    expect(marked(drawPoints(sheet, points, { radius: 0.5, palette: white }))).toEqual([0]);
  });

  it('joins points that are seen', () => {
    const points = tensor([
      [0.5, 3.5, 1],
      [6.5, 3.5, 1],
      [3.5, 6.5, 0],
    ]);
    const drawn = drawPoints(sheet, points, {
      radius: 0,
      edges: [
        [0, 1],
        [1, 2],
      ],
      palette: white,
    });
    expect(marked(drawn)).toEqual([21, 22, 23, 24, 25, 26, 27]);
    const thick = drawPoints(sheet, points, { radius: 0, width: 3, edges: [[0, 1]], palette: white });
    expect(marked(thick)).toEqual(Array.from({ length: 21 }, (_, i) => 14 + i));
  });

  it('needs points, and edges between them', () => {
    expect(() => drawPoints(sheet, tensor([[1, 2, 3, 4]]))).toThrow(
      'drawPoints: points has shape [1,4]; give [n, 2] or [n, 3]',
    );
    expect(() => drawPoints(sheet, tensor([[1, 2]]), { edges: [[0, 1]] })).toThrow(
      'an edge leads to point 1, there are 1',
    );
  });
});

describe('heatmap', () => {
  it('stretches values and map, and mixes', () => {
    const drawn = heatmap(zeros([1, 4, 4]), tensor([[-2, 6]]), { palette: 'grey', opacity: 1 });
    expect(drawn.shape).toEqual([3, 4, 4]);
    // Bilinear: the quarters of two cells, then from their least to their greatest.
    [0, 0.25, 0.75, 1].forEach((v, x) => {
      expect(drawn.data[x]).toBeCloseTo(v, 6);
    });
    const half = heatmap(zeros([3, 1, 2]), tensor([[[0.5, 2]]]), { palette: 'grey', normalize: false });
    expect([...half.data]).toEqual([0.25, 0.5, 0.25, 0.5, 0.25, 0.5]);
  });

  it('is one colour where all is equal', () => {
    expect(marked(heatmap(zeros([3, 2, 2]), tensor([[5]]), { opacity: 1 }))).toEqual([]);
  });

  it('needs a map', () => {
    expect(() => heatmap(image, zeros([2, 3, 3]))).toThrow(
      'heatmap: the map has shape [2,3,3]; give one of values, [h, w]',
    );
    expect(() => heatmap(image, zeros([0, 3]))).toThrow(ShapeError);
    expect(() => heatmap(image, zeros([3]))).toThrow(ShapeError);
  });
});
