// Calls that share one memory: each has its turn, in the order in which they were made.

/** A row of calls. */
export class Turns {
  #last: Promise<unknown> | null = null;

  /** Whether a call that is made now has to wait. */
  get taken(): boolean {
    return this.#last !== null;
  }

  /** Where nobody is before it, a call begins at once. One that fails does not hold up the next. */
  take<T>(call: () => Promise<T>): Promise<T> {
    const mine = this.#last ? this.#last.then(call) : call();
    const end = (): void => {
      if (this.#last === over) this.#last = null;
    };
    const over = mine.then(end, end);
    this.#last = over;
    return mine;
  }
}
