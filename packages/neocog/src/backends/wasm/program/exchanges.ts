// Where a program of several ranks stops between its steps: to begin sums over all ranks, and to wait for them. Sums that
// nobody waits for yet are gathered into messages of some megabytes, so that the first ones travel while the rest is computed.
//
// Every rank begins the same sums in the same order: that order is the graph's, and a message ends where its bytes say.

import type { Exchange, GraphValue } from '../../graph.ts';
import type { Room } from './arrays.ts';

/** Bytes from which sums are worth a message: less and each costs more than its bytes, more and the first begins late. */
const messageBytes = 4 * 2 ** 20;

/** One exchange as memory. */
export interface Transfer extends Exchange {
  readonly from: Room;
  readonly to: Room;
  /** Elements of `from` and `to`. */
  readonly sizes: readonly [from: number, to: number];
  /** An input of the graph that is 0 in runs that do without. */
  readonly moves: GraphValue | null;
}

/** What happens before the step number `at`. */
export interface Stop {
  readonly at: number;
  readonly begins: readonly Transfer[];
  readonly awaits: readonly Transfer[];
}

/** A transfer that somebody will wait for. */
interface Pending {
  readonly transfer: Transfer;
  begun: boolean;
}

export class Exchanges {
  readonly stops: Stop[] = [];
  readonly #pending = new Map<GraphValue, Pending>();
  #message: Pending[] = [];

  isPending(value: GraphValue): boolean {
    return this.#pending.has(value);
  }

  /** What is to become `value`; begins, perhaps with others, when the step number `at` is next. */
  add(value: GraphValue, transfer: Transfer, at: number): void {
    const pending = { transfer, begun: false };
    this.#pending.set(value, pending);
    if (transfer.bulk === null) return this.#begin([pending], at);
    this.#message.push(pending);
    const bytes = this.#message.reduce((sum, { transfer: { to } }) => sum + to.bytes, 0);
    if (bytes >= messageBytes) this.#send(at);
  }

  /** Waits for those of the values that are on their way. */
  settle(values: readonly GraphValue[], at: number): void {
    const waiting = [...new Set(values)].flatMap((value) => this.#pending.get(value) ?? []);
    if (waiting.length === 0) return;
    if (waiting.some(({ begun }) => !begun)) this.#send(at);
    for (const value of values) this.#pending.delete(value);
    this.#stop({ at, begins: [], awaits: waiting.map(({ transfer }) => transfer) });
  }

  #send(at: number): void {
    this.#begin(this.#message, at);
    this.#message = [];
  }

  #begin(pending: readonly Pending[], at: number): void {
    for (const one of pending) one.begun = true;
    this.#stop({ at, begins: pending.map(({ transfer }) => transfer), awaits: [] });
  }

  /** Begins before waits, in the order in which they were asked for. */
  #stop({ at, begins, awaits }: Stop): void {
    const last = this.stops.at(-1);
    if (last?.at !== at || (begins.length > 0 && last.awaits.length > 0)) {
      this.stops.push({ at, begins, awaits });
      return;
    }
    this.stops[this.stops.length - 1] = {
      at,
      begins: [...last.begins, ...begins],
      awaits: [...last.awaits, ...awaits],
    };
  }
}
