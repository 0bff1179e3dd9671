// Pooling: ties, NaN and infinities as the rules have them, and the sum's adjoint.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { poolGeometry, poolInputShape, poolOutputShape, poolScales } from '../../geometry/pool.ts';
import { parsePool } from '../../geometry/text.ts';
import { product } from '../../geometry/window.ts';
import { maxPool, sumPool, sumPoolGrad } from './pool.ts';

const numbers = (...values: number[]): Float32Array => Float32Array.from(values);
const maxima = (text: string, x: Float32Array): number[][] => {
  const { output, indices } = maxPool(parsePool(text), x);
  return [[...output], [...indices]];
};

describe('maxPool', () => {
  it('gives a tie to the first cell', () => {
    expect(maxima('n1 c1 2x4 k2x2 s2 d1 p0', numbers(1, 3, 2, 2, 3, 3, 2, 2))).toEqual([
      [3, 2],
      [1, 2],
    ]);
  });

  it('lets the last NaN win over everything', () => {
    expect(maxima('n1 c1 4 k4 s4 d1 p0', numbers(Number.NaN, 5, Number.NaN, Infinity))).toEqual([
      [Number.NaN],
      [2],
    ]);
  });

  it('gives a window of −∞ its first real cell', () => {
    const x = numbers(-Infinity, -Infinity, -Infinity);
    expect(maxima('n1 c1 3 k3 s2 d1 p1', x)).toEqual([
      [-Infinity, -Infinity],
      [0, 1],
    ]);
  });

  it('never picks padding, and counts cells within the plane', () => {
    expect(maxima('n1 c2 3 k3 s1 d1 p1', numbers(-3, -2, -1, -1, -2, -3))).toEqual([
      [-2, -1, -1, -1, -1, -2],
      [1, 2, 2, 0, 0, 1],
    ]);
  });

  it('keeps a partial last window in ceil mode', () => {
    expect(maxima('n1 c1 5 k2 s2 d1 p0 o3', numbers(1, 2, 3, 4, 5))).toEqual([
      [2, 4, 5],
      [1, 3, 4],
    ]);
  });
});

describe('sumPool and sumPoolGrad', () => {
  it('average with the scales of the geometry', () => {
    const g = poolGeometry(
      { fn: 'avgPool1d', rank: 1 },
      { input: [1, 1, 4], kernel: 3 },
      { stride: 2, padding: 1 },
    );
    expect([...sumPool(g, numbers(1, 2, 3, 4), poolScales(g, { countIncludePad: false }))]).toEqual([1.5, 3]);
  });

  it('are adjoint', () => {
    const sizes = fc.tuple(
      fc.integer({ min: 3, max: 6 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
    );
    fc.assert(
      fc.property(sizes, fc.boolean(), fc.constantFrom(1, 2, 3), ([size, kernel, stride], ceilMode, rank) => {
        const padding = Math.floor(kernel / 2);
        const input = [2, 2, ...Array(rank).fill(size)];
        const g = poolGeometry(
          { fn: 'pool', rank: rank as 1 | 2 | 3 },
          { input, kernel },
          { stride, padding, ceilMode },
        );
        const x = Float32Array.from({ length: product(poolInputShape(g)) }, (_, i) => ((i * 7) % 11) - 5);
        const y = Float32Array.from({ length: product(poolOutputShape(g)) }, (_, i) => ((i * 5) % 13) - 6);
        const scale = Float32Array.from(poolScales(g), (_, i) => (i % 4) + 1);
        const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i], 0);
        expect(dot(sumPool(g, x, scale), y)).toBe(dot(x, sumPoolGrad(g, y, scale)));
      }),
    );
  });
});
