// Copies of weights, and weights put back.

import type { Module, StateDict } from '../nn/index.ts';
import { Tensor } from '../tensor/tensor.ts';

export const copyWeights = (state: StateDict): StateDict =>
  Object.fromEntries(
    Object.entries(state).map(([key, { data, shape }]) => [key, new Tensor(data.slice(), shape)]),
  );

/** Copies values into the tensors of a module. */
export const setWeights = (module: Module, state: StateDict): void => module.loadStateDict(state);
