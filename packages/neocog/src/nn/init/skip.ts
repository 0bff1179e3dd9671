// Leaving out the drawing of first weights, for layers whose weights come from elsewhere. It holds for all that a function
// calls, and so is a state of this module, which each function here puts back as it was.

import { aFunction, need } from '../../arguments/field.ts';
import type { Tensor } from '../../tensor/tensor.ts';

let skipping = false;

/**
 * Runs `body` (synchronous) with all drawing of first weights left out: they stay what they were, which for a new layer is
 * 0. For networks whose weights are loaded next, or only counted.
 *
 * @example const net = init.skip(() => models.vgg16())
 */
export function skip<T>(body: () => T): T {
  need('skip', 'body', body, aFunction);
  const before = skipping;
  skipping = true;
  try {
    return body();
  } finally {
    skipping = before;
  }
}

/** Draws all values of a float tensor, unless that is left out. */
export function fill(t: Tensor, draw: (data: Float32Array) => void): Tensor {
  if (!skipping) draw(t.data as Float32Array);
  return t;
}
