// What a worker does: makes data set and transform from their recipes, then one sample after the other, in the order in
// which it is asked. Loaded in the worker alone, by its address; whoever starts workers asks `home` where that is.

import type { Dataset, Recipe, Transform } from '../dataset.ts';
import { type Job, type Line, type Loaded, load } from '../load.ts';
import { cook } from './recipe.ts';
import { receiveValue, type Sent, sendSample } from './wire.ts';

/** How a worker makes what it reads and changes. */
export interface Task {
  readonly dataset: Recipe;
  readonly transform: Recipe | null;
}

/** What a worker answers to a job. */
export type Answer =
  | { readonly index: number; readonly sent: Sent['parts'] }
  | { readonly index: number; readonly broken: string }
  | { readonly index: number; readonly failure: string };

/** The thread on the other side. */
export interface Port {
  answer(answer: Answer, moved: ArrayBuffer[]): void;
  onJob(listener: (job: Job) => void): void;
}

/** The address of this file; null where a bundler has put it among others, which a worker must not run. */
export const home: string | null = /\/serve\.[jt]s(\?.*)?$/.test(import.meta.url) ? import.meta.url : null;

/** Answers jobs one by one; what they need is made at the first. */
export function serve(task: Task, port: Port): void {
  const line = makeLine(task);
  // Told with the first job.
  line.catch(() => {});
  let last: Promise<void> = Promise.resolve();
  port.onJob((job) => {
    last = last.then(() => answerJob(line, job, port));
  });
}

async function answerJob(line: Promise<Line>, job: Job, port: Port): Promise<void> {
  const { index } = job;
  try {
    const loaded: Loaded = await load(await line, job);
    if ('broken' in loaded) return port.answer(loaded, []);
    const { parts, moved } = sendSample(loaded.sample);
    port.answer({ index, sent: parts }, moved);
  } catch (error) {
    port.answer({ index, failure: error instanceof Error ? error.message : String(error) }, []);
  }
}

async function makeLine({ dataset, transform }: Task): Promise<Line> {
  return {
    dataset: (await cook(received(dataset))) as Dataset<object>, // what the recipe of a data set makes
    transform: transform && ((await cook(received(transform))) as Transform<object>), // likewise
  };
}

const received = (recipe: Recipe): Recipe =>
  'value' in recipe ? { ...recipe, value: receiveValue(recipe.value) } : recipe;
