// Worlds of ranks that share one process and take turns: the plainest way to carry numbers, in the order of the ranks. Tests of
// everything that is not the carrying use it, on every engine.

import { DeviceError, type PendingSum, type World } from '../packages/neocog/src/index.ts';

type Values = Float32Array | Int32Array;
type Combine = (all: readonly Values[]) => void;

/** What a rank calls. */
interface Call {
  readonly kind: string;
  readonly values: Values;
  readonly combine: Combine;
}

/** One call that all ranks make. */
interface Meeting {
  readonly kind: string;
  /** By rank. */
  readonly arrays: Values[];
  entered: number;
  readonly over: Promise<void>;
  readonly end: () => void;
}

const sumUp: Combine = ([first, ...others]) => {
  for (const values of others) for (let i = 0; i < first.length; i++) first[i] += values[i];
  for (const values of others) values.set(first);
};

class Room {
  readonly size: number;
  readonly #meetings: Meeting[] = [];

  constructor(size: number) {
    this.size = size;
  }

  /** The call number `at` of one rank; all ranks make the same calls. */
  enter(rank: number, at: number, { kind, values, combine }: Call): Promise<void> {
    this.#meetings[at] ??= opened(kind);
    const meeting = this.#meetings[at];
    if (meeting.kind !== kind) throw new Error(`call ${at} is ${kind} here and ${meeting.kind} elsewhere`);
    meeting.arrays[rank] = values;
    if (++meeting.entered === this.size) {
      combine(meeting.arrays);
      meeting.end();
    }
    return meeting.over;
  }
}

function opened(kind: string): Meeting {
  let end = (): void => {};
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { kind, arrays: [], entered: 0, over, end };
}

/** One rank of a room, and what it did. */
export class LocalWorld implements World {
  readonly rank: number;
  readonly size: number;
  /** Each sum: its length, and whether it was compressed. */
  readonly sums: string[] = [];
  readonly #room: Room;
  #calls = 0;

  constructor(room: Room, rank: number) {
    this.#room = room;
    this.rank = rank;
    this.size = room.size;
  }

  beginSum(values: Float32Array, options: { compress?: unknown } = {}): PendingSum {
    this.sums.push(`${values.length}${options.compress ? ` ${JSON.stringify(options.compress)}` : ''}`);
    const over = this.#meet(`sum of ${values.length}`, values, sumUp);
    return { wait: () => over };
  }

  advance(): void {}

  async average(arrays: Float32Array | readonly Float32Array[]): Promise<void> {
    for (const values of [arrays].flat() as Float32Array[]) {
      await this.beginSum(values).wait();
      values.forEach((value, i) => {
        values[i] = value / this.size;
      });
    }
  }

  /** From rank 0 only: the first to enter is not always rank 0. */
  async broadcast(arrays: Values | readonly Values[], from = 0): Promise<void> {
    if (from !== 0) throw new DeviceError('local worlds broadcast from rank 0');
    for (const values of [arrays].flat() as Values[]) {
      if (this.rank > 0) values.fill(0);
      await this.#meet(`broadcast of ${values.length}`, values, sumUp);
    }
  }

  async barrier(): Promise<void> {
    await this.#meet('barrier', new Float32Array(0), sumUp);
  }

  #meet(kind: string, values: Values, combine: Combine): Promise<void> {
    return this.#room.enter(this.rank, this.#calls++, { kind, values, combine });
  }
}

/** Runs a function as each rank of a world, all at once; what each returned. */
export function together<T>(size: number, rank: (world: LocalWorld) => Promise<T>): Promise<T[]> {
  const room = new Room(size);
  return Promise.all(Array.from({ length: size }, (_, i) => rank(new LocalWorld(room, i))));
}
