// What is computed of constants alone, once for all graphs of a network: those of other sizes find the same arrays, for as long
// as anybody holds these.

import type { Values } from '../../backends/work.ts';

/** Results by what computed them and the arrays that it read. */
export class Known {
  readonly #results = new Map<string, readonly WeakRef<Values>[]>();
  readonly #gone = new FinalizationRegistry<string>((key) => {
    // The key may have new results by now.
    if (!this.#find(key)) this.#results.delete(key);
  });
  readonly #numbers = new WeakMap<Values, number>();
  /** What a result was computed of stays with it: its key is of no use without. */
  readonly #sources = new WeakMap<Values, readonly (Values | null)[]>();
  #count = 0;

  /** What `compute` gave for these arrays, or gives now; `how` states all else that it depends on. */
  get(how: string, arrays: readonly (Values | null)[], compute: () => readonly Values[]): readonly Values[] {
    const key = `${how} ${arrays.map((values) => values && this.#numberOf(values))}`;
    const known = this.#find(key);
    if (known) return known;
    const results = compute();
    this.#results.set(
      key,
      results.map((values) => new WeakRef(values)),
    );
    for (const values of results) {
      this.#gone.register(values, key);
      if (!arrays.includes(values)) this.#sources.set(values, arrays);
    }
    return results;
  }

  #find(key: string): Values[] | null {
    const results = this.#results.get(key)?.map((reference) => reference.deref());
    return results?.every((values) => values !== undefined) ? results : null;
  }

  #numberOf(values: Values): number {
    const number = this.#numbers.get(values) ?? this.#count++;
    this.#numbers.set(values, number);
    return number;
  }
}
