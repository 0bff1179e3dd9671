// Sizes and scales of ONNX Resize. Values are by hand, from the specification.

import { describe, expect, it } from 'vitest';
import { floats, type OneNode, oneNode } from '../../../test/onnxGraphs.ts';
import { list, valuesOf } from '../../../test/runNode.ts';
import { loadOnnx } from '../../index.ts';

describe('Resize', () => {
  it('goes by a scale, whether it changes the size or not', async () => {
    const resized = async (scale: number): Promise<number[]> => {
      const node: OneNode = {
        op: 'Resize',
        operands: { x: { shape: [1, 1, 4] }, ' ': {}, scales: list('float32', 1, 1, scale) },
        attributes: { mode: 'linear' },
      };
      return valuesOf(node, { x: floats([1, 1, 4], 0, 10, 20, 30) });
    };
    // Cell i is read at (i + ½) / scale − ½.
    expect(await resized(1.25)).toEqual([0, 7, 15, 23, 30].map((v) => expect.closeTo(v, 4)));
    expect(await resized(1.2)).toEqual([0, 7.5, 15.8333, 24.1667].map((v) => expect.closeTo(v, 3)));
  });

  it('keeps proportions, rounded to the nearest size', async () => {
    const shapeOf = async (policy: string): Promise<readonly number[]> => {
      const node: OneNode = {
        op: 'Resize',
        opset: 18,
        operands: { x: { shape: [1, 1, 2, 4] }, ' ': {}, '  ': {}, sizes: list('int64', 7, 9) },
        attributes: { axes: [2, 3], keep_aspect_ratio_policy: policy },
      };
      return (await loadOnnx(oneNode(node))).run({ x: floats([1, 1, 2, 4], 0, 1, 2, 3, 4, 5, 6, 7) }).y.shape;
    };
    expect(await shapeOf('stretch')).toEqual([1, 1, 7, 9]);
    expect(await shapeOf('not_larger')).toEqual([1, 1, 5, 9]);
    expect(await shapeOf('not_smaller')).toEqual([1, 1, 7, 14]);
  });

  it('takes factors alone before 11, as its second input', async () => {
    const node: OneNode = {
      op: 'Resize',
      opset: 10,
      operands: { x: { shape: [1, 1, 2] }, scales: list('float32', 1, 1, 2) },
    };
    expect(await valuesOf(node, { x: floats([1, 1, 2], 5, 7) })).toEqual([5, 5, 7, 7]);
  });
});
