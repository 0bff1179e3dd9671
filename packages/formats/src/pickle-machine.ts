// The machine that reads a Python pickle: a stack with marks, a memo and a place in the bytes, all of it counted. What the
// operations do with it is in pickle.ts.

import type { Budget } from './budget.ts';

/** Ends the reading with an error that holds this problem. */
export type Fail = (problem: string) => never;

/** What stands for a class or a function of Python. */
export interface PickleGlobal {
  /** The value of a call with these arguments. */
  readonly call?: ((args: readonly unknown[], fail: Fail) => unknown) | undefined;
}

/**
 * A class or function of Python that is not known here, or an object that it would have made. It is passed over: whoever wants
 * the value refuses it by its name.
 */
export class UnknownObject implements PickleGlobal {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  call(): this {
    return this;
  }
}

export interface PickleOptions {
  readonly fail: Fail;
  /** What is counted: every value, and what calls are given. */
  readonly budget: Budget;
  /** By module and name, such as `collections.OrderedDict`. Everything else becomes an UnknownObject. */
  readonly globals: ReadonlyMap<string, PickleGlobal>;
  /** What a persistent id, a reference to something outside the pickle, stands for. */
  readonly persistent?: (id: unknown) => unknown;
}

/** What values take, roughly: a place on the stack or in a list, one in the memo or a dict, and a dict itself. */
export const placeBytes = 8;
export const pairBytes = 48;
export const dictBytes = 400;
export const listBytes = 48;

export class Machine {
  at: number;
  readonly memo = new Map<number, unknown>();
  readonly options: PickleOptions;
  readonly #bytes: Uint8Array;
  readonly #stack: unknown[] = [];
  /** Heights of the stack at which a list of items begins. */
  readonly #marks: number[] = [];

  constructor(bytes: Uint8Array, options: PickleOptions, start: number) {
    this.#bytes = bytes;
    this.options = options;
    this.at = start;
  }

  fail(problem: string): never {
    return this.options.fail(problem);
  }

  /** The next bytes. */
  take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.at) return this.fail('its pickle is truncated');
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }

  /** A little-endian number without sign of this many bytes. */
  count(width: 1 | 2 | 4 | 8): number {
    return this.take(width).reduceRight((sum, byte) => sum * 256 + byte, 0);
  }

  /** A text up to the next line's end. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.at);
    if (end < 0) return this.fail('its pickle is truncated');
    const text = latin1(this.take(end - this.at));
    this.at++;
    return text;
  }

  push(value: unknown): void {
    this.options.budget.bytes(placeBytes, 'its pickle');
    this.#stack.push(value);
  }

  /** Counts memory beside the place on the stack. */
  takes(bytes: number): void {
    this.options.budget.bytes(bytes, 'its pickle');
  }

  remember(index: number): void {
    this.takes(pairBytes);
    this.memo.set(index, this.top());
  }

  pop(): unknown {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0))
      return this.fail('its pickle pops more values than it has');
    return this.#stack.pop();
  }

  top(): unknown {
    const value = this.pop();
    this.push(value);
    return value;
  }

  mark(): void {
    this.takes(placeBytes);
    this.#marks.push(this.#stack.length);
  }

  /** Everything above the last mark, which goes too. */
  popItems(): unknown[] {
    const mark = this.#marks.pop();
    if (mark === undefined) return this.fail('its pickle ends a list that it has not begun');
    return this.#stack.splice(mark);
  }

  popText(): string {
    const text = this.pop();
    return typeof text === 'string' ? text : this.fail('its pickle has another value instead of a string');
  }

  recall(index: number): void {
    if (!this.memo.has(index)) this.fail('its pickle recalls a value that it has not stored');
    this.push(this.memo.get(index));
  }
}

/** By pieces, since a call takes only so many arguments. */
export function latin1(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += 4096) {
    pieces.push(String.fromCharCode(...bytes.subarray(at, at + 4096)));
  }
  return pieces.join('');
}
