// Activation operators. Those that neocog has as layers become these; others are formulas of its operations.

import {
  add,
  argMax,
  cast,
  clamp,
  div,
  equal,
  exp,
  greater,
  maximum,
  minimum,
  mul,
  neg,
  nn,
  prelu,
  reshape,
  sign,
  sub,
  Tensor,
  where,
} from 'neocog';
import { operation } from '../../graph/operation.ts';
import { toFloats } from '../../graph/value.ts';
import { fromStart, product } from '../../shape.ts';
import { type OnnxNode, type Operator, setWeights } from '../node.ts';

const layer = (name: string, build: (node: OnnxNode) => nn.Module, limits = ''): Operator => ({
  name,
  limits,
  build,
});

/** An activation that is a function of one tensor. */
const formula = (name: string, build: (node: OnnxNode) => (x: Tensor) => Tensor): Operator => ({
  name,
  limits: '',
  build: (node) => {
    const f = build(node);
    return operation(name, ([x]) => f(toFloats(x!)));
  },
});

const isClose = (a: number, b: number): boolean => Math.abs(a - b) < 1e-6;

const elu = layer('Elu', (node) => new nn.ELU({ alpha: node.float('alpha', 1) }));

const hardSigmoid = layer('HardSigmoid', (node) => {
  const [alpha, beta] = [node.float('alpha', 0.2), node.float('beta', 0.5)];
  if (isClose(alpha, 1 / 6) && beta === 0.5) return new nn.Hardsigmoid();
  return operation('HardSigmoid', ([x]) => clamp(add(mul(toFloats(x!), alpha), beta), { min: 0, max: 1 }));
});

/** γ·x above 0, γ·α·(eˣ − 1) elsewhere. */
const selu = layer('Selu', (node) => {
  const alpha = node.float('alpha', node.opset < 6 ? 1.6732 : 1.6732632);
  const gamma = node.float('gamma', node.opset < 6 ? 1.0507 : 1.050701);
  if (isClose(alpha, 1.6732632) && isClose(gamma, 1.050701)) return new nn.SELU();
  return operation('Selu', ([input]) => {
    const x = toFloats(input!);
    const below = mul(sub(exp(minimum(x, 0)), 1), alpha);
    return mul(add(maximum(x, 0), below), gamma);
  });
});

/** One slope for all elements, or one per channel, which before opset 7 is a list; other shapes broadcast. */
const preluOperator: Operator = {
  name: 'PRelu',
  limits: '',
  build: (node) => {
    const slope = node.weight(1);
    const isList = node.opset < 7 && slope?.rank === 1;
    const perChannel = slope && (isList || (slope.rank >= 3 && slope.shape.slice(1).every((n) => n === 1)));
    if (slope && node.isLearnable(1) && (slope.size === 1 || perChannel)) {
      const made = new nn.PReLU(slope.size);
      const flat = (t: Tensor): Tensor => reshape(t, [t.size]);
      setWeights(made, { weight: node.parameter(1, 'flat', flat) });
      return { module: made, inputs: [0] };
    }
    return operation('PRelu', (inputs) => {
      const [x, w] = inputs.map((value) => toFloats(value!));
      if (w.size === 1 || (node.opset < 7 && w.rank === 1)) return prelu(x, reshape(w, [w.size]));
      return where(greater(x, 0), x, mul(x, w));
    });
  },
};

const thresholded = formula('ThresholdedRelu', (node) => {
  const alpha = node.float('alpha', 1);
  return (x) => where(greater(x, alpha), x, 0);
});

/** x + bias below −λ, x − bias above λ, 0 between. */
const shrink = formula('Shrink', (node) => {
  const [lambda, bias] = [node.float('lambd', 0.5), node.float('bias', 0)];
  return (x) => mul(greater(mul(x, sign(x)), lambda), sub(x, mul(sign(x), bias)));
});

const geluOperator: Operator = {
  name: 'Gelu',
  limits: '',
  build: (node) => {
    const approximate = node.text('approximate', 'none') === 'tanh' ? 'tanh' : 'none';
    return new nn.GELU({ approximate });
  },
};

/** x · sigmoid(α·x) */
const swish = formula('Swish', (node) => {
  const alpha = node.float('alpha', 1);
  return (x) => div(x, add(1, exp(neg(mul(x, alpha)))));
});

/** 1 at the first of the largest values along an axis, 0 elsewhere. */
function hardmax(x: Tensor, axis: number): Tensor {
  const d = fromStart(axis, x.rank);
  const cells = Float32Array.from({ length: x.shape[d] }, (_, i) => i);
  const positions = new Tensor(
    cells,
    x.shape.map((n, i) => (i === d ? n : 1)),
  );
  return equal(cast(argMax(x, { axis: d, keepDims: true }), 'float32'), positions) as Tensor;
}

/** Softmax, its logarithm and its limit; before opset 13 over all axes from `axis` on, taken as one. */
function shares(name: string, make: (axis: number) => nn.Module): Operator {
  return {
    name,
    limits: '',
    build: (node) => {
      const axis = node.int('axis', node.opset < 13 ? 1 : -1);
      if (node.opset >= 13 || axis === -1) return make(axis);
      const last = make(-1);
      return operation(name, ([input]) => {
        const x = toFloats(input!);
        const from = fromStart(axis, x.rank);
        const rows = product(x.shape.slice(0, from));
        return reshape(last.forward(reshape(x, [rows, rows === 0 ? 0 : x.size / rows])), x.shape);
      });
    },
  };
}

export const activationOperators: readonly Operator[] = [
  layer('Relu', () => new nn.ReLU()),
  layer('LeakyRelu', (node) => new nn.LeakyReLU({ negativeSlope: node.float('alpha', 0.01) })),
  preluOperator,
  elu,
  layer('Celu', (node) => new nn.CELU({ alpha: node.float('alpha', 1) })),
  selu,
  geluOperator,
  layer('Mish', () => new nn.Mish()),
  swish,
  layer('Sigmoid', () => new nn.Sigmoid()),
  hardSigmoid,
  layer('HardSwish', () => new nn.Hardswish()),
  layer('Tanh', () => new nn.Tanh()),
  layer('Softplus', () => new nn.Softplus()),
  layer('Softsign', () => new nn.Softsign()),
  thresholded,
  shrink,
  shares('Softmax', (axis) => new nn.Softmax(axis)),
  shares('LogSoftmax', (axis) => new nn.LogSoftmax(axis)),
  shares('Hardmax', (axis) => operation('Hardmax', ([x]) => hardmax(toFloats(x!), axis))),
];
