// Adam (Kingma and Ba, 2015) and AdamW, its form with decoupled weight decay (Loshchilov and Hutter, 2019).

import { atLeast, field, flag, isListOf, upTo } from '../arguments/field.ts';
import { power } from '../expression/elementary.ts';
import * as e from '../expression/expression.ts';
import { type Method, namedInputs, type UpdateRule } from './method.ts';
import { Optimizer, type ParametersOrGroups } from './optimizer.ts';

/** Options of `optim.Adam` and `optim.AdamW`; a group of parameters may have its own. */
export interface AdamOptions {
  /** Default 1e-3. */
  lr?: number | undefined;
  /** Decay of the running means of the gradient and its square. Default [0.9, 0.999]. */
  betas?: readonly [number, number] | undefined;
  /** Added to the root. Default 1e-8. */
  eps?: number | undefined;
  /** Adam: added to the gradient, default 0. AdamW: shrinks the parameter directly, default 1e-2. */
  weightDecay?: number | undefined;
  /** Divide by the largest mean square so far (Reddi et al., 2018). Default false. */
  amsgrad?: boolean | undefined;
  /** Climb instead of descend. Default false. */
  maximize?: boolean | undefined;
}

/** The options of `optim.Adam` and `optim.AdamW`, in use. */
export interface AdamSettings {
  /** The learning rate. */
  lr: number;
  /** Decay of the running means of the gradient and its square, each from 0 to below 1. */
  betas: readonly [number, number];
  /** Added to the root. */
  eps: number;
  /** Adam: added to the gradient. AdamW: shrinks the parameter directly. */
  weightDecay: number;
  /** Divide by the largest mean square so far. */
  amsgrad: boolean;
  /** Climb instead of descend. */
  maximize: boolean;
}

const inputs = [
  ...['parameter', 'gradient'],
  ...['decay', 'shrink', 'step', 'rootScale', 'eps', 'beta1', 'rest1', 'beta2', 'rest2'],
  ...['exp_avg', 'exp_avg_sq', 'max_exp_avg_sq'],
];
const { parameter: p, gradient: g, decay, shrink, step, rootScale, eps, ...more } = namedInputs(inputs);
const { beta1, rest1, beta2, rest2, exp_avg: m, exp_avg_sq: v, max_exp_avg_sq: most } = more;

function rule({ amsgrad, maximize }: AdamSettings): UpdateRule {
  const gradient = e.add(maximize ? e.neg(g) : g, e.mul(decay, p));
  const mean = e.add(e.mul(beta1, m), e.mul(rest1, gradient));
  const square = e.add(e.mul(beta2, v), e.mul(rest2, e.mul(gradient, gradient)));
  const largest = e.max(most, square);
  const root = e.add(e.mul(e.sqrt(amsgrad ? largest : square), rootScale), eps);
  const states = { exp_avg: { initial: 0, next: mean }, exp_avg_sq: { initial: 0, next: square } };
  return {
    states: amsgrad ? { ...states, max_exp_avg_sq: { initial: 0, next: largest } } : states,
    parameter: e.sub(e.sub(p, e.mul(shrink, p)), e.div(e.mul(step, mean), root)),
  };
}

const decayRate = upTo(0, 1);
const fields: NonNullable<Method<AdamSettings>['fields']> = {
  lr: atLeast(0),
  betas: field(`two decays, each ${decayRate.takes}`, (v) => isListOf(v, decayRate.ok) && v.length === 2),
  eps: atLeast(0),
  weightDecay: atLeast(0),
  amsgrad: flag,
  maximize: flag,
};

function adam(name: string, decoupled: boolean, weightDecay: number): Method<AdamSettings> {
  return {
    name,
    defaults: { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay, amsgrad: false, maximize: false },
    fields,
    inputs,
    rule,
    scalars: ({ lr, betas: [beta1, beta2], eps, weightDecay }, t) => ({
      decay: decoupled ? 0 : weightDecay,
      shrink: decoupled ? lr * weightDecay : 0,
      step: lr / (1 - power(beta1, t)),
      rootScale: 1 / Math.sqrt(1 - power(beta2, t)),
      eps,
      beta1,
      rest1: 1 - beta1,
      beta2,
      rest2: 1 - beta2,
    }),
  };
}

const coupled = adam('Adam', false, 0);
const decoupled = adam('AdamW', true, 1e-2);

/**
 * m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², p ← p − lr·m̂ / (√v̂ + eps), hats for division by 1 − βᵗ.
 *
 * @throws ShapeError for an option out of range.
 */
export class Adam extends Optimizer<AdamSettings> {
  constructor(parameters: ParametersOrGroups<AdamSettings>, options: AdamOptions = {}) {
    super(coupled, parameters, options);
  }
}

/**
 * Adam whose weight decay shrinks the parameter by lr·weightDecay, apart from the gradient.
 *
 * @throws ShapeError for an option out of range.
 */
export class AdamW extends Optimizer<AdamSettings> {
  constructor(parameters: ParametersOrGroups<AdamSettings>, options: AdamOptions = {}) {
    super(decoupled, parameters, options);
  }
}
