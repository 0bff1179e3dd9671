// Whole numbers with scales and zero points along rows, columns and channels, and sums at the limits of what is exact. Values
// are by hand, from the specification.

import { UnsupportedError } from 'neocog';
import { describe, expect, it } from 'vitest';
import {
  floats,
  type OneNode,
  type Operand,
  oneNode,
  type TypeName,
  wholes,
} from '../../../test/onnxGraphs.ts';
import { scalar, valuesOf } from '../../../test/runNode.ts';
import { loadOnnx } from '../../index.ts';

const known = (type: TypeName, shape: number[], ...values: number[]): Operand => ({ type, shape, values });

describe('a product of quantised matrices', () => {
  const product = (operands: Readonly<Record<string, Operand>>): OneNode => ({
    op: 'QLinearMatMul',
    operands: { ...operands, ys: known('float32', [], 1), yz: known('uint8', [], 7) },
    outputs: { y: 'uint8' },
  });

  it('has a scale and a zero point for each row of the first, for each column of the second', async () => {
    const node = product({
      a: known('uint8', [2, 2], 3, 5, 3, 6),
      as: known('float32', [2], 0.5, 2),
      az: known('uint8', [2], 1, 2),
      b: known('uint8', [2, 2], 1, 2, 3, 4),
      bs: known('float32', [2], 1, 10),
      bz: known('uint8', [2], 0, 1),
    });
    // [[2, 4], [1, 4]] × [[1, 1], [3, 3]] = [[14, 14], [13, 13]]
    expect(await valuesOf(node)).toEqual([7 + 7, 7 + 70, 7 + 26, 255]);
  });

  it('has one for each value where the second is a vector', async () => {
    const node = product({
      a: known('uint8', [2, 2], 3, 5, 3, 6),
      as: known('float32', [2], 0.5, 2),
      az: known('uint8', [2], 1, 2),
      b: known('uint8', [2], 1, 3),
      bs: known('float32', [], 1),
      bz: known('uint8', [], 0),
    });
    expect(await valuesOf(node)).toEqual([7 + 7, 7 + 26]);
  });
});

describe('zero points', () => {
  const product = (a: Operand, zero: Operand, b = known('uint8', [1, 1], 1)): OneNode => ({
    op: 'MatMulInteger',
    operands: { a, b, zero },
    outputs: { y: 'int32' },
  });

  it('of rows are those of every matrix of a batch', async () => {
    const node = product(known('uint8', [2, 2, 1], 3, 5, 7, 9), known('uint8', [2], 1, 2));
    expect(await valuesOf(node)).toEqual([2, 3, 6, 7]);
  });

  it('of more or fewer than there are rows are refused', async () => {
    const b = known('uint8', [3, 1], 1, 1, 1);
    const columns = product(known('uint8', [2, 3], 1, 1, 1, 1, 1, 1), known('uint8', [3], 1, 1, 1), b);
    await expect(valuesOf(columns)).rejects.toThrow('3 scales or zero points do not fit axis -2 of [2,3]');
    const vector = product(known('uint8', [3], 1, 1, 1), known('uint8', [3], 1, 1, 1), b);
    await expect(valuesOf(vector)).rejects.toThrow('3 scales or zero points do not fit axis -2 of [3]');
  });

  it('that are left out are 0, of uint8', async () => {
    const node: OneNode = {
      op: 'QuantizeLinear',
      operands: { x: { shape: [3] }, scale: known('float32', [], 2) },
      outputs: { y: 'uint8' },
    };
    expect(await valuesOf(node, { x: floats([3], -4, 8, 1000) })).toEqual([0, 4, 255]);
  });

  it('and scales lie along axis 1 unless a node says another', async () => {
    const scale = known('float32', [2], 1, 10);
    const wide = (op: string, type: TypeName, attributes = {}): OneNode => ({
      op,
      operands: { x: { type, shape: [2, 2] }, scale, zero: known('int8', [2], 0, 1) },
      attributes,
      outputs: { y: op === 'QuantizeLinear' ? 'int8' : 'float32' },
    });
    const x = floats([2, 2], 20, 30, 40, 50);
    expect(await valuesOf(wide('QuantizeLinear', 'float32'), { x })).toEqual([20, 4, 40, 6]);
    expect(await valuesOf(wide('QuantizeLinear', 'float32', { axis: -2 }), { x })).toEqual([20, 30, 5, 6]);
    const q = { x: wholes([2, 2], 2, 3, 4, 5) };
    expect(await valuesOf(wide('DequantizeLinear', 'int8'), q)).toEqual([2, 20, 4, 40]);
    expect(await valuesOf(wide('DequantizeLinear', 'int8', { axis: 0 }), q)).toEqual([2, 3, 30, 40]);
  });
});

it('blocks are refused', async () => {
  for (const op of ['QuantizeLinear', 'DequantizeLinear']) {
    const node: OneNode = {
      op,
      operands: { x: { shape: [4] }, scale: known('float32', [2], 1, 1) },
      attributes: { block_size: 2 },
    };
    await expect(valuesOf(node)).rejects.toThrow(/block_size is set/);
  }
});

it('zeros alone are quantised to zeros', async () => {
  const node: OneNode = {
    op: 'DynamicQuantizeLinear',
    operands: { x: { shape: [2] } },
    outputs: { y: 'uint8', scale: 'float32', zero: 'uint8' },
  };
  const found = (await loadOnnx(oneNode(node))).run({ x: floats([2], 0, 0) });
  expect(['y', 'scale', 'zero'].map((name) => [...found[name].data])).toEqual([[0, 0], [0], [0]]);
});

describe('sums of whole numbers', () => {
  const conv = (cells: number, channels = 3): OneNode => ({
    op: 'ConvInteger',
    operands: {
      x: known('uint8', [1, channels, cells], ...new Array<number>(channels * cells).fill(255)),
      w: known('uint8', [1, channels, cells], ...new Array<number>(channels * cells).fill(255)),
    },
    outputs: { y: 'int32' },
  });

  it('are exact beyond what float32 counts', async () => {
    // 258 products of 255² are the most below 2²⁴.
    for (const [cells, channels] of [
      [258, 1],
      [258, 3],
      [259, 3],
      [129, 5],
      [1001, 7],
    ] as const)
      expect(await valuesOf(conv(cells, channels))).toEqual([channels * cells * 255 ** 2]);
  });

  it('that may not fit into 32 bits are refused', async () => {
    // 33026 products of 255².
    await expect(valuesOf(conv(16513, 2))).rejects.toThrow(UnsupportedError);
    await expect(valuesOf(conv(16513, 2))).rejects.toThrow(/32 bits hold less than 2147483648/);
    expect(await valuesOf(conv(33025, 1))).toEqual([33025 * 255 ** 2]);
  });

  it('of nothing are 0', async () => {
    const node: OneNode = {
      op: 'MatMulInteger',
      operands: { a: { type: 'uint8', shape: [2, 0] }, b: { type: 'uint8', shape: [0, 1] } },
      outputs: { y: 'int32' },
    };
    expect(await valuesOf(node, { a: wholes([2, 0]), b: wholes([0, 1]) })).toEqual([0, 0]);
  });
});

describe('halves', () => {
  it('are rounded to even', async () => {
    const round: OneNode = { op: 'Round', operands: { x: { shape: [6] } } };
    const feeds = { x: floats([6], 0.5, 1.5, 2.5, -0.5, -1.5, -2.5) };
    expect((await valuesOf(round, feeds)).map((v) => v + 0)).toEqual([0, 2, 2, 0, -2, -2]);
  });

  it('are quantised to even', async () => {
    const quantise: OneNode = {
      op: 'QuantizeLinear',
      operands: { x: { shape: [6] }, s: scalar('float32', 2), z: scalar('uint8', 10) },
      outputs: { y: 'uint8' },
    };
    const feeds = { x: floats([6], 1, 3, 5, -1, -3, 1000) };
    expect(await valuesOf(quantise, feeds)).toEqual([10, 12, 12, 10, 8, 255]);
  });

  it('make zero points that are even', async () => {
    const dynamic: OneNode = {
      op: 'DynamicQuantizeLinear',
      operands: { x: { shape: [3] } },
      outputs: { y: 'uint8', s: 'float32', z: 'uint8' },
    };
    const feeds = { x: floats([3], -2.5, 0, 252.5) };
    expect(await valuesOf(dynamic, feeds, 's')).toEqual([1]);
    expect(await valuesOf(dynamic, feeds, 'z')).toEqual([2]);
    expect(await valuesOf(dynamic, feeds)).toEqual([0, 2, 254]);
  });

  it('are rescaled to even in products and convolutions', async () => {
    const scales = { s: scalar('float32', 0.5), z: scalar('uint8', 0) };
    const product: OneNode = {
      op: 'QLinearMatMul',
      operands: {
        a: { type: 'uint8', shape: [3, 1] },
        as: scales.s,
        az: scales.z,
        b: { type: 'uint8', shape: [1, 1], values: [1] },
        bs: scalar('float32', 1),
        bz: scalar('uint8', 0),
        ys: scalar('float32', 1),
        yz: scalar('uint8', 7),
      },
      outputs: { y: 'uint8' },
    };
    expect(await valuesOf(product, { a: wholes([3, 1], 1, 3, 5) })).toEqual([7, 9, 9]);
    const conv: OneNode = {
      op: 'QLinearConv',
      operands: {
        a: { type: 'uint8', shape: [1, 1, 3] },
        as: scales.s,
        az: scales.z,
        b: { type: 'uint8', shape: [1, 1, 1], values: [1] },
        bs: scalar('float32', 1),
        bz: scalar('uint8', 0),
        ys: scalar('float32', 1),
        yz: scalar('uint8', 7),
        bias: { type: 'int32', shape: [1], values: [2] },
      },
      outputs: { y: 'uint8' },
    };
    expect(await valuesOf(conv, { a: wholes([1, 1, 3], 1, 3, 5) })).toEqual([9, 9, 11]);
  });
});

it('weights of a convolution have zero points and scales by their output channels', async () => {
  const node: OneNode = {
    op: 'QLinearConv',
    operands: {
      x: { type: 'uint8', shape: [1, 2, 1] },
      xs: scalar('float32', 1),
      xz: scalar('uint8', 0),
      w: { type: 'uint8', shape: [2, 2, 1], values: [5, 7, 5, 7] },
      ws: { shape: [2], values: [1, 2] },
      wz: { type: 'uint8', shape: [2], values: [5, 4] },
      ys: scalar('float32', 1),
      yz: scalar('uint8', 0),
    },
    outputs: { y: 'uint8' },
  };
  // 0·3 + 2·4, and twice 1·3 + 3·4.
  expect(await valuesOf(node, { x: wholes([1, 2, 1], 3, 4) })).toEqual([8, 30]);
});

it('products of bytes are summed exactly, beyond what float32 counts', async () => {
  const count = 601;
  const bytes = (shape: number[]): Operand => ({
    type: 'uint8',
    shape,
    values: new Array<number>(count).fill(255),
  });
  const node: OneNode = {
    op: 'MatMulInteger',
    operands: { a: bytes([1, count]), b: bytes([count, 1]) },
    outputs: { y: 'int32' },
  };
  expect(await valuesOf(node, {})).toEqual([count * 255 * 255]);
});
