// What a meter hears: the numbers of each result before it is made, and steps that grow with the work.

import { describe, expect, it } from 'vitest';
import { add, concat, conv2d, indexSelect, matmul, maxPool2d, ones, permute, type Tensor } from '../index.ts';
import { backend } from './current.ts';
import { withMeter } from './metered.ts';

/** What `body` makes: numbers and steps. */
function metered(body: () => unknown): { elements: number; steps: number } {
  const total = { elements: 0, steps: 0 };
  withMeter((elements, steps) => {
    total.elements += elements;
    total.steps += steps;
  }, body);
  return total;
}

const image = ones([2, 3, 8, 8]);
const weight = ones([4, 3, 3, 3]);

describe('withMeter', () => {
  it.each<[string, number, () => Tensor]>([
    ['a map', 384, () => add(image, 1)],
    ['a convolution', 2 * 4 * 6 * 6, () => conv2d(image, weight)],
    ['a matrix product', 35, () => matmul(ones([5, 6]), ones([6, 7]))],
    // Values and their places.
    ['maxima', 2 * 2 * 3 * 4 * 4, () => maxPool2d(image, 2)],
    ['a turned array', 384, () => permute(image, [0, 2, 3, 1])],
    ['joined arrays', 768, () => concat([image, image], { axis: 0 })],
    ['picked rows', 3 * 192, () => indexSelect(image, [0, 1, 0], { axis: 0 })],
  ])('hears how many numbers %s has', (_, count, make) => {
    expect(metered(make).elements).toBe(count);
  });

  it('hears steps that grow with the work, not with the result', () => {
    const steps = (inner: number): number => metered(() => matmul(ones([1, inner]), ones([inner, 1]))).steps;
    expect(steps(2e6) - steps(1e6)).toBe(1e6 / 4);
    const moved = (n: number): number => metered(() => permute(ones([n, 2]), [1, 0])).steps;
    expect(moved(2000) - moved(1000)).toBeGreaterThanOrEqual(8 * 2000);
  });

  it('prevents what it refuses, and leaves the backend as it was', () => {
    const before = backend();
    const refuse = (): void => {
      throw new Error('too much');
    };
    let made: Tensor | null = null;
    const body = (): void => {
      made = conv2d(image, weight);
    };
    expect(() => withMeter(refuse, body)).toThrow('too much');
    expect(made).toBeNull();
    expect(backend()).toBe(before);
  });

  it('gives back what the body gives, and the same numbers', () => {
    const y = withMeter(
      () => {},
      () => conv2d(image, weight),
    );
    expect(y.data).toEqual(conv2d(image, weight).data);
  });
});
