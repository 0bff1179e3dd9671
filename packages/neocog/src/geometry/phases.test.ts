// Phases against the adjoint of a strided axis as its definition has it.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convGeometry } from './conv.ts';
import { phasesOf } from './phases.ts';
import type { WindowAxis } from './types.ts';

/** dx[q] = Σ over o, k with o·stride + k·dilation = q of w[k]·y[o], for padded positions from `from`. */
function scatter(axis: WindowAxis, w: number[], y: number[], from: number, extent: number): number[] {
  const dx = Array(extent).fill(0);
  y.forEach((value, o) => {
    w.forEach((weight, k) => {
      const q = o * axis.stride + k * axis.dilation - from;
      if (q >= 0 && q < extent) dx[q] += weight * value;
    });
  });
  return dx;
}

function gather(axis: WindowAxis, w: number[], y: number[], from: number, extent: number): number[] {
  const dx = Array(extent).fill(null);
  for (const phase of phasesOf(axis, from, extent)) {
    for (let j = 0; j < phase.count; j++) {
      const terms = phase.taps.map((tap) => w[tap.kernel] * (y[j - tap.shift] ?? 0));
      dx[phase.first + j * axis.stride - from] = terms.reduce((total, term) => total + term, 0);
    }
  }
  return dx;
}

const small = (max: number) => fc.integer({ min: 1, max });

describe('phasesOf', () => {
  it('sums to the adjoint, on any stretch of the padded axis', () => {
    const sizes = fc.tuple(small(12), small(5), small(4), small(4), fc.nat(12), fc.nat(12));
    fc.assert(
      fc.property(sizes, ([input, kernel, stride, dilation, from, extent]) => {
        const options = { stride, dilation, padding: 'full' } as const;
        const [axis] = convGeometry(
          { fn: 'conv1d', rank: 1 },
          { input: [1, 1, input], weight: [1, 1, kernel] },
          options,
        ).axes;
        const w = Array.from({ length: kernel }, (_, k) => 1 + 3 * k);
        const y = Array.from({ length: axis.output }, (_, o) => 2 + 7 * o);
        expect(gather(axis, w, y, from, extent)).toEqual(scatter(axis, w, y, from, extent));
      }),
      { numRuns: 500 },
    );
  });

  it('names each phase by its remainder when it starts at 0', () => {
    const [axis] = convGeometry(
      { fn: 'conv1d', rank: 1 },
      { input: [1, 1, 9], weight: [1, 1, 3] },
      { stride: 3 },
    ).axes;
    expect(phasesOf(axis, 0, 9)).toEqual([
      { first: 0, count: 3, taps: [{ kernel: 0, shift: 0 }] },
      { first: 1, count: 3, taps: [{ kernel: 1, shift: 0 }] },
      { first: 2, count: 3, taps: [{ kernel: 2, shift: 0 }] },
    ]);
  });

  it('keeps phases that no tap reaches, since their cells are zero', () => {
    const [axis] = convGeometry(
      { fn: 'conv1d', rank: 1 },
      { input: [1, 1, 9], weight: [1, 1, 1] },
      { stride: 2 },
    ).axes;
    expect(phasesOf(axis, 0, 9)[1]).toEqual({ first: 1, count: 4, taps: [] });
  });
});
