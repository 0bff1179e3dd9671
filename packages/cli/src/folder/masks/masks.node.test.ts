// What folders and colours of masks mean, and masks at the size of their pictures.

import type { MaskColour } from '@neocog/vision';
import { describe, expect, it } from 'vitest';
import { keptColours } from './classes.ts';
import { classesAt } from './drawing.ts';
import { overlapsOf } from './figures.ts';
import { countPairs } from './pairs.ts';

describe('countPairs', () => {
  it('counts pictures of folders that pair them with masks', () => {
    expect(countPairs(['images/1.jpg', 'images/2.jpg', 'masks/1.png', 'masks/2.png'])).toBeGreaterThan(4);
    expect(countPairs(['train/Images/1.jpg', 'train/Masks/1.png'])).toBeGreaterThan(0);
    expect(countPairs(['images/train/1.jpg', 'masks/train/1.png'])).toBeGreaterThan(0);
    expect(countPairs(['1.jpg', '1_mask.png'])).toBeGreaterThan(0);
  });

  it('is 0 for folders of classes', () => {
    expect(countPairs(['cat/1.jpg', 'dog/1.jpg'])).toBe(0);
    expect(countPairs(['images/1.jpg', 'others/1.jpg'])).toBe(0);
    expect(countPairs(['cat/images/1.wav', 'cat/masks/1.wav'])).toBe(0);
  });
});

describe('keptColours', () => {
  const greys = (...colours: number[]): MaskColour[] =>
    colours.map((colour) => ({ colour, place: null, share: 1 / colours.length }));
  const kept = (found: MaskColour[]): unknown[] => keptColours('f', found).map(({ colour }) => colour);

  it('takes every colour for a class, but those that data sets mark as none', () => {
    expect(kept(greys(0, 255))).toEqual([0, 255]);
    expect(kept(greys(0, 120, 255))).toEqual([0, 120, 255]);
    expect(kept(greys(0, 1, 2, 255))).toEqual([0, 1, 2]);
    const places = [0, 3, 15, 255].map(
      (place): MaskColour => ({ colour: [place, 1, 2], place, share: 0.25 }),
    );
    expect(kept(places)).toEqual([0, 3, 15].map((place) => [place, 1, 2]));
  });

  it('leaves out the soft edges of a drawing', () => {
    const edges = Array.from(
      { length: 200 },
      (_, i): MaskColour => ({ colour: i + 20, place: null, share: 0.0002 }),
    );
    const found = [...greys(0), ...edges, ...greys(255)].map((each) =>
      each.share === 1 ? { ...each, share: 0.48 } : each,
    );
    expect(kept(found)).toEqual([0, 255]);
    expect(() => kept(edges)).toThrow('the masks in f show no class; draw each class in a colour of its own');
  });
});

describe('classesAt', () => {
  // Two classes on 2×2 cells: the second is larger on the right.
  const scores = { data: [1, 0, 1, 0, 0, 1, 0, 1], classes: 2, width: 2, height: 2 };

  it('draws the border between classes where scores are equal, not at cells', () => {
    expect([...classesAt(scores, { width: 8, height: 1 })]).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
    const uneven = { ...scores, data: [3, 0, 3, 0, 0, 1, 0, 1] };
    expect([...classesAt(uneven, { width: 8, height: 1 })]).toEqual([0, 0, 0, 0, 0, 1, 1, 1]);
  });

  it('also makes masks that are smaller than the scores', () => {
    expect([...classesAt(scores, { width: 2, height: 1 })]).toEqual([0, 1]);
    expect(classesAt(scores, { width: 1, height: 1 })).toHaveLength(1);
  });
});

describe('overlapsOf', () => {
  it('is intersection over union, and twice the intersection over both areas', () => {
    // Of 10 pixels of class 0 eight were found; of 4 of class 1 three, and two of class 0 were taken for it.
    const { iou, dice, accuracy, share, meanIoU } = overlapsOf([
      [8, 2],
      [1, 3],
    ]);
    expect(iou).toEqual([8 / 11, 3 / 6]);
    expect(dice).toEqual([16 / 19, 6 / 9]);
    expect([accuracy, meanIoU]).toEqual([11 / 14, (8 / 11 + 3 / 6) / 2]);
    expect(share).toEqual([10 / 14, 4 / 14]);
  });

  it('leaves classes out of the means that are nowhere', () => {
    const { iou, meanIoU, meanDice } = overlapsOf([
      [5, 0, 0],
      [0, 5, 0],
      [0, 0, 0],
    ]);
    expect(iou[2]).toBeNaN();
    expect([meanIoU, meanDice]).toEqual([1, 1]);
  });
});
