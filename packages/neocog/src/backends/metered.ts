// A backend that says what each call is about to make before another one does it, so that a caller can bound what a
// computation takes. Sees backend calls only: what operations prepare on the way, such as tables of places, is small beside
// their results. What refuses is the caller's meter, by throwing.

import { aFunction, need } from '../arguments/field.ts';
import { inputShape, multiplyAdds, outputShape, weightShape } from '../geometry/conv.ts';
import { poolInputShape, poolOutputShape } from '../geometry/pool.ts';
import type { PoolGeometry } from '../geometry/types.ts';
import { product } from '../geometry/window.ts';
import type { Backend } from './backend.ts';
import { backend, setBackend } from './current.ts';

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
  const tell = (elements: number, steps: number): void => meter(elements, stepsPerCall + elements + steps);
  const pooled = (g: PoolGeometry): number =>
    product(poolOutputShape(g)) * product(g.axes.map((axis) => axis.kernel));
  const told: Partial<Backend> = {
    conv(g, ...values) {
      tell(product(outputShape(g)), multiplyAdds(g) / multiplyAddsPerStep);
      return real.conv(g, ...values);
    },
    convInputGrad(g, ...values) {
      tell(product(inputShape(g)), multiplyAdds(g) / multiplyAddsPerStep);
      return real.convInputGrad(g, ...values);
    },
    convWeightGrad(g, ...values) {
      tell(product(weightShape(g)), multiplyAdds(g) / multiplyAddsPerStep);
      return real.convWeightGrad(g, ...values);
    },
    maxPool(g, x) {
      tell(2 * product(poolOutputShape(g)), pooled(g));
      return real.maxPool(g, x);
    },
    sumPool(g, ...values) {
      tell(product(poolOutputShape(g)), pooled(g));
      return real.sumPool(g, ...values);
    },
    sumPoolGrad(g, ...values) {
      tell(product(poolInputShape(g)), pooled(g));
      return real.sumPoolGrad(g, ...values);
    },
    matmul(shape, ...values) {
      const { batch, m, k, n } = shape;
      tell(batch * m * n, (batch * m * k * n) / multiplyAddsPerStep);
      return real.matmul(shape, ...values);
    },
    fused(loop, inputs) {
      tell(product(loop.shape.filter((_, d) => !loop.reduced[d])), product(loop.shape));
      return real.fused(loop, inputs);
    },
    truncate(x) {
      tell(x.length, 0);
      return real.truncate(x);
    },
    ...meteredMoves(real, tell),
  };
  // Defined, not assigned: a backend may be frozen.
  return Object.create(real, Object.getOwnPropertyDescriptors(told)) as Backend;
}

type Moves = Pick<Backend, 'take' | 'scatterAdd' | 'copy' | 'copyAdd'>;

function meteredMoves(real: Backend, tell: Meter): Moves {
  return {
    take(planes, x, indices) {
      tell(indices.length, stepsPerMove * indices.length);
      return real.take(planes, x, indices);
    },
    scatterAdd(planes, size, y, indices) {
      tell(planes * size, stepsPerMove * (planes * size + indices.length));
      return real.scatterAdd(planes, size, y, indices);
    },
    copy(view, x) {
      tell(product(view.shape), stepsPerMove * product(view.shape));
      return real.copy(view, x);
    },
    copyAdd(parts, size) {
      const placed = parts.reduce((sum, { values }) => sum + values.length, 0);
      tell(size, stepsPerMove * placed);
      return real.copyAdd(parts, size);
    },
  };
}
