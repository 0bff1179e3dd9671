// Boxes against torchvision's results (fixtures/boxes/make.py), and letterboxes against their own inverse.

import { readFileSync } from 'node:fs';
import { ShapeError, type Tensor, tensor } from 'neocog';
import { describe, expect, it } from 'vitest';
import { fromPixels } from '../pixels/fromPixels.ts';
import { type BoxForm, boxConvert } from './convert.ts';
import { letterbox, unletterbox } from './letterbox.ts';
import { iou, nms } from './overlap.ts';

const found = JSON.parse(readFileSync(new URL('../../fixtures/boxes/boxes.json', import.meta.url), 'utf8'));

const rows = (values: number[], columns = 4): Tensor => tensor(values, [values.length / columns, columns]);
const all = rows(found.boxes);
const part = (from: number, to: number): Tensor => rows(found.boxes.slice(4 * from, 4 * to));
const picked = rows(found.picked);
const scores = tensor(found.scores as number[]);

function expectClose(t: Tensor, values: readonly number[], digits = 5): void {
  expect(t.data).toHaveLength(values.length);
  t.data.forEach((v, i) => {
    expect(v).toBeCloseTo(values[i], digits);
  });
}

describe('iou', () => {
  it("is torchvision's box_iou", () => {
    const shares = iou(part(0, 10), part(55, 70));
    expect(shares.shape).toEqual([10, 15]);
    expectClose(shares, found.iou);
  });

  it('is 0 where there is no area, and of nothing nothing', () => {
    const flat = tensor([[1, 1, 1, 5]]);
    expect(iou(flat, flat).item()).toBe(0);
    expect(iou(tensor([[0, 0, 2, 2]]), tensor([[2, 0, 4, 2]])).item()).toBe(0);
    expect(iou(rows([]), all).shape).toEqual([0, 70]);
  });
});

describe('nms', () => {
  it.each(Object.keys(found.nms))('keeps what torchvision keeps, threshold %s', (threshold) => {
    const iouThreshold = Number(threshold);
    expect([...nms(picked, scores, { iouThreshold }).data]).toEqual(found.nms[threshold]);
    for (const classes of [found.classes, tensor(found.classes as number[], undefined, { dtype: 'int32' })])
      expect([...nms(picked, scores, { iouThreshold, classes }).data]).toEqual(found.batched[threshold]);
  });

  it('takes 0.5 if not told, the best ones, and those that are good enough', () => {
    const kept = nms(picked, scores);
    expect(kept.dtype).toBe('int32');
    expect([...kept.data]).toEqual(found.nms['0.5']);
    expect([...nms(picked, scores, { most: 3 }).data]).toEqual(found.nms['0.5'].slice(0, 3));
    expect(nms(picked, scores, { most: 0 }).shape).toEqual([0]);
    const good = found.nms['0.5'].filter((i: number) => scores.data[i] >= 0.5);
    expect([...nms(picked, scores, { scoreThreshold: 0.5 }).data]).toEqual(good);
  });

  it('takes the earlier of equal scores, and keeps boxes that just touch the threshold', () => {
    const two = tensor([
      [0, 0, 2, 1],
      [1, 0, 3, 1],
    ]);
    expect([...nms(two, tensor([0.5, 0.5]), { iouThreshold: 0.3 }).data]).toEqual([0]);
    const half = tensor([
      [0, 0, 2, 1],
      [0, 0, 1, 1],
    ]);
    expect([...nms(half, tensor([0.5, 0.6]), { iouThreshold: 0.5 }).data]).toEqual([1, 0]);
    expect(nms(rows([]), tensor(new Float32Array(0))).shape).toEqual([0]);
  });

  it.each<[string, () => unknown]>([
    ['iou: a has shape [4]; give [n, 4]', () => iou(tensor([1, 2, 3, 4]), all)],
    ['nms: scores have shape [2] for 70 boxes', () => nms(all, tensor([1, 2]))],
    ['nms: the score at index 1 is NaN', () => nms(part(0, 2), tensor([1, Number.NaN]))],
    ['nms: classes is [1]; give 2 of them', () => nms(part(0, 2), tensor([1, 2]), { classes: [1] })],
  ])('%s', (message, attempt) => {
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(ShapeError);
  });
});

describe('boxConvert', () => {
  it.each(Object.keys(found.convert))('%s', (name) => {
    const [from, to] = name.split(' ') as [BoxForm, BoxForm];
    expectClose(boxConvert(part(0, 5), from, to), found.convert[name], 4);
  });
});

describe('letterbox', () => {
  const bytes = Uint8Array.from({ length: 3 * 13 * 9 }, (_, i) => (i * i * 7 + i * 131 + 29) % 256);
  const raw = { data: bytes, width: 13, height: 9 };
  const photo = fromPixels(raw);

  it('is what fromPixels contains', () => {
    for (const size of [8, [5, 20], [30, 10]] as const) {
      const wanted = fromPixels(raw, { size, fit: 'contain', background: 51 });
      const made = letterbox(photo, size, { fill: 0.2 });
      expect(made.shape).toEqual(wanted.shape);
      made.data.forEach((v, i) => {
        expect(Math.abs(v - wanted.data[i])).toBeLessThan(1.001 / 255);
      });
    }
    const fill = letterbox(photo, [9, 15], { fill: [1, 2, 3] });
    expect([0, 1, 2].map((c) => fill.data[c * 135])).toEqual([1, 2, 3]);
    expect(fill.data[1]).toBe(photo.data[0]);
  });

  it('takes the nearest of classes', () => {
    const mask = tensor([1, 5, 9, 2], [1, 2, 2], { dtype: 'int32' });
    const made = letterbox(mask, [4, 6], { fill: 7 });
    expect(made.dtype).toBe('int32');
    expect([...made.data.subarray(0, 12)]).toEqual([7, 1, 1, 5, 5, 7, 7, 1, 1, 5, 5, 7]);
  });

  it('goes back with boxes and points', () => {
    const sizes = { size: [100, 60], original: [200, 300] } as const; // a fifth, from (0, 30) on
    const boxes = unletterbox(tensor([[12, 34, 30, 60]]), sizes);
    expectClose(boxes, [60, 20, 150, 150]);
    expectClose(unletterbox(tensor([[12, 34]]), sizes), [60, 20]);
    expectClose(unletterbox(tensor([[-5, 10, 70, 90]]), sizes), [0, 0, 300, 200]);
    expectClose(unletterbox(tensor([[-5, 10, 70, 90]]), { ...sizes, clip: false }), [-25, -100, 350, 300]);
  });

  it('goes back with pictures, without what lay around', () => {
    const field = tensor(new Float32Array(6).fill(0.5), [1, 2, 3]);
    const back = unletterbox(letterbox(field, 30, { fill: 1 }), { size: 30, original: [2, 3] });
    expect(back.shape).toEqual([1, 2, 3]);
    expectClose(back, new Array(6).fill(0.5));
  });

  it.each<[string, () => unknown]>([
    [
      'letterbox: the image has shape [9,13]; give one picture [c, h, w]',
      () => letterbox(tensor(new Float32Array(117), [9, 13]), 8),
    ],
    ['letterbox: fill has 2 values for 3 channels', () => letterbox(photo, 8, { fill: [1, 2] })],
    [
      'the picture has shape [3,9,13], the letterbox is 8×8',
      () => unletterbox(photo, { size: 8, original: 9 }),
    ],
    [
      'unletterbox: the tensor has shape [1,3]; give [n, 2] or [n, 4]',
      () => unletterbox(tensor([[1, 2, 3]]), { size: 8, original: 9 }),
    ],
    ['unletterbox: original is undefined', () => unletterbox(all, { size: 8 } as never)],
  ])('%s', (message, attempt) => {
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(ShapeError);
  });
});
