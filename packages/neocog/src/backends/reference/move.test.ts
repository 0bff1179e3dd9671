// Strided copies by hand, and that scattering is the adjoint of gathering.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { copy, copyAdd, scatterAdd, take } from './move.ts';

const numbers = (...values: number[]): Float32Array => Float32Array.from(values);

describe('copy, copyAdd, take and scatterAdd', () => {
  it('follow strides that are 0 or negative', () => {
    const x = Int32Array.of(1, 2, 3, 4, 5, 6);
    expect(copy({ shape: [3, 2], strides: [1, 3], offset: 0 }, x)).toEqual(Int32Array.of(1, 4, 2, 5, 3, 6));
    expect(copy({ shape: [2, 2], strides: [0, -1], offset: 5 }, x)).toEqual(Int32Array.of(6, 5, 6, 5));
    expect(copy({ shape: [], strides: [], offset: 4 }, numbers(1, 2, 3, 4, 5))).toEqual(numbers(5));
    expect(copy({ shape: [2, 0], strides: [1, 1], offset: 0 }, x)).toEqual(new Int32Array(0));
  });

  it('follow tables', () => {
    const x = numbers(1, 2, 3, 4, 5, 6);
    const view = { shape: [2, 3], strides: [3, Int32Array.of(2, 0, 2)], offset: 0 };
    expect(copy(view, x)).toEqual(numbers(3, 1, 3, 6, 4, 6));
    expect(copyAdd([view], [x], 6)).toEqual(numbers(2, 0, 4, 5, 0, 10));
  });

  it('add several parts', () => {
    const views = [
      { shape: [2], strides: [1], offset: 0 },
      { shape: [2, 2], strides: [0, 2], offset: 1 },
    ];
    const parts = [Int32Array.of(1, 2), Int32Array.of(10, 20, 30, 40)];
    expect(copyAdd(views, parts, 4)).toEqual(Int32Array.of(1, 42, 0, 60));
  });

  it('stop at places outside', () => {
    expect(() => copy({ shape: [3], strides: [1], offset: 0 }, numbers(1, 2))).toThrow('neocog bug');
    expect(() => take(1, numbers(1, 2), Int32Array.of(2))).toThrow('neocog bug');
  });

  it('are adjoint: ⟨take(x), y⟩ = ⟨x, scatterAdd(y)⟩', () => {
    const sizes = fc.tuple(
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 0, max: 8 }),
    );
    fc.assert(
      fc.property(sizes, ([planes, size, count]) => {
        const x = Float32Array.from({ length: planes * size }, (_, i) => ((i * 7) % 11) - 5);
        const y = Float32Array.from({ length: planes * count }, (_, i) => ((i * 5) % 13) - 6);
        const indices = Int32Array.from({ length: planes * count }, (_, i) => (i * i + 3) % size);
        const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i], 0);
        expect(dot(take(planes, x, indices), y)).toBe(dot(x, scatterAdd({ planes, size }, y, indices)));
      }),
    );
  });
});
