// The matrices of the filters, as data and as functions of their settings, each with its source.
//
// All are written for cross-correlation, the sum that every convolutional layer computes: a matrix is laid
// over the image as it stands here, row 0 above. So sobelX answers with plus where brightness grows to the
// right, sobelY where it grows downwards. True convolution turns the matrix by 180 degrees first;
// `filters.apply` offers it as `flipKernel`.

import { between, finite, isRecord } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import {
  around,
  fixed,
  type Matrix,
  mapMatrix,
  normalised,
  outer,
  total,
  transposed,
  withCentre,
} from './matrix.ts';
import { type FilterOptions, filterFields, oddSide, side, sigmaUpTo } from './settings.ts';

/** Leaves the image as it is: 1 in the middle. */
export const identity = fixed(around([1, 1], (down, right) => (down === 0 && right === 0 ? 1 : 0)));

/** A slope along the row, smoothed across it: the shape of the three filters below. */
const slope = (side: number, middle: number): Matrix => outer([side, middle, side], [-1, 0, 1]);

/**
 * Brightness growing to the right. Sobel and Feldman, "A 3×3 isotropic gradient operator for image
 * processing", 1968; in print in Duda and Hart, "Pattern classification and scene analysis", 1973, page 271.
 */
export const sobelX = fixed(slope(1, 2));
/** Brightness growing downwards; see `sobelX`. */
export const sobelY = fixed(transposed(sobelX));

/**
 * Brightness growing to the right, with less error in the edge's direction than Sobel's. Scharr, "Optimale
 * Operatoren in der Digitalen Bildverarbeitung", Heidelberg 2000.
 */
export const scharrX = fixed(slope(3, 10));
/** Brightness growing downwards; see `scharrX`. */
export const scharrY = fixed(transposed(scharrX));

/**
 * Brightness growing to the right, all rows with one weight. Prewitt, "Object enhancement and extraction", in
 * "Picture processing and psychopictorics", 1970.
 */
export const prewittX = fixed(slope(1, 1));
/** Brightness growing downwards; see `prewittX`. */
export const prewittY = fixed(transposed(prewittX));

/** ∂²/∂x² + ∂²/∂y² from the four neighbours, negative on an edge's bright side (Duda and Hart 1973). */
export const laplacian4 = fixed([
  [0, 1, 0],
  [1, -4, 1],
  [0, 1, 0],
]);

/** The Laplacian with the diagonal neighbours as well, about three times as strong as `laplacian4`. */
export const laplacian8 = fixed([
  [1, 1, 1],
  [1, -8, 1],
  [1, 1, 1],
]);

/** What `boxBlur` takes. */
export interface BoxSettings {
  /** Side of the square. Default 3. An even one leans by half a pixel to the right and down. */
  size?: number | undefined;
}

const boxFields: Fields<BoxSettings & FilterOptions> = { ...filterFields, size: side };

/** One row of a box: `size` equal weights with sum 1. */
export function boxRow(settings: BoxSettings = {}): readonly number[] {
  needOptions('filters.boxBlur', settings, boxFields);
  const { size = 3 } = settings;
  return new Array<number>(size).fill(1 / size);
}

/** The mean of a square, sum 1. @throws ShapeError for a size that is not a whole number from 1. */
export const boxBlur = (settings: BoxSettings = {}): Matrix => outer(boxRow(settings), boxRow(settings));

/** The bell of `gaussianBlur`. */
export interface GaussianSettings {
  /** Standard deviation in pixels. Default 1. */
  sigma?: number | undefined;
  /** Side of the matrix, odd. Default 2·⌈3·sigma⌉ + 1, which holds 99.7 % of the bell in each direction. */
  size?: number | undefined;
}

const gaussianFields: Fields<GaussianSettings & FilterOptions> = {
  ...filterFields,
  sigma: sigmaUpTo(300),
  size: oddSide,
};
const narrowFields: typeof gaussianFields = { ...gaussianFields, sigma: sigmaUpTo(50) };

/**
 * One row of a Gaussian: e^(−x²/2σ²) at whole pixels, then scaled to sum 1. The plane's Gaussian is a row
 * followed by a column of it (Marr and Hildreth, "Theory of edge detection", 1980).
 *
 * @throws ShapeError for a sigma that is not above 0 or a size that is not odd.
 */
export const gaussianRow = (settings: GaussianSettings = {}): readonly number[] =>
  bellRow('filters.gaussianBlur', settings, gaussianFields);

function bellRow<S extends GaussianSettings>(fn: string, settings: S, fields: Fields<S>): readonly number[] {
  needOptions(fn, settings, fields);
  const { sigma = 1 } = settings;
  const { size: side = 2 * Math.ceil(3 * sigma) + 1 } = settings;
  const bell = around([0, (side - 1) / 2], (_, right) => Math.exp(-(right ** 2) / (2 * sigma ** 2)));
  return normalised(bell)[0];
}

/** The Gaussian as one matrix, sum 1. @throws ShapeError as `gaussianRow` does. */
export function gaussianBlur(settings: GaussianSettings = {}): Matrix {
  const row = gaussianRow(settings);
  return outer(row, row);
}

/**
 * The Laplacian of a Gaussian: ∇²G = G·(r² − 2σ²)/σ⁴, shifted by a constant so that it sums to 0 over its
 * finite window. Side 2·⌈4·sigma⌉ + 1 unless given. Marr and Hildreth, "Theory of edge detection", 1980.
 *
 * @throws ShapeError for a sigma that is not above 0 or a size that is not odd.
 */
export function laplacianOfGaussian(settings: GaussianSettings = {}): Matrix {
  const fn = 'filters.laplacianOfGaussian';
  needOptions(fn, settings, narrowFields);
  const { sigma = 1.4 } = settings;
  const { size = 2 * Math.ceil(4 * sigma) + 1 } = settings;
  const row = bellRow(fn, { sigma, size }, narrowFields);
  const radius = (size - 1) / 2;
  const weight = (down: number, right: number): number =>
    (row[radius + down] * row[radius + right] * (down ** 2 + right ** 2 - 2 * sigma ** 2)) / sigma ** 4;
  const bowl = around([radius, radius], weight);
  const mean = total(bowl) / size ** 2;
  return mapMatrix(bowl, (value) => value - mean);
}

/** What `sharpen` takes. */
export interface SharpenSettings {
  /** How much of the detail is added; 1 gives the well-known 5 with four −1, 0 changes nothing. Default 1. */
  amount?: number | undefined;
}

const sharpenFields: Fields<SharpenSettings & FilterOptions> = { ...filterFields, amount: finite };

/** The image minus `amount` times its Laplacian: `[[0, −a, 0], [−a, 1 + 4a, −a], [0, −a, 0]]`, sum 1. */
export function sharpen(settings: SharpenSettings = {}): Matrix {
  needOptions('filters.sharpen', settings, sharpenFields);
  const { amount = 1 } = settings;
  return fixed(withCentre(laplacian4, -amount, 1));
}

/** What `unsharp` takes: the bell of its blur, whose sigma is 2 unless given, and a strength. */
export interface UnsharpSettings extends GaussianSettings {
  /** How much of the difference from the blurred image is added. Default 1. */
  amount?: number | undefined;
}

const unsharpFields: Fields<UnsharpSettings & FilterOptions> = { ...gaussianFields, amount: finite };

/** The row of the blur inside `unsharp`: `gaussianRow` with sigma 2 unless given. */
export const unsharpRow = (settings: UnsharpSettings = {}): readonly number[] =>
  bellRow(
    'filters.unsharp',
    isRecord(settings) && settings.sigma === undefined ? { ...settings, sigma: 2 } : settings,
    unsharpFields,
  );

/**
 * The image plus `amount` times what a Gaussian takes from it, as one matrix with sum 1. After the darkroom's
 * unsharp mask (Schreiber, "Wirephoto quality improvement by unsharp masking", 1970).
 */
export function unsharp(settings: UnsharpSettings = {}): Matrix {
  const row = unsharpRow(settings);
  const { amount = 1 } = settings;
  return withCentre(outer(row, row), -amount, 1 + amount);
}

/** What `emboss` takes. Angles are in degrees, from the right, against the clock. */
export interface EmbossSettings {
  /** Height of the relief. Default 1. */
  amount?: number | undefined;
  /** Where the light comes from. Default 135: from the upper left. */
  angle?: number | undefined;
}

const embossFields: Fields<EmbossSettings & FilterOptions> = {
  ...filterFields,
  amount: finite,
  angle: finite,
};

/**
 * The image as a relief, bright meaning high: slopes that face the light are lit. For light from the upper
 * left `[[−2, −1, 0], [−1, 1, 1], [0, 1, 2]]`; in general the identity and the slope against the light, by
 * Prewitt's matrices.
 */
export function emboss(settings: EmbossSettings = {}): Matrix {
  needOptions('filters.emboss', settings, embossFields);
  const { amount = 1, angle = 135 } = settings;
  const [towardsX, towardsY] = direction(angle).map((part) => -Math.SQRT2 * amount * part);
  return fixed(
    around([1, 1], (down, right) => towardsX * right + towardsY * down + (down === 0 && right === 0 ? 1 : 0)),
  );
}

/** The unit vector of an angle as columns to the right and rows downwards. */
function direction(angle: number): [right: number, down: number] {
  const radians = (angle * Math.PI) / 180;
  return [Math.cos(radians), -Math.sin(radians)];
}

/** What `motionBlur` takes. Angles are in degrees, from the right, against the clock. */
export interface MotionSettings {
  /** Length of the path in pixels, from 1. Default 9. */
  length?: number | undefined;
  /** Direction of the path: 0 is level, 45 rises to the right. Default 0. */
  angle?: number | undefined;
}

const motionFields: Fields<MotionSettings & FilterOptions> = {
  ...filterFields,
  length: between(1, 300),
  angle: finite,
};

/**
 * The path of a camera that moved while the shutter was open: points a pixel apart on a line about the
 * middle, each shared among the four nearest pixels. Sum 1.
 *
 * @throws ShapeError for a length below 1.
 */
export function motionBlur(settings: MotionSettings = {}): Matrix {
  needOptions('filters.motionBlur', settings, motionFields);
  const { length = 9, angle = 0 } = settings;
  const [right, down] = direction(angle).map((part) => Number(part.toFixed(12)));
  const reach = (length - 1) / 2;
  const count = Math.ceil(length);
  const points = Array.from({ length: count }, (_, i) =>
    count === 1 ? 0 : reach * ((2 * i) / (count - 1) - 1),
  );
  const share = (distance: number): number => Math.max(0, 1 - Math.abs(distance));
  const radii = [Math.ceil(reach * Math.abs(down)), Math.ceil(reach * Math.abs(right))] as const;
  const path = around(radii, (y, x) =>
    points.reduce((sum, at) => sum + share(x - at * right) * share(y - at * down), 0),
  );
  return normalised(path);
}

/** What `gabor` takes: a wave under a bell. Angles are in degrees, from the right, against the clock. */
export interface GaborSettings {
  /** Pixels from crest to crest. Default 8. */
  wavelength?: number | undefined;
  /** Direction in which the wave runs, across its stripes. Default 0: upright stripes. */
  angle?: number | undefined;
  /** Standard deviation of the bell along the wave. Default 0.56·wavelength: a bandwidth of one octave. */
  sigma?: number | undefined;
  /** The bell's extent along the wave by that along the stripes. Default 0.5: twice as long as wide. */
  aspect?: number | undefined;
  /** Degrees: 0, the default, has a crest in the middle, and −90 rises in the wave's direction. */
  phase?: number | undefined;
  /** Side of the matrix, odd. Default: the box around three standard deviations of the bell. */
  size?: number | undefined;
}

const gaborFields: Fields<GaborSettings & FilterOptions> = {
  ...filterFields,
  wavelength: between(2, 80),
  angle: finite,
  sigma: sigmaUpTo(50),
  aspect: between(0.2, 10),
  phase: finite,
  size: oddSide,
};

/**
 * A wave under a bell, which answers to stripes of one width and direction:
 * `e^(−(u² + aspect²·v²)/2σ²) · cos(2πu/λ + phase)`, u along the wave and v along the stripes.
 *
 * The bell sums to 1, and a share of it is taken off so that flat areas give 0. Gabor, "Theory of
 * communication", 1946; in the plane Daugman, "Uncertainty relation for resolution in space, spatial
 * frequency, and orientation optimized by two-dimensional visual cortical filters", 1985.
 *
 * @throws ShapeError for a wavelength below 2, which no raster shows, or another setting out of its range.
 */
export function gabor(settings: GaborSettings = {}): Matrix {
  const { wavelength, angle, sigma, aspect, phase, radii } = gaborSettings(settings);
  const [right, down] = direction(angle);
  const along = (y: number, x: number): number => x * right + y * down;
  const across = (y: number, x: number): number => y * right - x * down;
  const bell = normalised(
    around(radii, (y, x) => Math.exp(-(along(y, x) ** 2 + (aspect * across(y, x)) ** 2) / (2 * sigma ** 2))),
  );
  const turn = (phase * Math.PI) / 180;
  const wave = around(radii, (y, x) => Math.cos((2 * Math.PI * along(y, x)) / wavelength + turn));
  const share = total(product(bell, wave));
  return product(
    bell,
    mapMatrix(wave, (value) => value - share),
  );
}

const product = (a: Matrix, b: Matrix): Matrix => a.map((row, r) => row.map((value, c) => value * b[r][c]));

interface Gabor extends Record<'wavelength' | 'angle' | 'sigma' | 'aspect' | 'phase', number> {
  /** Rows and columns on each side of the middle. */
  readonly radii: readonly [number, number];
}

function gaborSettings(settings: GaborSettings): Gabor {
  needOptions('filters.gabor', settings, gaborFields);
  const { wavelength = 8, angle = 0, aspect = 0.5, phase = 0, size } = settings;
  const { sigma = 0.56 * wavelength } = settings;
  const radii: Gabor['radii'] =
    size === undefined ? bellRadii(angle, sigma, sigma / aspect) : [(size - 1) / 2, (size - 1) / 2];
  return { wavelength, angle, sigma, aspect, phase, radii };
}

/** The box around the ellipse of three standard deviations, `along` the angle and `across` it. */
function bellRadii(angle: number, along: number, across: number): readonly [number, number] {
  const [right, down] = direction(angle);
  const reach = (a: number, b: number): number => Math.ceil(Number((3 * Math.hypot(a, b)).toFixed(9)));
  return [reach(along * down, across * right), reach(along * right, across * down)];
}
