// What is taken for a geometry where a caller hands one over: each number at its least, and one below.

import { describe, expect, it } from 'vitest';
import { ShapeError } from '../errors.ts';
import {
  convGeometry,
  convTransposeGeometry,
  formatConv,
  formatPool,
  poolGeometry,
  poolOutputShape,
} from './given.ts';
import type { ConvGeometry, PoolGeometry } from './types.ts';

const conv = convGeometry('conv1d', 1, [1, 2, 5], [3, 2, 2]);
const pool = poolGeometry('maxPool1d', 1, [1, 2, 5], 2);
const [axis] = conv.axes;

const refused = (compute: () => unknown, name: string): void => {
  expect(compute, name).toThrow(ShapeError);
  expect(compute, name).toThrow(`${name}: geometry is `);
};

describe('a geometry', () => {
  it.each([
    ['input', 1],
    ['kernel', 1],
    ['stride', 1],
    ['dilation', 1],
    ['padBefore', 0],
    ['padAfter', 0],
    ['output', 1],
  ])('has axes whose %s is at least %d', (key, least) => {
    const of = (value: number) => [{ ...axis, [key]: value }];
    expect(formatConv({ ...conv, axes: of(least) })).toContain('n1 g1');
    expect(formatPool({ ...pool, axes: of(least) })).toContain('n1 c2');
    for (const value of [least - 1, least + 0.5, Number.NaN]) {
      refused(() => formatConv({ ...conv, axes: of(value) }), 'formatConv');
      refused(() => formatPool({ ...pool, axes: of(value) }), 'formatPool');
    }
  });

  it('has 1 to 3 axes', () => {
    const of = (count: number) => new Array(count).fill(axis);
    for (const count of [1, 2, 3]) expect(formatConv({ ...conv, axes: of(count) })).toContain('n1');
    for (const count of [0, 4]) refused(() => formatConv({ ...conv, axes: of(count) }), 'formatConv');
  });

  it('may be of an empty batch, but has channels', () => {
    expect(formatConv({ ...conv, batch: 0 })).toContain('n0 ');
    expect(poolOutputShape({ ...pool, batch: 0 })).toEqual([0, 2, 2]);
    refused(() => formatConv({ ...conv, batch: -1 }), 'formatConv');
    refused(() => poolOutputShape({ ...pool, batch: -1 }), 'poolOutputShape');
    for (const key of ['inChannels', 'outChannels', 'groups'] as const) {
      expect(formatConv({ ...conv, [key]: 1 })).toContain('n1');
      refused(() => formatConv({ ...conv, [key]: 0 }), 'formatConv');
    }
    expect(formatPool({ ...pool, channels: 1 })).toContain('n1 c1 ');
    refused(() => formatPool({ ...pool, channels: 0 }), 'formatPool');
    refused(() => formatConv({ ...conv, paddingMode: 'mirror' as 'zeros' }), 'formatConv');
  });

  it('is none of the other kind', () => {
    refused(() => formatConv(pool as unknown as ConvGeometry), 'formatConv');
    refused(() => formatPool(conv as unknown as PoolGeometry), 'formatPool');
  });
});

it.each([0, 4, 1.5, '1'])('there is no rank %o', (rank) => {
  for (const make of [convGeometry, convTransposeGeometry]) {
    const asked = () => make('f', rank as 1, [1, 1, 3], [1, 1, 1]);
    expect(asked).toThrow(`${make.name}: rank is `);
  }
  expect(() => poolGeometry('f', rank as 1, [1, 1, 3], 1)).toThrow('poolGeometry: rank is ');
});
