// Activation functions by the names of Keras, as layers of neocog where it has them. One name means two things: the
// hard sigmoid of Keras 2 and TensorFlow.js is steeper.

import {
  add,
  clamp,
  exp,
  greater,
  greaterEqual,
  mul,
  nn,
  sqrt,
  square,
  sub,
  type Tensor,
  where,
} from 'neocog';
import { tensorStep } from '../graph/operation.ts';
import type { Plan, Wire } from '../graph/plan.ts';
import { isObject } from '../json.ts';
import type { LayerConfig } from './config.ts';

const steepSigmoid = (x: Tensor): Tensor => clamp(add(mul(x, 0.2), 0.5), { min: 0, max: 1 });

type Make = (config: LayerConfig) => nn.Module;

/** Those that do not care for the order of axes. */
const functions: Readonly<Record<string, Make>> = {
  relu: () => new nn.ReLU(),
  relu6: () => new nn.ReLU6(),
  elu: () => new nn.ELU(),
  selu: () => new nn.SELU(),
  celu: () => new nn.CELU(),
  gelu: () => new nn.GELU(),
  sigmoid: () => new nn.Sigmoid(),
  tanh: () => new nn.Tanh(),
  softplus: () => new nn.Softplus(),
  softsign: () => new nn.Softsign(),
  silu: () => new nn.SiLU(),
  swish: () => new nn.SiLU(),
  mish: () => new nn.Mish(),
  hard_sigmoid: ({ dialect }) =>
    dialect === 'keras3' ? new nn.Hardsigmoid() : tensorStep('hard_sigmoid', steepSigmoid),
  hard_silu: () => new nn.Hardswish(),
  hard_swish: () => new nn.Hardswish(),
  hard_tanh: () => new nn.Hardtanh(),
  hard_shrink: () => new nn.Hardshrink(),
  soft_shrink: () => new nn.Softshrink(),
  tanh_shrink: () => new nn.Tanhshrink(),
  log_sigmoid: () => new nn.LogSigmoid(),
  leaky_relu: () => new nn.LeakyReLU({ negativeSlope: 0.2 }),
  exponential: () => tensorStep('exponential', exp),
  squareplus: () => tensorStep('squareplus', (x) => mul(add(x, sqrt(add(square(x), 4))), 0.5)),
};

const shares: Readonly<Record<string, (axis: number) => nn.Module>> = {
  softmax: (axis) => new nn.Softmax(axis),
  log_softmax: (axis) => new nn.LogSoftmax(axis),
};

/** The names that are read. */
export const activationNames: readonly string[] = [
  'linear',
  ...Object.keys(functions),
  ...Object.keys(shares),
];

/** `hardSigmoid`, `hard_sigmoid`, or an object as Keras 3 and registered functions have it. */
function nameOf(value: unknown): string {
  const name = isObject(value) ? (value.class_name ?? value.config) : value;
  if (typeof name !== 'string') return 'linear';
  return name
    .replace(/^.*>/, '')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/** Applies the activation that a layer's configuration names; what it says must be read before a step is made. */
export function readActivation(config: LayerConfig, key = 'activation'): (plan: Plan, x: Wire) => Wire {
  const value = config.value(key);
  const name = value === undefined ? 'linear' : nameOf(value);
  if (name === 'linear') return (_, x) => x;
  const step =
    key === 'activation' && config.className === 'Activation' ? config.name : `${config.name}_${name}`;
  const share = Object.hasOwn(shares, name) ? shares[name] : undefined;
  if (share) return (plan, x) => plan.alongAxis(step, share, -1, x);
  if (!Object.hasOwn(functions, name)) {
    return config.refuse(`has the activation '${name}', but neocog knows ${activationNames.join(', ')}`);
  }
  const module = functions[name](config);
  return (plan, x) => plan.either(step, module, x);
}

/** The ReLU layer of Keras: zero, or a slope, below a threshold, and a ceiling. */
export function boundedRelu(config: LayerConfig): nn.Module {
  const slope = config.number('negative_slope', 0);
  const threshold = config.number('threshold', 0);
  const ceiling = config.value('max_value') === undefined ? null : config.number('max_value');
  if (threshold === 0 && slope === 0 && ceiling === null) return new nn.ReLU();
  if (threshold === 0 && slope === 0 && ceiling === 6) return new nn.ReLU6();
  if (threshold === 0 && ceiling === null) return new nn.LeakyReLU({ negativeSlope: slope });
  return tensorStep('ReLU', (x) => {
    const below = mul(sub(x, threshold), slope);
    const bent = where(greaterEqual(x, threshold), x, below);
    return ceiling === null ? bent : clamp(bent, { max: ceiling });
  });
}

/** x above theta, 0 elsewhere. */
export const thresholdedRelu = (theta: number): nn.Module =>
  tensorStep('ThresholdedReLU', (x) => where(greater(x, theta), x, 0));
