// A world of processes that MPI connects.

import { DeviceError, type PendingSum, type SumOptions, type World } from 'neocog';
import type { Library, Request } from './library.ts';
import { Float16Sum, PlainSum, type Sum, TopKSum } from './sums.ts';
import { waitUntil } from './waiting.ts';

type Values = Float32Array | Int32Array;

/** Milliseconds that are not computation. */
export interface WorldTimes {
  /** In which there was nothing to do but wait for other ranks. */
  readonly waiting: number;
  /** In calls of MPI, while something else was done in between. */
  readonly exchanging: number;
}

/** A world of processes, as `mpi` makes it. */
export interface ProcessWorld extends World {
  /** What carries the numbers, such as `Open MPI v4.1.4`, or `one process`. */
  readonly carrier: string;
  /** Since the beginning; what is not in them is computation and data. */
  readonly times: WorldTimes;
  /** Ends the work together: waits for all ranks, and then lets MPI go. */
  finish(): Promise<void>;
  /** Ends all ranks at once, for a reason that this one has told. */
  abort(code?: number): void;
}

/** Bytes of one broadcast: MPI counts in 31 bits. */
const mostBytes = 2 ** 30;
/** Milliseconds between two looks at what is under way. */
const between = 0.2;

export class MpiWorld implements ProcessWorld {
  readonly rank: number;
  readonly size: number;
  readonly carrier: string;
  readonly #library: Library;
  #under: Sum[] = [];
  /** What compressed sums have left out, by memory and place. */
  readonly #rests = new WeakMap<ArrayBufferLike, Map<number, Float32Array>>();
  #looked = 0;
  #waiting = 0;
  #exchanging = 0;
  #isOver = false;

  constructor(library: Library) {
    this.#library = library;
    this.rank = library.rank;
    this.size = library.size;
    this.carrier = library.version;
  }

  get times(): WorldTimes {
    return { waiting: this.#waiting, exchanging: this.#exchanging };
  }

  beginSum(values: Float32Array, { compress }: SumOptions = {}): PendingSum {
    this.#check('beginSum');
    const sum = this.#timed(() => this.#sumOf(values, compress));
    this.#under.push(sum);
    return { wait: () => this.#until(() => sum.isDone) };
  }

  #sumOf(values: Float32Array, compress: SumOptions['compress']): Sum {
    if (compress === undefined) return new PlainSum(this.#library, values);
    if (compress === 'float16') return new Float16Sum(this.#library, values);
    return new TopKSum(this.#library, values, { ...compress, rest: this.#restOf(values) });
  }

  advance(): void {
    if (this.#under.length === 0 || performance.now() - this.#looked < between) return;
    this.#timed(() => this.#move());
  }

  async average(arrays: Float32Array | readonly Float32Array[]): Promise<void> {
    const all = arrays instanceof Float32Array ? [arrays] : arrays;
    const sums = all.map((values) => this.beginSum(values));
    for (const sum of sums) await sum.wait();
    for (const values of all) for (let i = 0; i < values.length; i++) values[i] /= this.size;
  }

  async broadcast(arrays: Values | readonly Values[], from = 0): Promise<void> {
    this.#check('broadcast');
    if (!Number.isInteger(from) || from < 0 || from >= this.size)
      throw new DeviceError(`World.broadcast: from is ${from}; give a rank from 0 to ${this.size - 1}`);
    const all = ArrayBuffer.isView(arrays) ? [arrays] : arrays;
    const requests = all.flatMap((values) => this.#broadcastsOf(values, from));
    await this.#until(() => requests.every((request) => this.#library.test(request)));
  }

  #broadcastsOf({ buffer, byteOffset, byteLength }: Values, from: number): Request[] {
    const parts = Math.ceil(byteLength / mostBytes);
    return Array.from({ length: parts }, (_, i) => {
      const start = i * mostBytes;
      const length = Math.min(mostBytes, byteLength - start);
      return this.#library.beginBroadcast(new Uint8Array(buffer, byteOffset + start, length), from);
    });
  }

  async barrier(): Promise<void> {
    this.#check('barrier');
    const request = this.#library.beginBarrier();
    await this.#until(() => this.#library.test(request));
  }

  async finish(): Promise<void> {
    if (this.#isOver) return;
    await this.barrier();
    this.close();
  }

  /** Lets MPI go, when all ranks are known to do so. */
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#library.finalize();
  }

  abort(code = 1): void {
    if (!this.#isOver) this.#library.abort(code);
  }

  #check(fn: string): void {
    if (this.#isOver) throw new DeviceError(`World.${fn}: the world is finished; call finish last`);
  }

  async #until(isDone: () => boolean): Promise<void> {
    const began = performance.now();
    await waitUntil(() => {
      this.#move();
      return isDone();
    });
    this.#waiting += performance.now() - began;
  }

  #move(): void {
    this.#looked = performance.now();
    let mayGoOn = true;
    for (const sum of this.#under) {
      sum.move(mayGoOn);
      mayGoOn &&= !sum.isTwofold;
    }
    this.#under = this.#under.filter((sum) => !sum.isDone);
  }

  #timed<T>(body: () => T): T {
    const began = performance.now();
    const result = body();
    this.#exchanging += performance.now() - began;
    return result;
  }

  #restOf({ buffer, byteOffset, length }: Float32Array): Float32Array {
    const places = this.#rests.get(buffer) ?? new Map<number, Float32Array>();
    this.#rests.set(buffer, places);
    const known = places.get(byteOffset);
    const rest = known?.length === length ? known : new Float32Array(length);
    places.set(byteOffset, rest);
    return rest;
  }
}

/** A process alone: all that it has is what all ranks have. */
export class LoneWorld implements ProcessWorld {
  readonly rank = 0;
  readonly size = 1;
  readonly carrier = 'one process';
  readonly times: WorldTimes = { waiting: 0, exchanging: 0 };

  beginSum(): PendingSum {
    return { wait: async () => {} };
  }

  advance(): void {}

  async average(): Promise<void> {}

  async broadcast(): Promise<void> {}

  async barrier(): Promise<void> {}

  async finish(): Promise<void> {}

  abort(code = 1): void {
    process.exit(code);
  }
}
