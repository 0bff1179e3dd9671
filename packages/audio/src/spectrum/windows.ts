// Windows: how the samples of a frame are weighed before their spectrum is taken. With PyTorch's names, defaults and values.
// Source: F. J. Harris, "On the use of windows for harmonic analysis" (1978); J. F. Kaiser, "Nonrecursive digital filter design
// using the I0-sinh window function" (1974).

import { Tensor } from 'neocog';
import { between, type Fields, finite, flag, need, needOptions, oneOf, whole } from 'neocog/arguments';
import { besselI0 } from './bessel.ts';
import { cosOfTurn } from './turn.ts';

/** What every window takes. */
export interface WindowOptions {
  /**
   * Leave out the last value of a symmetric window that is one longer, as spectra want it. Default true; false for filters.
   */
  periodic?: boolean | undefined;
}

/** Options of `hammingWindow`: α − β·cos. */
export interface HammingWindowOptions extends WindowOptions {
  /** What the cosine is taken from. Default 0.54. */
  alpha?: number | undefined;
  /** How much of the cosine there is. Default 0.46. */
  beta?: number | undefined;
}

/** Options of `kaiserWindow`. */
export interface KaiserWindowOptions extends WindowOptions {
  /** The higher, the less of a tone leaks into distant bins, and the wider it is. Default 12. */
  beta?: number | undefined;
}

const windowFields: Fields<WindowOptions> = { periodic: flag };
const length = whole(0, 2 ** 24);

/** The weight at a place from 0, the first sample, to 1, the last one or the one after it. */
type Form = (place: number) => number;

/** a₀ − a₁·cos + a₂·cos 2 − … */
const cosines =
  (...a: readonly number[]): Form =>
  (place) =>
    a.reduce((sum, each, k) => sum + (k % 2 === 0 ? each : -each) * cosOfTurn(k * place), 0);

const kaiser = (beta: number): Form => {
  const highest = besselI0(beta);
  return (place) => besselI0(beta * Math.sqrt(Math.max(0, 1 - (2 * place - 1) ** 2))) / highest;
};

const forms = {
  hann: cosines(0.5, 0.5),
  hamming: cosines(0.54, 0.46),
  blackman: cosines(0.42, 0.5, 0.08),
  bartlett: (place: number) => 1 - Math.abs(2 * place - 1),
  kaiser: kaiser(12),
  rectangular: () => 1,
} satisfies Record<string, Form>;

/** A window by its name; Kaiser's with β 12. Others are Tensors, such as `kaiserWindow(400, { beta: 8 })`. */
export type WindowName = keyof typeof forms;

export const windowName = oneOf(...(Object.keys(forms) as WindowName[])); // the keys of the table

function sampled(form: Form, size: number, periodic: boolean): Float64Array {
  const last = periodic ? size : size - 1;
  return Float64Array.from({ length: size }, (_, i) => (size === 1 ? 1 : form(i / last)));
}

/** A periodic window in double precision. */
export const namedWindow = (name: WindowName, size: number): Float64Array => sampled(forms[name], size, true);

function windowOf(form: Form, size: number, { periodic = true }: WindowOptions): Tensor<[number]> {
  return new Tensor(Float32Array.from(sampled(form, size, periodic)), [size]);
}

/* @__NO_SIDE_EFFECTS__ */
const plainWindow =
  (fn: string, name: WindowName) =>
  (size: number, options: WindowOptions = {}): Tensor<[number]> => {
    need(fn, 'length', size, length);
    needOptions(fn, options, windowFields);
    return windowOf(forms[name], size, options);
  };

/**
 * Hann's window, ½ − ½·cos: `length` → float32 `[length]`.
 *
 * @throws ShapeError for a length that is no whole number, or unknown options.
 * @example hannWindow(4) // 0, 0.5, 1, 0.5
 */
export const hannWindow = plainWindow('hannWindow', 'hann');

/** Blackman's window, 0.42 − 0.5·cos + 0.08·cos 2: `length` → float32 `[length]`; see `hannWindow`. */
export const blackmanWindow = plainWindow('blackmanWindow', 'blackman');

/** Bartlett's window, a triangle: `length` → float32 `[length]`; see `hannWindow`. */
export const bartlettWindow = plainWindow('bartlettWindow', 'bartlett');

const hammingFields: Fields<HammingWindowOptions> = { ...windowFields, alpha: finite, beta: finite };

/** Hamming's window, α − β·cos: `length` → float32 `[length]`; see `hannWindow`. */
export function hammingWindow(size: number, options: HammingWindowOptions = {}): Tensor<[number]> {
  need('hammingWindow', 'length', size, length);
  needOptions('hammingWindow', options, hammingFields);
  const { alpha = 0.54, beta = 0.46 } = options;
  return windowOf(cosines(alpha, beta), size, options);
}

/** Bessel's function of more does not fit a number. */
export const mostBeta = 700;

const kaiserFields: Fields<KaiserWindowOptions> = { ...windowFields, beta: between(0, mostBeta) };

/** Kaiser's window of Bessel functions: `length` → float32 `[length]`; see `hannWindow`. */
export function kaiserWindow(size: number, options: KaiserWindowOptions = {}): Tensor<[number]> {
  need('kaiserWindow', 'length', size, length);
  needOptions('kaiserWindow', options, kaiserFields);
  return windowOf(kaiser(options.beta ?? 12), size, options);
}
