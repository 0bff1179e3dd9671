// What new layers draw their first weights by. It holds for all that a function calls, and so is a state of this module.

import type { Tensor } from '../../tensor/tensor.ts';
import { layerDefault } from './variance.ts';

/** Fills the weight and the bias of a new layer, which are 0. */
export type FirstWeights = (weight: Tensor, bias: Tensor | null) => unknown;

let current: FirstWeights = layerDefault;

/** Fills those of a layer that is being made. */
export const drawFirstWeights: FirstWeights = (weight, bias) => current(weight, bias);

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
