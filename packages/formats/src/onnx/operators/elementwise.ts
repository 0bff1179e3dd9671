// Arithmetic and mathematics on each element. Whole numbers are computed on the host and wrap as their type does; floats are
// tensors.

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
  less,
  log,
  maximum,
  minimum,
  mul,
  neg,
  nn,
  pow,
  reciprocal,
  round,
  sign,
  sin,
  sqrt,
  sub,
  type Tensor,
  type TensorLike,
  tan,
  where,
} from 'neocog';
import { acos, asin, atan, cosh, sinh } from '../../graph/angles.ts';
import { operation } from '../../graph/operation.ts';
import { HostArray, halfToEven, isKnown, mapHost, toFloats, type Value } from '../../graph/value.ts';
import type { Operator } from '../node.ts';
import { type Binary, elementwise, settle } from './common.ts';
import { logicOperators } from './logic.ts';
import { operandsOf } from './older.ts';

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

const binaries: Readonly<Record<string, readonly [Binary, (a: number, b: number) => number]>> = {
  Add: [add as Binary, (a, b) => a + b],
  Sub: [sub as Binary, (a, b) => a - b],
  Mul: [mul as Binary, exactProduct],
};

function binary(name: string): Operator {
  const [onTensors, onHost] = binaries[name];
  return {
    name,
    limits: 'whole numbers overflow as their type does',
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
  limits: 'whole numbers round towards zero',
  build: (node) => {
    const operands = operandsOf(node);
    return node.withWeights(
      operation('Div', (inputs) =>
        elementwise(
          operands(inputs),
          ([a, b]) => div(a, b),
          (a, b) => a / b,
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
      const rest = sub(a, mul(b, whole));
      // Infinity times nothing is NaN.
      const byInfinity = mul(equal(abs(b), Infinity), less(abs(a), Infinity));
      const untouched = truncates ? a : where(less(mul(a, sign(b)), 0), b, a);
      return where(byInfinity, untouched, rest);
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
          (...xs) => xs.reduce((a, b) => onHost(a, b)),
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
  Tan: [tan, Math.tan],
  Sinh: [sinh, Math.sinh],
  Cosh: [cosh, Math.cosh],
  Asin: [asin, Math.asin],
  Acos: [acos, Math.acos],
  Atan: [atan, Math.atan],
  Asinh: [(x) => mul(sign(x), log(add(abs(x), sqrt(add(mul(x, x), 1))))), Math.asinh],
  Acosh: [(x) => log(add(x, sqrt(sub(mul(x, x), 1)))), Math.acosh],
  Atanh: [(x) => div(log(div(add(x, 1), sub(1, x))), 2), Math.atanh],
};

/** Functions that give whole numbers for whole numbers. */
const keepsWhole: ReadonlySet<string> = new Set(['Neg', 'Abs', 'Sign', 'Floor', 'Ceil', 'Round']);

const unary = (name: string): Operator => ({
  name,
  limits: '',
  build: () =>
    operation(name, (inputs) => {
      const [onTensors, onHost] = unaries[name];
      const [x] = settle(inputs);
      // What has fractions is computed as in a compiled network, where whole numbers are floats.
      if (x instanceof HostArray && x.dtype !== 'float32' && !keepsWhole.has(name))
        return onTensors(toFloats(x));
      return elementwise([x], ([t]) => onTensors(t), onHost);
    }),
});

const onlyFloats = (name: string, f: (x: Tensor) => Tensor): Operator => ({
  name,
  limits: '',
  build: () => operation(name, ([x]) => f(toFloats(x!))),
});

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
        return clipTo(x!, low && toFloats(low), high && toFloats(high));
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
  clip,
  ...logicOperators,
];
