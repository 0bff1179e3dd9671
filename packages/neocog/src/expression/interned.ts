// Objects by key, one for each key as long as anybody holds it. The table does not keep what it was given alive: but for those
// met lately, which callers make again and again without holding them, and which others know by their number.

/** As many are held here, at some hundred bytes each. */
const mostHeld = 2 ** 14;

export class Interned<T extends object> {
  readonly #all = new Map<string, WeakRef<T>>();
  readonly #lately = new Map<string, T>();
  readonly #gone = new FinalizationRegistry<string>((key) => {
    // The key may have a new object by now.
    if (!this.#all.get(key)?.deref()) this.#all.delete(key);
  });
  #ids = 0;

  get(key: string): T | undefined {
    return this.#lately.get(key) ?? this.#remember(key, this.#all.get(key)?.deref());
  }

  /** The key is new. */
  add(key: string, value: T): T {
    this.#all.set(key, new WeakRef(value));
    this.#gone.register(value, key);
    this.#remember(key, value);
    return value;
  }

  /** A number that none had before. */
  nextId(): number {
    return this.#ids++;
  }

  #remember(key: string, value: T | undefined): T | undefined {
    if (!value) return undefined;
    if (this.#lately.size === mostHeld) this.#lately.clear();
    this.#lately.set(key, value);
    return value;
  }
}
