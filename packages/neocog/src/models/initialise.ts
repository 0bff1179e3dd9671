// First weights of whole networks, where they differ from what layers start with.

import { type FirstWeights, startingFrom } from '../nn/init/first.ts';
import { kaimingNormal, layerDefault, normal } from '../nn/init/index.ts';

/** Normal, such that ReLU keeps the variance of gradients: He et al., 2015, over the outputs. Biases stay 0. */
export const heOutputs: FirstWeights = (weight) =>
  kaimingNormal(weight, { mode: 'fanOut', nonlinearity: 'relu' });

/** Normal, such that ReLU keeps the variance of values: He et al., 2015, over the inputs. Biases stay 0. */
export const heInputs: FirstWeights = (weight) => kaimingNormal(weight, { nonlinearity: 'relu' });

/** Normal around 0. Biases stay 0. */
export const gaussian =
  (std: number): FirstWeights =>
  (weight) =>
    normal(weight, 0, std);

/** First weights of two kinds of layers; of linear ones their own unless given. */
interface Starts {
  readonly convolutions: FirstWeights;
  readonly linear?: FirstWeights;
}

/** The network that `build` makes, with such first weights: each is drawn once. */
export const startWith = <T>({ convolutions, linear = layerDefault }: Starts, build: () => T): T =>
  startingFrom((weight, bias) => (weight.rank > 2 ? convolutions : linear)(weight, bias), build);
