// Stochastic gradient descent with momentum (Polyak 1964), Nesterov's form (Sutskever et al. 2013) and weight decay.

import { atLeast, between, finite, flag } from '../arguments/field.ts';
import { ShapeError } from '../errors.ts';
import * as e from '../expression/expression.ts';
import { type Method, namedInputs } from './method.ts';
import { Optimizer, type ParametersOrGroups } from './optimizer.ts';

/** Options of `optim.SGD`; a group of parameters may have its own. */
export interface SGDOptions {
  /** The learning rate, of at least 0. There is no default. */
  lr: number;
  /** Default 0. */
  momentum?: number | undefined;
  /** Share of the gradient that momentum leaves out, from the second step on. Default 0. */
  dampening?: number | undefined;
  /** Added to the gradient: weightDecay · parameter. Default 0. */
  weightDecay?: number | undefined;
  /** Default false. */
  nesterov?: boolean | undefined;
  /** Climb instead of descend. Default false. */
  maximize?: boolean | undefined;
}

/** The options of `optim.SGD`, in use. */
export interface SGDSettings {
  /** The learning rate. */
  lr: number;
  /** Share of the last step's direction that is kept; 0 for none. */
  momentum: number;
  /** Share of the gradient that momentum leaves out, from the second step on. */
  dampening: number;
  /** Added to the gradient: weightDecay · parameter. */
  weightDecay: number;
  /** Look ahead by the momentum (Nesterov); needs one, and no dampening. */
  nesterov: boolean;
  /** Climb instead of descend. */
  maximize: boolean;
}

const inputs = ['parameter', 'gradient', 'lr', 'decay', 'momentum', 'share', 'momentum_buffer'] as const;
const { parameter: p, gradient: g, lr, decay, momentum, share, momentum_buffer: v } = namedInputs(inputs);

const sgd: Method<SGDSettings> = {
  name: 'SGD',
  // lr has no default: NaN is refused.
  defaults: { lr: NaN, momentum: 0, dampening: 0, weightDecay: 0, nesterov: false, maximize: false },
  fields: {
    lr: atLeast(0),
    momentum: between(0, 1),
    dampening: finite,
    weightDecay: atLeast(0),
    nesterov: flag,
    maximize: flag,
  },
  inputs,
  check({ momentum, dampening, nesterov }) {
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw new ShapeError(
        `SGD: nesterov needs a momentum and no dampening, they are ${momentum} and ${dampening}`,
      );
    }
  },
  rule(settings) {
    const gradient = e.add(settings.maximize ? e.neg(g) : g, e.mul(decay, p));
    if (settings.momentum === 0) return { states: {}, parameter: e.sub(p, e.mul(lr, gradient)) };
    const velocity = e.add(e.mul(momentum, v), e.mul(share, gradient));
    const direction = settings.nesterov ? e.add(gradient, e.mul(momentum, velocity)) : velocity;
    return {
      states: { momentum_buffer: { initial: 0, next: velocity } },
      parameter: e.sub(p, e.mul(lr, direction)),
    };
  },
  scalars: ({ lr, weightDecay, momentum, dampening }, step) => ({
    lr,
    decay: weightDecay,
    momentum,
    // The first gradient enters the momentum whole.
    share: step === 1 ? 1 : 1 - dampening,
  }),
};

/**
 * v ← momentum·v + (1 − dampening)·g, p ← p − lr·v, with g the gradient + weightDecay·p; with `nesterov`
 * p ← p − lr·(g + momentum·v).
 *
 * @throws ShapeError for a negative option, or nesterov without momentum or with dampening.
 */
export class SGD extends Optimizer<SGDSettings> {
  constructor(parameters: ParametersOrGroups<SGDSettings>, options: SGDOptions) {
    super(sgd, parameters, options);
  }
}
