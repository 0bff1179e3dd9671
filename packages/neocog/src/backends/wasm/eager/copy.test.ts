// Copies of grids of places and their adjoint, against the reference backend, over random views.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as reference from '../../reference/move.ts';
import type { StridedView } from '../../workParts.ts';
import { copy, copyAdd } from './copy.ts';

const wholes = (count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => ((i * 7) % 13) - 6);

/** An axis of so many positions, in even steps or by a table, that goes no further than `reach` either way. */
const axis = fc.record({
  count: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 40 })),
  stride: fc.integer({ min: -3, max: 12 }),
  table: fc.boolean(),
});

type Axis = { count: number; stride: number; table: boolean };

/** A view over the axes, dense ones where the last are told to be, and the size of an array that holds it. */
function viewOf(axes: readonly Axis[], dense: number): { view: StridedView; size: number } {
  const strides = axes.map((a) => a.stride);
  for (let d = axes.length - 1, step = 1; d >= axes.length - dense && d >= 0; d--) {
    strides[d] = step;
    step *= axes[d].count;
  }
  const ends = axes.map(({ count }, d) => Math.max(0, count - 1) * strides[d]);
  const offset = ends.reduce((sum, end) => sum + Math.max(0, -end), 2);
  // Each table begins one place further on, also that of a single position.
  const size = ends.reduce((sum, end) => sum + Math.max(0, end), offset) + 1 + axes.length;
  const tables = strides.map((stride, d) =>
    axes[d].table ? Int32Array.from({ length: axes[d].count }, (_, i) => i * stride + 1) : stride,
  );
  return { view: { shape: axes.map((a) => a.count), strides: tables, offset }, size };
}

const views = fc
  .tuple(fc.array(axis, { maxLength: 3 }), fc.integer({ min: 0, max: 3 }))
  .map(([axes, dense]) => viewOf(axes, dense));

describe('copies', () => {
  it('read what the reference reads', () => {
    fc.assert(
      fc.property(views, ({ view, size }) => {
        const x = wholes(size);
        expect(copy(view, x)).toEqual(reference.copy(view, x));
        expect(copy(view, Int32Array.from(x))).toEqual(reference.copy(view, Int32Array.from(x)));
      }),
    );
  });

  it('add what the reference adds, and are adjoint', () => {
    fc.assert(
      fc.property(views, views, (first, second) => {
        const size = Math.max(first.size, second.size);
        const both = [first.view, second.view];
        const parts = both.map((view) => wholes(view.shape.reduce((a, b) => a * b, 1)));
        const x = copyAdd(both, parts, size);
        expect(x).toEqual(reference.copyAdd(both, parts, size));
        const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i], 0);
        const probe = wholes(size);
        const read = parts.reduce((sum, values, i) => sum + dot(copy(both[i], probe), values), 0);
        expect(dot(x, probe)).toBe(read);
      }),
    );
  });

  it('copy long runs that are apart, and add those that are not', () => {
    const run = (offset: number) => ({ shape: [2, 600], strides: [2000, 1], offset });
    const parts = [wholes(1200), wholes(1200)];
    for (const [other, size] of [
      [600, 4000],
      [599, 4000],
      [2000, 5000],
      [0, 4000],
    ]) {
      const both = [run(0), run(other)];
      expect(copyAdd(both, parts, size)).toEqual(reference.copyAdd(both, parts, size));
    }
  });

  it('stop at places outside', () => {
    const outside = { shape: [2], strides: [Int32Array.of(0, 5)], offset: 0 };
    expect(() => copy(outside, new Float32Array(5))).toThrow('neocog bug');
    expect(() => copyAdd([outside], [new Float32Array(2)], 5)).toThrow('neocog bug');
    expect(() => copy({ shape: [3], strides: [-1], offset: 1 }, new Float32Array(5))).toThrow('neocog bug');
  });
});
