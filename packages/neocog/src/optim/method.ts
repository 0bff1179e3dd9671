// What an optimiser computes, apart from any tensor: formulas over named inputs, so that one definition serves eager steps
// and whole compiled training steps.

import { type Field, field, need } from '../arguments/field.ts';
import type { Expr } from '../expression/expression.ts';
import * as e from '../expression/expression.ts';

/** What every optimiser can be told. */
export interface Settings {
  /** The learning rate: how far a step goes. */
  lr: number;
}

/** A number that is remembered for each number of a parameter. */
interface StateRule {
  /** What it is before the first step. */
  readonly initial: number;
  /** What it is after a step. */
  readonly next: Expr;
}

/** One step of one parameter, as formulas over the inputs that the method names; all read values from before the step. */
export interface UpdateRule {
  /** What is remembered from step to step, by PyTorch's name. */
  readonly states: Readonly<Record<string, StateRule>>;
  /** New value of the parameter. */
  readonly parameter: Expr;
}

/** An update rule with its settings: what `optim.Optimizer` needs for a method of your own. */
export interface Method<S extends Settings> {
  /** For errors and messages. */
  readonly name: string;
  /** What settings are unless given. One without a default is NaN here, which `fields` refuses. */
  readonly defaults: Readonly<S>;
  /**
   * What the inputs of the formulas are, in order: `parameter`, `gradient`, scalars, states. One that the settings leave
   * out is not read.
   */
  readonly inputs: readonly string[];
  /** What each setting takes; anything unless stated. */
  readonly fields?: { readonly [K in keyof S]: Field<S[K]> };
  /** Refuses settings that do not go together. @throws ShapeError for such. */
  check?(settings: S): void;
  /** The same formulas for all numbers: settings choose only which terms there are. */
  rule(settings: S): UpdateRule;
  /** The numbers of step `step`, which counts from 1 for each parameter. */
  scalars(settings: S, step: number): Readonly<Record<string, number>>;
}

/** Formula inputs under names, numbered in order. */
export function namedInputs<Name extends string>(names: readonly Name[]): Record<Name, Expr> {
  return Object.fromEntries(names.map((name, i) => [name, e.input(i)])) as Record<Name, Expr>;
}

/** Settings as a caller states them: those left out follow others. */
export type Stated<S> = { [K in keyof S]?: S[K] | undefined };

const anything: Field = field('a value', () => true);

/** What each setting takes, by name. */
export const fieldsOf = <S extends Settings>({
  defaults,
  fields = {} as NonNullable<Method<S>['fields']>,
}: Method<S>) =>
  Object.fromEntries(
    (Object.keys(defaults) as (keyof S & string)[]).map((key): [string, Field] => [
      key,
      fields[key] ?? anything,
    ]),
  );

/** @throws ShapeError for settings that are wrong, or at odds with each other. */
export function checkSettings<S extends Settings>(method: Method<S>, settings: S): void {
  for (const [key, taken] of Object.entries(fieldsOf(method)))
    need(method.name, key, settings[key as keyof S], taken);
  method.check?.(settings);
}
