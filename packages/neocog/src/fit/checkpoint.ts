// checkpoint: keeps the last and the best state of a run, in a folder or wherever bytes can be kept. And readCheckpoint.

import { count, either, type Field, field, flag, need } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { NeocogError, ShapeError } from '../errors.ts';
import type { FitCallback, FitRun } from './callback.ts';
import { type Checkpoint, decodeCheckpoint } from './checkpointData.ts';
import { inFolder, makeFolderOf, readIfThere, replaceFile } from './files.ts';
import { Best, type MonitorOptions, monitorFields } from './monitor.ts';
import type { BatchReport, EpochReport } from './reports.ts';

/** Where bytes are kept by name. A `write` that fails or is interrupted must leave what was there. */
export interface CheckpointStore {
  /** The bytes under a name; null or undefined where there are none. */
  read(name: string): Uint8Array | null | undefined | Promise<Uint8Array | null | undefined>;
  /** Keeps bytes under a name, in place of those before. */
  write(name: string, bytes: Uint8Array): unknown;
}

/** What `checkpoint` keeps, and when. */
export interface CheckpointOptions extends MonitorOptions {
  /** Keep the last state every so many batches too, at the next step of the optimiser. Default: after every epoch only. */
  every?: number | undefined;
  /** Keep the best state too. Default true. */
  best?: boolean | undefined;
  /** Write over the checkpoints of another run. Default false: they are refused, unless `fit` resumes. */
  overwrite?: boolean | undefined;
}

const fields: Fields<CheckpointOptions> = { ...monitorFields, every: count, best: flag, overwrite: flag };

const isStore = (v: unknown): v is CheckpointStore =>
  typeof v === 'object' &&
  v !== null &&
  ['read', 'write'].every((name) => typeof Reflect.get(v, name) === 'function');
const aPath: Field<string> = field('the path of a folder', (v) => typeof v === 'string' && v !== '');
const aStore: Field<CheckpointStore> = field('a store { read, write }', isStore);

const [lastName, bestName] = ['last.safetensors', 'best.safetensors'];

/** What `checkpoint` makes. */
export interface Keeper extends FitCallback {
  /** What it kept last; null where there is nothing. */
  load(): Promise<Checkpoint | null>;
  /** The best of what it kept; null where there is nothing. */
  loadBest(): Promise<Checkpoint | null>;
}

export const isKeeper = (callback: FitCallback): callback is Keeper =>
  typeof (callback as Partial<Keeper>).load === 'function';

/**
 * Keeps a run: `last.safetensors` after every epoch, and every so many batches if wanted; `best.safetensors` after each epoch
 * that was better than all before. Each holds weights, the optimiser's settings and memory, rates, random numbers, the place in
 * the epoch and what the other callbacks remember. Files are replaced as a whole: whenever the process is killed, there is a
 * checkpoint that can be read.
 *
 * @param to the path of a folder, which is made, or a store: in a page there are no folders.
 * @throws ShapeError for options that are wrong. Its methods throw an UnsupportedError for a path where there are no files.
 * @example
 * const keep = checkpoint('runs/pets', { every: 200, monitor: 'validation.accuracy' });
 * await fit(net, loader, { epochs: 30, optimizer, validation, callbacks: [keep], resume: true });
 * net.loadStateDict((await keep.loadBest()).weights);
 */
export function checkpoint(to: string | CheckpointStore, options: CheckpointOptions = {}): Keeper {
  need('checkpoint', 'to', to, either(aPath, aStore));
  needOptions('checkpoint', options, fields);
  return new KeepingCallback(to, options);
}

/** The state dict of a run for a network. @throws FormatError for bytes that are no checkpoint */
export async function readCheckpoint(source: string | Uint8Array): Promise<Checkpoint> {
  need('readCheckpoint', 'source', source, either(aFile, someBytes));
  if (source instanceof Uint8Array) return decodeCheckpoint(source, 'readCheckpoint: the file');
  const bytes = await readIfThere('readCheckpoint', source);
  if (bytes) return decodeCheckpoint(bytes, `readCheckpoint: ${source}`);
  throw new NeocogError(
    `readCheckpoint: ${source} is not there; give the path of a file that checkpoint wrote`,
  );
}

const aFile: Field<string> = field('the path of a checkpoint', (v) => typeof v === 'string' && v !== '');
const someBytes: Field<Uint8Array> = field('its bytes', (v) => v instanceof Uint8Array);

/** A folder as a store. */
const folderStore = (folder: string): CheckpointStore => ({
  read: (name) => readIfThere('checkpoint', inFolder(folder, name)),
  async write(name, bytes) {
    const path = inFolder(folder, name);
    await makeFolderOf('checkpoint', path);
    await replaceFile('checkpoint', path, bytes);
  },
});

class KeepingCallback implements Keeper {
  readonly name = 'checkpoint';
  readonly alone = true;
  readonly rank = 2;
  readonly #store: CheckpointStore;
  /** Begins the names of files in errors. */
  readonly #place: string;
  readonly #options: CheckpointOptions;
  readonly #best: Best;
  /** Batches that were done when the last state was kept. */
  #kept = 0;
  /** Batches that are done, if no gradients of them wait for a step; else what was kept. */
  #done = 0;

  constructor(to: string | CheckpointStore, options: CheckpointOptions) {
    this.#store = typeof to === 'string' ? folderStore(to) : to;
    this.#place = typeof to === 'string' ? inFolder(to, '') : '';
    this.#options = options;
    this.#best = new Best('checkpoint', options);
  }

  load(): Promise<Checkpoint | null> {
    return this.#read(lastName);
  }

  loadBest(): Promise<Checkpoint | null> {
    return this.#read(bestName);
  }

  async onStart({ resumed }: FitRun): Promise<void> {
    if (resumed || this.#options.overwrite || !(await this.#store.read(lastName))) return;
    throw new ShapeError(
      `checkpoint: ${this.#place}${lastName} of another run is there; go on from it with resume: true, name another folder, or say overwrite: true`,
    );
  }

  async onBatch({ step, moved }: BatchReport, run: FitRun): Promise<void> {
    const { every } = this.#options;
    this.#done = moved ? step : this.#kept;
    if (every !== undefined && moved && step - this.#kept >= every) await this.#keepLast(run, step);
  }

  /** Gradients that wait are not kept: a run goes back to the step before them. */
  async onStop(run: FitRun): Promise<void> {
    if (this.#done > this.#kept) await this.#keepLast(run, this.#done);
  }

  async onEpoch(report: EpochReport, run: FitRun): Promise<void> {
    const { best = true } = this.#options;
    if (best && this.#best.takes(report)) await this.#store.write(bestName, run.checkpoint());
    await this.#keepLast(run, report.step);
  }

  state() {
    return { values: { kept: this.#kept, best: this.#best.value, epoch: this.#best.epoch } };
  }

  restore({ values: { kept, best, epoch } }: { values: Readonly<Record<string, unknown>> }): void {
    this.#kept = Number(kept);
    this.#best.value = Number(best);
    this.#best.epoch = Number(epoch);
  }

  async #keepLast(run: FitRun, step: number): Promise<void> {
    this.#kept = step;
    await this.#store.write(lastName, run.checkpoint());
  }

  async #read(name: string): Promise<Checkpoint | null> {
    const bytes = await this.#store.read(name);
    return bytes ? decodeCheckpoint(bytes, `checkpoint: ${this.#place}${name}`) : null;
  }
}
