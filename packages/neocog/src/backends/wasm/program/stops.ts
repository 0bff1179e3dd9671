// A program of several ranks as it runs: segments of steps, and before each of them the sums over ranks that begin there or have
// to be there. Sums side by side in memory are one message.

import { assert } from '../../../errors.ts';
import { beginExchange } from '../../exchange.ts';
import type { RanksOptions } from '../../executable.ts';
import type { GraphValue } from '../../graph.ts';
import type { PendingSum } from '../../world.ts';
import type { Room } from './arrays.ts';
import type { Stop, Transfer } from './exchanges.ts';

/** Steps `from` … `to` − 1, and what happens before them. */
export interface Segment {
  readonly routine: string;
  readonly from: number;
  readonly to: number;
  readonly stops: readonly Stop[];
}

/** A program of one rank is one segment. */
export function segmentsOf(stops: readonly Stop[], steps: number): Segment[] {
  const cuts = [...new Set([0, ...stops.map(({ at }) => at)])];
  return cuts.map((from, i) => ({
    routine: i === 0 ? 'run' : `run${i}`,
    from,
    to: cuts[i + 1] ?? steps,
    stops: stops.filter(({ at }) => at === from),
  }));
}

/** What the ranks of a program work with. */
interface Parts extends RanksOptions {
  /** The floats of a room, from its address on. */
  readonly view: (room: Room, length: number) => Float32Array;
  readonly addressOf: (room: Room) => number;
}

/** Arrays in a row that are one sum. */
interface Message {
  readonly first: Transfer;
  /** Address of the first element and behind the last one; of sums in place. */
  readonly start: number;
  end: number;
  readonly of: Transfer[];
}

/** Rooms in a row begin at multiples of this many bytes; between them are zeros. */
const roomAlignment = 16;

/** Carries out the stops of a program. */
export class Stops {
  readonly #parts: Parts;
  readonly #messages = new Map<Stop, readonly Message[]>();
  readonly #under = new Map<Transfer, PendingSum>();

  constructor(parts: Parts, segments: readonly Segment[]) {
    this.#parts = parts;
    for (const stop of segments.flatMap(({ stops }) => stops))
      this.#messages.set(stop, this.#messagesOf(stop));
  }

  /** @param isOn Whether an input of the graph is not 0 in this run. */
  async carryOut({ stops }: Segment, isOn: (input: GraphValue) => boolean): Promise<void> {
    for (const stop of stops) {
      for (const message of this.#messages.get(stop) ?? []) this.#begin(message, isOn);
      for (const transfer of stop.awaits) await this.#under.get(transfer)?.wait();
      for (const transfer of stop.awaits) this.#under.delete(transfer);
    }
  }

  #begin({ first, start, end, of }: Message, isOn: (input: GraphValue) => boolean): void {
    const { world, compress, view } = this.#parts;
    if (first.moves && !isOn(first.moves)) return;
    const isCompressed = first.bulk === 'gradient' && compress;
    const to = view(first.to, first.bulk === null ? first.sizes[1] : (end - start) / 4);
    const from = first.bulk === null ? view(first.from, first.sizes[0]) : to;
    const pending = beginExchange(world, { ...first, ...(isCompressed && { compress }) }, { from, to });
    for (const transfer of of) this.#under.set(transfer, pending);
  }

  /** In the order of memory, which is the same on all ranks. */
  #messagesOf({ begins }: Stop): Message[] {
    const { addressOf } = this.#parts;
    const messages: Message[] = [];
    const inOrder = [...begins].sort((a, b) => addressOf(a.to) - addressOf(b.to));
    for (const transfer of inOrder) {
      const start = addressOf(transfer.to);
      const end = start + transfer.sizes[1] * 4;
      const last = messages.at(-1);
      if (last && follows(last, transfer, start)) {
        last.of.push(transfer);
        last.end = end;
      } else messages.push({ first: transfer, start, end, of: [transfer] });
    }
    return messages.filter((message) => message.end > message.start);
  }
}

function follows({ first, end }: Message, { bulk, moves }: Transfer, start: number): boolean {
  assert(start >= end, 'sums that begin together lie apart');
  return bulk !== null && bulk === first.bulk && moves === first.moves && start - end < roomAlignment;
}
