// Adagrad (Duchi, Hazan and Singer, 2011): each weight's rate falls with the gradients it has seen.

import { atLeast, flag } from '../arguments/field.ts';
import * as e from '../expression/expression.ts';
import { type Method, namedInputs } from './method.ts';
import { Optimizer, type ParametersOrGroups } from './optimizer.ts';

/** Options of `optim.Adagrad`; a group of parameters may have its own. */
export interface AdagradOptions {
  /** Default 1e-2. */
  lr?: number | undefined;
  /** The rate of step t is lr / (1 + (t − 1)·lrDecay). Default 0. */
  lrDecay?: number | undefined;
  /** Added to the gradient: weightDecay · parameter. Default 0. */
  weightDecay?: number | undefined;
  /** What the sum of squares starts from. Default 0. */
  initialAccumulatorValue?: number | undefined;
  /** Added to the root. Default 1e-10. */
  eps?: number | undefined;
  /** Climb instead of descend. Default false. */
  maximize?: boolean | undefined;
}

/** The options of `optim.Adagrad`, in use. */
export interface AdagradSettings {
  /** The learning rate of the first step. */
  lr: number;
  /** The rate of step t is lr / (1 + (t − 1)·lrDecay). */
  lrDecay: number;
  /** Added to the gradient: weightDecay · parameter. */
  weightDecay: number;
  /** What the sum of squares starts from. */
  initialAccumulatorValue: number;
  /** Added to the root. */
  eps: number;
  /** Climb instead of descend. */
  maximize: boolean;
}

const inputs = ['parameter', 'gradient', 'rate', 'decay', 'eps', 'sum'] as const;
const { parameter: p, gradient: g, rate, decay, eps, sum } = namedInputs(inputs);

const adagrad: Method<AdagradSettings> = {
  name: 'Adagrad',
  defaults: {
    lr: 1e-2,
    lrDecay: 0,
    weightDecay: 0,
    initialAccumulatorValue: 0,
    eps: 1e-10,
    maximize: false,
  },
  fields: {
    lr: atLeast(0),
    lrDecay: atLeast(0),
    weightDecay: atLeast(0),
    initialAccumulatorValue: atLeast(0),
    eps: atLeast(0),
    maximize: flag,
  },
  inputs,
  rule({ maximize, initialAccumulatorValue: initial }) {
    const gradient = e.add(maximize ? e.neg(g) : g, e.mul(decay, p));
    const next = e.add(sum, e.mul(gradient, gradient));
    const direction = e.div(gradient, e.add(e.sqrt(next), eps));
    return { states: { sum: { initial, next } }, parameter: e.sub(p, e.mul(rate, direction)) };
  },
  scalars: ({ lr, lrDecay, weightDecay, eps }, step) => ({
    rate: lr / (1 + (step - 1) * lrDecay),
    decay: weightDecay,
    eps,
  }),
};

/**
 * s ← s + g², p ← p − lr·g / (√s + eps), with g the gradient + weightDecay·p.
 *
 * @throws ShapeError for a negative option.
 */
export class Adagrad extends Optimizer<AdagradSettings> {
  constructor(parameters: ParametersOrGroups<AdagradSettings>, options: AdagradOptions = {}) {
    super(adagrad, parameters, options);
  }
}
