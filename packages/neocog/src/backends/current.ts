// Which backend runs eager operations. The choice is one variable, made by the settings; operations only read it.

import { assert } from '../errors.ts';
import type { Backend, Recording } from './backend.ts';
import type { Values, Work } from './work.ts';

let active: Backend | null = null;

/** The backend that runs operations now. */
export function backend(): Backend {
  assert(active, 'no backend was chosen; neocog is to be imported through its index');
  return active;
}

/** The first result of a computation, on the backend that runs operations now. */
export const compute = <T extends Values = Float32Array>(work: Work, inputs: readonly Values[]): T =>
  backend().run(work, inputs)[0] as T;

/** Makes `next` the backend of all operations from here on; gives back the one before. */
export function setBackend(next: Backend): Backend | null {
  const before = active;
  active = next;
  return before;
}

/** Runs `body`, which is synchronous, with all operations on a backend. */
export function onBackend<T>(next: Backend, body: () => T): T {
  const before = setBackend(next);
  try {
    return body();
  } finally {
    active = before;
  }
}

/** What operations do beside computing, done at once. */
const atOnce: Recording = {
  assign: (target, values) => target.set(values),
  look: (values, check) => check(values),
  everyRun: (effect) => effect(),
  knows: () => true,
  across: null,
  exchange: (values) => values as Float32Array,
  draw(size, fill) {
    const values = new Float32Array(size);
    fill(values);
    return values;
  },
};

/** How operations change arrays, look at values and draw random numbers: at once, or recorded for later runs. */
export const effects = (): Recording => backend().recording ?? atOnce;
