import { describe, expect, it } from 'vitest';
import { Graphs, weightsOf } from '../../../../../test/graphs.ts';
import type { NodeOf } from '../../backends/graph.ts';
import type { ConvWork } from '../../backends/work.ts';
import type { FusedLoop } from '../../backends/workParts.ts';
import * as e from '../../expression/expression.ts';
import { isPerChannel, kindOf, planesOf, readsInPlace } from './loopPlaces.ts';

const loop = (shape: readonly number[], strides: readonly number[]): FusedLoop => ({
  expr: e.input(0),
  shape,
  strides: [strides],
  reduced: shape.map(() => false),
  combine: 'sum',
});

describe('loopPlaces', () => {
  it('knows the planes of both results of a convolution', () => {
    const g = new Graphs();
    const text = 'n2 g1 c3>4 9x8 k3x3 s2 d1 p0';
    g.conv(text, g.input(2 * 3 * 72), [g.constant(weightsOf(text))]);
    g.conv(text, g.input(2 * 4 * 12), [g.constant(weightsOf(text))], 'inputGrad');
    const [conv, grad] = g.nodes as NodeOf<ConvWork>[];
    expect(planesOf(conv)).toEqual({ images: 2, channels: 4, plane: 12 });
    expect(planesOf(grad)).toEqual({ images: 2, channels: 3, plane: 72 });
  });

  it('reads in place with dense steps, whatever those of single cells are', () => {
    expect(readsInPlace(loop([2, 3], [3, 1]), 0)).toBe(true);
    expect(readsInPlace(loop([2, 1, 3], [3, 9, 1]), 0)).toBe(true);
    expect(readsInPlace(loop([2, 3], [0, 1]), 0)).toBe(false);
    expect(readsInPlace(loop([3, 2], [1, 3]), 0)).toBe(false);
  });

  const planes = { images: 2, channels: 4, plane: 6 };
  it.each([
    ['pixel', [2, 4, 6], [24, 6, 1]],
    ['pixel', [48], [1]],
    ['channel', [2, 4, 6], [0, 1, 0]],
    ['channel', [2, 4, 2, 3], [0, 1, 0, 0]],
    ['channel', [2, 2, 2, 6], [0, 2, 1, 0]],
    ['channel', [1, 2, 4, 1, 6], [5, 0, 1, 7, 0]],
    [null, [2, 4, 6], [1, 0, 0]],
    [null, [2, 4, 6], [0, 0, 1]],
    [null, [2, 4, 6], [0, 0, 0]],
    [null, [2, 4, 6], [0, 2, 0]],
    [null, [2, 4, 6], [4, 1, 0]],
    [null, [2, 2, 2, 6], [0, 1, 1, 0]],
    [null, [8, 6], [1, 0]],
    [null, [2, 24], [0, 1]],
    [null, [2, 8, 3], [0, 1, 0]],
  ])('is %s for a loop over %j with steps %j', (kind, shape, strides) => {
    expect(kindOf(loop(shape, strides), 0, planes)).toBe(kind);
  });

  it('has one value per channel in an array of one image of one cell', () => {
    const one = { images: 1, channels: 4, plane: 1 };
    expect(kindOf(loop([1, 4, 1], [4, 1, 1]), 0, one)).toBe('pixel');
    expect(isPerChannel(loop([1, 4, 1], [4, 1, 1]), 0, one)).toBe(true);
    expect(isPerChannel(loop([2, 4, 1], [4, 1, 1]), 0, { ...one, images: 2 })).toBe(false);
    expect(isPerChannel(loop([1, 4, 2], [8, 2, 1]), 0, { ...one, plane: 2 })).toBe(false);
    expect(isPerChannel(loop([2, 4, 6], [0, 1, 0]), 0, planes)).toBe(true);
  });
});
