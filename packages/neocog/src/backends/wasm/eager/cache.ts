/** Remembers what was made for a key; the least recently used entry goes when there are too many. */
export class Cache<T> {
  readonly #entries = new Map<string, T>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string, make: () => T): T {
    const known = this.#entries.get(key) ?? make();
    this.#entries.delete(key);
    this.#entries.set(key, known);
    if (this.#entries.size > this.#limit) {
      const [oldest] = this.#entries.keys();
      this.#entries.delete(oldest as string);
    }
    return known;
  }
}
