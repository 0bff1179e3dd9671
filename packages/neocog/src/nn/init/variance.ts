// First values that keep the variance from layer to layer: Glorot and Bengio 2010 (xavier), He et al. 2015 (kaiming), and
// what layers start with.

import { above, type Field, finite, keyOf, need, oneOf } from '../../arguments/field.ts';
import { type Fields, needOptions } from '../../arguments/options.ts';
import { ShapeError } from '../../errors.ts';
import { floatsOrNull, floatTensor } from '../../tensor/fields.ts';
import { formatShape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { normal, type RandomOptions, randomFields, uniform } from './random.ts';

/** The function that follows a layer, whose gain keeps the variance of values. */
export type Nonlinearity = 'linear' | 'conv' | 'sigmoid' | 'tanh' | 'relu' | 'leaky_relu' | 'selu';

/** The factor by which weights grow to make up for what a nonlinearity takes; `slope` is leaky relu's. */
export function gain(nonlinearity: Nonlinearity, slope = 0.01): number {
  need('gain', 'nonlinearity', nonlinearity, nonlinearityField);
  need('gain', 'slope', slope, finite);
  return nonlinearity === 'leaky_relu' ? Math.sqrt(2 / (1 + slope * slope)) : gains[nonlinearity];
}

const gains = { linear: 1, conv: 1, sigmoid: 1, tanh: 5 / 3, relu: Math.SQRT2, leaky_relu: 1, selu: 3 / 4 };
const nonlinearityField: Field<Nonlinearity> = keyOf(gains);

/** How many numbers a weight joins. */
interface Fans {
  /** Inputs of each output: in · kernel. */
  fanIn: number;
  /** Outputs of each input: out · kernel. */
  fanOut: number;
}

/** Inputs and outputs that each cell of a weight `[out, in, …kernel]` joins. @throws ShapeError for fewer than 2 axes. */
export function fans(t: Tensor): Fans {
  need('fans', 'weight', t, floatTensor);
  if (t.rank < 2) {
    throw new ShapeError(`fans: weight has shape ${formatShape(t.shape)}; give [out, in, …]`);
  }
  const receptive = t.shape.slice(2).reduce((n, k) => n * k, 1);
  return { fanIn: t.shape[1] * receptive, fanOut: t.shape[0] * receptive };
}

/** Scale and source of `xavierUniform` and `xavierNormal`. */
export interface XavierOptions extends RandomOptions {
  /** Default 1; see `gain`. */
  gain?: number | undefined;
}

export const xavierFields: Fields<XavierOptions> = { ...randomFields, gain: finite };

/** The bound of xavierUniform: gain·√(6 / (fanIn + fanOut)). */
export function xavierBound(t: Tensor, g = 1): number {
  need('xavierBound', 'gain', g, finite);
  return g * Math.sqrt(6 / (fans(t).fanIn + fans(t).fanOut));
}

/** Uniform in ±gain·√(6 / (fanIn + fanOut)). */
export function xavierUniform(t: Tensor, options: XavierOptions = {}): Tensor {
  needOptions('xavierUniform', options, xavierFields);
  const bound = Math.abs(xavierBound(t, options.gain));
  return uniform(t, -bound, bound, { generator: options.generator });
}

/** Normal with standard deviation gain·√(2 / (fanIn + fanOut)). */
export function xavierNormal(t: Tensor, options: XavierOptions = {}): Tensor {
  needOptions('xavierNormal', options, xavierFields);
  return normal(t, 0, Math.abs(xavierBound(t, options.gain)) / Math.sqrt(3), {
    generator: options.generator,
  });
}

/** Which variance `kaimingUniform` and `kaimingNormal` keep. */
export interface KaimingOptions extends RandomOptions {
  /** Keep the variance forwards (`fanIn`, default) or backwards (`fanOut`). */
  mode?: 'fanIn' | 'fanOut' | undefined;
  /** Default 'leaky_relu'. */
  nonlinearity?: Nonlinearity | undefined;
  /** Negative slope of leaky relu; default 0, which is relu. */
  slope?: number | undefined;
}

const kaimingFields: Fields<KaimingOptions> = {
  ...randomFields,
  mode: oneOf('fanIn', 'fanOut'),
  nonlinearity: nonlinearityField,
  slope: finite,
};

/** The standard deviation of kaimingNormal: gain / √fan. */
export function kaimingStd(t: Tensor, options: KaimingOptions = {}): number {
  needOptions('kaiming', options, kaimingFields);
  const { mode = 'fanIn', nonlinearity = 'leaky_relu', slope = 0 } = options;
  return gain(nonlinearity, slope) / Math.sqrt(fans(t)[mode]);
}

/** Uniform in ±gain·√(3 / fan). */
export function kaimingUniform(t: Tensor, options: KaimingOptions = {}): Tensor {
  const bound = Math.sqrt(3) * kaimingStd(t, options);
  return uniform(t, -bound, bound, { generator: options.generator });
}

/** Normal with standard deviation gain / √fan. */
export const kaimingNormal = (t: Tensor, options: KaimingOptions = {}): Tensor =>
  normal(t, 0, kaimingStd(t, options), { generator: options.generator });

/** What PyTorch's layers start with: weight and bias uniform in ±1 / √fanIn. */
export function layerDefault(weight: Tensor, bias: Tensor | null, fanIn = fans(weight).fanIn): void {
  need('layerDefault', 'weight', weight, floatTensor);
  need('layerDefault', 'bias', bias, floatsOrNull);
  need('layerDefault', 'fanIn', fanIn, above(0));
  const bound = 1 / Math.sqrt(fanIn);
  uniform(weight, -bound, bound);
  if (bias) uniform(bias, -bound, bound);
}
