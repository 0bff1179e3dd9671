// Results in the order in which they were asked for, made ahead of time: a queue of promises that is kept full.

/** Takes one result after the other while the next ones are made. */
export class Ahead<T> {
  readonly #start: () => Promise<T | null> | null;
  readonly #most: number;
  readonly #under: Promise<T | null>[] = [];

  /** @param start begins the next one, null after the last; @param most how many are under way or waiting at a time */
  constructor(start: () => Promise<T | null> | null, most: number) {
    this.#start = start;
    this.#most = most;
  }

  /** The next result; null after the last. */
  async next(): Promise<T | null> {
    this.#fill(Math.max(this.#most, 1));
    const next = this.#under.shift() ?? null;
    this.#fill(this.#most);
    return next;
  }

  #fill(most: number): void {
    while (this.#under.length < most) {
      const one = this.#start();
      if (one === null) return;
      // A failure is told to who takes it, and to nobody if nobody does.
      one.catch(() => {});
      this.#under.push(one);
    }
  }
}
