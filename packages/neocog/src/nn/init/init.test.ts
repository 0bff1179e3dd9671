// Initialisers whose result has a property that can be checked; bounds and deviations of the others are held by the
// reference vectors.

import { describe, expect, it } from 'vitest';
import { conv2d, Generator, init, linear, randn, ShapeError, type Tensor, zeros } from '../../index.ts';

const seeded = () => ({ generator: new Generator(7) });

describe('truncNormal', () => {
  const moments = (t: Tensor) => {
    const values = [...t.data];
    const mean = values.reduce((a, v) => a + v, 0) / t.size;
    return { mean, std: Math.sqrt(values.reduce((a, v) => a + (v - mean) ** 2, 0) / t.size) };
  };

  // Mean and deviation of the normal distribution within the bounds, in closed form.
  it.each([
    [{}, { mean: 0, std: 0.8796 }],
    [{ std: 0.02 }, { mean: 0, std: 0.02 }],
    [
      { mean: 1, std: 2, a: 0, b: 1.5 },
      { mean: 0.7615, std: 0.4289 },
    ],
    [
      { a: 5, b: Infinity },
      { mean: 5.1865, std: 0.1792 },
    ],
    [
      { a: -30, b: -20 },
      { mean: -20.0498, std: 0.0496 },
    ],
  ])('%j has the moments of the cut distribution', (options, want) => {
    const t = init.truncNormal(zeros([20_000]), { ...options, ...seeded() });
    const { a = -2, b = 2 } = options as { a?: number; b?: number };
    expect(t.data.every((v: number) => v >= Math.fround(a) && v <= Math.fround(b))).toBe(true);
    const { mean, std } = moments(t);
    expect(Math.abs(mean - want.mean)).toBeLessThan(4 * (want.std / Math.sqrt(20_000)) + 1e-4);
    expect(std / want.std).toBeCloseTo(1, 1);
  });

  it.each([{ std: 0 }, { a: 1, b: 1 }, { mean: Number.NaN }, { low: 1 }])('refuses %j', (options) => {
    expect(() => init.truncNormal(zeros([2]), options)).toThrow(ShapeError);
  });
});

describe('orthogonal', () => {
  it.each([[[5, 3]], [[3, 5]], [[8, 2, 3, 3]], [[40, 40]]])(
    'makes the shorter side of %j orthonormal',
    (shape) => {
      const { data, size } = init.orthogonal(zeros(shape), { gain: 2, ...seeded() });
      const rows = shape[0];
      const columns = size / rows;
      const at = (i: number, j: number) => (rows <= columns ? data[i * columns + j] : data[j * columns + i]);
      const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
      for (let a = 0; a < count; a++) {
        for (let b = 0; b <= a; b++) {
          let dot = 0;
          for (let j = 0; j < length; j++) dot += at(a, j) * at(b, j);
          expect(dot).toBeCloseTo(a === b ? 4 : 0, 5);
        }
      }
    },
  );

  it('repeats with its seed', () => {
    const draw = () => init.orthogonal(zeros([4, 6]), seeded()).data;
    expect(draw()).toEqual(draw());
  });

  it('refuses a vector', () => {
    expect(() => init.orthogonal(zeros([4]))).toThrow(ShapeError);
  });
});

describe('eye and dirac', () => {
  it("pass a linear layer's input on", () => {
    const x = randn([2, 4], seeded());
    expect(linear(x, init.eye(zeros([4, 4]))).data).toEqual(x.data);
    expect(() => init.eye(zeros([4]))).toThrow(ShapeError);
  });

  it.each([1, 2])('pass the channels of each of %d groups on', (groups) => {
    const x = randn([1, 4, 5, 6], seeded());
    const weight = init.dirac(zeros([4, 4 / groups, 3, 5]), { groups });
    expect(conv2d(x, weight, { padding: 'same', groups }).data).toEqual(x.data);
  });

  it('leave channels without a source at 0', () => {
    const weight = init.dirac(init.ones(zeros([3, 2, 1])));
    expect([...weight.data]).toEqual([1, 0, 0, 1, 0, 0]);
  });

  it('refuse groups that do not divide the channels', () => {
    expect(() => init.dirac(zeros([3, 2, 3]), { groups: 2 })).toThrow(ShapeError);
    expect(() => init.dirac(zeros([3, 2]))).toThrow(ShapeError);
  });
});
