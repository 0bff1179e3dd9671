// How one call uses a cache: a program that is there is read, another one is written once it is made.

import type { Executable } from '../../backends/executable.ts';
import type { Keeping, KeptTask, Revived } from '../../backends/keeping.ts';
import { version } from '../../version.ts';
import { type ProgramCache, storeOf } from './place.ts';
import type { ProgramStore, StoredBytes } from './store.ts';

/** What keys begin with. The number is raised whenever bytes of the same key would be read otherwise. */
export const edition: readonly unknown[] = [1, version];

export class CacheUse {
  /** What came of it, for the report. */
  outcome = '';
  readonly #store: ProgramStore | null;
  readonly #keeping: Keeping | null;

  /** @param keeping of the backend; undefined of one that keeps nothing */
  constructor(cache: ProgramCache, keeping: Keeping | undefined) {
    const store = storeOf(cache);
    const refusal =
      typeof store === 'string' ? store : keeping ? null : 'the backend in use compiles nothing';
    this.#store = typeof store === 'string' || refusal ? null : store;
    this.#keeping = keeping ?? null;
    if (refusal) this.refuse(refusal);
  }

  /** Says why nothing is kept. */
  refuse(reason: string): void {
    this.outcome = `not written: ${reason}`;
  }

  /** Whether there is something to keep, and a place for it. */
  get works(): boolean {
    return this.#store !== null;
  }

  /** What the store has under a key, if it is whole and of this engine. */
  async find(task: KeptTask): Promise<Revived | null> {
    const bytes = await this.#read(task.key);
    const kept = bytes && (await this.#keeping?.revive(piecesOf(bytes), task));
    this.outcome ||= kept ? 'read' : bytes ? 'writing: what was there cannot be used' : 'writing';
    return kept ?? null;
  }

  async #read(key: string): Promise<StoredBytes | undefined> {
    try {
      return await this.#store?.get(key);
    } catch (error) {
      this.outcome = `writing: what was there cannot be read (${error})`;
      return undefined;
    }
  }

  /** Behind the first run, if that begins at once. @param about the caller's, which `find` gives again */
  writeSoon(key: string, made: Executable, about?: unknown): void {
    const store = this.#store;
    if (store) setTimeout(() => void this.#write(store, key, { made, about }), 0);
  }

  /** Where it fails, the program runs all the same. */
  async #write(
    store: ProgramStore,
    key: string,
    { made, about }: { made: Executable; about: unknown },
  ): Promise<void> {
    try {
      const bytes = made.keep?.(key, about);
      if (bytes) await store.set(key, bytes);
      this.outcome = bytes ? this.outcome.replace('writing', 'written') : 'not written: it cannot be kept';
    } catch (error) {
      this.outcome = `not written (${error})`;
    }
  }
}

async function* piecesOf(bytes: StoredBytes): AsyncGenerator<Uint8Array, void, void> {
  if (bytes instanceof Uint8Array) yield bytes;
  else yield* bytes;
}
