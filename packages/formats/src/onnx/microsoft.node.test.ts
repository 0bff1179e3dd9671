// Operators of onnxruntime, whose results are by hand, from its specification.

import { describe, expect, it } from 'vitest';
import { floats, type OneNode, type Operand, oneNode, type TypeName, wholes } from '../../test/onnxGraphs.ts';
import { expectBoth, list, runBoth, scalar } from '../../test/runNode.ts';
import { loadOnnx } from '../index.ts';
import { microsoftOperators } from './microsoft.ts';

const microsoft = (node: OneNode): OneNode => ({ domain: 'com.microsoft', opset: 1, ...node });

const bytes = (shape: readonly number[]): Operand => ({ type: 'uint8', shape });
const known = (type: TypeName, shape: number[], ...values: number[]): Operand => ({ type, shape, values });
/** A scale and a zero point by these names. */
const grid = (name: string, scale: number, zero: number): Record<string, Operand> => ({
  [`${name}s`]: scalar('float32', scale),
  [`${name}z`]: scalar('uint8', zero),
});
const outputs = { y: 'uint8' } as const;

describe('two quantised tensors', () => {
  const operands = {
    a: bytes([2, 2]),
    ...grid('a', 0.5, 10),
    b: bytes([2]),
    ...grid('b', 2, 1),
    ...grid('y', 0.25, 100),
  };
  const two = (op: string): OneNode => microsoft({ op, operands, outputs });
  // a is 0, 1, −5, 45 and b is 4, −2.
  const feeds = { a: wholes([2, 2], 10, 12, 0, 100), b: wholes([2], 3, 0) };

  it('are added', () =>
    expectBoth(two('QLinearAdd'), feeds, [
      [2, 2],
      [116, 96, 96, 255],
    ]));
  it('are multiplied', () =>
    expectBoth(two('QLinearMul'), feeds, [
      [2, 2],
      [100, 92, 20, 0],
    ]));

  it('lie side by side, brought to one scale', async () => {
    const node = microsoft({
      op: 'QLinearConcat',
      operands: {
        ...grid('y', 0.25, 100),
        a: bytes([2, 2]),
        ...grid('a', 0.5, 10),
        b: bytes([2, 1]),
        ...grid('b', 2, 1),
      },
      attributes: { axis: 1 },
      outputs,
    });
    const b = wholes([2, 1], 3, 0);
    await expectBoth(node, { a: feeds.a, b }, [
      [2, 3],
      [100, 104, 116, 80, 255, 92],
    ]);
  });

  it('are chosen from', async () => {
    const node = microsoft({
      op: 'QLinearWhere',
      operands: {
        c: { type: 'bool', shape: [2, 2] },
        ...operands,
      },
      outputs,
    });
    await expectBoth(node, { c: wholes([2, 2], 1, 0, 0, 1), ...feeds }, [
      [2, 2],
      [100, 92, 116, 255],
    ]);
  });
});

describe('a quantised tensor', () => {
  const one = (op: string, shape: number[], rest: Partial<OneNode> = {}): OneNode =>
    microsoft({
      op,
      operands: { x: bytes(shape), ...grid('x', 0.5, 10), ...grid('y', 0.01, 20) },
      outputs,
      ...rest,
    });

  it('leaks', () =>
    expectBoth(
      one('QLinearLeakyRelu', [3], { attributes: { alpha: { float: 0.02 } } }),
      { x: wholes([3], 10, 11, 0) },
      [[3], [20, 70, 10]],
    ));

  it('becomes shares between 0 and 1', () =>
    // The sigmoid of 0, 1 and −5: 0.5, 0.7311, 0.0067.
    expectBoth(one('QLinearSigmoid', [3]), { x: wholes([3], 10, 12, 0) }, [[3], [70, 93, 21]]));

  it('becomes shares of 1, along the last axis unless told otherwise', async () => {
    // e is to 1 as 0.7311 to 0.2689.
    const x = wholes([2, 2], 12, 10, 10, 10);
    await expectBoth(one('QLinearSoftmax', [2, 2], { attributes: { opset: 13 } }), { x }, [
      [2, 2],
      [93, 47, 70, 70],
    ]);
    await expectBoth(one('QLinearSoftmax', [2, 2], { attributes: { opset: 13, axis: 0 } }), { x }, [
      [2, 2],
      [93, 70, 47, 70],
    ]);
  });

  const plane = wholes([1, 1, 2, 2], 10, 11, 12, 13);
  it('is averaged over planes', () =>
    expectBoth(one('QLinearGlobalAveragePool', [1, 1, 2, 2]), { x: plane }, [[1, 1, 1, 1], [95]]));

  it('is averaged over windows', async () => {
    const attributes = { kernel_shape: [1, 2] };
    await expectBoth(one('QLinearAveragePool', [1, 1, 2, 2], { attributes }), { x: plane }, [
      [1, 1, 2, 1],
      [45, 145],
    ]);
  });

  it('has its channels first', async () => {
    const node = one('QLinearGlobalAveragePool', [1, 2, 2, 1], { attributes: { channels_last: 1 } });
    await expect(loadOnnx(oneNode(node))).rejects.toThrow(
      '"y" (QLinearGlobalAveragePool): channels_last is set, which is not supported; export it with channels first',
    );
  });
});

describe('products of matrices', () => {
  // (3, 5) − 1 is (2, 4), times 0.5 (1, 2). The columns of b are (1, 3) − 0 and (2, 4) − 1, times 1 and 10: (1, 3) and (10, 30).
  const a = { a: bytes([1, 2]) };
  const feeds = { a: wholes([1, 2], 3, 5) };
  const columns = { bs: list('float32', 1, 10), bz: list('uint8', 0, 1) };

  it('with a bias of the scale of the products', async () => {
    const operands = {
      ...a,
      ...grid('a', 0.5, 1),
      b: known('uint8', [2, 2], 1, 2, 3, 4),
      ...columns,
      c: list('int32', 4, -2),
    };
    const node = microsoft({ op: 'QGemm', operands: { ...operands, ...grid('y', 1, 3) }, outputs });
    // (7, 70) + (4·0.5, −2·5)
    await expectBoth(node, feeds, [
      [1, 2],
      [12, 63],
    ]);
    const attributes = { alpha: { float: 2 } };
    await expectBoth(microsoft({ op: 'QGemm', operands, attributes }), feeds, [
      [1, 2],
      [18, 120],
    ]);
    const turned = { ...operands, b: known('uint8', [2, 2], 1, 3, 2, 4) };
    await expectBoth(microsoft({ op: 'QGemm', operands: turned, attributes: { transB: 1 } }), feeds, [
      [1, 2],
      [9, 60],
    ]);
  });

  it('as floats', async () => {
    const operands = {
      ...a,
      b: known('uint8', [2, 2], 1, 2, 3, 4),
      as: scalar('float32', 0.5),
      bs: columns.bs,
      az: scalar('uint8', 1),
      bz: columns.bz,
    };
    const node = (more: Record<string, Operand>): OneNode =>
      microsoft({ op: 'MatMulIntegerToFloat', operands: { ...operands, ...more } });
    await expectBoth(node({}), feeds, [
      [1, 2],
      [7, 70],
    ]);
    await expectBoth(node({ bias: list('float32', 0.5, -1) }), feeds, [
      [1, 2],
      [7.5, 69],
    ]);
  });

  it('of floats that are quantised by their range', async () => {
    const node = microsoft({
      op: 'DynamicQuantizeMatMul',
      operands: { a: { shape: [1, 2] }, b: known('uint8', [2, 2], 1, 2, 3, 4), ...columns },
    });
    // 0 to 255 by steps of 1.
    for (const results of await runBoth(node, { a: floats([1, 2], 255, 2) }))
      expect([...results.y.data]).toEqual([261, 10 * (255 + 6)]);
  });
});

describe('operators that ONNX has too', () => {
  it('are those', async () => {
    const operands = { x: { shape: [3] }, s: scalar('float32', 0.5), z: scalar('uint8', 10) };
    const node = microsoft({ op: 'QuantizeLinear', operands, outputs });
    await expectBoth(node, { x: floats([3], 0, 1, -9) }, [[3], [10, 12, 0]]);
    const back = { x: bytes([2]), s: scalar('float32', 0.5), z: scalar('uint8', 10) };
    await expectBoth(microsoft({ op: 'DequantizeLinear', operands: back }), { x: wholes([2], 10, 12) }, [
      [2],
      [0, 1],
    ]);
  });

  it('convolve', async () => {
    const node = microsoft({
      op: 'QLinearConv',
      operands: {
        x: bytes([1, 1, 2, 2]),
        ...grid('x', 0.5, 10),
        w: known('uint8', [1, 1, 2, 2], 1, 1, 1, 2),
        ...grid('w', 1, 0),
        ...grid('y', 0.5, 1),
      },
      attributes: { channels_last: 0 },
      outputs,
    });
    await expectBoth(node, { x: wholes([1, 1, 2, 2], 10, 11, 12, 13) }, [[1, 1, 1, 1], [1 + 1 + 2 + 6]]);
  });
});

it('operators of the domain that are not known are refused by name', async () => {
  const node = microsoft({ op: 'QAttention', operands: { x: bytes([2]) } });
  await expect(loadOnnx(oneNode(node))).rejects.toThrow(
    '1 node is not supported: "y" (QAttention) of com.microsoft',
  );
  expect(microsoftOperators).not.toContain('QAttention');
});
