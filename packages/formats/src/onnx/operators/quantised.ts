// Quantised operators, exactly: products and sums of whole numbers run in float32, whose whole numbers are exact up to 2²⁴.
// Operands of 8 bits are differences of at most 9 bits, so that a product has 18; longer sums are split into parts whose
// totals stay below the limit, and the parts are added on the host. Specification: QLinearConv and its relatives in
// Operators.md of https://github.com/onnx/onnx.

import { matmul, reshape, ShapeError, slice, Tensor } from 'neocog';
import { type Arguments, Operation, operation } from '../../graph/operation.ts';
import { convs } from '../../graph/ranks.ts';
import {
  HostArray,
  type HostType,
  halfToEven,
  mapHost,
  rangeOf,
  toTensor,
  type Value,
  wrap,
} from '../../graph/value.ts';
import { fromStart, product } from '../../shape.ts';
import type { OnnxNode, Operator } from '../node.ts';
import { autoPad, needRank, pairsOf, perAxis } from './conv.ts';
import { numpyMatmul } from './linear.ts';

/** A value per cell of an axis, or one for all, in a shape that broadcasts to `shape`. */
function alongAxis(value: HostArray, shape: readonly number[], axis: number): HostArray {
  if (value.data.length === 1) return new HostArray(value.dtype, value.data, []);
  if (value.shape.length !== 1) return value;
  const d = fromStart(axis, shape.length);
  if (shape[d] !== value.data.length) {
    throw new ShapeError(`${value.data.length} scales or zero points do not fit axis ${axis} of [${shape}]`);
  }
  return new HostArray(
    value.dtype,
    value.data,
    shape.map((_, i) => (i === d ? value.data.length : 1)),
  );
}

function saturate(dtype: HostType, x: number): number {
  const [low, high] = rangeOf(dtype);
  return Math.min(Math.max(halfToEven(x), low), high);
}

/** round(x / scale) + zero, held inside the type. Divisions are those of float32. */
function quantise(x: HostArray, scale: HostArray, zero: HostArray): HostArray {
  return mapHost(zero.dtype, [x, scale, zero], (v, s, z) =>
    saturate(zero.dtype, halfToEven(Math.fround(Math.fround(v) / Math.fround(s))) + z),
  );
}

const readAll = (node: OnnxNode, inputs: Arguments): (HostArray | undefined)[] =>
  inputs.map((value) => value && node.read(value));

const quantizeLinear: Operator = {
  name: 'QuantizeLinear',
  limits: 'to 8, 16 and 32 bits, per tensor or per axis; refuses blocks; not compiled',
  build: (node) => {
    if (node.int('block_size', 0) !== 0) node.refuse('block_size is set, which is not supported');
    const axis = node.int('axis', 1);
    return operation('QuantizeLinear', (inputs) => {
      const [x, scale, zero] = readAll(node, inputs);
      const none = new HostArray('uint8', new Float64Array(scale!.data.length), scale!.shape);
      const spread = (value: HostArray): HostArray => alongAxis(value, x!.shape, axis);
      return quantise(x!, spread(scale!), spread(zero ?? none));
    });
  },
};

const dequantizeLinear: Operator = {
  name: 'DequantizeLinear',
  limits: 'from 8, 16 and 32 bits, per tensor or per axis; refuses blocks; compiled if it is constant',
  build: (node) => {
    if (node.int('block_size', 0) !== 0) node.refuse('block_size is set, which is not supported');
    const axis = node.int('axis', 1);
    return operation('DequantizeLinear', (inputs) => {
      const [x, scale, zero] = readAll(node, inputs);
      const spread = (value: HostArray): HostArray => alongAxis(value, x!.shape, axis);
      const offset = zero ? spread(zero) : new HostArray('int32', [0], []);
      return toTensor(mapHost('float32', [x!, spread(scale!), offset], (v, s, z) => Math.fround(v - z) * s));
    });
  },
};

/** Scale and zero point from the range of the values, 0 included. */
const dynamicQuantize: Operator = {
  name: 'DynamicQuantizeLinear',
  limits: 'not compiled',
  build: (node) =>
    new Operation('DynamicQuantizeLinear', (inputs) => {
      const x = node.read(inputs[0]!);
      const low = x.data.reduce((a, b) => Math.min(a, b), 0);
      const high = x.data.reduce((a, b) => Math.max(a, b), 0);
      const scale = new HostArray('float32', [Math.fround(Math.fround(high - low) / 255)], []);
      const offset = scale.data[0] === 0 ? 0 : saturate('uint8', Math.fround(0 - low) / scale.data[0]);
      const zero = new HostArray('uint8', [offset], []);
      return [quantise(x, scale, zero), toTensor(scale), zero];
    }),
};

const largestExact = 2 ** 24;

const largest = (x: HostArray): number => x.data.reduce((most, v) => Math.max(most, Math.abs(v)), 0);

/** How many products of these operands may be added before a sum could lose a bit. */
function safeTerms(a: HostArray, b: HostArray): number {
  const most = Math.max(1, largest(a) * largest(b));
  if (most > largestExact) throw new ShapeError('operands of more than 12 bits cannot be multiplied exactly');
  return Math.floor(largestExact / most);
}

const floats = (x: HostArray): Tensor => new Tensor(new Float32Array(x.data), x.shape);

const less = (x: HostArray, zero: HostArray | undefined, axis: number): HostArray =>
  zero ? mapHost('int64', [x, alongAxis(zero, x.shape, axis)], (v, z) => v - z) : x;

/** A sum of tensors of whole numbers, on the host. */
function total(parts: readonly Tensor[]): HostArray {
  const sums = new Float64Array(parts[0].data);
  for (const { data } of parts.slice(1)) for (let i = 0; i < data.length; i++) sums[i] += data[i];
  return new HostArray('int64', sums, parts[0].shape);
}

/** A convolution of whole numbers: by parts of the input channels, so that each sum is exact. */
function exactConv(node: OnnxNode, x: HostArray, w: HostArray): HostArray {
  const rank = needRank(node, x.shape.length - 2);
  const groups = node.int('group', 1);
  const options = {
    stride: perAxis(node, 'strides', rank),
    dilation: perAxis(node, 'dilations', rank),
    padding: autoPad(node) ?? pairsOf(node, rank),
  };
  const taps = product(w.shape.slice(2));
  const step = Math.floor(safeTerms(x, w) / taps);
  if (step < 1) node.refuse('its kernel has too many cells for an exact sum');
  const weight = floats(w);
  const channels = w.shape[1];
  const [n, , ...cells] = x.shape;
  const grouped = reshape(floats(x), [n, groups, x.shape[1] / groups, product(cells)]);
  const parts: Tensor[] = [];
  for (let from = 0; from < channels; from += step) {
    const to = Math.min(channels, from + step);
    const cut = (t: Tensor): Tensor => slice(t, { axis: 1, start: from, end: to });
    const own = reshape(slice(grouped, { axis: 2, start: from, end: to }), [
      n,
      groups * (to - from),
      ...cells,
    ]);
    parts.push(convs[rank](own, cut(weight), { ...options, groups }));
  }
  return total(parts);
}

/** A matrix product of whole numbers, by parts of the inner axis. */
function exactMatmul(a: HostArray, b: HostArray): HostArray {
  const step = safeTerms(a, b);
  const [x, y] = [floats(a), floats(b)];
  const inner = a.shape.at(-1) ?? 1;
  const rows = y.rank === 1 ? 0 : y.rank - 2;
  const parts: Tensor[] = [];
  for (let start = 0; start < inner; start += step) {
    const end = Math.min(inner, start + step);
    parts.push(numpyMatmul(slice(x, { axis: -1, start, end }), slice(y, { axis: rows, start, end })));
  }
  return total(parts.length > 0 ? parts : [matmul(x, y)]);
}

const toInt32 = (x: HostArray): HostArray =>
  new HostArray(
    'int32',
    x.data.map((v) => wrap('int32', v)),
    x.shape,
  );

const convInteger: Operator = {
  name: 'ConvInteger',
  limits: 'exact; not compiled',
  build: (node) =>
    operation('ConvInteger', (inputs) => {
      const [x, w, xZero, wZero] = readAll(node, inputs);
      return toInt32(exactConv(node, less(x!, xZero, 1), less(w!, wZero, 0)));
    }),
};

const matmulInteger: Operator = {
  name: 'MatMulInteger',
  limits: 'exact; not compiled',
  build: (node) =>
    operation('MatMulInteger', (inputs) => {
      const [a, b, aZero, bZero] = readAll(node, inputs);
      return toInt32(exactMatmul(less(a!, aZero, -2), less(b!, bZero, -1)));
    }),
};

/**
 * Sums of whole numbers as whole numbers at another scale: given are the scales of two factors and of the result, and its
 * zero, and along which axis of the sums each lies that is a list.
 */
function rescale(sums: HostArray, scales: readonly HostArray[], axes: readonly number[]): Value {
  const [a, b, out, zero] = scales.map((scale, i) => alongAxis(scale, sums.shape, axes[i]));
  const scaled = mapHost('int64', [sums, a, b, out], (v, s, t, u) => halfToEven(v * ((s * t) / u)));
  return mapHost(zero.dtype, [scaled, zero], (v, z) => saturate(zero.dtype, v + z));
}

const qlinearConv: Operator = {
  name: 'QLinearConv',
  limits: 'exact; not compiled',
  build: (node) =>
    operation('QLinearConv', (inputs) => {
      const [x, xScale, xZero, w, wScale, wZero, yScale, yZero, bias] = readAll(node, inputs) as HostArray[];
      const sums = exactConv(node, less(x, xZero, 1), less(w, wZero, 0));
      const shifted = bias ? mapHost('int64', [sums, alongAxis(bias, sums.shape, 1)], (v, b) => v + b) : sums;
      return rescale(shifted, [xScale, wScale, yScale, yZero], [1, 1, 1, 1]);
    }),
};

const qlinearMatmul: Operator = {
  name: 'QLinearMatMul',
  limits: 'exact; not compiled',
  build: (node) =>
    operation('QLinearMatMul', (inputs) => {
      const [a, aScale, aZero, b, bScale, bZero, yScale, yZero] = readAll(node, inputs) as HostArray[];
      const sums = exactMatmul(less(a, aZero, -2), less(b, bZero, -1));
      // The rows of a are those of the result, which are its last axis where b is a vector.
      const rows = b.shape.length === 1 ? -1 : -2;
      return rescale(sums, [aScale, bScale, yScale, yZero], [rows, -1, -1, -1]);
    }),
};

export const quantisedOperators: readonly Operator[] = [
  quantizeLinear,
  dequantizeLinear,
  dynamicQuantize,
  convInteger,
  matmulInteger,
  qlinearConv,
  qlinearMatmul,
];
