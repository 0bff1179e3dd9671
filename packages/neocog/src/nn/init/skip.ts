// Leaving out the drawing of first weights, for layers whose weights come from elsewhere. It holds for all that a function
// calls, and so is a state of this module, which each function here puts back as it was.

import { aFunction, need } from '../../arguments/field.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { stopWaiting } from '../parameter.ts';

let skipping = false;

/**
 * Runs `body` (synchronous) with all drawing of first weights left out: they stay what they were, which for a new layer is
 * 0. Layers draw when their weights are read, so weights that are loaded next, or only counted, cost nothing without it too.
 *
 * @example const net = init.skip(() => models.vgg16())
 */
export function skip<T>(body: () => T): T {
  need('skip', 'body', body, aFunction);
  return withSkipping(true, body);
}

/** Runs `body`, in which all is drawn: what was to be drawn is, whoever reads it. */
export const skippingNothing = <T>(body: () => T): T => withSkipping(false, body);

function withSkipping<T>(on: boolean, body: () => T): T {
  const before = skipping;
  skipping = on;
  try {
    return body();
  } finally {
    skipping = before;
  }
}

/** Whether drawing is left out. */
export const isSkipping = (): boolean => skipping;

/** Draws all values of a float tensor, unless that is left out. What it would have been otherwise is not drawn. */
export function fill(t: Tensor, draw: (data: Float32Array) => void): Tensor {
  if (skipping) return t;
  stopWaiting(t);
  draw(t.data as Float32Array);
  return t;
}
