// RMSprop (Tieleman and Hinton, 2012), also centred by the mean gradient (Graves, 2013) and with momentum.

import { atLeast, between, flag, upTo } from '../arguments/field.ts';
import * as e from '../expression/expression.ts';
import { type Method, namedInputs } from './method.ts';
import { Optimizer, type ParametersOrGroups } from './optimizer.ts';

/** Options of `optim.RMSprop`; a group of parameters may have its own. */
export interface RMSpropOptions {
  /** Default 1e-2. */
  lr?: number | undefined;
  /** Decay of the running mean of the squared gradient. Default 0.99. */
  alpha?: number | undefined;
  /** Added to the root. Default 1e-8. */
  eps?: number | undefined;
  /** Added to the gradient: weightDecay · parameter. Default 0. */
  weightDecay?: number | undefined;
  /** Default 0. */
  momentum?: number | undefined;
  /** Divide by the root of the variance rather than of the mean square. Default false. */
  centered?: boolean | undefined;
  /** Climb instead of descend. Default false. */
  maximize?: boolean | undefined;
}

/** The options of `optim.RMSprop`, in use. */
export interface RMSpropSettings {
  /** The learning rate. */
  lr: number;
  /** Decay of the running mean of the squared gradient. */
  alpha: number;
  /** Added to the root. */
  eps: number;
  /** Added to the gradient: weightDecay · parameter. */
  weightDecay: number;
  /** Share of the last step's direction that is kept; 0 for none. */
  momentum: number;
  /** Divide by the root of the variance rather than of the mean square. */
  centered: boolean;
  /** Climb instead of descend. */
  maximize: boolean;
}

const inputs = [
  ...['parameter', 'gradient', 'lr', 'alpha', 'rest', 'eps', 'decay', 'momentum'],
  ...['square_avg', 'grad_avg', 'momentum_buffer'],
];
const { parameter: p, gradient: g, lr, alpha, rest, eps, decay, momentum, ...states } = namedInputs(inputs);

const rmsprop: Method<RMSpropSettings> = {
  name: 'RMSprop',
  defaults: {
    lr: 1e-2,
    alpha: 0.99,
    eps: 1e-8,
    weightDecay: 0,
    momentum: 0,
    centered: false,
    maximize: false,
  },
  fields: {
    lr: atLeast(0),
    alpha: upTo(0, 1),
    eps: atLeast(0),
    weightDecay: atLeast(0),
    momentum: between(0, 1),
    centered: flag,
    maximize: flag,
  },
  inputs,
  rule(settings) {
    const gradient = e.add(settings.maximize ? e.neg(g) : g, e.mul(decay, p));
    const average = (before: e.Expr, now: e.Expr): e.Expr => e.add(e.mul(alpha, before), e.mul(rest, now));
    const square = average(states.square_avg, e.mul(gradient, gradient));
    const mean = average(states.grad_avg, gradient);
    // Rounding may leave less than nothing.
    const variance = settings.centered ? e.max(e.sub(square, e.mul(mean, mean)), 0) : square;
    const scaled = e.div(gradient, e.add(e.sqrt(variance), eps));
    const velocity = e.add(e.mul(momentum, states.momentum_buffer), scaled);
    const hasMomentum = settings.momentum !== 0;
    return {
      states: {
        square_avg: { initial: 0, next: square },
        ...(settings.centered && { grad_avg: { initial: 0, next: mean } }),
        ...(hasMomentum && { momentum_buffer: { initial: 0, next: velocity } }),
      },
      parameter: e.sub(p, e.mul(lr, hasMomentum ? velocity : scaled)),
    };
  },
  scalars: ({ lr, alpha, eps, weightDecay, momentum }) => ({
    lr,
    alpha,
    rest: 1 - alpha,
    eps,
    decay: weightDecay,
    momentum,
  }),
};

/**
 * v ← alpha·v + (1 − alpha)·g², p ← p − lr·g / (√v + eps), with g the gradient + weightDecay·p; with momentum the last
 * fraction gathers speed first.
 *
 * @throws ShapeError for an option out of range.
 */
export class RMSprop extends Optimizer<RMSpropSettings> {
  constructor(parameters: ParametersOrGroups<RMSpropSettings>, options: RMSpropOptions = {}) {
    super(rmsprop, parameters, options);
  }
}
