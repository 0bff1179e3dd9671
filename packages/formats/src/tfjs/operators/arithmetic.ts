// Elementwise operators of TensorFlow. Whole numbers known at load, such as sizes, are computed on the host.

import {
  abs,
  add,
  cast,
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
  reshape,
  round,
  sign,
  sin,
  sqrt,
  square,
  sub,
  Tensor,
  tan,
  where,
} from 'neocog';
import { acos, asin, atan, atan2, cosh, sinh } from '../../graph/angles.ts';
import { type Compute, Operation, operation } from '../../graph/operation.ts';
import { HostArray, mapHost, toFloats, type Value } from '../../graph/value.ts';
import type { GraphNode, OperatorReader, Operators } from '../node.ts';

/** A float32 tensor; whole numbers that a program computes are cast. */
export const floats = (value: Value): Tensor =>
  value instanceof Tensor && value.dtype === 'int32' ? cast(value, 'float32') : toFloats(value);

/** On the host where all operands are there, else on tensors. */
const onBoth =
  (
    onTensors: (...xs: Tensor[]) => Tensor,
    onNumbers: ((...xs: number[]) => number) | null,
    bool = false,
  ): Compute =>
  (values) => {
    const given = values.map((value) => value!);
    const host = given.filter((value) => value instanceof HostArray);
    if (onNumbers && host.length === given.length) {
      // Operands have one type, but for the condition of a choice, which comes first.
      return [mapHost(bool ? 'bool' : host.at(-1)!.dtype, host, onNumbers)];
    }
    return [onTensors(...given.map(floats))];
  };

const elementwise =
  (
    onTensors: (...xs: Tensor[]) => Tensor,
    onNumbers: ((...xs: number[]) => number) | null = null,
    bool = false,
  ): OperatorReader =>
  ({ name, op, plan, inputs }) =>
    plan.elementwise(name, new Operation(op, onBoth(onTensors, onNumbers, bool)), inputs);

const truth =
  (f: (a: number, b: number) => boolean) =>
  (a: number, b: number): number =>
    f(a, b) ? 1 : 0;

/** a / b, 0 where b is 0. */
const divNoNan = (a: Tensor, b: Tensor): Tensor => {
  const zero = equal(b, 0);
  return where(zero, 0, div(a, where(zero, 1, b)));
};

const floorDiv = (a: Tensor, b: Tensor): Tensor => floor(div(a, b));

const add2 = elementwise(add, (a, b) => a + b);
const divide = elementwise(div, (a, b) => a / b);
const choose = elementwise(
  (condition, a, b) => where(condition, a, b),
  (condition, a, b) => (condition ? a : b),
);

/** A layer of neocog on whichever order of axes there is. */
const layer =
  (make: (node: GraphNode) => nn.Module): OperatorReader =>
  (node) =>
    node.plan.either(node.name, make(node), node.input(0));

const share =
  (make: (axis: number) => nn.Module): OperatorReader =>
  ({ name, plan, ...node }) =>
    plan.alongAxis(name, make, -1, node.inputs[0]);

/** Whether `data_format` is NCHW; NHWC is the usual order. */
export const isChannelsFirst = (node: GraphNode): boolean =>
  node.text('data_format', 'NHWC').startsWith('NC');

/** Adds a value per channel. */
const biasAdd: OperatorReader = (node) => {
  const [x, bias] = [node.input(0), node.input(1)];
  if (!isChannelsFirst(node)) return add2(node);
  const compute: Compute = ([v, b]) => {
    const t = floats(v!);
    const perChannel = floats(b!);
    return [add(t, reshape(perChannel, [t.shape[1], ...new Array<number>(t.rank - 2).fill(1)]))];
  };
  return node.plan.plain(
    node.name,
    operation(node.op, (values) => compute(values)[0]),
    [x, bias],
    x.rank,
  );
};

/** max(x, 0) + alpha·min(x, 0) */
const preluNode: OperatorReader = ({ name, op, plan, inputs }) => {
  const module = operation(op, ([x, alpha]) =>
    sub(maximum(floats(x!), 0), mul(floats(alpha!), neg(minimum(floats(x!), 0)))),
  );
  return plan.elementwise(name, module, inputs);
};

const castTo: OperatorReader = (node) => {
  const type = node.type('DstT');
  if (type === 'DT_STRING') return node.refuse('makes strings');
  const whole = type !== 'DT_FLOAT';
  const module = operation(node.op, ([value]) => {
    const v = value!;
    if (v instanceof HostArray) {
      const read = type === 'DT_BOOL' ? Number : whole ? Math.trunc : Number;
      return new HostArray(whole ? 'int32' : 'float32', v.data.map(read), v.shape);
    }
    return type === 'DT_BOOL' ? notEqual(floats(v), 0) : cast(v, whole ? 'int32' : 'float32');
  });
  return node.plan.elementwise(node.name, module, [node.input(0)]);
};

const clip: OperatorReader = (node) => {
  const module = operation(node.op, ([x, low, high]) =>
    clamp(floats(x!), { min: floats(low!), max: floats(high!) }),
  );
  return node.plan.elementwise(node.name, module, node.inputs);
};

/** The value itself; other results are for training. */
const pass: OperatorReader = (node) => node.input(0);

export const arithmeticOperators: Operators = {
  Add: add2,
  AddV2: add2,
  AddN: elementwise(
    (...xs) => xs.reduce(add),
    (...xs) => xs.reduce((a, b) => a + b),
  ),
  BiasAdd: biasAdd,
  Sub: elementwise(sub, (a, b) => a - b),
  Mul: elementwise(mul, (a, b) => a * b),
  Div: divide,
  RealDiv: divide,
  DivNoNan: elementwise(divNoNan, (a, b) => (b === 0 ? 0 : a / b)),
  FloorDiv: elementwise(floorDiv, (a, b) => Math.floor(a / b)),
  FloorMod: elementwise(
    (a, b) => sub(a, mul(floorDiv(a, b), b)),
    (a, b) => a - Math.floor(a / b) * b,
  ),
  Pow: elementwise(pow, (a, b) => a ** b),
  Maximum: elementwise(maximum, Math.max),
  Minimum: elementwise(minimum, Math.min),
  SquaredDifference: elementwise(
    (a, b) => square(sub(a, b)),
    (a, b) => (a - b) ** 2,
  ),
  Abs: elementwise(abs, Math.abs),
  Neg: elementwise(neg, (x) => -x),
  Sign: elementwise(sign, Math.sign),
  Floor: elementwise(floor, Math.floor),
  Ceil: elementwise(ceil, Math.ceil),
  Round: elementwise(round),
  Exp: elementwise(exp),
  Expm1: elementwise((x) => sub(exp(x), 1)),
  Log: elementwise(log),
  Log1p: elementwise((x) => log(add(x, 1))),
  Sqrt: elementwise(sqrt),
  Rsqrt: elementwise((x) => div(1, sqrt(x))),
  Square: elementwise(square, (x) => x * x),
  Reciprocal: elementwise(reciprocal),
  Inv: elementwise(reciprocal),
  Erf: elementwise(erf),
  Sin: elementwise(sin),
  Cos: elementwise(cos),
  Tan: elementwise(tan),
  Sinh: elementwise(sinh),
  Cosh: elementwise(cosh),
  Asin: elementwise(asin),
  Acos: elementwise(acos),
  Atan: elementwise(atan),
  Atan2: elementwise(atan2),
  IsNan: elementwise((x) => notEqual(x, x)),
  Greater: elementwise(
    greater,
    truth((a, b) => a > b),
    true,
  ),
  GreaterEqual: elementwise(
    greaterEqual,
    truth((a, b) => a >= b),
    true,
  ),
  Less: elementwise(
    less,
    truth((a, b) => a < b),
    true,
  ),
  LessEqual: elementwise(
    lessEqual,
    truth((a, b) => a <= b),
    true,
  ),
  Equal: elementwise(
    equal,
    truth((a, b) => a === b),
    true,
  ),
  NotEqual: elementwise(
    notEqual,
    truth((a, b) => a !== b),
    true,
  ),
  LogicalAnd: elementwise(
    mul,
    truth((a, b) => a !== 0 && b !== 0),
    true,
  ),
  LogicalOr: elementwise(
    maximum,
    truth((a, b) => a !== 0 || b !== 0),
    true,
  ),
  LogicalNot: elementwise(
    (x) => sub(1, x),
    (x) => (x === 0 ? 1 : 0),
    true,
  ),
  Select: choose,
  SelectV2: choose,
  ClipByValue: clip,
  Cast: castTo,
  Relu: layer(() => new nn.ReLU()),
  Relu6: layer(() => new nn.ReLU6()),
  LeakyRelu: layer((node) => new nn.LeakyReLU({ negativeSlope: node.number('alpha', 0.2) })),
  Elu: layer(() => new nn.ELU()),
  Selu: layer(() => new nn.SELU()),
  Sigmoid: layer(() => new nn.Sigmoid()),
  Tanh: layer(() => new nn.Tanh()),
  Softplus: layer(() => new nn.Softplus()),
  Softsign: layer(() => new nn.Softsign()),
  Prelu: preluNode,
  Softmax: share((axis) => new nn.Softmax(axis)),
  LogSoftmax: share((axis) => new nn.LogSoftmax(axis)),
  Identity: pass,
  IdentityN: ({ inputs }) => inputs,
  StopGradient: pass,
  Snapshot: pass,
  PreventGradient: pass,
  CheckNumerics: pass,
};

/** What fused operators apply to their result, by TensorFlow's names; `Prelu` has its slopes as an input. */
export function fusedActivation(node: GraphNode, name: string): nn.Module {
  const makers: Readonly<Record<string, () => nn.Module>> = {
    Relu: () => new nn.ReLU(),
    Relu6: () => new nn.ReLU6(),
    Elu: () => new nn.ELU(),
    Sigmoid: () => new nn.Sigmoid(),
    Tanh: () => new nn.Tanh(),
    LeakyRelu: () => new nn.LeakyReLU({ negativeSlope: node.number('leakyrelu_alpha', 0.2) }),
  };
  if (Object.hasOwn(makers, name)) return makers[name]();
  return node.refuse(`applies ${name}, but neocog knows ${Object.keys(makers).join(', ')} here`);
}
