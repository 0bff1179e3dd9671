// Groups of parameters with settings of their own. What a group does not state follows the optimiser's settings, also
// when those change later; every change is checked when it is made.

import { type Field, field, isListOf, need } from '../arguments/field.ts';
import { needOptions } from '../arguments/options.ts';
import { ShapeError } from '../errors.ts';
import { someTensors } from '../tensor/fields.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { fieldsOf, type Method, type Settings, type Stated } from './method.ts';

/** Parameters that follow the same settings. */
interface Grouped {
  /** At least one; each stands in one group only. */
  readonly parameters: readonly Tensor[];
}

/** A group as a caller states it. */
export type GroupOptions<S> = Stated<S> & Grouped;

/** What an optimiser is made of: parameters, or groups of them. */
export type ParametersOrGroups<S> = readonly Tensor[] | readonly GroupOptions<S>[];

/** Parameters and the settings that they follow now; settings may be assigned. */
export type ParameterGroup<S> = S & Grouped;

/** Settings in use, and those of them that were stated here rather than inherited. */
export interface LiveSettings<S> {
  readonly settings: S;
  stated: Partial<S>;
}

/** Settings that read from what is stated here, else from `base`; an assignment that `check` refuses changes nothing. */
export function liveSettings<S extends object>(
  base: S,
  stated: Partial<S>,
  check: (settings: S) => void,
): LiveSettings<S> {
  const live = { settings: {} as S, stated };
  for (const key of Object.keys(base) as (keyof S)[]) {
    Object.defineProperty(live.settings, key, {
      enumerable: true,
      get: () => live.stated[key] ?? base[key],
      set: (value: S[typeof key]) => {
        check({ ...live.settings, [key]: value });
        live.stated = { ...live.stated, [key]: value };
      },
    });
  }
  return live;
}

/** The options that are not undefined. */
export function statedOf<S extends Settings>(
  method: Method<S>,
  options: Stated<S>,
  besides: Readonly<Record<string, Field>> = {},
): Partial<S> {
  needOptions<object>(method.name, options, { ...fieldsOf(method), ...besides });
  const given = Object.entries(options).filter(([key, v]) => v !== undefined && !Object.hasOwn(besides, key));
  return Object.fromEntries(given) as Partial<S>;
}

/** The groups of what a caller passed; a plain list is one group. */
export function groupsOf<S>(fn: string, given: ParametersOrGroups<S>): readonly GroupOptions<S>[] {
  const isGroup = (part: unknown): boolean =>
    typeof part === 'object' && part !== null && 'parameters' in part;
  const stated = isListOf(given, isGroup) && given.length > 0;
  const groups = (stated ? given : [{ parameters: given }]) as readonly GroupOptions<S>[];
  const all = groups.flatMap((group) => checkParameters(fn, group.parameters));
  if (new Set(all).size < all.length) {
    throw new ShapeError(`${fn}: a parameter is listed twice, give each once and in one group`);
  }
  return groups;
}

export const someParameters: Field<readonly Tensor[]> = field(
  'a list of one or more Tensors, such as module.parameters(), or groups { parameters, … }',
  someTensors.ok,
);

function checkParameters(fn: string, parameters: readonly Tensor[]): readonly Tensor[] {
  need(fn, 'parameters', parameters, someParameters);
  if (parameters.some((p) => !p.requiresGrad)) {
    throw new ShapeError(
      `${fn}: a parameter has no gradient, make it with requiresGrad: true or leave it out`,
    );
  }
  return parameters;
}
