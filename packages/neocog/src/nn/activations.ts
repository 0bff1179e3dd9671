// Activation layers under PyTorch's names, and the names by which other layers take an activation as an option: those of
// the operations.

import { count, type Field, field, finite, keyOf, need } from '../arguments/field.ts';
import { needOptions } from '../arguments/options.ts';
import {
  celu,
  elu,
  gelu,
  hardShrink,
  hardSigmoid,
  hardSwish,
  hardTanh,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  mish,
  prelu,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  softShrink,
  softsign,
  tanh,
  tanhShrink,
} from '../ops/index.ts';
import { oneAxis } from '../tensor/fields.ts';
import { full, type Tensor, zeros } from '../tensor/tensor.ts';
import type { Same } from '../types/rules.ts';
import { Layer } from './module.ts';
import { Parameter } from './parameter.ts';
import { specialise } from './specialise.ts';

const named = {
  relu,
  leakyRelu,
  relu6,
  elu,
  celu,
  selu,
  gelu,
  silu,
  mish,
  sigmoid,
  logSigmoid,
  tanh,
  tanhShrink,
  hardSigmoid,
  hardSwish,
  hardTanh,
  hardShrink,
  softShrink,
  softplus,
  softsign,
};

/** The name of an activation function, with its default options, or any function of a tensor. */
export type Activation = keyof typeof named | ((x: Tensor) => Tensor);

const name = keyOf(named);

/** An option of layers that end in an activation. */
export const activation: Field<Activation> = field(
  `${name.takes}, or a function; add others as a layer`,
  (v) => typeof v === 'function' || name.ok(v),
);

export const activationFunction = (given: Activation): ((x: Tensor) => Tensor) =>
  typeof given === 'function' ? given : named[given];

/** A layer that applies one operation to every element. */
abstract class Elementwise<Options extends object = object> extends Layer<Same> {
  /** Those of the operation. */
  readonly options: Options;
  readonly #apply: (x: Tensor, options: Options) => Tensor;

  constructor(apply: (x: Tensor, options: Options) => Tensor, options: Options = {} as Options) {
    super();
    // Refuses wrong options now rather than at the first input.
    apply(zeros([0]), options);
    this.options = { ...options };
    this.#apply = apply;
  }

  protected run(x: Tensor): Tensor {
    return this.#apply(x, this.options);
  }

  override describe(): string {
    return Object.entries(this.options)
      .map(([key, value]) => `${key} ${value}`)
      .join(', ');
  }
}

/** One whose operation has no options. */
abstract class Plain extends Elementwise {
  constructor(apply: (x: Tensor) => Tensor) {
    super(apply);
  }
}

type OptionsOf<Operation> = Operation extends (x: Tensor, options?: infer Options) => Tensor
  ? NonNullable<Options>
  : never;

/* @__NO_SIDE_EFFECTS__ */
function adjustable<Operation>(apply: Operation) {
  // An operation of a tensor and options, whose types are kept for those of the options.
  type Apply = (x: Tensor, options: OptionsOf<Operation>) => Tensor;
  return specialise(Elementwise<OptionsOf<Operation>>, apply as unknown as Apply);
}

/** max(x, 0); see `relu`. */
export class ReLU extends specialise(Plain, relu) {}

/** min(max(x, 0), 6); see `relu6`. */
export class ReLU6 extends specialise(Plain, relu6) {}

/** x above 0, negativeSlope · x elsewhere; see `leakyRelu`. */
export class LeakyReLU extends adjustable(leakyRelu) {}

const preluFields = { init: finite };

/** Options of `nn.PReLU` beside the number of slopes. */
interface PReLUOptions {
  /** What the slopes start from. Default 0.25. */
  init?: number | undefined;
}

/** x above 0, a learned slope · x elsewhere; see `prelu`. One slope, or one per channel of `[n, c, …]`. */
export class PReLU extends Layer<Same> {
  /** The slopes `[numParameters]`. */
  readonly weight: Parameter;

  /**
   * @throws ShapeError if `numParameters` is not a whole number of 1 or more, or `init` is no finite number.
   */
  constructor(numParameters = 1, options: PReLUOptions = {}) {
    super();
    need('PReLU', 'numParameters', numParameters, count);
    needOptions('PReLU', options, preluFields);
    this.weight = new Parameter(full([numParameters], options.init ?? 0.25));
  }

  protected run(x: Tensor): Tensor {
    return prelu(x, this.weight);
  }

  override describe(): string {
    return String(this.weight.size);
  }
}

/** x above 0, alpha · (exp(x) − 1) elsewhere; see `elu`. */
export class ELU extends adjustable(elu) {}

/** x above 0, alpha · (exp(x / alpha) − 1) elsewhere; see `celu`. */
export class CELU extends adjustable(celu) {}

/** The self-normalising unit; see `selu`. */
export class SELU extends specialise(Plain, selu) {}

/** x · Φ(x); see `gelu`. */
export class GELU extends adjustable(gelu) {}

/** x · sigmoid(x); see `silu`. */
export class SiLU extends specialise(Plain, silu) {}

/** x · tanh(softplus(x)); see `mish`. */
export class Mish extends specialise(Plain, mish) {}

/** 1 / (1 + exp(−x)); see `sigmoid`. */
export class Sigmoid extends specialise(Plain, sigmoid) {}

/** log sigmoid(x); see `logSigmoid`. */
export class LogSigmoid extends specialise(Plain, logSigmoid) {}

/** tanh(x); see `tanh`. */
export class Tanh extends specialise(Plain, tanh) {}

/** x − tanh(x); see `tanhShrink`. */
export class Tanhshrink extends specialise(Plain, tanhShrink) {}

/** min(max(x + 3, 0), 6) / 6; see `hardSigmoid`. */
export class Hardsigmoid extends specialise(Plain, hardSigmoid) {}

/** x · hardSigmoid(x); see `hardSwish`. */
export class Hardswish extends specialise(Plain, hardSwish) {}

/** x held between two numbers; see `hardTanh`. */
export class Hardtanh extends adjustable(hardTanh) {}

/** x, or 0 where |x| ≤ lambda; see `hardShrink`. */
export class Hardshrink extends adjustable(hardShrink) {}

/** x moved towards 0 by lambda; see `softShrink`. */
export class Softshrink extends adjustable(softShrink) {}

/** log(1 + exp(beta · x)) / beta; see `softplus`. */
export class Softplus extends adjustable(softplus) {}

/** x / (1 + |x|); see `softsign`. */
export class Softsign extends specialise(Plain, softsign) {}

/** A layer that turns the values along an axis into shares of 1. */
abstract class Shares extends Layer<Same> {
  /** The last unless given. */
  readonly axis: number;

  constructor(axis = -1) {
    super();
    need(new.target.name, 'axis', axis, oneAxis);
    this.axis = axis;
  }

  override describe(): string {
    return `axis ${this.axis}`;
  }
}

/** Probabilities along an axis, the last unless given; see `softmax`. */
export class Softmax extends Shares {
  protected run(x: Tensor): Tensor {
    return softmax(x, { axis: this.axis });
  }
}

/** Logarithms of probabilities along an axis, the last unless given; see `logSoftmax`. */
export class LogSoftmax extends Shares {
  protected run(x: Tensor): Tensor {
    return logSoftmax(x, { axis: this.axis });
  }
}
