// What the fuzzer tries: kinds of cases, each drawn from a seed, plain data, and checked against a judge.

import { NeocogError } from '../../packages/neocog/src/errors.ts';
import type { Generator } from '../../packages/neocog/src/index.ts';

/** A kind of case. `C` is plain data (JSON keeps it), so that a case can be printed, shrunk and run again elsewhere. */
export interface FuzzKind<C = unknown> {
  readonly name: string;
  /** What its cases are, in one line. */
  readonly about: string;
  /** The case of a seed; null where what was drawn does not fit together. */
  draw(random: Generator): C | null;
  /** @throws InvalidCase where the library refuses the case as it should. Anything else that it throws is a fault. */
  check(c: C): void | Promise<void>;
  /** Cases a little smaller than this one, the smallest first. */
  smaller(c: C): Iterable<C>;
}

/** A case that the library refuses with an error of its own, on the judge's side already: nothing to compare. */
export class InvalidCase extends Error {
  override name = 'InvalidCase';
}

/** Two answers that should be one. */
export class Disagreement extends Error {
  override name = 'Disagreement';
}

/** The judge's answer; what the library refuses on purpose makes the case invalid. */
export function judged<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw error instanceof NeocogError ? new InvalidCase(error.message) : error;
  }
}
