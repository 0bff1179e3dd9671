// Taps against convolution and pooling themselves; the zeros of a transposed convolution against it; Winograd's tiles
// against plain sums.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { paddingModes } from '../geometry/options.ts';
import {
  arange,
  type ConvGeometry,
  conv1d,
  conv2d,
  convGeometry,
  convTranspose2d,
  convTransposeGeometry,
  explain,
  flip,
  maxPool2d,
  ones,
  permute,
  poolGeometry,
  reshape,
  ShapeError,
  slice,
  type Tensor,
  tensor,
  UnsupportedError,
} from '../index.ts';

const { cellTaps, insertZeros, windowTaps, winograd } = explain;

const places = (sizes: readonly number[]): number[][] =>
  sizes.reduce<number[][]>(
    (all, size) => all.flatMap((row) => Array.from({ length: size }, (_, i) => [...row, i])),
    [[]],
  );
const at = (t: Tensor, place: readonly number[]): number =>
  t.data[place.reduce((index, i, d) => index * t.shape[t.shape.length - place.length + d] + i, 0)];

/** Small windows with everything that moves them. */
const windows = fc
  .record({
    input: fc.tuple(fc.integer({ min: 3, max: 7 }), fc.integer({ min: 3, max: 7 })),
    kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    stride: fc.integer({ min: 1, max: 3 }),
    dilation: fc.integer({ min: 1, max: 2 }),
    padding: fc.tuple(
      fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 })),
      fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 })),
    ),
    paddingMode: fc.constantFrom(...paddingModes),
  })
  .filter(({ input, kernel, dilation }) => input.every((size, d) => size > (kernel[d] - 1) * dilation));

describe('windowTaps', () => {
  it('add up to the convolution', () => {
    fc.assert(
      fc.property(windows, ({ input, kernel, ...options }) => {
        const x = reshape(arange(input[0] * input[1]), [1, 1, ...input]);
        const w = reshape(arange(1, kernel[0] * kernel[1] + 1), [1, 1, ...kernel]);
        const g = convGeometry('conv2d', 2, x.shape, w.shape, options);
        const y = conv2d(x, w, options);
        for (const place of places(y.shape.slice(2))) {
          const products = windowTaps(g, place).map(({ tap, cell }) => at(w, tap) * (cell ? at(x, cell) : 0));
          expect(products.reduce((a, b) => a + b, 0)).toBe(at(y, place));
        }
      }),
    );
  });

  it('hold the maximum of a pool, also of its partial windows', () => {
    const x = reshape(arange(25), [1, 1, 5, 5]);
    const g = poolGeometry('maxPool2d', 2, x.shape, 2, { ceilMode: true });
    const y = maxPool2d(x, 2, { ceilMode: true });
    const largest = places([3, 3]).map((place) =>
      Math.max(...windowTaps(g, place).map(({ cell }) => (cell ? at(x, cell) : -1))),
    );
    expect(largest).toEqual([...y.data]);
    expect(windowTaps(g, [2, 2]).map(({ cell }) => cell)).toEqual([[4, 4], null, null, null]);
  });

  it('say where they lie in the padding', () => {
    const g = convGeometry('conv1d', 1, [1, 1, 4], [1, 1, 3], { padding: 1, paddingMode: 'reflect' });
    expect(windowTaps(g, [0])).toEqual([
      { output: [0], tap: [0], position: [-1], cell: [1] },
      { output: [0], tap: [1], position: [0], cell: [0] },
      { output: [0], tap: [2], position: [1], cell: [1] },
    ]);
  });

  it('refuses places outside the output', () => {
    const g = convGeometry('conv1d', 1, [1, 1, 4], [1, 1, 3]);
    for (const place of [[2], [-1], [0, 0], [0.5], []])
      expect(() => windowTaps(g, place)).toThrow(/^explain\.windowTaps: output is .*; give a place in \[2\]/);
  });
});

describe('cellTaps', () => {
  it('are the taps of all windows, by the cells that they read', () => {
    fc.assert(
      fc.property(windows, ({ input, kernel, ...options }) => {
        const g = convGeometry('conv2d', 2, [1, 1, ...input], [1, 1, ...kernel], options);
        const forward = places(g.axes.map((axis) => axis.output)).flatMap((place) => windowTaps(g, place));
        for (const cell of places(input)) {
          const reading = forward.filter((tap) => String(tap.cell) === String(cell));
          const found = cellTaps(g, cell);
          expect(found).toHaveLength(reading.length);
          expect(found).toEqual(expect.arrayContaining(reading));
        }
      }),
    );
  });

  it('are none for a cell that the stride steps over', () => {
    expect(cellTaps(convGeometry('conv1d', 1, [1, 1, 5], [1, 1, 1], { stride: 2 }), [1])).toEqual([]);
  });

  it('refuses places outside the input', () => {
    const g = convGeometry('conv1d', 1, [1, 1, 4], [1, 1, 3]);
    expect(() => cellTaps(g, [4])).toThrow(ShapeError);
  });
});

/** The input as `insertZeros` says: a kernel of one 1 puts zeros between the cells. */
function spread(x: Tensor, g: ConvGeometry): Tensor {
  const { gaps, crop, geometry } = insertZeros(g);
  const wide = convTranspose2d(x, ones([1, 1, 1, 1]), { stride: gaps.map((gap) => gap + 1) });
  const ends = wide.shape.slice(2).map((size, d) => size - crop[d][1]);
  const cut = slice(wide, { start: [0, 0, ...crop.map(([before]) => before)], end: [1, 1, ...ends] });
  expect(cut.shape.slice(2)).toEqual(geometry.axes.map((axis) => axis.input));
  return cut;
}

describe('insertZeros', () => {
  it('gives the transposed convolution', () => {
    fc.assert(
      fc.property(windows, ({ input, kernel, paddingMode: _, ...options }) => {
        const sizes = input.map(
          (size, d) => (size - 1) * options.stride + (kernel[d] - 1) * options.dilation + 1,
        );
        fc.pre(sizes.every((size, d) => size > options.padding[d][0] + options.padding[d][1]));
        const x = reshape(arange(1, input[0] * input[1] + 1), [1, 1, ...input]);
        const w = reshape(arange(1, kernel[0] * kernel[1] + 1), [1, 1, ...kernel]);
        const g = convTransposeGeometry('up', 2, x.shape, w.shape, options);
        const { geometry } = insertZeros(g);
        const padding = geometry.axes.map((axis) => [axis.padBefore, axis.padAfter] as const);
        const y = conv2d(spread(x, g), flip(permute(w, [1, 0, 2, 3]), [2, 3]), {
          padding,
          dilation: options.dilation,
        });
        expect([...y.data]).toEqual([...convTranspose2d(x, w, options).data]);
      }),
    );
  });

  it('refuses padding that folds back', () => {
    const options = { padding: 1, paddingMode: 'circular' } as const;
    const g = convTransposeGeometry('up', 1, [1, 1, 4], [1, 1, 3], options);
    expect(() => insertZeros(g)).toThrow(UnsupportedError);
    expect(() => insertZeros(g)).toThrow(/^explain\.insertZeros: paddingMode is 'circular'/);
  });
});

describe('winograd', () => {
  const times = (rows: readonly (readonly number[])[], x: readonly number[]): number[] =>
    rows.map((row) => row.reduce((sum, a, i) => sum + a * x[i], 0));

  it.each([
    [2, 4],
    [3, 2],
    [3, 4],
    [3, 5],
    [4, 3],
    [4, 4],
    [5, 2],
    [5, 3],
  ])('%d taps, %d outputs: fewer products, the same sums', (kernel, outputs) => {
    const tile = winograd({ kernel, outputs });
    expect([tile.taps, tile.outputs, tile.inputs]).toEqual([kernel, outputs, kernel + outputs - 1]);
    const d = Array.from({ length: tile.inputs }, (_, i) => (i * 7) % 5);
    const g = Array.from({ length: kernel }, (_, i) => i - 1.5);
    const products = times(tile.weight, g).map((u, i) => u * times(tile.input, d)[i]);
    const plain = conv1d(tensor([[d]]), tensor([[g]])).data as Float32Array;
    times(tile.output, products).forEach((y, i) => expect(y).toBeCloseTo(plain[i], 4));
  });

  it('takes the smallest tiles, and refuses those that there are not', () => {
    expect(winograd({ kernel: 3 })).toMatchObject({ outputs: 2, taps: 3, inputs: 4 });
    expect(winograd({ kernel: 3, outputs: 3 })).toMatchObject({ outputs: 3, taps: 3, inputs: 5 });
    expect(() => winograd({ kernel: 3, outputs: 6 })).toThrow(
      /^explain\.winograd: outputs is 6, but tiles of a kernel of 3 taps have 2, 3, 4, 5; /,
    );
    expect(() => winograd({ kernel: 6 })).toThrow(ShapeError);
  });
});
