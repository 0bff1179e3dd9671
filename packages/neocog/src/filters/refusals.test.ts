// What filters refuse, sentence by sentence.

import { type filters as Filters, filters, tensor, zeros } from 'neocog';
import { describe, expect, it } from 'vitest';

type Matrix = Filters.Matrix;

describe('refusals', () => {
  const image = zeros([3, 4, 5]);
  const cases: readonly (readonly [() => unknown, RegExp])[] = [
    [
      () => filters.sobel(zeros([4, 5])),
      /^filters\.sobel: image has shape \[4,5\]; give \[channels, height, width\]/,
    ],
    [
      () => filters.sobel(tensor([[[1]]], undefined, { dtype: 'int32' })),
      /^filters\.sobel: image is Tensor int32 \[1,1,1\]; give a float32/,
    ],
    [
      () => filters.sobel(image, { direction: 'up' as 'x' }),
      /^filters\.sobel: direction is 'up'; give one of 'x'/,
    ],
    [
      () => filters.gaussianBlur(image, { sigma: 0 }),
      /^filters\.gaussianBlur: sigma is 0; give a number above 0/,
    ],
    [() => filters.gaussianBlur(image, { sigma: Number.NaN }), /sigma is NaN/],
    [
      () => filters.gaussianBlur(image, { size: 4 }),
      /^filters\.gaussianBlur: size is 4; give an odd whole number/,
    ],
    [() => filters.unsharp(image, { sigma: -1 }), /^filters\.unsharp: sigma is -1/],
    [() => filters.unsharp(image, { amount: Infinity }), /^filters\.unsharp: amount is Infinity/],
    [() => filters.boxBlur(image, { size: 2.5 }), /^filters\.boxBlur: size is 2\.5; give a whole number/],
    [
      () => filters.motionBlur(image, { length: 0 }),
      /^filters\.motionBlur: length is 0; give a number from 1/,
    ],
    [() => filters.gabor(image, { wavelength: 1 }), /^filters\.gabor: wavelength is 1; give a number from 2/],
    [
      () => filters.laplacian(image, { neighbours: 6 as 8 }),
      /^filters\.laplacian: neighbours is 6; give one of 4, 8/,
    ],
    [
      () => filters.sharpen(image, { sigma: 1 } as object),
      /^filters\.sharpen: option 'sigma' is unknown; choose from paddingMode, amount/,
    ],
    [
      () => filters.gaussianBlur(image, { sigma: 2, paddingMode: 'reflect' }),
      /^filters\.gaussianBlur: padding is 6 on width 5, .* allows at most 4 .*'replicate'/,
    ],
    [
      () => filters.apply(image, [[1, 2], [3]]),
      /^filters\.apply: row 1 of matrix has 1 number, but row 0 has 2/,
    ],
    [() => filters.apply(image, [[1, Number.NaN]]), /^filters\.apply: matrix\[0\]\[1\] is NaN/],
    [() => filters.apply(image, []), /^filters\.apply: matrix is \[\]; give equally long rows/],
    [() => filters.apply(image, [1, 2] as unknown as Matrix), /matrix is \[1,2\]; give equally long rows/],
    [() => filters.apply(image, zeros([3])), /^filters\.apply: matrix has shape \[3\]/],
    [
      () => filters.apply(image, [[1, 2]], { anchor: [0, 2] }),
      /^filters\.apply: anchor is \[0,2\]; give \[row, column\] inside/,
    ],
  ];

  it.each(cases)('%#: %s', (attempt, sentence) => {
    expect(attempt).toThrow(sentence);
  });
});
