// The optimiser itself: it runs a method's formulas on parameters, and remembers their states. What the formulas are is in
// one file per method.

import { type Field, field, isRecord, need, refuseValue } from '../arguments/field.ts';
import { compute } from '../backends/current.ts';
import type { Expr } from '../expression/expression.ts';
import { floatTensor } from '../tensor/fields.ts';
import { formatShape, type Shape, sameShape } from '../tensor/shape.ts';
import { needWhole, type Tensor } from '../tensor/tensor.ts';
import {
  groupsOf,
  type LiveSettings,
  liveSettings,
  type ParameterGroup,
  type ParametersOrGroups,
  someParameters,
  statedOf,
} from './groups.ts';
import { checkSettings, type Method, type Settings, type Stated, type UpdateRule } from './method.ts';
import { type Memory, type OptimizerState, packState, unpackState } from './state.ts';

export type { ParametersOrGroups } from './groups.ts';

const aMethod: Field<object> = field(
  'a method with its name, defaults and rule',
  (v) => isRecord(v) && typeof v.rule === 'function' && isRecord(v.defaults),
);

/** What an input is read from where the formulas do not read it. */
const unread = new Float32Array(1);

/** Moves parameters by their gradients. A parameter without a gradient is left as it is. */
export class Optimizer<S extends Settings = Settings> {
  /** The update rule, with its defaults. */
  readonly method: Method<S>;
  /** Every parameter, in the order of the groups. */
  readonly parameters: readonly Tensor[];
  /** Settings may be assigned between steps: `optimizer.groups[0].lr = 0.01`. */
  readonly groups: readonly ParameterGroup<S>[];
  readonly #own: LiveSettings<S>;
  readonly #groups: readonly LiveSettings<S>[];
  readonly #memory = new Map<Tensor, Memory>();

  /**
   * @param parameters A list, or groups `{ parameters, lr?, … }`; what a group does not state follows `options`.
   * @throws ShapeError without parameters, for one that has no gradient or stands twice, and for options out of range.
   */
  constructor(method: Method<S>, parameters: ParametersOrGroups<S>, options: Stated<S> = {}) {
    need('Optimizer', 'method', method, aMethod);
    const check = (settings: S): void => checkSettings(method, settings);
    const groups = groupsOf(method.name, parameters);
    this.method = method;
    this.parameters = groups.flatMap((group) => group.parameters);
    this.#own = liveSettings<S>(method.defaults, statedOf(method, options), check);
    this.#groups = groups.map((group) =>
      liveSettings<S>(this.#own.settings, statedOf(method, group, { parameters: someParameters }), check),
    );
    this.groups = this.#groups.map(({ settings }, i) => {
      check(settings);
      const listed = { value: Object.freeze([...groups[i].parameters]), enumerable: true };
      return Object.defineProperty(settings, 'parameters', listed) as ParameterGroup<S>;
    });
  }

  /** The settings that groups follow where they state none of their own; may be assigned between steps. */
  get settings(): S {
    return this.#own.settings;
  }

  /**
   * The learning rate of all groups that state none of their own; may be assigned between steps.
   *
   * @example for (let step = 0; step < 100; step++) optimizer.lr = schedule.cosine({ baseLr: 0.1, TMax: 100 })(step);
   */
  get lr(): number {
    return this.settings.lr;
  }

  set lr(value: number) {
    this.settings.lr = value;
  }

  /**
   * Moves every parameter by its gradient.
   *
   * @throws ShapeError if settings have come to be at odds, or a gradient is no tensor of its parameter's shape.
   */
  step(): void {
    for (const group of this.groups) checkSettings(this.method, group);
    for (const parameter of this.parameters) {
      needWhole(this.method.name, 'a parameter', parameter);
      if (parameter.grad !== null) checkGradient(this.method.name, parameter.grad, parameter.shape);
    }
    for (const group of this.groups) {
      const rule = this.method.rule(group);
      for (const parameter of group.parameters) {
        if (parameter.grad !== null) this.#update({ parameter, gradient: parameter.grad }, group, rule);
      }
    }
  }

  /** Sets the gradients of all parameters to none. */
  zeroGrad(): void {
    for (const parameter of this.parameters) parameter.grad = null;
  }

  /** All that a later `loadStateDict` needs to go on exactly as this optimiser would; a copy. */
  stateDict(): OptimizerState {
    const groups = this.#groups.map(({ stated }) => ({ ...stated }));
    return packState({ options: { ...this.#own.stated }, groups }, this.parameters, this.#memory);
  }

  /**
   * Goes on where another optimiser of the same method and parameters stood. Nothing changes unless everything fits.
   *
   * @throws ShapeError for another number of groups, settings out of range, or states that do not fit the parameters.
   */
  loadStateDict(state: OptimizerState): void {
    const { options, groups, memory } = unpackState(this.method, this.groups, state);
    this.#own.stated = options;
    this.#groups.forEach((group, i) => {
      group.stated = groups[i];
    });
    this.#memory.clear();
    for (const [parameter, states] of memory) this.#memory.set(parameter, states);
  }

  #update(
    { parameter, gradient }: Record<'parameter' | 'gradient', Tensor>,
    settings: S,
    rule: UpdateRule,
  ): void {
    const { step, states } = this.#memory.get(parameter) ?? { step: 0, states: {} };
    const scalars = this.method.scalars(settings, step + 1);
    const arrays: Record<string, Float32Array> = {
      parameter: valuesOf(parameter),
      gradient: valuesOf(gradient),
    };
    for (const [name, { initial }] of Object.entries(rule.states)) {
      arrays[name] = states[name] ?? new Float32Array(parameter.size).fill(initial);
    }
    const inputs = this.method.inputs.map((name) =>
      name in scalars ? Float32Array.of(scalars[name]) : (arrays[name] ?? unread),
    );
    const run = (expr: Expr): Float32Array => runFormula(expr, parameter.size, inputs);
    const moved = run(rule.parameter);
    const after = Object.entries(rule.states).map(([name, { next }]) => [name, run(next)]);
    this.#memory.set(parameter, { step: step + 1, states: Object.fromEntries(after) });
    parameter.data.set(moved);
  }
}

function checkGradient(fn: string, grad: Tensor, shape: Shape): void {
  if (!floatTensor.ok(grad) || !sameShape(grad.shape, shape))
    refuseValue(fn, 'a gradient', grad, `a float32 Tensor ${formatShape(shape)}`);
  needWhole(fn, 'a gradient', grad);
}

const valuesOf = (t: Tensor): Float32Array => t.data as Float32Array;

/** A formula at every element, over arrays of that size and single numbers. */
function runFormula(expr: Expr, size: number, inputs: readonly Float32Array[]): Float32Array {
  const strides = inputs.map((values) => [values.length === 1 ? 0 : 1]);
  const loop = { expr, shape: [size], strides, reduced: [false], combine: 'sum' } as const;
  return compute({ op: 'fused', loop }, inputs);
}
