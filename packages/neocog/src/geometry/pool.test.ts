// Pooling windows against PyTorch's rules written out cell by cell: sizes, divisors, first cells.

import { describe, expect, it } from 'vitest';
import { poolGeometry, poolInputShape, poolOutputShape, poolScales } from './pool.ts';
import type { PoolGeometry, WindowAxis } from './types.ts';

interface Case {
  readonly input: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padding: number;
  readonly ceilMode: boolean;
}

function* smallCases(): Generator<Case> {
  for (let input = 1; input <= 8; input++)
    for (let kernel = 1; kernel <= 4; kernel++)
      for (let stride = 1; stride <= 4; stride++)
        for (let dilation = 1; dilation <= 3; dilation++)
          for (let padding = 0; padding <= kernel / 2; padding++)
            for (const ceilMode of [false, true])
              yield { input, kernel, stride, dilation, padding, ceilMode };
}

/**
 * Starts of the windows, in input cells. With ceil mode one may reach past the end, by less than a stride.
 */
function listStarts(c: Case): number[] {
  const end = c.input + c.padding + (c.ceilMode ? c.stride - 1 : 0);
  const starts: number[] = [];
  for (let start = -c.padding; start < c.input; start += c.stride) {
    if (start + (c.kernel - 1) * c.dilation < end) starts.push(start);
  }
  return starts;
}

const cellsOf = (c: Case, start: number): number[] =>
  Array.from({ length: c.kernel }, (_, k) => start + k * c.dilation);
const isReal = (c: Case) => (cell: number) => cell >= 0 && cell < c.input;

const pool1 = (c: Case): PoolGeometry =>
  poolGeometry({ fn: 'pool1d', rank: 1 }, { input: [1, 1, c.input], kernel: c.kernel }, c);

describe('poolGeometry', () => {
  it('lists the windows of every small axis, or says why there are none', () => {
    for (const c of smallCases()) {
      const starts = listStarts(c);
      const real = starts.map((start) => cellsOf(c, start).find(isReal(c)));
      if (starts.length === 0) expect(() => pool1(c), JSON.stringify(c)).toThrow('the kernel spans');
      else if (real.includes(undefined))
        expect(() => pool1(c), JSON.stringify(c)).toThrow('covers only padding');
      else {
        expect(pool1(c).axes[0].output, JSON.stringify(c)).toBe(starts.length);
      }
    }
  });

  it('divides by the cells of the window, with and without padding', () => {
    for (const c of smallCases()) {
      const starts = listStarts(c);
      if (starts.length === 0 || starts.some((start) => !cellsOf(c, start).some(isReal(c)))) continue;
      const counted = (keep: (cell: number) => boolean) =>
        Float32Array.from(starts, (start) => 1 / cellsOf(c, start).filter(keep).length);
      expect(poolScales(pool1(c))).toEqual(counted((cell) => cell < c.input + c.padding));
      expect(poolScales(pool1(c), { countIncludePad: false })).toEqual(counted(isReal(c)));
    }
  });

  it('strides by the kernel unless told, and works in three dimensions', () => {
    const g = poolGeometry({ fn: 'maxPool3d', rank: 3 }, { input: [2, 5, 4, 6, 8], kernel: [2, 3, 4] });
    expect([poolInputShape(g), poolOutputShape(g)]).toEqual([
      [2, 5, 4, 6, 8],
      [2, 5, 2, 2, 2],
    ]);
    expect(poolScales(g)).toEqual(new Float32Array(8).fill(1 / 24));
  });

  it('takes padding per side and a divisor of its own', () => {
    const padding = [
      [0, 1],
      [1, 0],
    ] as const;
    const g = poolGeometry(
      { fn: 'avgPool2d', rank: 2 },
      { input: [1, 1, 3, 3], kernel: 2 },
      { stride: 1, padding },
    );
    expect(g.axes.map((a: WindowAxis) => [a.padBefore, a.padAfter, a.output])).toEqual([
      [0, 1, 3],
      [1, 0, 3],
    ]);
    expect(poolScales(g, { divisorOverride: 8 })).toEqual(new Float32Array(9).fill(1 / 8));
  });

  it('freezes what it returns', () => {
    const g = poolGeometry({ fn: 'maxPool1d', rank: 1 }, { input: [0, 3, 8], kernel: 2 });
    expect([g, g.axes, g.axes[0]].every(Object.isFrozen)).toBe(true);
  });
});
