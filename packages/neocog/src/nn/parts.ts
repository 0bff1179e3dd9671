// The parts of a container: modules by name, in an order of their own. Each is also a property of the container, so that
// `network.fc = new Linear(512, 3)` replaces it.

import { type Field, field, need } from '../arguments/field.ts';
import { Module } from './module.ts';

export const aModule: Field<Module> = field('a Module, such as a layer of nn', (v) => v instanceof Module);

/** Parts by name, and what each has to be. */
interface Named<M extends Module> {
  readonly parts: Readonly<Record<string, M>> | readonly M[];
  readonly taken: Field<M>;
}

/**
 * The parts as a table, and as properties of `owner` that read from it and write to it. A name that modules use already,
 * such as `train`, stands in the table alone.
 *
 * @throws ShapeError for what is no such module, also when it is assigned later, and for modules nested too deep.
 */
export function namedParts<M extends Module>(owner: Module, { parts, taken }: Named<M>): Map<string, M> {
  const fn = owner.constructor.name;
  const table = new Map<string, M>();
  const assign = (name: string, part: M): void => {
    need(fn, name, part, taken);
    const before = table.get(name);
    table.set(name, part);
    try {
      part.namedModules();
    } catch (error) {
      if (before) table.set(name, before);
      throw error;
    }
  };
  for (const [name, part] of Object.entries(parts)) {
    assign(name, part);
    if (name in owner) continue;
    Object.defineProperty(owner, name, { get: () => table.get(name), set: (next: M) => assign(name, next) });
  }
  return table;
}
