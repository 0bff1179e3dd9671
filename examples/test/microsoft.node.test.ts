// Quantised operators of onnxruntime's own domain, on random values, against onnxruntime-node.
// Without the examples' packages (`npm install` in examples/) the tests say so and are left out.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { loadOnnx } from '@neocog/formats';
import { Generator } from 'neocog';
import { describe, expect, it } from 'vitest';
import {
  type OneNode,
  type Operand,
  oneNode,
  type TypeName,
} from '../../packages/formats/test/onnxGraphs.ts';
import { leftOut, packagesHint } from '../../test/leftOut.ts';
import { openSession } from './onnxruntime.ts';

const require = createRequire(new URL('../package.json', import.meta.url));
const installed = existsSync(fileURLToPath(new URL('../node_modules/onnxruntime-node', import.meta.url)));

const generator = new Generator(1);
const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

const ranges = { uint8: [0, 255], int8: [-128, 127], int32: [-900, 900], bool: [0, 1] } as const;
function whole(type: keyof typeof ranges, shape: readonly number[]): Operand {
  const [low, high] = ranges[type];
  const values = Array.from({ length: sizeOf(shape) }, () => low + generator.integer(high - low + 1));
  return { type, shape, values };
}

const float = (...values: number[]): Operand => ({
  shape: values.length === 1 ? [] : [values.length],
  values,
});
const zero = (value: number, type: TypeName = 'uint8'): Operand => ({ type, shape: [], values: [value] });

const a = { a: whole('uint8', [2, 3, 4, 5]), as: float(0.031), az: zero(97) };
const b = { b: whole('uint8', [3, 1, 5]), bs: float(0.017), bz: zero(140) };
const y = { ys: float(0.043), yz: zero(120) };
const column = {
  bs: float(0.01, 0.02, 0.03, 0.04),
  bz: { type: 'int8', shape: [4], values: [0, 0, 0, 0] },
} as const;
/** Of 7 bits: where a processor has no instruction for four products, onnxruntime limits the sum of two to 16 bits. */
const weights = (shape: readonly number[]): Operand => {
  const bytes = whole('int8', shape);
  return { ...bytes, values: (bytes.values ?? []).map((value) => value >> 1) };
};
const matrix = weights([6, 4]);
const rows = { a: whole('uint8', [3, 6]), as: float(0.011), az: zero(120) };

const cases: readonly OneNode[] = [
  { op: 'QLinearAdd', operands: { ...a, ...b, ...y } },
  { op: 'QLinearMul', operands: { ...a, ...b, ...y } },
  {
    op: 'QLinearConcat',
    operands: { ...y, ...a, b: whole('uint8', [2, 2, 4, 5]), bs: b.bs, bz: b.bz },
    attributes: { axis: 1 },
  },
  { op: 'QLinearWhere', operands: { c: whole('bool', [4, 5]), ...a, ...b, ...y } },
  { op: 'QLinearLeakyRelu', operands: { ...a, ...y }, attributes: { alpha: { float: 0.1 } } },
  { op: 'QLinearSigmoid', operands: { ...a, ys: float(1 / 256), yz: zero(0) } },
  { op: 'QLinearSoftmax', operands: { ...a, ys: float(1 / 256), yz: zero(0) }, attributes: { opset: 13 } },
  { op: 'QLinearGlobalAveragePool', operands: { ...a, ...y } },
  {
    op: 'QLinearAveragePool',
    operands: { ...a, ...y },
    attributes: { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 1, 1] },
  },
  { op: 'QGemm', operands: { ...rows, b: matrix, ...column, c: whole('int32', [4]), ...y } },
  {
    op: 'QGemm',
    operands: { ...rows, b: weights([4, 6]), ...column },
    attributes: { transB: 1, alpha: { float: 0.5 } },
    outputs: { y: 'float32' },
  },
  {
    op: 'MatMulIntegerToFloat',
    operands: {
      a: rows.a,
      b: matrix,
      as: rows.as,
      bs: column.bs,
      az: rows.az,
      bz: column.bz,
      bias: float(1, 2, 3, 4),
    },
    outputs: { y: 'float32' },
  },
  {
    op: 'DynamicQuantizeMatMul',
    operands: {
      a: { shape: [2, 6], values: [-1, 2, 3, 0.5, 0.25, 7, 1, -2, 0, 6, 1.5, 2.5] },
      b: matrix,
      ...column,
      bias: float(1, 2, 3, 4),
    },
    outputs: { y: 'float32' },
  },
];

describe.skipIf(leftOut(installed ? null : packagesHint))('operators of com.microsoft', () => {
  it.each(cases)('$op', async (node) => {
    const bytes = oneNode({ domain: 'com.microsoft', opset: 1, outputs: { y: 'uint8' }, ...node });
    const { y: wanted } = await (await openSession(require, bytes)).run({});
    const { y: got } = (await loadOnnx(bytes)).run({});
    expect(got.shape).toEqual(wanted.shape);
    // The engines add and scale in other orders: bytes may round to the next one.
    const floats = node.outputs?.y === 'float32';
    const off = Array.from(wanted.data, (value, i) => Math.abs(got.data[i] - value));
    expect(Math.max(...off)).toBeLessThanOrEqual(floats ? 1e-5 : 1);
    expect(off.filter((each) => each === 1).length).toBeLessThan(0.03 * off.length + 1);
    expect(new Set(wanted.data).size).toBeGreaterThan(2);
  });
});
