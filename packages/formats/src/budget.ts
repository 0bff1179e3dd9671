// What reading a file, and running the network in it, may take: one object that all readers charge. Its limits grow with the
// file, so that real files never meet them, and a small file cannot ask for much. See docs/formats.md.

import { FormatError, ShapeError, withMeter } from 'neocog';
import { shown } from './shown.ts';

/** What a file may take. Each number replaces a default, which grows with the file; see docs/formats.md. */
export interface Limits {
  /** Bytes of memory: what reading makes; in a run of the network, what there is at once. Default 256 MiB and 32 for each byte read. */
  readonly bytes?: number | undefined;
  /** Numbers in one value. Default 2²⁶ and 16 for each byte read. */
  readonly elements?: number | undefined;
  /** Levels of nesting: objects, messages, dicts, networks in networks. Default 200. */
  readonly depth?: number | undefined;
  /** Steps of work, about a nanosecond each. Default 2³⁰ and 256 for each byte read. */
  readonly work?: number | undefined;
}

/** Of a number in a tensor. */
export const floatBytes = Float32Array.BYTES_PER_ELEMENT;
/** Of a number on the host. */
export const hostBytes = Float64Array.BYTES_PER_ELEMENT;

type Limit = keyof Limits;

const units: Readonly<Record<Limit, string>> = {
  bytes: 'bytes of memory',
  elements: 'numbers at once',
  depth: 'levels of nesting',
  work: 'steps',
};

const names = Object.keys(units) as readonly Limit[]; // the keys of the table

/** @throws ShapeError for a limit that does not exist or is no positive number. */
export function checkLimits(fn: string, limits: Limits | undefined): Limits {
  if (limits === undefined) return {};
  if (typeof limits !== 'object' || limits === null) {
    throw new ShapeError(`${fn}: limits is ${String(limits)}; give an object with ${names.join(', ')}`);
  }
  for (const [name, value] of Object.entries(limits)) {
    if (!names.includes(name as Limit)) {
      throw new ShapeError(`${fn}: limit ${shown(name)} is unknown; choose from ${names.join(', ')}`);
    }
    if (value !== undefined && !(typeof value === 'number' && value > 0)) {
      throw new ShapeError(`${fn}: limits.${name} is ${shown(value)}; give a number above 0`);
    }
  }
  return limits;
}

const defaults = (bytes: number): Required<Record<Limit, number>> => ({
  bytes: 2 ** 28 + 32 * bytes,
  elements: 2 ** 26 + 16 * bytes,
  depth: 200,
  work: 2 ** 30 + 256 * bytes,
});

/** What a file may still take, of memory and of time, and when it may not. */
export class Budget {
  /** Begins errors: the function and the file. */
  readonly about: string;
  readonly #given: Limits;
  #size = 0;
  #most = defaults(0);
  #bytes = 0;
  #work = 0;
  #depth = 0;

  /** For a file of `size` bytes. */
  constructor(about: string, size: number, limits: Limits = {}) {
    this.about = about;
    this.#given = limits;
    this.grow(size);
  }

  /** Counts bytes as read: those of a file that belongs to the first. */
  grow(bytes: number): void {
    this.#size += bytes;
    this.#allow(defaults(this.#size));
  }

  #allow(most: Record<Limit, number>): void {
    for (const name of names) this.#most[name] = this.#given[name] ?? most[name];
  }

  /** For one run of a network from this file, on inputs of so many numbers: each may meet every byte of the file. */
  forRun(about: string, inputs: number): Budget {
    const run = new Budget(about, this.#size, this.#given);
    const { bytes, elements, depth, work } = defaults(this.#size);
    run.#allow({
      bytes: bytes + 4096 * inputs,
      elements: elements + 512 * inputs,
      depth,
      work: work + (2 ** 16 + 16 * this.#size) * inputs,
    });
    return run;
  }

  /** Counts memory that is about to be made for `what`. */
  bytes(count: number, what = 'it'): void {
    this.#bytes += Math.max(0, count);
    if (!(this.#bytes <= this.#most.bytes)) this.#refuse('bytes', this.#bytes, what);
  }

  /** Counts steps that are about to be made. */
  work(steps: number, what = 'it'): void {
    this.#work += Math.max(0, steps);
    if (!(this.#work <= this.#most.work)) this.#refuse('work', this.#work, what);
  }

  /** Counts a value of so many numbers, each of `width` bytes, which is about to be made. */
  value(count: number, width: number, what = 'it'): void {
    if (!(count <= this.#most.elements)) this.#refuse('elements', count, what);
    this.bytes(count * width, what);
    this.work(count, what);
  }

  /** Refuses nesting that is too deep. */
  depth(levels: number, what = 'it'): void {
    if (levels > this.#most.depth) this.#refuse('depth', levels, what);
  }

  /** Runs `body` one level deeper. */
  nest<T>(what: string, body: () => T): T {
    this.depth(++this.#depth, what);
    try {
      return body();
    } finally {
      this.#depth--;
    }
  }

  /** Runs `body`, after which of the memory that it took only `kept(result)` bytes are left. */
  passing<T>(body: () => T, kept: (result: T) => number): T {
    const before = this.#bytes;
    const result = body();
    this.#bytes = before + kept(result);
    return result;
  }

  /** Takes memory off the count that is no longer held. */
  free(count: number): void {
    this.#bytes = Math.max(0, this.#bytes - count);
  }

  #refuse(limit: Limit, needed: number, what: string): never {
    throw new FormatError(
      `${this.about}: ${what} needs ${Math.ceil(needed)} ${units[limit]}, but limits.${limit} is ${Math.floor(this.#most[limit])}; if you trust the file, raise it with { limits: { ${limit}: … } }`,
    );
  }
}

let current: Budget | null = null;

/** Runs `body` at the cost of `budget`: what neocog's operations and computations on the host in it make is counted. */
export function atCostOf<T>(budget: Budget, body: () => T): T {
  const before = current;
  current = budget;
  try {
    return withMeter(meter, body);
  } finally {
    current = before;
  }
}

/** The operations of neocog make float32 and int32. */
const meter = (elements: number, steps: number): void => {
  current?.value(elements, floatBytes);
  current?.work(steps);
};

/** Runs `body`, which changed the backend, at the cost of whoever runs now. */
export const metered = <T>(body: () => T): T => withMeter(meter, body);

/** A number on the host is read and written a few times. */
const hostSteps = 4;

/** Counts a value of so many numbers that is about to be made on the host, at the cost of whoever runs now. */
export function willMake(count: number, what = 'it', width = hostBytes): void {
  current?.value(count, width, what);
  current?.work(hostSteps * count, what);
}

/** Counts steps at the cost of whoever runs now. */
export const willWork = (steps: number, what = 'it'): void => current?.work(steps, what);

/** What the network holds at once: arrays of float64 on the host, of four bytes a number in tensors. */
const bytesOf = ({ data }: { readonly data: { readonly length: number } }): number =>
  (data instanceof Float64Array ? hostBytes : floatBytes) * data.length;

/** Runs a step of a network, of whose memory only the values that it gives back remain. */
export function willHold(step: () => readonly { readonly data: { readonly length: number } }[]): void {
  if (current) current.passing(step, (values) => values.reduce((sum, value) => sum + bytesOf(value), 0));
  else step();
}

/** Takes a value off the count that nobody reads any more. */
export const willRelease = (value: { readonly data: { readonly length: number } } | undefined): void => {
  if (value) current?.free(bytesOf(value));
};
