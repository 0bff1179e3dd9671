// What new layers draw their first weights by, when somebody reads them. It holds for all that a function calls, and so is a
// state of this module.

import { defaultGenerator, Generator, withGenerator } from '../../tensor/random.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { fillWhenRead, type Parameter } from '../parameter.ts';
import { isSkipping, skippingNothing } from './skip.ts';
import { layerDefault } from './variance.ts';

/** Fills the weight and the bias of a new layer, which are 0. */
export type FirstWeights = (weight: Tensor, bias: Tensor | null) => unknown;

let current: FirstWeights = layerDefault;

/**
 * Lets those of a layer that is being made be drawn when they are read: whatever is read first, they are the same, since each
 * layer takes a seed from the default generator now.
 */
export function drawFirstWeights(weight: Parameter, bias: Parameter | null, first = current): void {
  if (isSkipping()) return;
  const generator = new Generator(defaultGenerator().bits());
  fillWhenRead(bias ? [weight, bias] : [weight], ([w, b = null]) =>
    skippingNothing(() => withGenerator(generator, () => first(w, b))),
  );
}

/** Runs `body` (synchronous), whose layers draw by `first`. */
export function startingFrom<T>(first: FirstWeights, body: () => T): T {
  const before = current;
  current = first;
  try {
    return body();
  } finally {
    current = before;
  }
}
