// Resizing as other frameworks' documents show it, and at its edges.

import * as neocog from 'neocog';
import { describe, expect, it } from 'vitest';
import { whole } from '../../../../test/samples.ts';

type Tensor = neocog.Tensor;

const { arange, reshape, resize } = neocog;

describe('resize', () => {
  const square = reshape(arange(1, 5), [1, 1, 2, 2]);
  const rows = (t: Tensor): number[][] =>
    Array.from({ length: t.shape[2] }, (_, i) => [...t.data.slice(i * t.shape[3], (i + 1) * t.shape[3])]);

  it("the examples of PyTorch's Upsample", () => {
    expect(rows(resize(square, { scale: 2 }))).toEqual([
      [1, 1, 2, 2],
      [1, 1, 2, 2],
      [3, 3, 4, 4],
      [3, 3, 4, 4],
    ]);
    expect(rows(resize(square, { scale: 2, mode: 'bilinear' }))).toEqual([
      [1, 1.25, 1.75, 2],
      [1.5, 1.75, 2.25, 2.5],
      [2.5, 2.75, 3.25, 3.5],
      [3, 3.25, 3.75, 4],
    ]);
    const aligned = resize(square, { scale: 2, mode: 'bilinear', alignCorners: true });
    rows(aligned)
      .flat()
      .forEach((value, i) => {
        expect(value).toBeCloseTo(1 + (i % 4) / 3 + (2 * Math.floor(i / 4)) / 3, 5);
      });
  });

  it("the cubic example of ONNX's Resize", () => {
    const x = reshape(arange(1, 17), [1, 1, 4, 4]);
    const [first] = rows(resize(x, { scale: 2, mode: 'bicubic' }));
    const expected = [0.47265625, 0.76953125, 1.24609375, 1.875, 2.28125, 2.91015625, 3.38671875, 3.68359375];
    expected.forEach((value, i) => void expect(first[i]).toBeCloseTo(value, 5));
  });

  it('rounds a size that a scale gives down, and keeps to the scale', () => {
    const y = resize(whole(1, [1, 1, 5]), { scale: 1.5 });
    expect(y.shape).toEqual([1, 1, 7]);
    const cells = resize(reshape(arange(5), [1, 1, 5]), { scale: 1.5 });
    expect([...cells.data]).toEqual([0, 0, 1, 2, 2, 3, 4]);
  });

  it.each<[neocog.ResizeOptions, string]>([
    [{}, 'neither size nor scale is given (input [1,1,2,2]); give one of them'],
    [
      { scale: [2] },
      'scale is [2] (input [1,1,2,2]); give a number above 0, or a list [height, width] of them',
    ],
    [{ scale: [2, 2, 2] }, 'scale is [2,2,2] (input [1,1,2,2])'],
    [{ scale: [2, 0] }, 'scale is [2,0]; give a finite number above 0, or a list with one for each axis'],
    [{ scale: [Number.NaN, 2] }, 'scale is [NaN,2]; give'],
    [{ scale: Infinity }, 'scale is Infinity; give'],
    [{ scale: -1 }, 'scale is -1; give'],
    [{ size: [3] }, 'size is [3]; give'],
    [{ size: 0 }, 'size is 0; give'],
    [
      { size: 4, scale: 2.5 },
      'size is 4 and scale is 2.5 (input [1,1,2,2]); give one of them, or two that agree',
    ],
    [{ size: 6, scale: 2.5 }, 'size is 6 and scale is 2.5'],
    [
      { size: 4, mode: 'linear', alignCorners: true, coordinates: 'half-pixel' },
      "alignCorners is true and coordinates is 'half-pixel'",
    ],
    [{ size: 4, crop: [[0, 1]] }, 'give 2 pairs [start, end] of shares, such as [0, 1]'],
    [{ size: 4, mode: 'trilinear' }, "mode 'trilinear' needs [n, c, …] with 3 spatial axes"],
    [{ size: 4, alignCorners: true }, "alignCorners is true in mode 'nearest'; use a mode that interpolates"],
    [{ size: 4, antialias: true }, "antialias is true in mode 'nearest'; use a mode that interpolates"],
  ])('refuses %j', (options, message) => {
    expect(() => resize(square, options)).toThrow(neocog.ShapeError);
    expect(() => resize(square, options)).toThrow(message);
  });

  it('crops though the size stays, and to the middle where one cell is wanted', () => {
    const row = reshape(arange(5), [1, 1, 5]);
    const part = (crop: [number, number], size: number) =>
      [...resize(row, { mode: 'linear', crop: [crop], size }).data].map((v) => Number(v.toFixed(5)));
    expect(part([0.25, 0.75], 5)).toEqual([1, 1.5, 2, 2.5, 3]);
    expect(part([0, 1], 5)).toEqual([0, 1, 2, 3, 4]);
    expect(part([0.25, 0.5], 1)).toEqual([1.5]);
  });

  it('goes by the corners of whole cells, whatever the scale, unless ONNX wants the scale', () => {
    const row = reshape(arange(5), [1, 1, 5]);
    const wide = (options: neocog.ResizeOptions) => [
      ...resize(row, { ...options, mode: 'linear', scale: 1.5 }).data,
    ];
    const close = (extent: number) =>
      Array.from({ length: 7 }, (_, i) => expect.closeTo((i * 4) / (extent - 1), 5));
    expect(wide({ alignCorners: true })).toEqual(close(7));
    expect(wide({ coordinates: 'align-corners' })).toEqual(close(7.5));
  });

  it('keeps to a size within a cell of the scale', () => {
    for (const size of [4, 5])
      expect(resize(square, { size, scale: 2.25 }).shape).toEqual([1, 1, size, size]);
  });

  it('refuses what has more elements than there may be, batch and channels among them', () => {
    for (const [n, c] of [
      [2 ** 15, 1],
      [1, 2 ** 15],
    ]) {
      expect(() => neocog.adaptiveAvgPool1d(neocog.zeros([n, c, 1]), 2 ** 16)).toThrow(
        `adaptiveAvgPool1d: the output [${n},${c},65536] has more than 2^31 − 1 elements`,
      );
      expect(() => resize(neocog.zeros([n, c, 1, 1]), { size: 256 })).toThrow(
        `resize: the output [${n},${c},256,256] has more than 2^31 − 1 elements`,
      );
    }
  });

  it('returns what already has the size', () => {
    expect(resize(square, { size: 2, mode: 'bicubic' })).toBe(square);
  });

  it('repeats whole blocks at every integer ratio', () => {
    for (let input = 1; input < 8; input++) {
      for (let ratio = 1; ratio < 60; ratio++) {
        const y = resize(reshape(arange(input), [1, 1, input]), { size: input * ratio });
        expect([...y.data].every((cell, i) => cell === Math.floor(i / ratio))).toBe(true);
      }
    }
  });
});
