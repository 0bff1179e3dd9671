// Sums over ranks that are under way, with all digits or compressed. Some take a second exchange when the first is done. MPI
// matches the calls of the ranks by their order, so second exchanges begin in the order of the sums, among themselves.

import type { TopK } from 'neocog';
import { addFloat16, fromFloat16, toFloat16 } from './float16.ts';
import type { Library, Request } from './library.ts';
import { addEntries, entriesOf, takeLargest } from './topK.ts';

/** One sum. */
export abstract class Sum {
  isDone = false;
  /** Whether a second exchange has yet to begin. */
  isTwofold = false;
  protected readonly library: Library;
  #request: Request;

  constructor(library: Library, first: Request) {
    this.library = library;
    this.#request = first;
  }

  /** @param mayGoOn whether a second exchange may begin now */
  move(mayGoOn: boolean): void {
    if (this.isDone || !this.library.test(this.#request)) return;
    if (!this.isTwofold) {
      this.finish();
      this.isDone = true;
    } else if (mayGoOn) {
      this.#request = this.second();
      this.isTwofold = false;
    }
  }

  /** Begins the second exchange. */
  protected second(): Request {
    throw new Error('neocog bug, please report it: a sum of one exchange was asked for another');
  }

  /** When all has arrived. */
  protected abstract finish(): void;
}

/** All digits, in place. */
export class PlainSum extends Sum {
  constructor(library: Library, values: Float32Array) {
    super(library, library.beginSum(values));
  }

  protected finish(): void {}
}

/**
 * As numbers of 16 bits: each rank sums one part of what all have, in the order of the ranks and as float32, and gives its sums
 * to all.
 */
export class Float16Sum extends Sum {
  readonly #values: Float32Array;
  readonly #parts: Uint16Array;
  readonly #sums: Uint16Array;

  constructor(library: Library, values: Float32Array) {
    const part = Math.ceil(values.length / library.size);
    const given = new Uint16Array(part * library.size);
    toFloat16(values, given);
    const parts = new Uint16Array(given.length);
    super(library, library.beginTransposition(given, parts));
    this.isTwofold = true;
    this.#values = values;
    this.#parts = parts;
    this.#sums = new Uint16Array(part);
    // MPI reads it until the exchange is done.
    this.#given = given;
  }

  #given: Uint16Array;

  protected override second(): Request {
    const { length } = this.#sums;
    const sums = new Float32Array(length);
    for (let rank = 0; rank < this.library.size; rank++)
      addFloat16(this.#parts.subarray(rank * length, (rank + 1) * length), sums);
    toFloat16(sums, this.#sums);
    return this.library.beginGather(this.#sums, this.#given);
  }

  protected finish(): void {
    fromFloat16(this.#given.subarray(0, this.#values.length), this.#values);
  }
}

/** The largest entries alone, added in the order of the ranks. */
export class TopKSum extends Sum {
  readonly #values: Float32Array;
  readonly #own: Int32Array;
  readonly #all: Int32Array<ArrayBuffer>;

  /** @param rest what earlier sums of these values have left out; becomes what this one does */
  constructor(
    library: Library,
    values: Float32Array,
    { topK, rest }: TopK & { readonly rest: Float32Array },
  ) {
    for (let i = 0; i < values.length; i++) values[i] += rest[i];
    const own = takeLargest(values, entriesOf(values.length, topK));
    rest.set(values);
    const all = new Int32Array(own.length * library.size);
    super(library, library.beginGather(own, all));
    this.#values = values;
    this.#own = own;
    this.#all = all;
  }

  protected finish(): void {
    const { length } = this.#own;
    this.#values.fill(0);
    for (let rank = 0; rank < this.library.size; rank++)
      addEntries(this.#all.subarray(rank * length, (rank + 1) * length), this.#values);
  }
}
