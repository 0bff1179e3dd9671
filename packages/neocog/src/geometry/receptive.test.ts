// Receptive fields against a walk over the taps of every layer, cell by cell.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type FieldAxis,
  mergeFields,
  ownCell,
  readField,
  throughTransposed,
  throughWindow,
} from './receptive.ts';

interface Layer {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padBefore: number;
  readonly transposed: boolean;
}

/** The input cells that one cell of the last layer depends on, by walking back tap by tap. */
function cellsSeen(layers: readonly Layer[], cell: number): Set<number> {
  let cells = new Set([cell]);
  for (const { kernel, stride, dilation, padBefore, transposed } of layers.toReversed()) {
    const before = new Set<number>();
    for (const at of cells) {
      for (let k = 0; k < kernel; k++) {
        const from = transposed
          ? (at + padBefore - k * dilation) / stride
          : at * stride - padBefore + k * dilation;
        if (Number.isInteger(from)) before.add(from);
      }
    }
    cells = before;
  }
  return cells;
}

const fieldOf = (layers: readonly Layer[]): FieldAxis =>
  layers.reduce<FieldAxis>((field, layer) => {
    const next = layer.transposed ? throughTransposed(field, layer) : throughWindow(field, layer);
    return next ?? expect.fail('the pattern is longer than it can be here');
  }, ownCell);

const layer = fc.record({
  kernel: fc.integer({ min: 1, max: 5 }),
  stride: fc.integer({ min: 1, max: 3 }),
  dilation: fc.integer({ min: 1, max: 3 }),
  padBefore: fc.integer({ min: 0, max: 4 }),
  transposed: fc.boolean(),
});

/** A cell's field as the period describes it. */
function spanAt({ spans, advance }: FieldAxis, cell: number): readonly [number, number] | null {
  const turn = Math.floor(cell / spans.length);
  const span = spans[cell - turn * spans.length];
  return span && [span[0] + turn * advance, span[1] + turn * advance];
}

const ends = (cells: Set<number>): [number, number] | null =>
  cells.size === 0 ? null : [Math.min(...cells), Math.max(...cells)];

describe('receptive fields', () => {
  it('are the first and last cell that the taps reach, for any stack', () => {
    const stacks = fc.array(layer, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(stacks, fc.integer({ min: -40, max: 40 }), (layers, cell) => {
        expect(spanAt(fieldOf(layers), cell)).toEqual(ends(cellsSeen(layers, cell)));
      }),
      { numRuns: 2000, seed: 1 },
    );
  });

  it('of branches are those of both', () => {
    const chains = fc.array(
      layer.map((each) => ({ ...each, stride: 1 })),
      { maxLength: 3 },
    );
    fc.assert(
      fc.property(chains, chains, fc.array(layer, { maxLength: 2 }), (one, other, trunk) => {
        const [a, b] = [fieldOf([...trunk, ...one]), fieldOf([...trunk, ...other])];
        const merged = mergeFields(a, b) ?? expect.fail('both advance alike');
        for (const cell of [-3, 0, 1, 2, 5, 11]) {
          const seen = [...cellsSeen([...trunk, ...one], cell), ...cellsSeen([...trunk, ...other], cell)];
          expect(spanAt(merged, cell)).toEqual(ends(new Set(seen)));
        }
      }),
      { numRuns: 500, seed: 2 },
    );
  });

  it('of branches repeat together after at most 4096 cells', () => {
    const through = (stride: number, transposed: number) => {
      const window = { kernel: 1, dilation: 1, padBefore: 0 };
      const strided = throughWindow(ownCell, { ...window, stride });
      return throughTransposed(strided, { ...window, stride: transposed }) ?? expect.fail('too long');
    };
    expect(mergeFields(through(2048, 4096), through(1, 2))).toMatchObject({ advance: 2048 });
    expect(mergeFields(through(2048, 4096), through(3, 6))).toBeNull();
  });

  it('of branches that advance differently are not told', () => {
    const strided = throughWindow(ownCell, { kernel: 1, stride: 2, dilation: 1, padBefore: 0 });
    expect(mergeFields(ownCell, strided)).toBeNull();
  });

  it('follow kernels and strides of any size without walking over them', () => {
    const wide = { kernel: 2 ** 30, stride: 2 ** 20, dilation: 1, padBefore: 3 };
    expect(readField([throughWindow(ownCell, wide)])).toEqual({
      size: [2 ** 30],
      jump: [2 ** 20],
      start: [-3],
    });
    expect(throughTransposed(ownCell, wide)).toBeNull();
    const spread = (stride: number) => ({ kernel: 1, stride, dilation: 1, padBefore: 0 });
    expect(throughTransposed(ownCell, spread(4096))?.spans).toHaveLength(4096);
    expect(throughTransposed(ownCell, spread(4097))).toBeNull();
    const upsampled = throughTransposed(ownCell, { ...wide, stride: 2, padBefore: 0 });
    expect(upsampled && readField([upsampled])).toMatchObject({ size: [2 ** 29], jump: [0.5] });
  });

  it('jump by less than a cell after a transposed layer', () => {
    const up = throughTransposed(ownCell, { kernel: 4, stride: 2, dilation: 1, padBefore: 1 });
    expect(up && readField([up])).toEqual({ size: [2], jump: [0.5], start: [-1] });
  });
});
