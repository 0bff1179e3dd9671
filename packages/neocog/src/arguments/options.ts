// Options of a function, declared once: which there are and what each takes. From a declaration come the check and the
// sentences of errors; its type holds it to the keys of the options' type. docs/options.md is made from the sentences.

import { ShapeError } from '../errors.ts';
import { type Field, isRecord, refuseValue } from './field.ts';
import { shortText } from './show.ts';

/** What each option of `O` takes; those without a default are `required`. */
export type Fields<O> = {
  readonly [K in keyof O]-?: Field<Exclude<O[K], undefined>> &
    (undefined extends O[K] ? unknown : { readonly required: boolean });
};

/**
 * Refuses options that are no object, unknown, missing or wrong. `undefined` is an option that is not given.
 *
 * @param name Of the argument.
 * @throws ShapeError
 */
export function needOptions<O extends object>(
  fn: string,
  given: O,
  fields: Fields<O>,
  name = 'options',
): void {
  const table = fields as Readonly<Record<string, Field>>;
  if (!isRecord(given)) refuseValue(fn, name, given, `an object with ${named(table)}`);
  for (const key in given) {
    if (!Object.hasOwn(table, key)) refuseUnknown(fn, key, table);
    const value = given[key];
    if (value !== undefined && !table[key].ok(value)) refuseValue(fn, key, value, table[key].takes);
  }
  for (const key in table) {
    if (table[key].required && given[key as keyof O] === undefined)
      refuseValue(fn, key, undefined, table[key].takes);
  }
}

const named = (table: Readonly<Record<string, Field>>): string => Object.keys(table).join(', ') || 'no keys';

function refuseUnknown(fn: string, key: string, table: Readonly<Record<string, Field>>): never {
  throw new ShapeError(`${fn}: option '${shortText(key)}' is unknown; choose from ${named(table)}`);
}
