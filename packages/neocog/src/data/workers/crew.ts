// Who makes samples for a loader: workers where they were wanted and can, else the thread that iterates. Both do the same
// (load.ts). Workers stay for some seconds after an epoch, for the next one, and keep no process from ending.

import { type Dataset, nameOf, type Transform } from '../dataset.ts';
import { change, type Job, type Line, type Loaded, load } from '../load.ts';
import type { Settled } from '../loaderOptions.ts';
import { Pool, whyNoWorkers } from './pool.ts';
import { cook } from './recipe.ts';
import type { Task } from './serve.ts';

/** Milliseconds that workers wait for another epoch: longer than most validations and checkpoints take. */
const patience = 10_000;

export class Crew<S extends object> {
  /** Workers; 0 for none. */
  readonly size: number;
  /** Why the iterating thread does what workers were to do. */
  readonly note: string | null;
  readonly #dataset: Dataset<S> | null;
  readonly #change: Settled<S>['change'];
  readonly #task: Task | null;
  #pool: Pool | null = null;
  #line: Promise<Line<S>> | null = null;
  #rest: ReturnType<typeof setTimeout> | undefined;

  constructor(dataset: Dataset<S> | null, { workers, change: changes }: Settled<S>) {
    this.#dataset = dataset;
    this.#change = changes;
    const problem = workers === 0 ? null : whyNot(dataset);
    const recipe = dataset?.recipe;
    this.#task =
      workers > 0 && !problem && recipe ? { dataset: recipe, transform: changes?.recipe ?? null } : null;
    this.size = this.#task ? workers : 0;
    const staysHere = this.#task && changes && !changes.recipe;
    this.note = staysHere
      ? 'the transform runs on the thread that iterates: give the URL of a module whose default export it is'
      : problem;
  }

  /** A sample, read and changed. */
  async load(job: Job): Promise<Loaded<S>> {
    if (!this.#task) return load(await this.#here(), job);
    clearTimeout(this.#rest);
    const dataset = this.#dataset as Dataset<S>; // there is a task
    this.#pool ??= new Pool({ workers: this.size, task: this.#task, nameOf: (i) => nameOf(dataset, i) });
    const loaded = (await this.#pool.run(job)) as Loaded<S>; // the workers' data set is this one
    if (this.#task.transform || !this.#change || 'broken' in loaded) return loaded;
    return { index: job.index, sample: await this.change(loaded.sample, job) };
  }

  /** A sample that is there, changed on this thread. */
  async change(sample: S, job: Job): Promise<S> {
    return change(await this.#here(), sample, job);
  }

  /** After an epoch: workers wait for the next one, or end at once. */
  rest(wait: boolean): void {
    clearTimeout(this.#rest);
    if (!this.#pool) return;
    if (!wait) return this.#stop();
    this.#rest = setTimeout(() => this.#stop(), patience);
    // Where timers are objects, in Node, this one keeps no process from ending.
    (this.#rest as { unref?(): void }).unref?.();
  }

  #stop(): void {
    this.#pool?.stop();
    this.#pool = null;
  }

  #here(): Promise<Line<S>> {
    this.#line ??= this.#makeLine();
    return this.#line;
  }

  async #makeLine(): Promise<Line<S>> {
    const here = this.#change?.here ?? null;
    const made = typeof here === 'function' || !here ? here : ((await cook(here)) as Transform<S>);
    return { dataset: this.#dataset ?? nothing, transform: made };
  }
}

/** Of a stream, which has no samples by number. */
const nothing: Dataset<never> = {
  length: 0,
  get: () => {
    throw new Error('neocog bug, please report it: a stream was asked for a sample by number');
  },
};

function whyNot(dataset: Dataset<object> | null): string | null {
  if (!dataset) return 'an iterable of samples is read on the thread that iterates';
  if (!dataset.recipe) return 'the data set has no recipe by which workers could make it';
  return whyNoWorkers();
}
