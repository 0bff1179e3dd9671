// The option `outputs` of loaders: which values of a network come out.

import { ShapeError } from 'neocog';
import { shown } from '../shown.ts';

interface Choice<T> {
  /** The outputs of the file, in its order. */
  readonly all: ReadonlyMap<string, T>;
  /** A value inside the network. */
  readonly inside: (name: string) => T | undefined;
  /** What values inside are the results of. */
  readonly kind: 'node' | 'layer';
}

/** Those of the names, in their order; without names all outputs of the file. @throws ShapeError for a name that nothing has. */
export function chooseNamed<T>(about: string, names: readonly string[] | undefined, choice: Choice<T>): T[] {
  const { all, inside, kind } = choice;
  if (names === undefined) return [...all.values()];
  return [...new Set(names)].map((name) => {
    const found = all.get(name) ?? inside(name);
    if (found !== undefined) return found;
    throw new ShapeError(
      `${about}: outputs name ${shown(name)}, which is no output and no ${kind}; choose from ${[...all.keys()].join(', ')}, or name a ${kind}`,
    );
  });
}
