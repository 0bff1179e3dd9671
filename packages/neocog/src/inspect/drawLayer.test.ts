// Drawings of layers, told by their cells.

import { describe, expect, it } from 'vitest';
import * as explain from './arithmetic.ts';
import { drawLayer } from './drawLayer.ts';

/** Cells by their colour: taps of the window and its cell, padding, all others. */
const counts = (svg: string): number[] =>
  ['tap', 'padding', 'cell'].map((name) => svg.split(`var(--${name},`).length - 1);

describe('drawLayer', () => {
  const conv = explain.conv2d({ input: [1, 1, 5, 5], filters: 1, kernel: 3, stride: 2, padding: 1 });

  it('draws input, padding, window and output to scale', () => {
    // 7×7 with its padding and 3×3: nine taps in the middle, and the cell that they give.
    expect(counts(drawLayer(conv))).toEqual([10, 24, 24]);
    // In the corner four taps fall on the input, five on padding.
    expect(counts(drawLayer(conv, { cell: [0, 0] }))).toEqual([10, 19, 29]);
    expect(drawLayer(conv, { pitch: 10 })).toContain('width="122"');
  });

  it('leaves gaps between dilated taps, draws one axis as a row, and pools', () => {
    const dilated = explain.conv2d({ input: [1, 1, 7, 7], filters: 1, kernel: 3, dilation: 2 });
    expect(counts(drawLayer(dilated))).toEqual([10, 0, 40 + 8]);
    expect(counts(drawLayer(explain.conv1d({ input: [1, 1, 6], filters: 1, kernel: 3 })))).toEqual([4, 0, 6]);
    expect(counts(drawLayer(explain.maxPool2d({ input: [1, 1, 4, 4], kernel: 2 })))).toEqual([5, 0, 15]);
  });

  it('lays the window of a transposed convolution over the output', () => {
    const up = explain.convTranspose2d({ input: [1, 1, 2, 2], filters: 1, kernel: 3, stride: 2 });
    expect(counts(drawLayer(up, { cell: [0, 0] }))).toEqual([10, 0, 16 + 3]);
  });

  it.each<[string, () => unknown]>([
    [
      'one or two of at most 128 cells',
      () => drawLayer(explain.conv2d({ input: [1, 1, 200, 5], filters: 1, kernel: 3 })),
    ],
    ['one or two of at most', () => drawLayer(explain.linear({ input: [1, 5], outFeatures: 2 }))],
    ['cell is [3,0], but there are [3,3]', () => drawLayer(conv, { cell: [3, 0] })],
    ['give the result of explain.conv2d', () => drawLayer({} as never)],
  ])('%s', (message, attempt) => {
    expect(attempt).toThrow(message);
  });
});
