// Constants of programs that share a memory. Each array lies there once in each form that a program reads, for as long as one does.

import { assert } from '../../../errors.ts';
import type { Values } from '../../work.ts';
import { slackBytes } from '../kernels/kernel.ts';
import type { Room } from './arrays.ts';
import type { Lowered, Preparation } from './lowering.ts';

/** What lies in a room: an array, and what is made of it. */
interface Content {
  readonly values: Values;
  /** The kernels that prepare it; empty for the array as it is. */
  readonly how: string;
}

interface Block extends Content {
  readonly address: number;
  readonly bytes: number;
  users: number;
}

/** The constants of one program. */
export interface TakenConstants {
  readonly addresses: ReadonlyMap<Room, number>;
  /** Those that no other program has: they are to be written. */
  readonly fresh: ReadonlySet<Room>;
  /** The program needs them no longer. */
  release(): void;
}

/** What an array takes, with room behind it for kernels that read too far. */
export const placeBytes = (bytes: number): number => Math.ceil((bytes + slackBytes) / 64) * 64;

/** The room of the weights that a preparation makes. */
export const preparedRoom = ({ steps, source }: Preparation): Room =>
  steps[0].rooms.find((room) => room !== source) as Room;

export class Constants {
  /** By address. */
  readonly #blocks: Block[] = [];
  readonly #first: number;

  /** @param first the lowest address to use */
  constructor(first: number) {
    this.#first = first;
  }

  /** Behind all of them. */
  get end(): number {
    const last = this.#blocks.at(-1);
    return last ? last.address + last.bytes : this.#first;
  }

  take(lowered: Pick<Lowered, 'arrays' | 'preparations'>): TakenConstants {
    const fresh = new Set<Room>();
    const taken = [...contentsOf(lowered)].map(([room, content]) => {
      const known = this.#blocks.find(({ values, how }) => values === content.values && how === content.how);
      if (!known) fresh.add(room);
      const block = known ?? this.#add(content, placeBytes(room.bytes));
      block.users++;
      return { room, block };
    });
    let isReleased = false;
    return {
      addresses: new Map(taken.map(({ room, block }) => [room, block.address])),
      fresh,
      release: () => {
        if (!isReleased) for (const { block } of taken) this.#release(block);
        isReleased = true;
      },
    };
  }

  /** At the lowest place that is free. */
  #add(content: Content, bytes: number): Block {
    let address = this.#first;
    let at = 0;
    for (; at < this.#blocks.length && address + bytes > this.#blocks[at].address; at++)
      address = this.#blocks[at].address + this.#blocks[at].bytes;
    const block = { ...content, address, bytes, users: 0 };
    this.#blocks.splice(at, 0, block);
    return block;
  }

  #release(block: Block): void {
    block.users--;
    if (block.users === 0) this.#blocks.splice(this.#blocks.indexOf(block), 1);
  }
}

/** What lies in each lasting room. */
function contentsOf({ arrays, preparations }: Pick<Lowered, 'arrays' | 'preparations'>): Map<Room, Content> {
  const contents = new Map<Room, Content>();
  for (const [room, values] of arrays.contents) contents.set(room, { values, how: '' });
  for (const preparation of preparations) {
    const how = preparation.steps.map(({ kernel }) => kernel.key).join(', ');
    contents.set(preparedRoom(preparation), { values: preparation.whole, how });
  }
  const isKnown = (room: Room): boolean => !room.lasting || contents.has(room);
  assert(arrays.rooms.every(isKnown), 'programs that share a memory keep nothing but constants');
  return contents;
}
