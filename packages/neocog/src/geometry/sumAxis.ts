// One axis of a convolution as kernels see it: which cells of what is read each result sums over. The same for a convolution, whose
// results are outputs, and for its input gradient, whose results are inputs.

import type { WindowAxis } from './types.ts';

/**
 * One axis of a sum: result cell r reads for tap k source cell (r·step + start + k·tapStep) / divide, if that is a whole
 * number and inside.
 */
export interface SumAxis {
  readonly results: number;
  readonly sources: number;
  readonly taps: number;
  readonly step: number;
  readonly start: number;
  readonly tapStep: number;
  readonly divide: number;
}

/** Convolution reads `o·stride − pad + k·dilation`; its input gradient solves the same equation for o. */
export function sumAxis(a: WindowAxis, kernel: 'conv' | 'inputGrad' | 'weightGrad'): SumAxis {
  if (kernel !== 'inputGrad') {
    const ends = { results: a.output, sources: a.input, taps: a.kernel };
    return { ...ends, step: a.stride, start: -a.padBefore, tapStep: a.dilation, divide: 1 };
  }
  const ends = { results: a.input, sources: a.output, taps: a.kernel };
  return { ...ends, step: 1, start: a.padBefore, tapStep: -a.dilation, divide: a.stride };
}

/** The source cell, or null. */
export function sourceCell(a: SumAxis, result: number, tap: number): number | null {
  const cell = (result * a.step + a.start + tap * a.tapStep) / a.divide;
  return Number.isInteger(cell) && cell >= 0 && cell < a.sources ? cell : null;
}

/** Pairs of a result and a tap whose source cell is inside. */
export function productsOf(a: SumAxis): number {
  let products = 0;
  for (let tap = 0; tap < a.taps; tap++)
    for (let result = 0; result < a.results; result++) if (sourceCell(a, result, tap) !== null) products++;
  return products;
}
