// Classes of a folder as a network numbers them.

import { CommandError } from '../../files.ts';

/** From the folder's numbers to the network's. @throws CommandError for classes that it does not know */
export function numbering(
  folder: string,
  classes: readonly string[],
  known: readonly string[],
): (label: number) => number {
  const stray = classes.filter((name) => !known.includes(name));
  if (stray.length > 0) {
    const [what, them] = stray.length === 1 ? ['the class', 'it'] : ['the classes', 'them'];
    throw new CommandError(
      `${folder} has ${what} ${stray.join(', ')}, the network knows ${known.join(', ')}; rename or remove ${them}`,
    );
  }
  const numbers = classes.map((name) => known.indexOf(name));
  return (label) => numbers[label] ?? label;
}

/** Of a folder that is divided, what was held out, as figures say little of what was trained on. */
export const mostHeldOut = <T extends { readonly length: number }>(sets: {
  readonly train: T;
  readonly validation: T;
  readonly test: T;
}): T => [sets.test, sets.validation, sets.train].find(({ length }) => length > 0) ?? sets.train;
