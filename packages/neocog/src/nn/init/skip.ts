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

/** Draws every value, unless that is left out. */
export function fill(t: Tensor, draw: () => number): Tensor {
  if (skipping) return t;
  for (let i = 0; i < t.data.length; i++) t.data[i] = draw();
  return t;
}

let drawsDefaults = true;

/** Whether new layers draw their first weights. */
export const isDrawingDefaults = (): boolean => drawsDefaults;

/**
 * Runs `body`, in which new layers keep zeros and draw no random numbers: for layers whose weights come from elsewhere.
 *
 * @example const layer = init.withoutDefaults(() => new nn.Conv2d(3, 64, 7));
 */
export function withoutDefaults<T>(body: () => T): T {
  need('withoutDefaults', 'body', body, aFunction);
  const before = drawsDefaults;
  drawsDefaults = false;
  try {
    return body();
  } finally {
    drawsDefaults = before;
  }
}
