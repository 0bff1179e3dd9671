// Reductions, cumulative sums and largest values of single ONNX nodes. Values are by hand, from the specification.

import { describe, expect, it } from 'vitest';
import { floats, type OneNode, oneNode, wholes } from '../../../test/onnxGraphs.ts';
import { expectBoth, list, scalar, shapeAndValues, valuesOf } from '../../../test/runNode.ts';
import { loadOnnx } from '../../index.ts';

const x = (shape: readonly (number | string)[]) => ({ shape });

describe('reductions of nothing', () => {
  const ofNothing: Readonly<Record<string, number>> = {
    ReduceSum: 0,
    ReduceMean: NaN,
    ReduceMax: -Infinity,
    ReduceMin: Infinity,
    ReduceProd: 1,
    ReduceL1: 0,
    ReduceL2: 0,
    ReduceSumSquare: 0,
    ReduceLogSum: -Infinity,
    ReduceLogSumExp: -Infinity,
  };

  it.each(Object.entries(ofNothing))('%s gives %d', async (op, value) => {
    for (const opset of [11, 18]) {
      const asInput = opset >= 18;
      const axes = { type: 'int64', values: [1] } as const;
      const node = (keep: number): OneNode => ({
        op,
        opset,
        operands: { x: x([2, 0, 3]), ...(asInput && { axes }) },
        attributes: { keepdims: keep, ...(asInput ? {} : { axes: [1] }) },
      });
      const feeds = { x: floats([2, 0, 3]) };
      await expectBoth(node(1), feeds, [[2, 1, 3], new Array(6).fill(value)]);
      await expectBoth(node(0), feeds, [[2, 3], new Array(6).fill(value)]);
    }
  });

  it('axes that are an empty list are all of them, or none where a node says so', async () => {
    const node = (noop: number): OneNode => ({
      op: 'ReduceSum',
      operands: { x: x([2, 2]), axes: { type: 'int64', values: [] } },
      attributes: { noop_with_empty_axes: noop, keepdims: 0 },
    });
    const feeds = { x: floats([2, 2], 1, 2, 3, 4) };
    await expectBoth(node(0), feeds, [[], [10]]);
    await expectBoth(node(1), feeds, [
      [2, 2],
      [1, 2, 3, 4],
    ]);
  });

  it('along another axis gives nothing', async () => {
    const node = { op: 'ReduceMax', operands: { x: x([2, 0, 3]) }, attributes: { axes: [2], keepdims: 0 } };
    await expectBoth(node, { x: floats([2, 0, 3]) }, [[2, 0], []]);
  });

  it('gives the ends of the range of whole numbers', async () => {
    const node = (op: string, type: 'int8' | 'uint8' | 'int32' | 'bool'): OneNode => ({
      op,
      opset: 20,
      operands: { x: { type, shape: [0] } },
      attributes: { keepdims: 0 },
      outputs: { y: type },
    });
    const least = { int8: -128, uint8: 0, int32: -(2 ** 31), bool: 0 } as const;
    const greatest = { int8: 127, uint8: 255, int32: 2 ** 31 - 1, bool: 1 } as const;
    for (const type of ['int8', 'uint8', 'int32', 'bool'] as const) {
      const net = await loadOnnx(oneNode(node('ReduceMax', type)));
      expect(shapeAndValues(net.run({ x: wholes([0]) }).y)).toEqual([[], [least[type]]]);
      const other = await loadOnnx(oneNode(node('ReduceMin', type)));
      expect(shapeAndValues(other.run({ x: wholes([0]) }).y)).toEqual([[], [greatest[type]]]);
    }
    const mean = await loadOnnx(oneNode(node('ReduceMean', 'int32')));
    expect(() => mean.run({ x: wholes([0]) })).toThrow(
      /"y" \(ReduceMean\): there are no whole numbers to reduce/,
    );
  });
});

it('whole numbers have a mean without its fraction', async () => {
  const node: OneNode = {
    op: 'ReduceMean',
    operands: { x: { type: 'int32', shape: [3, 2] } },
    attributes: { axes: [1], keepdims: 0 },
    outputs: { y: 'int32' },
  };
  expect(await valuesOf(node, { x: wholes([3, 2], 1, 4, -1, -4, 3, 3) })).toEqual([2, -2, 3]);
});

it('values add up from either end, with themselves or without', async () => {
  const sums = (exclusive: number, reverse: number): OneNode => ({
    op: 'CumSum',
    operands: { x: { type: 'int32', shape: [2, 3] }, axis: scalar('int64', 1) },
    attributes: { exclusive, reverse },
    outputs: { y: 'int32' },
  });
  const feeds = { x: wholes([2, 3], 1, 2, 3, 4, 5, 6) };
  expect(await valuesOf(sums(0, 0), feeds)).toEqual([1, 3, 6, 4, 9, 15]);
  expect(await valuesOf(sums(0, 1), feeds)).toEqual([6, 5, 3, 15, 11, 6]);
  expect(await valuesOf(sums(1, 0), feeds)).toEqual([0, 1, 3, 0, 4, 9]);
  expect(await valuesOf(sums(1, 1), feeds)).toEqual([5, 3, 0, 11, 6, 0]);
});

it('TopK takes k as an input from 10 on', async () => {
  const node: OneNode = {
    op: 'TopK',
    opset: 10,
    operands: { x: { shape: [3] }, k: list('int64', 2) },
    outputs: { y: 'float32', at: 'int64' },
  };
  const feeds = { x: floats([3], 1, 3, 2) };
  expect(await valuesOf(node, feeds)).toEqual([3, 2]);
  const old: OneNode = { ...node, opset: 9, operands: { x: { shape: [3] } }, attributes: { k: 2 } };
  expect(await valuesOf(old, feeds, 'at')).toEqual([1, 2]);
});
