// Initial values of weights, filled in place. Formulas: Glorot and Bengio 2010 (xavier), He et al. 2015 (kaiming), Saxe et
// al. 2014 (orthogonal); names and defaults as in torch.nn.init. Random numbers come from a seeded generator.

import {
  above,
  aFunction,
  anyNumber,
  atLeast,
  between,
  count,
  type Field,
  finite,
  keyOf,
  need,
  oneOf,
} from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { ShapeError } from '../errors.ts';
import { exp } from '../expression/elementary.ts';
import { floatsOrNull, floatTensor, generator } from '../tensor/fields.ts';
import { defaultGenerator, type Generator } from '../tensor/random.ts';
import { formatShape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** The function that follows a layer, whose gain keeps the variance of values. */
export type Nonlinearity = 'linear' | 'conv' | 'sigmoid' | 'tanh' | 'relu' | 'leaky_relu' | 'selu';

/** Where random first values come from. */
export interface RandomOptions {
  /** Draws the values; the default generator unless given, see `manualSeed`. */
  generator?: Generator | undefined;
}

const randomFields: Fields<RandomOptions> = { generator };

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
    throw new ShapeError(`fans: weight has shape ${formatShape(t.shape)}, [out, in, …] is needed`);
  }
  const receptive = t.shape.slice(2).reduce((n, k) => n * k, 1);
  return { fanIn: t.shape[1] * receptive, fanOut: t.shape[0] * receptive };
}

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

function fill(t: Tensor, draw: () => number): Tensor {
  if (skipping) return t;
  for (let i = 0; i < t.data.length; i++) t.data[i] = draw();
  return t;
}

/** Uniform from `low` to `high`. */
export function uniform(t: Tensor, low = 0, high = 1, options: RandomOptions = {}): Tensor {
  need('uniform', 'weight', t, floatTensor);
  need('uniform', 'low', low, finite);
  need('uniform', 'high', high, finite);
  needOptions('uniform', options, randomFields);
  if (low > high) throw new ShapeError(`uniform: low is ${low} and high is ${high}; give a low up to high`);
  const source = options.generator ?? defaultGenerator();
  return fill(t, () => low + (high - low) * source.uniform());
}

/** Normal with a mean and standard deviation. */
export function normal(t: Tensor, mean = 0, std = 1, options: RandomOptions = {}): Tensor {
  need('normal', 'weight', t, floatTensor);
  need('normal', 'mean', mean, finite);
  need('normal', 'std', std, atLeast(0));
  needOptions('normal', options, randomFields);
  const source = options.generator ?? defaultGenerator();
  return fill(t, () => mean + std * source.normal());
}

/** The bell of `truncNormal`, and where it is cut. */
export interface TruncNormalOptions extends RandomOptions {
  /** Of the distribution before it is cut. Default 0. */
  mean?: number | undefined;
  /** Of the distribution before it is cut. Default 1. */
  std?: number | undefined;
  /** Lowest value. Default -2. */
  a?: number | undefined;
  /** Highest value. Default 2. */
  b?: number | undefined;
}

/** An infinite limit cuts nothing off. */
const limit = between(-Infinity, Infinity);
const truncFields: Fields<TruncNormalOptions> = {
  ...randomFields,
  mean: finite,
  std: above(0),
  a: limit,
  b: limit,
};

/** Deviations from the mean beyond which no values are drawn: they would all round to the nearer limit. */
const farthest = 1e6;

/**
 * Normal, drawn again until it lies from `a` to `b`.
 *
 * @throws ShapeError for a std that is not above 0, or an a that is not below b.
 */
export function truncNormal(t: Tensor, options: TruncNormalOptions = {}): Tensor {
  need('truncNormal', 'weight', t, floatTensor);
  needOptions('truncNormal', options, truncFields);
  const { mean = 0, std = 1, a = -2, b = 2, generator: source = defaultGenerator() } = options;
  if (!(a < b)) throw new ShapeError(`truncNormal: a is ${a} and b is ${b}; give an a below b`);
  const [low, high] = [(a - mean) / std, (b - mean) / std];
  if (low > farthest || high < -farthest) {
    throw new ShapeError(
      `truncNormal: from ${a} to ${b} is more than ${farthest} deviations ${std} from mean ${mean}; give limits nearer to it`,
    );
  }
  const draw = cutNormal(low, high, source);
  return fill(t, () => Math.min(Math.max(mean + std * draw(), a), b));
}

/** Standard normal within [low, high], by rejection of normal numbers, or of uniform ones where those would rarely fit. */
function cutNormal(low: number, high: number, generator: Generator): () => number {
  const drawUntil = (draw: () => number, accept: (z: number) => boolean) => (): number => {
    let z = draw();
    while (!accept(z)) z = draw();
    return z;
  };
  if (low < -1 && high > 1) {
    return drawUntil(
      () => generator.normal(),
      (z) => z >= low && z <= high,
    );
  }
  // Where the density is highest; `reach` further it is e^-40 of that: (peak + reach)² = peak² + 80.
  const peak = Math.min(Math.max(0, low), high);
  const reach = 80 / (Math.abs(peak) + Math.sqrt(peak * peak + 80));
  const [from, to] = [Math.max(low, peak - reach), Math.min(high, peak + reach)];
  return drawUntil(
    () => from + (to - from) * generator.uniform(),
    (z) => generator.uniform() < exp(((peak - z) * (peak + z)) / 2),
  );
}

/** One value throughout. */
export function constant(t: Tensor, value: number): Tensor {
  need('constant', 'value', value, anyNumber);
  return filled('constant', t, value);
}

function filled(fn: string, t: Tensor, value: number): Tensor {
  need(fn, 'weight', t, floatTensor);
  t.data.fill(value);
  return t;
}

/** 0 throughout. */
export const zeros = (t: Tensor): Tensor => filled('zeros', t, 0);

/** 1 throughout. */
export const ones = (t: Tensor): Tensor => filled('ones', t, 1);

/** 1 on the diagonal of a matrix, 0 elsewhere: a linear layer that passes its input on. @throws ShapeError for other ranks. */
export function eye(t: Tensor): Tensor {
  need('eye', 'weight', t, floatTensor);
  if (t.rank !== 2) {
    throw new ShapeError(`eye: weight has shape ${formatShape(t.shape)}, a matrix [out, in] is needed`);
  }
  const columns = t.shape[1];
  zeros(t);
  for (let i = 0; i < Math.min(t.shape[0], columns); i++) t.data[i * columns + i] = 1;
  return t;
}

/** What `dirac` must know of the convolution. */
interface DiracOptions {
  /** Its groups. Default 1. */
  groups?: number | undefined;
}

/**
 * A convolution that passes as many channels on as it can, unchanged: 1 at the middle tap from channel i to channel i of
 * each group. Weight `[out, in / groups, …kernel]`.
 *
 * @throws ShapeError without a kernel axis, or if groups do not divide the output channels.
 */
export function dirac(t: Tensor, options: DiracOptions = {}): Tensor {
  need('dirac', 'weight', t, floatTensor);
  needOptions('dirac', options, diracFields);
  const { groups = 1 } = options;
  if (t.rank < 3 || t.shape[0] % groups !== 0) {
    throw new ShapeError(
      `dirac: weight ${formatShape(t.shape)} with groups ${groups} does not fit, [out, in, …kernel] with groups that divide out is needed`,
    );
  }
  const [out, width, ...kernel] = t.shape;
  const perGroup = out / groups;
  const taps = kernel.reduce((a, k) => a * k, 1);
  const middle = kernel.reduce((at, k) => at * k + Math.floor(k / 2), 0);
  zeros(t);
  for (let oc = 0; oc < out; oc++) {
    const ic = oc % perGroup;
    if (ic < width) t.data[(oc * width + ic) * taps + middle] = 1;
  }
  return t;
}

/** Scale and source of `orthogonal`. */
export interface OrthogonalOptions extends RandomOptions {
  /** Length of every row or column. Default 1; see `gain`. */
  gain?: number | undefined;
}

const diracFields = { groups: count };

/**
 * A random matrix `[out, in · kernel]` whose rows, or columns if those are fewer, are at right angles and `gain` long.
 *
 * @throws ShapeError for fewer than 2 axes.
 */
export function orthogonal(t: Tensor, options: OrthogonalOptions = {}): Tensor {
  need('orthogonal', 'weight', t, floatTensor);
  needOptions('orthogonal', options, xavierFields);
  const { gain: length = 1, generator: source = defaultGenerator() } = options;
  if (t.rank < 2) {
    throw new ShapeError(`orthogonal: weight has shape ${formatShape(t.shape)}, [out, in, …] is needed`);
  }
  const rows = t.shape[0];
  const columns = t.size / rows;
  const [count, size] = [Math.min(rows, columns), Math.max(rows, columns)];
  const [across, along] = rows <= columns ? [columns, 1] : [1, columns];
  orthonormal(count, size, source).forEach((vector, v) => {
    for (let i = 0; i < size; i++) t.data[v * across + i * along] = length * vector[i];
  });
  return t;
}

/** Vectors of length 1 at right angles: random ones, each freed of what lies along those before (Gram and Schmidt). */
function orthonormal(count: number, size: number, generator: Generator): Float64Array[] {
  const done: Float64Array[] = [];
  const free = (vector: Float64Array): void => {
    for (const other of done) addScaled(vector, other, -dot(vector, other));
  };
  while (done.length < count) {
    const vector = Float64Array.from({ length: size }, () => generator.normal());
    free(vector);
    // Where less than a tenth of the length is left, rounding errors weigh; once more is enough.
    if (dot(vector, vector) < size / 100) free(vector);
    const length = Math.sqrt(dot(vector, vector));
    done.push(vector.map((x) => x / length));
  }
  return done;
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i] * b[i];
  return total;
}

function addScaled(to: Float64Array, what: Float64Array, scale: number): void {
  for (let i = 0; i < to.length; i++) to[i] += scale * what[i];
}

/** Scale and source of `xavierUniform` and `xavierNormal`. */
export interface XavierOptions extends RandomOptions {
  /** Default 1; see `gain`. */
  gain?: number | undefined;
}

const xavierFields: Fields<XavierOptions> = { ...randomFields, gain: finite };

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

let drawsDefaults = true;

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

/** What PyTorch's layers start with: weight and bias uniform in ±1 / √fanIn. */
export function layerDefault(weight: Tensor, bias: Tensor | null, fanIn = fans(weight).fanIn): void {
  need('layerDefault', 'weight', weight, floatTensor);
  need('layerDefault', 'bias', bias, floatsOrNull);
  need('layerDefault', 'fanIn', fanIn, above(0));
  if (!drawsDefaults) return;
  const bound = 1 / Math.sqrt(fanIn);
  uniform(weight, -bound, bound);
  if (bias) uniform(bias, -bound, bound);
}
