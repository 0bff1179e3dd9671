// First weights of whole networks, where they differ from what layers start with. A weight's rank tells its layer:
// 1 is a normalisation's scale, 2 a linear layer's, more a convolution's.

import type { Module } from '../nn/index.ts';
import { constant, kaimingNormal, normal } from '../nn/init/index.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** Fills one weight in place. */
type Fill = (weight: Tensor) => unknown;

/** Normal, such that ReLU keeps the variance of gradients: He et al., 2015, over the outputs. */
export const heOutputs: Fill = (weight) => kaimingNormal(weight, { mode: 'fanOut', nonlinearity: 'relu' });

/** Normal, such that ReLU keeps the variance of values: He et al., 2015, over the inputs. */
export const heInputs: Fill = (weight) => kaimingNormal(weight, { nonlinearity: 'relu' });

/** Normal around 0. */
export const gaussian =
  (std: number): Fill =>
  (weight) =>
    normal(weight, 0, std);

/** Fills the weights of convolutions and, where asked, of linear layers. */
export function fillWeights<M extends Module>(network: M, convolution: Fill, linear?: Fill): M {
  for (const [key, parameter] of network.namedParameters()) {
    if (!key.endsWith('weight')) continue;
    if (parameter.rank > 2) convolution(parameter);
    else if (parameter.rank === 2) linear?.(parameter);
  }
  return network;
}

/** Sets every bias to 0. */
export function zeroBiases<M extends Module>(network: M): M {
  for (const [key, parameter] of network.namedParameters()) if (key.endsWith('bias')) constant(parameter, 0);
  return network;
}
