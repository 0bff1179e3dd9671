// Slices, splits and moves at their edges: bounds beyond the axis, axes without cells.

import * as neocog from 'neocog';
import { describe, expect, it } from 'vitest';

type Tensor = neocog.Tensor;

const { arange, concat, embedding, flip, pad, permute, slice } = neocog;

describe('slice', () => {
  const x = arange(6);
  const cases: [neocog.SliceOptions, number[]][] = [
    [{ start: 1, end: -1 }, [1, 2, 3, 4]],
    [{ end: 2 }, [0, 1]],
    [{ start: -2 }, [4, 5]],
    [{ start: -100, end: 100 }, [0, 1, 2, 3, 4, 5]],
    [{ step: -1 }, [5, 4, 3, 2, 1, 0]],
    [{ start: 4, end: 0, step: -2 }, [4, 2]],
    [{ start: 4, end: -100, step: -2 }, [4, 2, 0]],
    [{ start: 5, end: 2 }, []],
    [{ start: 9 }, []],
    [{ start: -100, step: -1 }, [0].slice(1)],
    [{}, [0, 1, 2, 3, 4, 5]],
  ];

  it.each(cases)('%j', (options, expected) => {
    expect([...slice(x, options).data]).toEqual(expected);
  });
});

describe('axes without cells', () => {
  const none = neocog.zeros([0, 3]);

  it('move', () => {
    expect(permute(none, [1, 0]).shape).toEqual([3, 0]);
    expect(flip(none, [0, 1]).shape).toEqual([0, 3]);
    expect(slice(none, { start: 1 }).shape).toEqual([0, 3]);
    expect(concat([none, neocog.ones([2, 3])]).shape).toEqual([2, 3]);
    expect([
      ...pad(
        none,
        [
          [1, 1],
          [0, 0],
        ],
        { value: 2 },
      ).data,
    ]).toEqual([2, 2, 2, 2, 2, 2]);
    expect(
      pad(
        none,
        [
          [0, 0],
          [1, 1],
        ],
        { mode: 'reflect' },
      ).shape,
    ).toEqual([0, 5]);
    expect(embedding(neocog.zeros([0], { dtype: 'int32' }), neocog.zeros([4, 2])).shape).toEqual([0, 2]);
  });
});

describe('split by a number', () => {
  const row = (size: number): Tensor => neocog.reshape(neocog.arange(size), [size]);
  const sizesOf = (size: number, parts: number): number[] =>
    neocog.split(row(size), parts).map((part) => part.size);

  it('makes parts of one size, the last one what is left', () => {
    expect([sizesOf(6, 3), sizesOf(7, 3), sizesOf(5, 5), sizesOf(4, 1)]).toEqual([
      [2, 2, 2],
      [3, 3, 1],
      [1, 1, 1, 1, 1],
      [4],
    ]);
    expect(sizesOf(0, 1)).toEqual([0]);
  });

  it.each([
    [4, 3],
    [6, 4],
    [2, 3],
    [0, 2],
  ])('refuses %d cells in %d parts, of which one would be empty', (size, parts) => {
    expect(() => sizesOf(size, parts)).toThrow(
      `split: parts are ${parts} for axis 0 of [${size}]; give sizes that add up to ${size}`,
    );
  });
});

it('expand to fewer axes is refused, though those that are left are of one cell', () => {
  expect(() => neocog.expand(neocog.zeros([1, 3]), [3])).toThrow(neocog.ShapeError);
  expect(() => neocog.expand(neocog.zeros([1, 3]), [3])).toThrow(
    'expand: input [1,3] does not stretch to [3]',
  );
});
