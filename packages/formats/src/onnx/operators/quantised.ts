// Quantised operators. Products and sums of whole numbers are exact (`neocog/whole`); what follows them is float32, as in the engines that
// these files are made for. Specification: QLinearConv and its relatives in Operators.md of https://github.com/onnx/onnx.

import {
  add,
  div,
  max,
  maximum,
  min,
  minimum,
  mul,
  neg,
  reshape,
  round,
  ShapeError,
  sub,
  type Tensor,
  where,
} from 'neocog';
import { convWhole, matmulWhole } from 'neocog/whole';
import { productBy } from '../../graph/broadcast.ts';
import { Operation, operation } from '../../graph/operation.ts';
import {
  HostArray,
  type HostType,
  isKnown,
  knownValues,
  rangeOf,
  rememberFloats,
  rememberType,
  toFloats,
  typeOf,
  type Value,
} from '../../graph/value.ts';
import {
  mostOf,
  mostSum,
  rememberCentred,
  rememberScaled,
  toInts,
  type Wholes,
  withoutZero,
} from '../../graph/wholes.ts';
import { fromStart } from '../../shape.ts';
import type { OnnxNode, Operator } from '../node.ts';
import { windowOptions } from './conv.ts';
import { biasedSums } from './wholeSums.ts';

/** A value per cell of an axis, or one for all, in a shape that broadcasts to `shape`. */
function alongAxis(values: Tensor, shape: readonly number[], axis: number): Tensor {
  if (values.size === 1) return reshape(values, []);
  if (values.rank !== 1) return values;
  const d = fromStart(axis, shape.length);
  if (shape[d] !== values.size) {
    throw new ShapeError(`${values.size} scales or zero points do not fit axis ${axis} of [${shape}]`);
  }
  return reshape(
    values,
    shape.map((_, i) => (i === d ? values.size : 1)),
  );
}

/** What quantised numbers are: their zero point, and their type, which is the zero point's. */
interface Grid {
  readonly zero: Value | undefined;
  readonly type: HostType;
}

const gridOf = (zero: Value | undefined): Grid => ({
  zero,
  type: (zero && typeOf(zero)) ?? 'uint8',
});

/** The nearest whole numbers and a zero point, held inside the type. */
function quantise(x: Tensor, { zero, type }: Grid, spread: (zero: Tensor) => Tensor): Tensor {
  const [low, high] = rangeOf(type);
  const shift = zero ? spread(toFloats(zero)) : 0;
  const known = zero && isKnown(zero) ? [...knownValues(zero)] : [];
  // One limit for all takes fewer instructions.
  const one = !zero || (known.length > 0 && known.every((z) => z === known[0]));
  const [least, most] = [low, high].map((end) => (one ? end - (known[0] ?? 0) : sub(end, shift)));
  const wholes = minimum(maximum(round(x), least), most);
  const shifted = (): Tensor => (zero ? add(wholes, shift) : wholes);
  const result = rememberFloats(rememberType(toInts(shifted()), type), shifted);
  return rememberCentred(result, { wholes, zero, most: mostOf(type, zero) });
}

/** Blocks along an axis. */
const refuseBlocks = (node: OnnxNode): void => {
  if (node.int('block_size', 0) !== 0) node.refuse('block_size is set, which is not supported');
};

const quantizeLinear: Operator = {
  name: 'QuantizeLinear',
  limits: 'to 8 and 16 bits, per tensor or per axis; refuses blocks',
  build: (node) => {
    refuseBlocks(node);
    const axis = node.int('axis', 1);
    return operation('QuantizeLinear', ([value, scale, zero]) => {
      const x = toFloats(value!);
      const spread = (t: Tensor): Tensor => alongAxis(t, x.shape, axis);
      return quantise(div(x, spread(toFloats(scale!))), gridOf(zero), spread);
    });
  },
};

const dequantizeLinear: Operator = {
  name: 'DequantizeLinear',
  limits: 'from 8, 16 and 32 bits, per tensor or per axis; refuses blocks',
  build: (node) => {
    refuseBlocks(node);
    const axis = node.int('axis', 1);
    return operation('DequantizeLinear', ([x, factor, zero]) => {
      const { shape } = x!;
      const spread = (t: Tensor): Tensor => alongAxis(t, shape, axis);
      const { wholes, most } = withoutZero(x!, zero, { spread, otherwise: Number.POSITIVE_INFINITY });
      const scale = toFloats(factor!);
      const y = mul(wholes, spread(scale));
      if (scale.size === 1) return rememberScaled(y, { wholes, most, scale: reshape(scale, []), axis: 0 });
      return scale.rank === 1
        ? rememberScaled(y, { wholes, most, scale, axis: fromStart(axis, shape.length) })
        : y;
    });
  },
};

/** Scale and zero point from the range of the values, 0 included. */
const dynamicQuantize: Operator = {
  name: 'DynamicQuantizeLinear',
  limits: '',
  build: () =>
    new Operation('DynamicQuantizeLinear', ([value]) => {
      const x = toFloats(value!);
      const low = x.size > 0 ? minimum(min(x), 0) : toFloats(new HostArray('float32', [0], []));
      const high = x.size > 0 ? maximum(max(x), 0) : low;
      const scale = div(sub(high, low), 255);
      // Of zeros alone any scale will do.
      const ratio = (t: Tensor): Tensor => div(t, where(scale, scale, 1));
      const offset = minimum(maximum(round(ratio(neg(low))), 0), 255);
      const zero = rememberFloats(rememberType(toInts(offset), 'uint8'), () => offset);
      return [quantise(ratio(x), { zero, type: 'uint8' }, (t) => t), scale, zero];
    }),
};

/** Bytes, which is what these operators multiply, less their zero points. */
const bytes = (value: Value, zero: Value | undefined, axis: number): Wholes =>
  withoutZero(value, zero, {
    otherwise: 255,
    spread: (t) => alongAxis(t, value.shape, axis),
  });

/** Exact sums as int32, or as floats where these are asked for. */
const wholeSums = (sums: (dtype: 'int32' | 'float32') => Tensor): Tensor =>
  rememberFloats(sums('int32'), () => sums('float32'));

const convInteger: Operator = {
  name: 'ConvInteger',
  limits: 'exact; refuses sums beyond 32 bits',
  build: (node) =>
    operation('ConvInteger', ([a, b, aZero, bZero]) => {
      const [x, w] = [bytes(a!, aZero, 1), bytes(b!, bZero, 0)];
      const options = { ...windowOptions(node, x.wholes.rank - 2), most: mostSum(x, w) };
      return wholeSums((dtype) => convWhole(x.wholes, w.wholes, { ...options, dtype }));
    }),
};

/** Of matrices, the first's rows and the second's columns have zero points. */
function productOfBytes(a: Wholes, b: Wholes, dtype: 'int32' | 'float32' = 'float32'): Tensor {
  const terms = a.wholes.shape.at(-1) ?? 1;
  const sums = { most: terms * a.most * b.most, dtype };
  return productBy((x, y) => matmulWhole(x, y, sums), a.wholes, b.wholes);
}

const matmulInteger: Operator = {
  name: 'MatMulInteger',
  limits: 'exact; refuses sums beyond 32 bits',
  build: () =>
    operation('MatMulInteger', ([a, b, aZero, bZero]) => {
      const [x, y] = [bytes(a!, aZero, -2), bytes(b!, bZero, -1)];
      return wholeSums((dtype) => productOfBytes(x, y, dtype));
    }),
};

/** The scale of sums of products beside that of their result. */
const rescaling = ([a, b, result]: readonly Tensor[]): Tensor => div(mul(a, b), result);

const qlinearConv: Operator = {
  name: 'QLinearConv',
  limits: 'sums are exact; refuses those beyond 32 bits',
  build: (node) =>
    operation('QLinearConv', ([a, aScale, aZero, b, bScale, bZero, yScale, yZero, bias]) => {
      const [x, w] = [bytes(a!, aZero, 1), bytes(b!, bZero, 0)];
      const shift = bias && toFloats(bias);
      const y = biasedSums(x, w, shift, windowOptions(node, x.wholes.rank - 2));
      const spread = (t: Tensor): Tensor => alongAxis(t, y.shape, 1);
      const scale = rescaling([aScale, bScale, yScale].map((t) => spread(toFloats(t!))));
      return quantise(mul(y, scale), gridOf(yZero), spread);
    }),
};

const qlinearMatmul: Operator = {
  name: 'QLinearMatMul',
  limits: 'sums are exact; refuses those beyond 32 bits',
  build: () =>
    operation('QLinearMatMul', ([a, aScale, aZero, b, bScale, bZero, yScale, yZero]) => {
      const y = productOfBytes(bytes(a!, aZero, -2), bytes(b!, bZero, -1));
      // The rows of a are those of the result, which are its last axis where b is a vector.
      const rows = b!.shape.length === 1 ? -1 : -2;
      const along = (value: Value | undefined, axis: number): Tensor =>
        alongAxis(toFloats(value!), y.shape, axis);
      const scale = rescaling([along(aScale, rows), along(bScale, -1), along(yScale, -1)]);
      return quantise(mul(y, scale), gridOf(yZero), (t) => alongAxis(t, y.shape, -1));
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
