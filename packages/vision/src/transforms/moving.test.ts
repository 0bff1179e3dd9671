// Masks, boxes and points move along with their picture.

import { Generator, type Tensor, tensor, zeros } from 'neocog';
import { describe, expect, it } from 'vitest';
import { geometric, rectangle } from '../../test/samples.ts';
import { transforms } from '../index.ts';

/** What surrounds the pixels of a mask. */
function extentOf({ data, shape: [h, w] }: Tensor): number[] {
  let [left, top, right, bottom] = [w, h, 0, 0];
  data.forEach((id, i) => {
    if (id === 0) return;
    const [x, y] = [i % w, Math.floor(i / w)];
    [left, top, right, bottom] = [
      Math.min(left, x),
      Math.min(top, y),
      Math.max(right, x + 1),
      Math.max(bottom, y + 1),
    ];
  });
  return [left, top, right, bottom];
}

describe('everything moves along', () => {
  it.each(geometric)('%s', (_, transform) => {
    for (let seed = 0; seed < 8; seed++) {
      const moved = transform(rectangle(9, 8, 21, 15), new Generator(seed));
      const [h, w] = moved.mask.shape;
      expect(moved.image.shape).toEqual([3, h, w]);
      const box = [...moved.boxes.data];
      extentOf(moved.mask).forEach((edge, i) => {
        expect(Math.abs(edge - box[i])).toBeLessThanOrEqual(1.01);
      });
      const corners = [0, 1].map((i) => [...moved.points.data.subarray(3 * i, 3 * i + 2)]);
      const xs = corners.map(([x]) => Math.min(Math.max(x, 0), w)).sort((a, b) => a - b);
      const ys = corners.map(([, y]) => Math.min(Math.max(y, 0), h)).sort((a, b) => a - b);
      [xs[0], ys[0], xs[1], ys[1]].forEach((edge, i) => {
        expect(Math.abs(edge - box[i])).toBeLessThan(1e-3);
      });
    }
  });

  it.each([
    ['rotate', transforms.rotate(40, { expand: true })],
    ['perspective', transforms.perspective({ p: 1, distortion: 0.4 })],
    ['affine', transforms.affine({ degrees: 20, shear: [-15, 15] })],
    ['randAugment', transforms.randAugment({ n: 3, magnitude: 10 })],
    ['trivialAugment', transforms.trivialAugment()],
  ])('%s: boxes surround what is left of the mask', (_, transform) => {
    for (let seed = 0; seed < 12; seed++) {
      const moved = transform(rectangle(12, 9, 20, 15), new Generator(seed));
      if (moved.boxes.shape[0] === 0) continue;
      const [left, top, right, bottom] = extentOf(moved.mask);
      if (right < left) continue;
      const box = moved.boxes.data;
      expect(left).toBeGreaterThan(box[0] - 1.01);
      expect(top).toBeGreaterThan(box[1] - 1.01);
      expect(right).toBeLessThan(box[2] + 1.01);
      expect(bottom).toBeLessThan(box[3] + 1.01);
    }
  });

  it('boxes that are lost take their labels with them, and points outside are not seen', () => {
    const sample = {
      ...rectangle(0, 0, 4, 4),
      boxes: tensor([
        [0, 0, 4, 4],
        [14, 10, 20, 14],
        [8, 8, 16.5, 14],
      ]),
      label: tensor([7, 8, 9], [3], { dtype: 'int32' }),
      extra: 'kept',
    };
    const cut = transforms.centerCrop([12, 16])(sample);
    expect([...cut.boxes.data]).toEqual([6, 4, 12, 8, 0, 2, 8.5, 8]);
    expect([...cut.label.data]).toEqual([8, 9]);
    expect([...cut.points.data]).toEqual([-8, -6, 0, -4, -2, 0]);
    expect(cut.extra).toBe('kept');
    const whole = transforms.centerCrop([12, 16])({ ...sample, label: 3 });
    expect(whole.label).toBe(3);
    const none = transforms.centerCrop([2, 2])({ ...rectangle(0, 0, 4, 4) });
    expect(none.boxes.shape).toEqual([0, 4]);
    expect(none.label).toMatchObject({ shape: [0] });
  });

  it('points of two columns move and stay', () => {
    const moved = transforms.horizontalFlip(1)(
      { image: zeros([1, 4, 10]), points: tensor([[1, 2]]) },
      new Generator(),
    );
    expect([...moved.points.data]).toEqual([9, 2]);
  });

  it('fills pictures and masks', () => {
    const sample = { image: zeros([2, 2, 2]), mask: zeros([2, 2], { dtype: 'int32' }) };
    const fill = { fill: [0.5, 0.25], maskFill: 255 };
    for (const transform of [
      transforms.pad(1, fill),
      transforms.centerCrop(4, fill),
      transforms.randomCrop(4, fill),
      transforms.resize([2, 6], { ...fill, fit: 'contain' }),
      transforms.rotate([45, 45], { ...fill, expand: true }),
      transforms.affine({ ...fill, translate: [0, 0], scale: [0.25, 0.25] }),
    ]) {
      const { image, mask } = transform(sample, new Generator(1));
      expect([image.data[0], image.data[image.data.length / 2], mask.data[0]]).toEqual([0.5, 0.25, 255]);
    }
  });
});
