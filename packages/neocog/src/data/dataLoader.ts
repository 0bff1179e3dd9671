// Batches of a data set: in which order samples come, how far ahead they are read and by whom, what happens to those that
// cannot be read, and where the loader stands. What a batch is made of is batch.ts, how one sample is made load.ts.

import { need } from '../arguments/field.ts';
import { hashText } from '../backends/ranks.ts';
import type { World } from '../backends/world.ts';
import { FormatError } from '../errors.ts';
import { Ahead } from './ahead.ts';
import { type Batch, madeBatch, makeBatch, type Placed } from './batch.ts';
import { aSampleSource, type Dataset, datasetOf, nameOf, type Sample } from './dataset.ts';
import type { Job, Loaded } from './load.ts';
import { type DataLoaderOptions, readLoaderOptions, type Settled } from './loaderOptions.ts';
import { type LoaderState, orderOf, randomOf } from './order.ts';
import { Place } from './place.ts';
import { batchesIn, commonStart, orderInWords, type Sharing, sharesOf } from './shares.ts';
import type { SourceIdentity, SourceState } from './source.ts';
import { openStream } from './stream.ts';
import { Crew } from './workers/crew.ts';

/** A sample that could not be read. */
export interface BrokenSample {
  /** Its place in the data set. */
  readonly index: number;
  /** Its file, or what else the data set calls it. */
  readonly name: string;
  /** What is wrong with it. */
  readonly reason: string;
}

/** What a loader takes samples from: a data set, a list of samples, or an iterable of them, such as a generator that is begun anew. */
export type SampleSource<S extends object = Sample> =
  | Dataset<S>
  | readonly S[]
  | Iterable<S>
  | AsyncIterable<S>;

/** An epoch that is being read. */
interface Opened<S extends object> {
  /** Begins the next sample; null after the last. */
  start(): Promise<Loaded<S> | null> | null;
  stop?(): Promise<unknown>;
}

/**
 * Batches `{ x, y, index }` of a data set, read and transformed ahead of time, on worker threads if wanted. Each iteration is one
 * epoch. Batches are the same, bit for bit, for the same seed, on any number of workers and however far ahead they are read;
 * no more than `(prefetch + 1) · batchSize` samples are in memory at a time.
 *
 * A sample that cannot be read is left out, and listed in `broken`; the next one takes its place. With `strict` it is an error.
 *
 * @throws ShapeError for options that do not fit, and for samples of a batch whose shapes differ.
 * @throws FormatError if no sample can be read, or with `strict` one cannot.
 * @example
 * const { train } = await imageFolder('pets', { seed: 1 });
 * const loader = new DataLoader(train, { batchSize: 32, shuffle: true, seed: 1, transform, workers: 2 });
 * for await (const { x, y } of loader) console.log(x.shape, y.shape); // [32,3,96,96] [32]
 */
export class DataLoader<S extends object = Sample> implements AsyncIterable<Batch> {
  /** Samples in each batch but perhaps the last. */
  readonly batchSize: number;
  readonly #source: SampleSource<S>;
  /** Null for a stream. */
  readonly #dataset: Dataset<S> | null;
  readonly #options: Settled<S>;
  readonly #broken = new Map<number, BrokenSample>();
  readonly #crew: Crew<S>;
  readonly #place: Place;

  constructor(dataset: SampleSource<S>, options: DataLoaderOptions<S> = {}) {
    need('DataLoader', 'dataset', dataset, aSampleSource);
    this.#source = dataset;
    this.#dataset = datasetOf(dataset);
    this.#options = readLoaderOptions(options, this.#dataset === null);
    this.batchSize = this.#options.batchSize;
    this.#crew = new Crew(this.#dataset, this.#options);
    this.#place = new Place('DataLoader', { seed: this.#options.seed, size: this.size ?? null });
  }

  /** The epoch that the next iteration runs, counted from 0; set it to repeat. */
  get epoch(): number {
    return this.#place.epoch;
  }

  set epoch(epoch: number) {
    this.#place.epoch = epoch;
  }

  /** Samples in the data set, broken ones included; undefined for a stream, which does not say. */
  get size(): number | undefined {
    return this.#dataset?.length;
  }

  /** Batches in an epoch, broken samples counted too; undefined for a stream. */
  get length(): number | undefined {
    if (this.size === undefined) return undefined;
    return batchesIn(this.#sharing(this.size), this.world);
  }

  /** The ranks that the samples are shared out among; null for one. */
  get world(): World | null {
    return this.#options.world;
  }

  /** Worker threads that read samples: as many as were wanted, or 0 for the reason in `note`. */
  get workers(): number {
    return this.#crew.size;
  }

  /** Why what was wanted of workers is done on the thread that iterates, in a sentence; null if it is not. */
  get note(): string | null {
    return this.#crew.note;
  }

  /** The samples that could not be read so far, in the order of the data set. */
  get broken(): readonly BrokenSample[] {
    return [...this.#broken.values()].sort((a, b) => a.index - b.index);
  }

  /** The batches of epoch `epoch`, which grows by 1; after `restore` the rest of the epoch of then. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, void> {
    const start = this.#place.begin();
    let finished = false;
    try {
      yield* this.#batches(start);
      finished = true;
    } finally {
      this.#place.end();
      this.#crew.rest(finished);
    }
  }

  /** Where it stands: after the batch that it handed out last, or at the beginning of epoch `epoch`. JSON keeps it. */
  state(): LoaderState {
    return this.#place.state();
  }

  /**
   * Goes where another loader of the same data and options stood: the next iteration gives the rest of that epoch.
   *
   * @throws ShapeError for anything but what `state` gave, and for the state of a loader with other data or another seed.
   */
  restore(state: SourceState): void {
    this.#place.restore(state);
  }

  /** What must be alike on all ranks that share the samples out. */
  identity(): SourceIdentity {
    const { dropLast, shuffle, seed } = this.#options;
    const names = Array.from({ length: this.size ?? 0 }, (_, i) => nameOf(this.#dataset, i));
    const common = commonStart(names);
    return {
      order: orderInWords({ size: this.size, batchSize: this.batchSize, dropLast, shuffle, seed }),
      samples: hashText(names.map((name) => name.slice(common)).join('\n')),
    };
  }

  /** Ends the workers, which otherwise end by themselves some seconds after an epoch. The loader stays usable. */
  close(): void {
    this.#crew.rest(false);
  }

  async *#batches(start: LoaderState): AsyncGenerator<Batch, void, void> {
    if (this.world) return yield* this.#cutShares(start, this.world);
    const samples = this.#open(start);
    try {
      yield* this.#cut(start, samples);
    } finally {
      await samples.stop?.();
    }
  }

  /** Batches of the samples that come; the last one is what is left. */
  async *#cut(start: LoaderState, { start: begin }: Opened<S>): AsyncGenerator<Batch, void, void> {
    const { batchSize, dropLast, prefetch } = this.#options;
    const ahead = new Ahead(begin, prefetch * batchSize);
    let held: Placed<S>[] = [];
    let { taken } = start;
    for (let next = await ahead.next(); next; next = await ahead.next()) {
      taken++;
      if ('broken' in next) this.#report(next);
      else held.push(next);
      if (held.length < batchSize) continue;
      yield this.#batch(held, { ...start, taken });
      held = [];
    }
    this.#needSome(taken);
    if (held.length > 0 && !dropLast) yield this.#batch(held, { ...start, taken });
  }

  /** Batches of this rank's shares, each as large as its share but for samples that cannot be read. */
  async *#cutShares(start: LoaderState, world: World): AsyncGenerator<Batch, void, void> {
    const { batchSize, prefetch } = this.#options;
    const shares = [...sharesOf(this.#sharing(this.size ?? 0), world, start.taken)];
    const places = shares.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i));
    const ahead = new Ahead(this.#inOrder(start.epoch, places.values()), prefetch * batchSize);
    let company: Placed<S> | null = null;
    for (const { from, to, taken, spare } of shares) {
      const held = await this.#readable(ahead, to - from);
      company = held[0] ?? company;
      if (!company)
        throw new FormatError(`DataLoader: none of the first ${to - from} samples of this rank can be read`);
      const batch = this.#batch(held.length > 0 ? held : [company], { ...start, taken });
      yield spare || held.length === 0 ? { ...batch, spare: true } : batch;
    }
  }

  /** Those of the next samples that can be read. */
  async #readable(ahead: Ahead<Loaded<S>>, count: number): Promise<Placed<S>[]> {
    const held: Placed<S>[] = [];
    for (let i = 0; i < count; i++) {
      const next = await ahead.next();
      if (next && 'broken' in next) this.#report(next);
      else if (next) held.push(next);
    }
    return held;
  }

  /** What begins one sample after the other, in the order of the epoch. */
  #open({ epoch, taken }: LoaderState): Opened<S> {
    if (!this.#dataset) {
      const stream = this.#source as Iterable<S> | AsyncIterable<S>; // the constructor saw that it is no data set
      const jobOf = (index: number): Job => ({ index, epoch, seed: this.#options.seed });
      return openStream(stream, taken, (sample, index) => this.#crew.change(sample, jobOf(index)));
    }
    const size = this.#dataset.length;
    const rest = Array.from({ length: Math.max(0, size - taken) }, (_, i) => taken + i);
    return { start: this.#inOrder(epoch, rest.values()) };
  }

  /** Begins the samples at some places in the order of an epoch, one with each call. */
  #inOrder(epoch: number, places: Iterator<number>): Opened<S>['start'] {
    const { seed, shuffle } = this.#options;
    const order = orderOf(this.size ?? 0, shuffle ? seed : null, epoch);
    return () => {
      const { value: place, done } = places.next();
      return done ? null : this.#crew.load({ index: order[place], epoch, seed });
    };
  }

  #sharing(size: number): Sharing {
    return { size, batchSize: this.batchSize, dropLast: this.#options.dropLast };
  }

  #batch(placed: readonly Placed<S>[], position: LoaderState): Batch {
    const { collate, batchTransform, seed } = this.#options;
    this.#place.reach(position);
    const index = Int32Array.from(placed, (each) => each.index);
    const samples = () => placed.map(({ sample }) => sample);
    const batch = collate
      ? madeBatch('collate', collate(samples()), index)
      : makeBatch(placed, this.#dataset);
    if (!batchTransform) return batch;
    // Not the numbers that the first sample's transform draws.
    const random = randomOf(~seed, position.epoch, index[0]);
    return madeBatch('batchTransform', batchTransform(batch, random), index);
  }

  #report({ index, broken }: { readonly index: number; readonly broken: string }): void {
    const name = nameOf(this.#dataset, index);
    if (this.#options.strict) {
      throw new FormatError(
        `DataLoader: ${name} cannot be read: ${broken}; mend or remove it, or leave strict out to pass over it`,
      );
    }
    this.#broken.set(index, { index, name, reason: broken });
  }

  /** An epoch without a sample that can be read is no data set. */
  #needSome(taken: number): void {
    const { size } = this;
    if (size === undefined || size === 0 || taken < size || this.#broken.size < size) return;
    const [{ name, reason }] = this.broken;
    throw new FormatError(`DataLoader: none of ${size} samples can be read; the first, ${name}: ${reason}`);
  }
}
