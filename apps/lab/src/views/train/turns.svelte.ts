// Work that is done in turns: what is going on, and what went wrong.

import { announce } from '../../shell/announce.svelte.ts';

export class Turns {
  /** What is being done, in words; null for nothing. */
  busy: string | null = $state(null);
  /** What went wrong, in words. */
  problem: string | null = $state(null);
  #last: Promise<unknown> = Promise.resolve();

  /** Does it once everything before is done. @returns whether it went well */
  protected during(doing: string | null, body: () => Promise<void>): Promise<boolean> {
    const turn = this.#last.then(() => this.#carryOut(doing, body));
    this.#last = turn;
    return turn;
  }

  async #carryOut(doing: string | null, body: () => Promise<void>): Promise<boolean> {
    this.busy = doing;
    try {
      await body();
      return true;
    } catch (error) {
      this.tell(error);
      return false;
    } finally {
      this.busy = null;
    }
  }

  protected tell(error: unknown): void {
    this.problem = error instanceof Error ? error.message : String(error);
    announce(this.problem);
  }
}
