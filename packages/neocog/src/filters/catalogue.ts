// Every filter in one list, for those who offer them by name: the command line, the page, the documentation,
// the tests. A new filter is its matrix in kernels.ts, its function, and its entry here.

import type { Tensor } from '../tensor/tensor.ts';
import * as edges from './edges.ts';
import * as kernels from './kernels.ts';
import * as looks from './looks.ts';
import type { Matrix } from './matrix.ts';
import type { FilterOptions } from './settings.ts';

/** Every setting that some filter has. */
export interface FilterSettings
  extends kernels.UnsharpSettings,
    kernels.EmbossSettings,
    kernels.MotionSettings,
    kernels.GaborSettings,
    edges.SlopeOptions,
    edges.LaplacianOptions {}

/** A setting of a filter, for a form or a help text. */
export interface FilterSetting {
  /** The key in the filter's settings. */
  readonly name: Exclude<keyof FilterSettings, keyof FilterOptions>;
  /** What it is if not given: a value, or a sentence about it. */
  readonly default: number | string;
}

/** An entry of `filters.catalogue`: what a filter is called, does and takes. */
export interface Filter {
  /** The function's name in `filters`. */
  readonly name: string;
  /** What it does, in a few words. */
  readonly about: string;
  /** Who described it, and when. */
  readonly source: string;
  /** Beside `paddingMode`, which every filter has. */
  readonly settings: readonly FilterSetting[];
  /** The weights sum to 0, and answers have both signs; otherwise they sum to 1. */
  readonly signed: boolean;
  /** The matrices that pass over the image, one after the other or side by side. */
  readonly passes: (settings: FilterSettings) => readonly Matrix[];
  /** The function itself. */
  readonly run: (image: Tensor, settings?: FilterSettings) => Tensor;
}

const both = (row: readonly number[]): Matrix[] => [[row], row.map((weight) => [weight])];

const slopes =
  (x: Matrix, y: Matrix): Filter['passes'] =>
  ({ direction = 'magnitude' }) =>
    direction === 'magnitude' ? [x, y] : [direction === 'x' ? x : y];

const size: FilterSetting = { name: 'size', default: 'from sigma' };
const magnitude: FilterSetting = { name: 'direction', default: 'magnitude' };

const softer: readonly Filter[] = [
  {
    name: 'gaussianBlur',
    about: 'soft focus, with a bell-shaped weight',
    source: 'Marr and Hildreth 1980',
    settings: [{ name: 'sigma', default: 1 }, size],
    signed: false,
    passes: (settings) => both(kernels.gaussianRow(settings)),
    run: looks.gaussianBlur,
  },
  {
    name: 'boxBlur',
    about: 'the mean of a square',
    source: 'textbook',
    settings: [{ name: 'size', default: 3 }],
    signed: false,
    passes: (settings) => both(kernels.boxRow(settings)),
    run: looks.boxBlur,
  },
  {
    name: 'motionBlur',
    about: 'smeared along a line, as by a moving camera',
    source: 'textbook',
    settings: [
      { name: 'length', default: 9 },
      { name: 'angle', default: 0 },
    ],
    signed: false,
    passes: (settings) => [kernels.motionBlur(settings)],
    run: looks.motionBlur,
  },
];

const sharper: readonly Filter[] = [
  {
    name: 'sharpen',
    about: 'more detail of one pixel’s size',
    source: 'textbook',
    settings: [{ name: 'amount', default: 1 }],
    signed: false,
    passes: (settings) => [kernels.sharpen(settings)],
    run: looks.sharpen,
  },
  {
    name: 'unsharp',
    about: 'more of the detail that a Gaussian takes away',
    source: 'Schreiber 1970',
    settings: [{ name: 'sigma', default: 2 }, { name: 'amount', default: 1 }, size],
    signed: false,
    passes: (settings) => both(kernels.unsharpRow(settings)),
    run: looks.unsharp,
  },
  {
    name: 'emboss',
    about: 'a relief under slanting light',
    source: 'textbook',
    settings: [
      { name: 'amount', default: 1 },
      { name: 'angle', default: 135 },
    ],
    signed: false,
    passes: (settings) => [kernels.emboss(settings)],
    run: looks.emboss,
  },
];

const edgesAndStripes: readonly Filter[] = [
  {
    name: 'sobel',
    about: 'edges',
    source: 'Sobel and Feldman 1968; Duda and Hart 1973',
    settings: [magnitude],
    signed: true,
    passes: slopes(kernels.sobelX, kernels.sobelY),
    run: edges.sobel,
  },
  {
    name: 'scharr',
    about: 'edges, truer in direction',
    source: 'Scharr 2000',
    settings: [magnitude],
    signed: true,
    passes: slopes(kernels.scharrX, kernels.scharrY),
    run: edges.scharr,
  },
  {
    name: 'prewitt',
    about: 'edges, all rows with one weight',
    source: 'Prewitt 1970',
    settings: [magnitude],
    signed: true,
    passes: slopes(kernels.prewittX, kernels.prewittY),
    run: edges.prewitt,
  },
  {
    name: 'laplacian',
    about: 'edges and specks, whatever their direction',
    source: 'Duda and Hart 1973',
    settings: [{ name: 'neighbours', default: 4 }],
    signed: true,
    passes: (settings) => [edges.laplacianMatrix(settings)],
    run: edges.laplacian,
  },
  {
    name: 'laplacianOfGaussian',
    about: 'edges and blobs of one scale',
    source: 'Marr and Hildreth 1980',
    settings: [{ name: 'sigma', default: 1.4 }, size],
    signed: true,
    passes: (settings) => [kernels.laplacianOfGaussian(settings)],
    run: edges.laplacianOfGaussian,
  },
  {
    name: 'gabor',
    about: 'stripes of one width and direction',
    source: 'Gabor 1946; Daugman 1985',
    settings: [
      { name: 'wavelength', default: 8 },
      { name: 'angle', default: 0 },
      { name: 'sigma', default: 'from wavelength' },
      { name: 'aspect', default: 0.5 },
      { name: 'phase', default: 0 },
      size,
    ],
    signed: true,
    passes: (settings) => [kernels.gabor(settings)],
    run: edges.gabor,
  },
];

const unchanged: Filter = {
  name: 'identity',
  about: 'the image itself',
  source: 'textbook',
  settings: [],
  signed: false,
  passes: () => [kernels.identity],
  run: looks.identity,
};

/** Every filter, softest first. */
export const catalogue: readonly Filter[] = Object.freeze([
  ...softer,
  ...sharper,
  ...edgesAndStripes,
  unchanged,
]);
