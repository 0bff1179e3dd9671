// Mixed batches: shares of pictures and targets agree.

import { crossEntropy, Generator, ShapeError, tensor, zeros } from 'neocog';
import { describe, expect, it } from 'vitest';
import { cutmix, mixup } from './mix.ts';

const n = 4;
const size = 10;
/** Picture i holds i everywhere, and is of class i. */
const batch = {
  x: tensor(
    Float32Array.from({ length: n * 2 * size * size }, (_, i) => Math.floor(i / (2 * size * size))),
    [n, 2, size, size],
  ),
  y: tensor([0, 1, 2, 3], [n], { dtype: 'int32' }),
  index: Int32Array.of(4, 5, 6, 7),
};
const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((a, b) => a + b, 0) / values.length;

describe.each([
  ['mixup', mixup],
  ['cutmix', cutmix],
] as const)('%s', (_, mix) => {
  it('mixes each with the one before it, and the targets as much', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { x, y, index } = mix({ classes: n })(batch, new Generator(seed));
      expect(x.shape).toEqual(batch.x.shape);
      expect(y.shape).toEqual([n, n]);
      expect(index).toBe(batch.index);
      for (let i = 0; i < n; i++) {
        const other = (i + n - 1) % n;
        const share = y.data[i * n + i];
        expect(y.data[i * n + other]).toBeCloseTo(1 - share, 5);
        const level = mean(x.data.subarray(i * 200, (i + 1) * 200));
        expect(level).toBeCloseTo(share * i + (1 - share) * other, 4);
      }
    }
    expect([...batch.y.data]).toEqual([0, 1, 2, 3]);
  });

  it('draws shares of a Beta distribution', () => {
    const shares = (alpha?: number) =>
      Array.from(
        { length: 300 },
        (_, seed) => mix({ classes: n, alpha })(batch, new Generator(seed)).y.data[0],
      );
    const spread = (values: number[]) => mean(values.map((v) => (v - mean(values)) ** 2));
    // Of Beta(a, a): mean 1/2, variance 1 / (4 (2a + 1)); parts cut at the edges leave more of the picture.
    if (mix === mixup) {
      expect(Math.abs(mean(shares()) - 0.5)).toBeLessThan(0.05);
      expect(Math.abs(spread(shares()) - 1 / 12)).toBeLessThan(0.015);
      expect(Math.abs(spread(shares(0.2)) - 1 / 5.6)).toBeLessThan(0.025);
      expect(Math.abs(spread(shares(8)) - 1 / 68)).toBeLessThan(0.005);
    } else expect(mean(shares())).toBeGreaterThan(0.5);
  });

  it('takes shares of classes too, gives what crossEntropy takes, and repeats', () => {
    const shared = {
      x: batch.x,
      y: tensor([
        [0.5, 0.5],
        [1, 0],
        [0, 1],
        [0.2, 0.8],
      ]),
    };
    const { y } = mix()(shared, new Generator(1));
    for (let i = 0; i < n; i++) expect(y.data[2 * i] + y.data[2 * i + 1]).toBeCloseTo(1, 6);
    expect(crossEntropy(zeros([n, 2]), y).item()).toBeCloseTo(Math.log(2), 5);
    const again = () => mix({ classes: 5 })(batch, new Generator(9));
    expect(again()).toEqual(again());
  });

  it.each<[string, () => unknown]>([
    ['the batch is null', () => mix()(null as never, new Generator())],
    ['random is undefined', () => mix({ classes: 4 })(batch, undefined as never)],
    ['y is int32 [4]; give int32 [n] and the option classes', () => mix()(batch, new Generator())],
    ['y holds class 3 at index 3, there are 3', () => mix({ classes: 3 })(batch, new Generator())],
    ['x has shape [4,10]', () => mix({ classes: 4 })({ ...batch, x: zeros([4, 10]) }, new Generator())],
    ['x has shape [4,2,10,10], y [3]', () => mix()({ ...batch, y: zeros([3]) }, new Generator())],
    ['alpha is 0; give a finite number above 0', () => mix({ alpha: 0 })],
  ])('%s', (message, attempt) => {
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(ShapeError);
  });
});

it('cutmix puts one rectangle of the other into each', () => {
  const { x } = cutmix({ classes: n })(batch, new Generator(3));
  const plane = x.data.subarray(200, 300);
  const inside = [...plane].flatMap((v, i) => (v === 0 ? [i] : []));
  expect(new Set(plane)).toEqual(new Set([0, 1]));
  const rows = new Set(inside.map((i) => Math.floor(i / size)));
  const columns = new Set(inside.map((i) => i % size));
  expect(inside).toHaveLength(rows.size * columns.size);
});
