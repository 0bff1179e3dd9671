// The generators that a network draws from, so that a run can keep where they stand.

import { defaultGenerator, Generator } from '../tensor/random.ts';
import type { Module } from './module.ts';

/** Those of a network and its parts, by key; the default one under ''. */
export function generatorsOf(module: Module): [key: string, generator: Generator][] {
  const own = module
    .namedModules()
    .flatMap(([path, part]) =>
      Object.entries(part).flatMap(([name, value]): [string, Generator][] =>
        value instanceof Generator ? [[`${path}.${name}`, value]] : [],
      ),
    );
  return [['', defaultGenerator()], ...own];
}
