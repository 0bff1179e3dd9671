// Normalisation layers of Keras, and those that are there for training only.

import {
  add,
  div,
  dropout,
  layerNorm,
  maximum,
  mul,
  nn,
  ones,
  sqrt,
  square,
  sub,
  sum,
  Tensor,
  UnsupportedError,
} from 'neocog';
import { GroupNorm } from '../graph/groupNorm.ts';
import { operation, tensorStep } from '../graph/operation.ts';
import { toFloats } from '../graph/value.ts';
import { fromStart } from '../shape.ts';
import type { LayerConfig } from './config.ts';
import { type Apply, anywhere, type LayerReader, type LayerTable } from './reader.ts';

/** The names of the weights that the layer has, in order. */
function affine(config: LayerConfig): ('gamma' | 'beta')[] {
  const scale = config.flag('scale', true) ? ['gamma' as const] : [];
  return config.flag('center', true) ? [...scale, 'beta'] : scale;
}

/** Weight and bias of a layer that has both; what the file leaves out is one or zero. */
function affineState(weights: Record<string, Tensor>, like: Tensor): Record<string, Tensor> {
  if (!weights.gamma && !weights.beta) return {};
  const zero = new Tensor(new Float32Array(like.size), like.shape);
  return { weight: weights.gamma ?? ones(like.shape), bias: weights.beta ?? zero };
}

/** Whether an axis of the configuration is that of channels in a value of `rank` axes. */
const isLast = (axis: number, rank: number): boolean => axis === -1 || axis === rank - 1;

function batchNormModule(rank: number, channels: number, options: object): nn.Module {
  if (rank <= 3) return new nn.BatchNorm1d(channels, options);
  return rank === 4 ? new nn.BatchNorm2d(channels, options) : new nn.BatchNorm3d(channels, options);
}

const batchNormalization: LayerReader = (config) => {
  const [axis = -1] = config.numbers('axis');
  const names = [...affine(config), 'moving_mean' as const, 'moving_variance' as const];
  const weights: Record<string, Tensor> = config.weights(names);
  const { moving_mean: mean, moving_variance: variance } = weights;
  const state = affineState(weights, mean);
  const options = {
    eps: config.number('epsilon', 1e-3),
    momentum: 1 - config.number('momentum', 0.99),
    affine: 'weight' in state,
  };
  let module: nn.Module | null = null;
  return (plan, [x]) => {
    const rank = x.rank ?? config.refuse('takes a value of unknown rank');
    if (rank > 5) config.refuse(`takes a value of ${rank} axes, but neocog normalises at most 5`);
    module ??= batchNormModule(rank, mean.size, options);
    module.loadStateDict({ ...state, running_mean: mean, running_var: variance }, { strict: false });
    if (isLast(axis, rank)) {
      return rank === 2 ? plan.plain(config.name, module, [x], 2) : plan.images(config.name, module, x);
    }
    if (axis === 1) return plan.plain(config.name, module, [x], rank);
    return config.refuse(`normalises axis ${axis} of ${rank}, but neocog normalises axis 1 or the last`);
  };
};

const layerNormalization: LayerReader = (config) => {
  const axes = config.value('axis') === undefined ? [-1] : config.numbers('axis');
  const eps = config.number('epsilon', 1e-3);
  const weights: Record<string, Tensor> = config.weights(affine(config));
  const like = weights.gamma ?? weights.beta;
  if (config.flag('rms_scaling', false)) config.refuse('has rms_scaling, but neocog subtracts the mean');
  const checkAxes = (rank: number): void => {
    const wanted = axes.map((axis) => fromStart(axis, rank)).sort((a, b) => a - b);
    if (wanted.every((axis, i) => axis === rank - axes.length + i)) return;
    config.refuse(`normalises the axes [${axes}] of ${rank}, but neocog normalises the last ones`);
  };
  const module = like ? new nn.LayerNorm(like.shape, { eps }) : plainLayerNorm(axes.length, eps);
  if (like) module.loadStateDict(affineState(weights, like));
  return (plan, [x]) => {
    checkAxes(x.rank ?? axes.length);
    return plan.plain(config.name, module, [x], x.rank);
  };
};

const plainLayerNorm = (count: number, eps: number): nn.Module =>
  tensorStep('LayerNormalization', (x) => layerNorm(x, { normalizedShape: x.shape.slice(-count), eps }));

const groupNormalization: LayerReader = (config) => {
  const axis = config.number('axis', -1);
  const eps = config.number('epsilon', 1e-3);
  const weights: Record<string, Tensor> = config.weights(affine(config));
  const like =
    weights.gamma ??
    weights.beta ??
    config.refuse('has neither scale nor center, but neocog needs one of them');
  const wanted = config.number('groups', 32);
  const module = new GroupNorm(wanted === -1 ? like.size : wanted, like.size, { eps });
  module.loadStateDict(affineState(weights, like));
  return (plan, [x]) => {
    const rank = x.rank ?? config.refuse('takes a value of unknown rank');
    if (isLast(axis, rank) && rank > 2) return plan.images(config.name, module, x);
    if (isLast(axis, rank) || axis === 1) return plan.plain(config.name, module, [x], rank);
    return config.refuse(`normalises axis ${axis} of ${rank}, but neocog normalises axis 1 or the last`);
  };
};

/** x / √(Σ x²) along an axis; the sum counts from 1e-12. */
const unitNormalization: LayerReader = (config) => {
  const axes = config.value('axis') === undefined ? [-1] : config.numbers('axis');
  const unit = (x: Tensor, along: number[]): Tensor =>
    div(x, sqrt(maximum(sum(square(x), { axis: along, keepDims: true }), 1e-12)));
  return (plan, [x]) =>
    plan.axes(config.name, x, (place) =>
      operation('UnitNormalization', ([v]) => unit(toFloats(v!), axes.map(place))),
    );
};

/** (x − mean) / √variance by numbers that were found before training, or the other way. */
const normalization: LayerReader = (config) => {
  const given = config.value('mean') !== undefined;
  const state = given ? null : config.weights(['mean', 'variance', 'count']);
  const numbers = (key: 'mean' | 'variance'): Float32Array =>
    state ? Float32Array.from(state[key].data) : Float32Array.from(config.numbers(key));
  const axis = config.value('axis') === undefined ? [] : config.numbers('axis');
  const [mean, deviation] = [numbers('mean'), numbers('variance').map((v) => Math.max(Math.sqrt(v), 1e-7))];
  const invert = config.flag('invert', false);
  const tensorOf = (values: Float32Array): Tensor =>
    new Tensor(values, values.length === 1 ? [] : [values.length]);
  const [shift, scale] = [tensorOf(mean), tensorOf(deviation)];
  return (plan, [x]) => {
    const rank = x.rank ?? config.refuse('takes a value of unknown rank');
    if (axis.length > 1 || (axis.length === 1 && !isLast(axis[0], rank))) {
      config.refuse(`normalises the axes [${axis}] of ${rank}, but neocog normalises the last or all`);
    }
    const module = operation('Normalization', (values) => {
      const [t, middle, width] = values.map((value) => toFloats(value!));
      return invert ? add(mul(t, width), middle) : div(sub(t, middle), width);
    });
    return plan.elementwise(config.name, module, [x, plan.constant(shift), plan.constant(scale)]);
  };
};

/** scale · x + offset; either may be a number per channel. */
const rescaling: LayerReader = (config) => {
  const perChannel = (key: string): Tensor => {
    const values = Float32Array.from(config.numbers(key));
    return new Tensor(values, values.length === 1 ? [] : [values.length]);
  };
  const [scale, offset] = [
    perChannel('scale'),
    config.value('offset') === undefined ? null : perChannel('offset'),
  ];
  const module = operation('Rescaling', ([v, s, o]) =>
    add(mul(toFloats(v!), toFloats(s!)), o ? toFloats(o) : 0),
  );
  const operands = offset ? [scale, offset] : [scale];
  return (plan, [x]) =>
    plan.elementwise(config.name, module, [x, ...operands.map((operand) => plan.constant(operand))]);
};

/** Drops whole planes of images while training. */
class SpatialDropout extends nn.Module {
  readonly p: number;

  constructor(p: number) {
    super();
    this.p = p;
  }

  forward(x: Tensor): Tensor {
    if (!this.training) return x;
    const planes = ones([x.shape[0], x.shape[1], ...x.shape.slice(2).map(() => 1)]);
    return mul(x, dropout(planes, { p: this.p, training: true }));
  }

  override describe(): string {
    return `p ${this.p}`;
  }
}

/** Does nothing, and refuses to be trained, where it would do something else. */
class EvaluationOnly extends nn.Module {
  readonly kind: string;

  constructor(kind: string) {
    super();
    this.kind = kind;
  }

  forward(x: Tensor): Tensor {
    if (!this.training) return x;
    throw new UnsupportedError(
      `${this.kind}: neocog applies it in evaluation only; call eval() on this layer`,
    );
  }
}

const dropped: LayerReader = (config) => anywhere(config, new nn.Dropout(config.number('rate', 0.5)));
const spatial: LayerReader = (config): Apply => {
  const module = new SpatialDropout(config.number('rate', 0.5));
  const first = config.value('data_format') !== undefined && config.channelsFirst;
  return (plan, [x]) =>
    first ? plan.plain(config.name, module, [x], x.rank) : plan.images(config.name, module, x);
};
const evaluated: LayerReader = (config) => anywhere(config, new EvaluationOnly(config.className));

export const normalizationLayers: LayerTable = {
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  GroupNormalization: groupNormalization,
  UnitNormalization: unitNormalization,
  Normalization: normalization,
  Rescaling: rescaling,
  Dropout: dropped,
  SpatialDropout1D: spatial,
  SpatialDropout2D: spatial,
  SpatialDropout3D: spatial,
  GaussianNoise: evaluated,
  GaussianDropout: evaluated,
  AlphaDropout: evaluated,
  ActivityRegularization: (config) => anywhere(config, new nn.Dropout(0)),
};
