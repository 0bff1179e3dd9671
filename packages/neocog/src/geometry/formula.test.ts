// The formulas as text, on axes where every number differs from the others; and sizes that no index reaches.

import { expect, it } from 'vitest';
import { adaptiveAxes } from './adaptive.ts';
import { convGeometry, convTransposeGeometry } from './conv.ts';
import { effectiveKernelFormula, outputFormula, paddingFormula, transposedFormula } from './formula.ts';
import type { ConvOptions, ConvTransposeOptions } from './options.ts';
import { poolGeometry } from './pool.ts';

const conv = (input: number, kernel: number, options: ConvOptions) =>
  convGeometry({ fn: 'conv1d', rank: 1 }, { input: [1, 1, input], weight: [1, 1, kernel] }, options).axes[0];
const transposed = (input: number, kernel: number, options: ConvTransposeOptions) =>
  convTransposeGeometry(
    { fn: 'convTranspose1d', rank: 1 },
    { input: [1, 1, input], weight: [1, 1, kernel] },
    options,
  ).axes[0];

it('a convolution', () => {
  const axis = conv(20, 4, { stride: 3, dilation: 2, padding: [[1, 5]] });
  expect(effectiveKernelFormula(axis)).toBe('K_eff = 4 + (4 − 1)·(2 − 1) = 7');
  expect(outputFormula(axis)).toBe('O = floor((20 − 7 + 1 + 5) / 3) + 1 = 7');
});

it('pooling, up or down, and windows that are left out', () => {
  const up = poolGeometry(
    { fn: 'maxPool1d', rank: 1 },
    { input: [1, 1, 9], kernel: 3 },
    { stride: 4, ceilMode: true },
  ).axes[0];
  expect(outputFormula(up)).toBe('O = ceil((9 − 3 + 0 + 0) / 4) + 1 = 3');
  const even = poolGeometry(
    { fn: 'maxPool1d', rank: 1 },
    { input: [1, 1, 11], kernel: 3 },
    { stride: 4, ceilMode: true },
  ).axes[0];
  expect(outputFormula(even)).toBe('O = floor((11 − 3 + 0 + 0) / 4) + 1 = 3');
  expect(outputFormula({ ...even, output: 2 })).toBe(
    'O = 2, as stated; floor((11 − 3 + 0 + 0) / 4) + 1 = 3 fit',
  );
});

it('a transposed convolution', () => {
  const axis = transposed(6, 5, { stride: 4, padding: [[2, 1]], outputPadding: 3 });
  expect(transposedFormula(axis)).toBe('O = (6 − 1)·4 − 2 − 1 + 5 + 3 = 25');
});

it.each([
  ['valid', 'P = 0'],
  ['same', 'P = max((ceil(11 / 2) − 1)·2 + 4 − 11, 0) = 3: 1 before, 2 after'],
  ['same-lower', 'P = max((ceil(11 / 2) − 1)·2 + 4 − 11, 0) = 3: 2 before, 1 after'],
  ['full', 'P = K_eff − 1 = 4 − 1 = 3 on each side'],
  ['causal', 'P = K_eff − 1 = 4 − 1 = 3 before, 0 after'],
] as const)('padding %s', (padding, text) => {
  expect(paddingFormula(padding, conv(11, 4, { stride: 2, padding }))).toBe(text);
});

it('sizes beyond 2^31 − 1 elements are refused, the batch counts', () => {
  const axes = (input: number[], size: number) =>
    adaptiveAxes({ fn: 'adaptiveAvgPool1d', rank: 1 }, input, size);
  expect(axes([1, 1, 4], 2 ** 30)).toEqual([{ input: 4, output: 2 ** 30 }]);
  expect(() => axes([2, 1, 4], 2 ** 30)).toThrow('output [2,1,1073741824] has more than 2^31 − 1 elements');
  expect(() => axes([1, 2, 4], 2 ** 30)).toThrow('more than 2^31 − 1 elements');
});
