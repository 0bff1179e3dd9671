// A backend that says what each call is about to make before another one does it, so that a caller can bound what a
// computation takes. Sees backend calls only: what operations prepare on the way, such as tables of places, is small beside
// their results. What refuses is the caller's meter, by throwing.

import { aFunction, need } from '../arguments/field.ts';
import type { Backend } from './backend.ts';
import { backend, setBackend } from './current.ts';
import { kindOf, resultsOf, stepsOf } from './work.ts';

/**
 * Hears, before it happens, how many numbers a call is about to make and how many steps it takes: about a nanosecond each of
 * the fastest backend. Throws to prevent it.
 */
export type Meter = (elements: number, steps: number) => void;

/** What a call costs beside its numbers. */
const stepsPerCall = 5000;

/**
 * Runs `body` (synchronous) with every operation in it metered.
 *
 * @throws Whatever `meter` throws, before the operation that it was told about has made anything.
 * @example withMeter((elements) => { made += elements; }, () => net.forward(x));
 */
export function withMeter<T>(meter: Meter, body: () => T): T {
  need('withMeter', 'meter', meter, aFunction);
  need('withMeter', 'body', body, aFunction);
  const before = backend();
  setBackend(metered(before, meter));
  try {
    return body();
  } finally {
    setBackend(before);
  }
}

function metered(real: Backend, meter: Meter): Backend {
  const run: Backend['run'] = (work, inputs) => {
    const kinds = inputs.map(kindOf);
    const elements = resultsOf(work, kinds).reduce((sum, { size }) => sum + size, 0);
    meter(elements, stepsPerCall + elements + stepsOf(work, kinds));
    return real.run(work, inputs);
  };
  // Defined, not assigned: a backend may be frozen.
  return Object.create(real, { run: { value: run } }) as Backend;
}
