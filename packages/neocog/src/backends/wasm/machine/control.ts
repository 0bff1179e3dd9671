// The control block as JavaScript sees it: handing out jobs, and failures.

import { type Layout, textBytes, words } from './layout.ts';

export class Control {
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #address: number;

  constructor(memory: WebAssembly.Memory, { control }: Layout) {
    this.#bytes = new Uint8Array(memory.buffer, control + words.text, textBytes);
    this.#words = new Int32Array(memory.buffer);
    this.#address = control >>> 2;
  }

  /** Threads may begin with the job whose first piece has this number. All jobs before it are done. */
  post(job: number, { profile, base }: { profile: boolean; base: number }): void {
    this.#store(words.profile, profile ? 1 : 0);
    this.#store(words.base, base);
    this.#store(words.next, job);
    this.#store(words.done, job);
    this.#store(words.job, job);
    Atomics.notify(this.#words, this.#at(words.job));
  }

  /** Lets the threads that wait for this one give up. */
  fail(): void {
    this.#store(words.failed, -1);
    Atomics.notify(this.#words, this.#at(words.done));
  }

  /** What a failed thread left, or null. */
  failure(): string | null {
    const length = Atomics.load(this.#words, this.#at(words.failed));
    return length > 0 ? String.fromCharCode(...this.#bytes.slice(0, length)) : null;
  }

  #at(word: number): number {
    return this.#address + (word >>> 2);
  }

  #store(word: number, value: number): void {
    Atomics.store(this.#words, this.#at(word), value);
  }
}
