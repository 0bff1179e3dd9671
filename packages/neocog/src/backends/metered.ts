// A backend that says what each call is about to make before another one does it, so that a caller can bound what a
// computation takes. Sees backend calls only: what operations prepare on the way, such as tables of places, is small beside
// their results. What refuses is the caller's meter, by throwing.

import { aFunction, need } from '../arguments/field.ts';
import { multiplyAdds } from '../geometry/conv.ts';
import { poolOutputShape } from '../geometry/pool.ts';
import { product } from '../geometry/window.ts';
import type { Backend } from './backend.ts';
import { backend, setBackend } from './current.ts';
import { type ArrayKind, kindOf, type MaxPoolWork, resultsOf, type SumPoolWork, type Work } from './work.ts';

/**
 * Hears, before it happens, how many numbers a call is about to make and how many steps it takes: about a nanosecond each of
 * the fastest backend. Throws to prevent it.
 */
export type Meter = (elements: number, steps: number) => void;

/** Multiply-adds of a convolution or a matrix product in one step. */
const multiplyAddsPerStep = 4;
/** A number that only moves waits for memory. */
const stepsPerMove = 8;
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

const pooled = ({ geometry: g }: MaxPoolWork | SumPoolWork): number =>
  product(poolOutputShape(g)) * product(g.axes.map((axis) => axis.kernel));

/** What a computation takes beside making its results. */
function stepsOf(work: Work, inputs: readonly ArrayKind[]): number {
  switch (work.op) {
    case 'conv':
    case 'inputGrad':
    case 'weightGrad':
      return multiplyAdds(work.geometry) / multiplyAddsPerStep;
    case 'maxPool':
    case 'sumPool':
    case 'sumPoolGrad':
      return pooled(work);
    case 'matmul': {
      const { batch, m, k, n } = work.shape;
      return (batch * m * k * n) / multiplyAddsPerStep;
    }
    case 'fused':
    case 'fusedMany':
      return product(work.loop.shape);
    case 'take':
      return stepsPerMove * inputs[1].size;
    case 'scatterAdd':
      return stepsPerMove * (work.planes * work.size + inputs[1].size);
    case 'copy':
      return stepsPerMove * product(work.view.shape);
    case 'copyAdd':
      return stepsPerMove * inputs.reduce((sum, { size }) => sum + size, 0);
    case 'truncate':
      return 0;
    default:
      return work satisfies never;
  }
}
