// Values that are known at load: those of a graph, and through it those of the graphs around it, which are looked up there
// instead of copied, since a file may have thousands of graphs inside.

import type { Value } from '../graph/value.ts';

export class KnownValues {
  readonly #own = new Map<string, Value>();
  readonly #learnable = new Set<string>();
  readonly #outer: KnownValues | undefined;

  constructor(outer?: KnownValues) {
    this.#outer = outer;
  }

  get(name: string): Value | undefined {
    return this.#own.get(name) ?? this.#outer?.get(name);
  }

  set(name: string, value: Value): void {
    this.#own.set(name, value);
  }

  /** Marks a float initializer: what training can change. */
  markLearnable(name: string): void {
    this.#learnable.add(name);
  }

  isLearnable(name: string): boolean {
    return this.#learnable.has(name) || (this.#outer?.isLearnable(name) ?? false);
  }

  /** Those of these names that are known. */
  among(names: Iterable<string>): Map<string, Value> {
    const found = new Map<string, Value>();
    for (const name of names) {
      const value = this.get(name);
      if (value !== undefined) found.set(name, value);
    }
    return found;
  }
}
