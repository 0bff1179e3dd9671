// Operators on each element: arithmetic, mathematics, comparisons, logic, casts. Whole numbers are computed on the host and
// wrap as their type does; floats are tensors.

import {
  abs,
  add,
  ceil,
  clamp,
  cos,
  div,
  equal,
  erf,
  exp,
  floor,
  greater,
  greaterEqual,
  less,
  lessEqual,
  log,
  maximum,
  minimum,
  mul,
  neg,
  nn,
  notEqual,
  pow,
  reciprocal,
  round,
  sign,
  sin,
  sqrt,
  sub,
  Tensor,
  type TensorLike,
  cast as toInt,
  where,
} from 'neocog';
import { type Arguments, operation } from '../../graph/operation.ts';
import {
  HostArray,
  type HostType,
  isKnown,
  likeTensors,
  mapHost,
  toFloats,
  toTensor,
  type Value,
  wrap,
} from '../../graph/value.ts';
import type { OnnxNode, Operator } from '../node.ts';
import { elementType } from '../tensors.ts';
import { castType, operandsOf } from './older.ts';

/** Inputs that are there; whole numbers that can be seen now move to the host. */
export function settle(inputs: Arguments): Value[] {
  return inputs
    .filter((value) => value !== undefined)
    .map((value) =>
      value instanceof Tensor && value.dtype === 'int32' && isKnown(value)
        ? new HostArray('int64', Float64Array.from(value.data), value.shape)
        : value,
    );
}

/** `onHost` where all values are on the host, else `onTensors`; the host's result has type `dtype` or that of the first value. */
function elementwise(
  inputs: Arguments,
  onTensors: (tensors: Tensor[]) => Tensor,
  onHost: (...xs: number[]) => number,
  dtype?: HostType,
): Value {
  const values = settle(inputs);
  const host = values.filter((value) => value instanceof HostArray);
  if (host.length === values.length) return mapHost(dtype ?? host[0].dtype, host, onHost);
  return onTensors(values.map(toFloats));
}

type Binary = (a: Tensor, b: Tensor) => Tensor;

/** Integers of 64 bits are multiplied exactly: a product of doubles beyond 2⁵³ has lost its low bits. */
function exactProduct(a: number, b: number): number {
  const product = a * b;
  if (!Number.isInteger(product) || Math.abs(product) <= Number.MAX_SAFE_INTEGER) return product;
  return Number(BigInt.asIntN(64, BigInt(a) * BigInt(b)));
}

function remainder(a: number, b: number): number {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

const quotient = (type: HostType | undefined) => (a: number, b: number) =>
  type === 'float32' ? a / b : Math.trunc(a / b);

const binaries: Readonly<Record<string, readonly [Binary, (a: number, b: number) => number]>> = {
  Add: [add as Binary, (a, b) => a + b],
  Sub: [sub as Binary, (a, b) => a - b],
  Mul: [mul as Binary, exactProduct],
};

function binary(name: string): Operator {
  const [onTensors, onHost] = binaries[name];
  return {
    name,
    limits: 'whole numbers wrap as their type does',
    build: (node) => {
      const operands = operandsOf(node);
      return node.withWeights(
        operation(name, (inputs) => elementwise(operands(inputs), ([a, b]) => onTensors(a, b), onHost)),
        [0, 1],
      );
    },
  };
}

const divide: Operator = {
  name: 'Div',
  limits: 'whole numbers are divided towards zero',
  build: (node) => {
    const operands = operandsOf(node);
    return node.withWeights(
      operation('Div', (inputs) =>
        elementwise(
          operands(inputs),
          ([a, b]) => div(a, b),
          quotient(inputs[0] instanceof HostArray ? inputs[0].dtype : undefined),
        ),
      ),
      [0, 1],
    );
  },
};

const power: Operator = {
  name: 'Pow',
  limits: '',
  build: (node) => {
    const operands = operandsOf(node);
    return operation('Pow', (inputs) => {
      const exponent =
        inputs[1] && isKnown(inputs[1]) && inputs[1].data.length === 1 ? inputs[1].data[0] : null;
      const base = (a: Tensor, b: TensorLike): Tensor =>
        exponent === 2 ? mul(a, a) : exponent === 0.5 ? sqrt(a) : pow(a, b);
      return elementwise(
        operands(inputs),
        ([a, b]) => base(a, b),
        (a, b) => a ** b,
      );
    });
  },
};

const modulo: Operator = {
  name: 'Mod',
  limits: '',
  build: (node) => {
    const truncates = node.int('fmod', 0) === 1;
    const onHost = truncates ? (a: number, b: number) => a % b : remainder;
    const onTensors = ([a, b]: Tensor[]): Tensor => {
      const ratio = div(a, b);
      const whole = truncates ? mul(sign(ratio), floor(abs(ratio))) : floor(ratio);
      return sub(a, mul(b, whole));
    };
    return operation('Mod', (inputs) => elementwise(inputs, onTensors, onHost));
  },
};

/** Operators of any number of inputs, from left to right. */
function variadic(name: string, onTensors: Binary, onHost: (a: number, b: number) => number): Operator {
  return {
    name,
    limits: '',
    build: () =>
      operation(name, (inputs) =>
        elementwise(
          inputs,
          (tensors) => tensors.reduce((a, b) => onTensors(a, b)),
          (...xs) => xs.reduce(onHost),
        ),
      ),
  };
}

const meanOfAll: Operator = {
  name: 'Mean',
  limits: '',
  build: () =>
    operation('Mean', (inputs) => {
      const tensors = inputs.filter((value) => value !== undefined).map(toFloats);
      return div(
        tensors.reduce((a, b) => add(a, b)),
        tensors.length,
      );
    }),
};

const halfToEven = (x: number): number => {
  const low = Math.floor(x);
  if (x - low !== 0.5) return Math.round(x);
  return low % 2 === 0 ? low : low + 1;
};

const unaries: Readonly<Record<string, readonly [(x: Tensor) => Tensor, (x: number) => number]>> = {
  Neg: [neg, (x) => -x],
  Abs: [abs, Math.abs],
  Sqrt: [sqrt, Math.sqrt],
  Exp: [exp, Math.exp],
  Log: [log, Math.log],
  Floor: [floor, Math.floor],
  Ceil: [ceil, Math.ceil],
  Round: [round, halfToEven],
  Sign: [sign, Math.sign],
  Reciprocal: [reciprocal, (x) => 1 / x],
  Sin: [sin, Math.sin],
  Cos: [cos, Math.cos],
};

const unary = (name: string): Operator => ({
  name,
  limits: '',
  build: () =>
    operation(name, (inputs) => elementwise(inputs, ([x]) => unaries[name][0](x), unaries[name][1])),
});

const onlyFloats = (name: string, f: (x: Tensor) => Tensor): Operator => ({
  name,
  limits: '',
  build: () => operation(name, ([x]) => f(toFloats(x!))),
});

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
  limits: 'to and from text is refused; float16, bfloat16 and double are float32',
  build: (node) => {
    const { host } = elementType(`the result of ${node}`, castType(node));
    return operation('Cast', (inputs) => castTo(host, settle(inputs)[0]));
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

export function castTo(dtype: HostType, x: Value): Value {
  if (x instanceof HostArray) return mapHost(dtype, [x], (v) => (dtype === 'float32' ? v : Math.trunc(v)));
  if (dtype === 'float32') return toFloats(x);
  if (dtype === 'bool') return notEqual(toFloats(x), 0);
  if (x.dtype === 'int32') return x;
  if (isKnown(x))
    return new HostArray(
      dtype,
      Float64Array.from(x.data, (v) => wrap(dtype, Math.trunc(v))),
      x.shape,
    );
  return toInt(x, 'int32');
}

const clip: Operator = {
  name: 'Clip',
  limits: '',
  build: (node) => {
    const bound = (i: number, attribute: string): number | undefined => {
      if (node.opset < 11) return node.has(attribute) ? node.float(attribute, 0) : undefined;
      return node.constant(i)?.data[0];
    };
    const [min, max] = [bound(1, 'min'), bound(2, 'max')];
    const fixed = node.opset < 11 || [1, 2].every((i) => !node.given(i) || node.constant(i));
    if (fixed && min === 0 && max === 6) return { module: new nn.ReLU6(), inputs: [0] };
    if (!fixed) {
      return operation('Clip', (inputs) => {
        const [x, low, high] = inputs.map((value) => value && settle([value])[0]);
        return clipTo(x!, low && toTensor(low), high && toTensor(high));
      });
    }
    return { module: operation('Clip', ([x]) => clipTo(x!, min, max)), inputs: [0] };
  },
};

function clipTo(value: Value, min: TensorLike | undefined, max: TensorLike | undefined): Value {
  const [x] = settle([value]);
  const number = (bound: TensorLike | undefined, otherwise: number): number =>
    bound === undefined ? otherwise : typeof bound === 'number' ? bound : bound.item();
  if (x instanceof HostArray) {
    const [low, high] = [number(min, -Infinity), number(max, Infinity)];
    return mapHost(x.dtype, [x], (v) => Math.min(Math.max(v, low), high));
  }
  if (min === undefined && max === undefined) return x;
  return clamp(toFloats(x), { min, max });
}

const bits = (name: string, f: (a: bigint, b: bigint) => bigint): Operator => ({
  name,
  limits: 'on the host only',
  build: (node) =>
    operation(name, (inputs) => {
      const [a, b] = settle(inputs).map((value) => node.read(value));
      return mapHost(a.dtype, [a, b], (x, y) => Number(BigInt.asIntN(64, f(BigInt(x), BigInt(y)))));
    }),
});

const shiftBits: Operator = {
  name: 'BitShift',
  limits: 'on the host only',
  build: (node: OnnxNode) => {
    const left = node.text('direction', '') === 'LEFT';
    return operation('BitShift', (inputs) => {
      const [a, b] = settle(inputs).map((value) => node.read(value));
      return mapHost(a.dtype, [a, b], (x, y) => (left ? x * 2 ** y : Math.floor(x / 2 ** y)));
    });
  },
};

/** min(max(a, b)) of host numbers hand NaN on, as JavaScript's do. */
export const elementwiseOperators: readonly Operator[] = [
  ...Object.keys(binaries).map(binary),
  divide,
  power,
  modulo,
  variadic('Sum', add as Binary, (a, b) => a + b),
  variadic('Max', maximum as Binary, Math.max),
  variadic('Min', minimum as Binary, Math.min),
  meanOfAll,
  ...Object.keys(unaries).map(unary),
  onlyFloats('Erf', erf),
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
  choose,
  cast,
  castLike,
  clip,
  bits('BitwiseAnd', (a, b) => a & b),
  bits('BitwiseOr', (a, b) => a | b),
  bits('BitwiseXor', (a, b) => a ^ b),
  shiftBits,
];
