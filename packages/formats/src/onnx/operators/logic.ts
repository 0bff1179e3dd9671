// Comparisons, logic, casts and bits.

import {
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  maximum,
  mul,
  notEqual,
  cast as toInt,
  where,
} from 'neocog';
import { operation } from '../../graph/operation.ts';
import {
  HostArray,
  type HostType,
  isKnown,
  knownValues,
  likeTensors,
  mapHost,
  toFloats,
  type Value,
  wrap,
} from '../../graph/value.ts';
import type { OnnxNode, Operator } from '../node.ts';
import { elementType } from '../tensors.ts';
import { type Binary, elementwise, settle } from './common.ts';
import { castType, operandsOf } from './older.ts';

/** Comparisons and logic: truth is 1 or 0, of type bool on the host, in tensors of float32. */
function truth(name: string, onTensors: Binary, onHost: (a: number, b: number) => boolean): Operator {
  return {
    name,
    limits: '',
    build: (node) => {
      const operands = operandsOf(node);
      return operation(name, (inputs) =>
        elementwise(
          operands(inputs),
          ([a, b]) => onTensors(a, b),
          (a, b) => Number(onHost(a, b)),
          'bool',
        ),
      );
    },
  };
}

const not: Operator = {
  name: 'Not',
  limits: '',
  build: () =>
    operation('Not', (inputs) =>
      elementwise(
        inputs,
        ([x]) => equal(x, 0),
        (x) => Number(x === 0),
        'bool',
      ),
    ),
};

const isNaNOperator: Operator = {
  name: 'IsNaN',
  limits: '',
  build: () =>
    operation('IsNaN', (inputs) =>
      elementwise(
        inputs,
        ([x]) => notEqual(x, x),
        (x) => Number(Number.isNaN(x)),
        'bool',
      ),
    ),
};

const isInf: Operator = {
  name: 'IsInf',
  limits: '',
  build: (node) => {
    const [high, low] = [node.int('detect_positive', 1), node.int('detect_negative', 1)];
    const bounds = [...(high ? [Infinity] : []), ...(low ? [-Infinity] : [])];
    return operation('IsInf', (inputs) =>
      elementwise(
        inputs,
        ([x]) => bounds.reduce((found, bound) => maximum(found, equal(x, bound)), mul(equal(x, x), 0)),
        (x) => Number(bounds.includes(x)),
        'bool',
      ),
    );
  },
};

const choose: Operator = {
  name: 'Where',
  limits: '',
  build: () =>
    operation('Where', (inputs) => {
      const values = settle(inputs);
      if (values.every((value) => value instanceof HostArray)) {
        return mapHost(values[1].dtype as HostType, values, (c, a, b) => (c !== 0 ? a : b));
      }
      const [a, b] = likeTensors(values.slice(1));
      return where(toFloats(values[0]), toFloats(a), toFloats(b));
    }),
};

const cast: Operator = {
  name: 'Cast',
  limits: 'refuses text; float16, bfloat16 and double are float32',
  build: (node) => {
    const { host } = elementType(`the result of ${node}`, castType(node));
    return operation('Cast', (inputs) => {
      const [x] = inputs;
      return host === 'float32' && x && !(x instanceof HostArray)
        ? toFloats(x)
        : castTo(host, settle(inputs)[0]);
    });
  },
};

const castLike: Operator = {
  name: 'CastLike',
  limits: 'as Cast',
  build: () =>
    operation('CastLike', (inputs) => {
      const [x, like] = settle(inputs);
      return castTo(like.dtype, x);
    }),
};

function castTo(dtype: HostType, x: Value): Value {
  if (x instanceof HostArray) return mapHost(dtype, [x], (v) => v);
  if (dtype === 'float32') return toFloats(x);
  if (dtype === 'bool') return notEqual(toFloats(x), 0);
  if (x.dtype === 'int32') return x;
  if (isKnown(x))
    return new HostArray(
      dtype,
      knownValues(x).map((v) => wrap(dtype, Math.trunc(v))),
      x.shape,
    );
  return toInt(x, 'int32');
}

const bits = (name: string, f: (a: bigint, b: bigint) => bigint): Operator => ({
  name,
  limits: 'on the host',
  build: (node) =>
    operation(name, (inputs) => {
      const [a, b] = settle(inputs).map((value) => node.read(value));
      return mapHost(a.dtype, [a, b], (x, y) => Number(BigInt.asIntN(64, f(BigInt(x), BigInt(y)))));
    }),
});

const shiftBits: Operator = {
  name: 'BitShift',
  limits: 'on the host',
  build: (node: OnnxNode) => {
    const left = node.text('direction', '') === 'LEFT';
    return operation('BitShift', (inputs) => {
      const [a, b] = settle(inputs).map((value) => node.read(value));
      return mapHost(a.dtype, [a, b], (x, y) => shifted(x, y, left));
    });
  },
};

/** By fewer than no bits or by all, the sign is left of what goes right and nothing of what goes left. */
function shifted(x: number, by: number, left: boolean): number {
  const all = by < 0 || by >= 64;
  if (left) return all ? 0 : x * 2 ** by;
  return all ? Math.min(Math.sign(x), 0) : Math.floor(x / 2 ** by);
}

export const logicOperators: readonly Operator[] = [
  truth('Equal', equal as Binary, (a, b) => a === b),
  truth('Greater', greater as Binary, (a, b) => a > b),
  truth('GreaterOrEqual', greaterEqual as Binary, (a, b) => a >= b),
  truth('Less', less as Binary, (a, b) => a < b),
  truth('LessOrEqual', lessEqual as Binary, (a, b) => a <= b),
  truth('And', mul as Binary, (a, b) => a !== 0 && b !== 0),
  truth('Or', maximum as Binary, (a, b) => a !== 0 || b !== 0),
  truth('Xor', notEqual as Binary, (a, b) => (a !== 0) !== (b !== 0)),
  not,
  isNaNOperator,
  isInf,
  choose,
  cast,
  castLike,
  bits('BitwiseAnd', (a, b) => a & b),
  bits('BitwiseOr', (a, b) => a | b),
  bits('BitwiseXor', (a, b) => a ^ b),
  shiftBits,
];
