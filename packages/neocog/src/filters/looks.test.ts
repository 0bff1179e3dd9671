// What filters make of pictures that show it: ramps, stripes, discs, points.

import { type filters as Filters, filters, type Tensor, zeros } from 'neocog';
import { describe, expect, it } from 'vitest';
import { draw, rows } from '../../../../test/pictures.ts';

/** The value in the middle of an image. */
const middle = (image: Tensor): number => {
  const [h, w] = image.shape.slice(-2);
  return image.data[Math.floor(h / 2) * w + Math.floor(w / 2)];
};

describe('edges', () => {
  const ramp = draw(7, 9, (row, column) => 3 * column + 5 * row);

  it('measure the slope of a ramp, to the right and downwards', () => {
    const along = (filter: Filters.Filter['run'], direction: Filters.Direction) =>
      middle(filter(ramp, { direction }));
    expect([along(filters.sobel, 'x'), along(filters.sobel, 'y')]).toEqual([24, 40]);
    expect([along(filters.scharr, 'x'), along(filters.scharr, 'y')]).toEqual([96, 160]);
    expect([along(filters.prewitt, 'x'), along(filters.prewitt, 'y')]).toEqual([18, 30]);
    expect(middle(filters.sobel(ramp))).toBeCloseTo(8 * Math.hypot(3, 5), 4);
  });

  it('by Laplacians are blind to a ramp and measure curvature', () => {
    expect(middle(filters.laplacian(ramp))).toBe(0);
    const bowl = draw(41, 41, (row, column) => (row - 20) ** 2 + 2 * (column - 20) ** 2);
    expect(middle(filters.laplacian(bowl))).toBe(6);
    expect(middle(filters.laplacian(bowl, { neighbours: 8 }))).toBe(18);
    expect(middle(filters.laplacianOfGaussian(bowl, { sigma: 2 }))).toBeCloseTo(6, 1);
  });

  it('by Gabor answer to stripes of their own width and direction', () => {
    const stripes = (angle: number): Tensor =>
      draw(61, 61, (row, column) => {
        const radians = (angle * Math.PI) / 180;
        const along = (column - 30) * Math.cos(radians) - (row - 30) * Math.sin(radians);
        return Math.cos((2 * Math.PI * along) / 8);
      });
    const answer = (image: number, filter: number): number =>
      Math.abs(middle(filters.gabor(stripes(image), { angle: filter })));
    expect(answer(30, 30)).toBeGreaterThan(0.4);
    for (const other of [-30, 75, 120]) expect(answer(30, other)).toBeLessThan(0.02);
    const rising = draw(61, 61, (_, column) => (column > 30 ? 1 : column < 30 ? 0 : 0.5));
    expect(middle(filters.gabor(rising, { phase: -90 }))).toBeGreaterThan(0.1);
  });
});

describe('looks', () => {
  const disc = draw(21, 21, (row, column) => (Math.hypot(row - 10, column - 10) < 6 ? 0.6 : 0.2));
  const at = (image: Tensor, row: number, column: number): number => image.data[21 * row + column];

  it('emboss: a raised disc is lit from the upper left, and from wherever the angle says', () => {
    const relief = filters.emboss(disc);
    expect(at(relief, 6, 6)).toBeGreaterThan(1);
    expect(at(relief, 14, 14)).toBeLessThan(0);
    expect(at(relief, 10, 10)).toBeCloseTo(0.6, 6);
    const fromBelow = filters.emboss(disc, { angle: -90 });
    expect(at(fromBelow, 15, 10)).toBeGreaterThan(1);
    expect(at(fromBelow, 5, 10)).toBeLessThan(0);
    const fromTheRight = filters.emboss(disc, { angle: 0 });
    expect(at(fromTheRight, 10, 15)).toBeGreaterThan(1);
  });

  it('motion blur smears a point along the angle', () => {
    const point = draw(21, 21, (row, column) => (row === 10 && column === 10 ? 1 : 0));
    const rising = filters.motionBlur(point, { length: 9, angle: 45 });
    expect(at(rising, 8, 12)).toBeGreaterThan(0.05);
    expect(at(rising, 12, 8)).toBeGreaterThan(0.05);
    expect(at(rising, 8, 8)).toBe(0);
  });

  it('an even box looks to the right and down', () => {
    const point = draw(3, 3, (row, column) => (row === 1 && column === 1 ? 4 : 0));
    expect(rows(filters.boxBlur(point, { size: 2 }))).toEqual([
      [1, 1, 0],
      [1, 1, 0],
      [0, 0, 0],
    ]);
  });

  it('identity and unsharp of nothing change nothing', () => {
    expect(filters.identity(disc).data).toEqual(disc.data);
    expect(filters.unsharp(disc, { amount: 0 }).data).toEqual(disc.data);
    expect(filters.sharpen(disc, { amount: 0 }).data).toEqual(disc.data);
  });

  it('take images of one pixel and of one row', () => {
    for (const filter of filters.catalogue) {
      for (const shape of [
        [1, 1, 1],
        [3, 1, 9],
        [2, 3, 9, 1],
      ]) {
        expect(filter.run(zeros(shape)).shape).toEqual(shape);
      }
    }
  });
});
