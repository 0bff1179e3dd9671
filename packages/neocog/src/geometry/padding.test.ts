// Pieces against a walk of each mode, cell by cell; and where the source cell of a far position lies.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convGeometry } from './conv.ts';
import { paddingModes } from './options.ts';
import { paddedPieces } from './padding.ts';
import type { PaddingMode, WindowAxis } from './types.ts';

const modulo = (i: number, n: number): number => ((i % n) + n) % n;

/** The input cell at position i of the line that a mode continues for ever, or null for a zero. */
const sourceAt: Record<PaddingMode, (i: number, n: number) => number | null> = {
  zeros: (i, n) => (i >= 0 && i < n ? i : null),
  reflect: (i, n) => (n === 1 ? 0 : n - 1 - Math.abs(n - 1 - modulo(i, 2 * n - 2))),
  symmetric: (i, n) => Math.min(modulo(i, 2 * n), 2 * n - 1 - modulo(i, 2 * n)),
  replicate: (i, n) => Math.min(Math.max(i, 0), n - 1),
  circular: (i, n) => modulo(i, n),
};

/** The padded axis as a list of input cells, null for zeros. */
function unroll(axis: WindowAxis, mode: PaddingMode): (number | null)[] {
  const cells: (number | null)[] = Array(axis.padBefore + axis.input + axis.padAfter).fill(null);
  let end = 0;
  for (const piece of paddedPieces(axis, mode)) {
    expect(piece.start).toBeGreaterThanOrEqual(end);
    end = piece.start + piece.length;
    for (let i = 0; i < piece.length; i++) cells[piece.start + i] = piece.source + i * piece.step;
  }
  return cells;
}

const limits: Record<PaddingMode, number> = {
  zeros: 3,
  reflect: -1,
  symmetric: 0,
  replicate: 3,
  circular: 0,
};

describe('paddedPieces', () => {
  it.each(paddingModes)('covers every cell in mode %s', (paddingMode) => {
    const sizes = fc.integer({ min: 1, max: 7 }).chain((input) => {
      const pad = fc.nat(Math.max(input + limits[paddingMode], 0));
      return fc.tuple(fc.constant(input), pad, pad);
    });
    fc.assert(
      fc.property(sizes, ([input, before, after]) => {
        const padding = [[before, after]] as const;
        const g = convGeometry(
          { fn: 'conv1d', rank: 1 },
          { input: [1, 1, input], weight: [1, 1, 1] },
          { padding, paddingMode },
        );
        const expected = Array.from({ length: before + input + after }, (_, q) =>
          sourceAt[paddingMode](q - before, input),
        );
        expect(unroll(g.axes[0], paddingMode)).toEqual(expected);
      }),
    );
  });

  it('has one piece where there is no padding', () => {
    const [axis] = convGeometry({ fn: 'conv1d', rank: 1 }, { input: [1, 1, 5], weight: [1, 1, 3] }).axes;
    expect(paddedPieces(axis, 'reflect')).toEqual([{ start: 0, source: 0, length: 5, step: 1 }]);
  });
});
