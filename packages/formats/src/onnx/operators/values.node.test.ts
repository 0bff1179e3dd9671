// What ONNX operators give at limits, and how the opset changes them. Values are by hand, from the specification.

import { describe, expect, it } from 'vitest';
import { floats, type OneNode } from '../../../test/onnxGraphs.ts';
import { list, scalar, valuesOf } from '../../../test/runNode.ts';

it('rows in batches are read in their batch', async () => {
  const node: OneNode = {
    op: 'GatherND',
    operands: { x: { shape: [2, 3] }, at: { type: 'int64', shape: [2, 2, 1], values: [0, 2, 1, 1] } },
    attributes: { batch_dims: 1 },
  };
  expect(await valuesOf(node, { x: floats([2, 3], 1, 2, 3, 4, 5, 6) })).toEqual([1, 3, 5, 5]);
});

describe('edges', () => {
  it('a negative pad takes cells away, at either end', async () => {
    const pads = (...values: number[]): OneNode => ({
      op: 'Pad',
      operands: { x: { shape: [4] }, p: list('int64', ...values), v: scalar('float32', 9) },
    });
    const feeds = { x: floats([4], 1, 2, 3, 4) };
    expect(await valuesOf(pads(-1, 2), feeds)).toEqual([2, 3, 4, 9, 9]);
    expect(await valuesOf(pads(1, -2), feeds)).toEqual([9, 1, 2]);
    expect(await valuesOf(pads(1, 2), feeds)).toEqual([9, 1, 2, 3, 4, 9, 9]);
    expect(await valuesOf(pads(-1, -1), feeds)).toEqual([2, 3]);
  });

  it('a remainder of infinity is what was divided', async () => {
    const mod = (fmod: number): OneNode => ({
      op: 'Mod',
      operands: { x: { shape: [4] }, w: list('float32', Infinity, Infinity, -Infinity, -Infinity) },
      attributes: { fmod },
    });
    const feeds = { x: floats([4], 5, -5, 5, -5) };
    expect(await valuesOf(mod(1), feeds)).toEqual([5, -5, 5, -5]);
    expect(await valuesOf(mod(0), feeds)).toEqual([5, Infinity, -Infinity, -5]);
  });

  it('boxes that overlap by the threshold stay, scores at the threshold go', async () => {
    const node: OneNode = {
      op: 'NonMaxSuppression',
      operands: {
        boxes: { shape: [1, 3, 4], values: [0, 0, 1, 2, 0, 0, 1, 1, 5, 5, 6, 6] },
        scores: { shape: [1, 1, 3] },
        most: list('int64', 3),
        overlap: list('float32', 0.5),
        score: list('float32', 0.5),
      },
      outputs: { y: 'int64' },
    };
    // The first two share 1 of 2 cells.
    expect(await valuesOf(node, { scores: floats([1, 1, 3], 0.9, 0.8, 0.5) })).toEqual([0, 0, 0, 0, 0, 1]);
  });

  it('boxes without an area hide none', async () => {
    const node: OneNode = {
      op: 'NonMaxSuppression',
      operands: {
        boxes: { shape: [1, 3, 4], values: [1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 2, 2] },
        scores: { shape: [1, 1, 3] },
        most: list('int64', 3),
      },
      outputs: { y: 'int64' },
    };
    const scores = floats([1, 1, 3], 0.5, 0.9, 0.9);
    // Of equal scores the first box comes first.
    expect(await valuesOf(node, { scores })).toEqual([0, 0, 1, 0, 0, 2, 0, 0, 0]);
  });

  it('a clip to anything but 0 and 6 is no ReLU6', async () => {
    const clip = (low: number, high: number): OneNode => ({
      op: 'Clip',
      operands: { x: { shape: [4] }, low: scalar('float32', low), high: scalar('float32', high) },
    });
    const feeds = { x: floats([4], -2, 0.5, 6.5, 8) };
    expect(await valuesOf(clip(0, 6), feeds)).toEqual([0, 0.5, 6, 6]);
    expect(await valuesOf(clip(0, 7), feeds)).toEqual([0, 0.5, 6.5, 7]);
    expect(await valuesOf(clip(-1, 6), feeds)).toEqual([-1, 0.5, 6, 6]);
  });
});

describe('opsets', () => {
  it('Clip has its limits as attributes before 11', async () => {
    const node: OneNode = {
      op: 'Clip',
      opset: 6,
      operands: { x: { shape: [3] } },
      attributes: { min: { float: -1 }, max: { float: 1 } },
    };
    const feeds = { x: floats([3], -2, 0.5, 2) };
    expect(await valuesOf(node, feeds)).toEqual([-1, 0.5, 1]);
    expect(await valuesOf({ ...node, opset: 10 }, feeds)).toEqual([-1, 0.5, 1]);
    expect(await valuesOf({ ...node, opset: 11 }, feeds)).toEqual([-2, 0.5, 2]);
    expect(await valuesOf({ ...node, attributes: { max: { float: 1 } } }, feeds)).toEqual([-2, 0.5, 1]);
  });

  it('a list of slopes is one per channel before 7, one per last axis from then on', async () => {
    const node = (opset: number): OneNode => ({
      op: 'PRelu',
      opset,
      operands: { x: { shape: [1, 2, 2] }, w: list('float32', 2, 3) },
    });
    const feeds = { x: floats([1, 2, 2], -1, -1, -1, -1) };
    expect(await valuesOf(node(6), feeds)).toEqual([-2, -2, -3, -3]);
    expect(await valuesOf(node(7), feeds)).toEqual([-2, -3, -2, -3]);
  });

  it('shares are of all axes from the first before 13, of the last one from then on', async () => {
    const node = (opset: number): OneNode => ({
      op: 'Softmax',
      opset,
      operands: { x: { shape: [1, 2, 2] } },
    });
    const feeds = { x: floats([1, 2, 2], 0, 0, 0, 0) };
    expect(await valuesOf(node(12), feeds)).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(await valuesOf(node(13), feeds)).toEqual([0.5, 0.5, 0.5, 0.5]);
  });
});
