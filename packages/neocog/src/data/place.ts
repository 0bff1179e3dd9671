// Where a loader stands: bookkeeping that both loaders share. An iteration begins an epoch, or goes on where a state says.

import { need, whole } from '../arguments/field.ts';
import { checkState, type LoaderState } from './order.ts';
import type { SourceState } from './source.ts';

/** The place of a loader of some data and some seed. */
export class Place {
  readonly #fn: string;
  readonly #of: Pick<LoaderState, 'seed' | 'size'>;
  #epoch = 0;
  /** Of the iteration that began last and is not over. */
  #position: LoaderState | null = null;
  /** Where the next iteration begins, if not at the beginning of an epoch. */
  #next: LoaderState | null = null;

  /** @param fn The loader's name, for errors. */
  constructor(fn: string, of: Pick<LoaderState, 'seed' | 'size'>) {
    this.#fn = fn;
    this.#of = of;
  }

  get epoch(): number {
    return this.#epoch;
  }

  set epoch(epoch: number) {
    need(this.#fn, 'epoch', epoch, whole(0));
    this.#epoch = epoch;
    this.#next = null;
  }

  /** Where an iteration is to begin; the next one begins the epoch after it. */
  begin(): LoaderState {
    const start = this.#next ?? this.#beginning();
    this.epoch = start.epoch + 1;
    return start;
  }

  /** A batch is handed out. */
  reach(position: LoaderState): void {
    this.#position = position;
  }

  /** An iteration is over, or was left. */
  end(): void {
    this.#position = null;
  }

  state(): LoaderState {
    return this.#position ?? this.#next ?? this.#beginning();
  }

  restore(state: SourceState): void {
    const known = checkState(`${this.#fn}.restore`, state, this.#of);
    this.epoch = known.epoch;
    this.#next = known;
    this.#position = null;
  }

  #beginning(): LoaderState {
    return { epoch: this.epoch, taken: 0, ...this.#of };
  }
}
