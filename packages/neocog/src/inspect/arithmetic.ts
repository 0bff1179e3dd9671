// The arithmetic of one layer, without a tensor: shapes, parameters, multiply-adds, memory and receptive field, each
// with its formula and the numbers filled in. `plan` is another thing: which algorithm the backend takes, and why.
// Exported as the namespace `explain`. Formulas as in Dumoulin & Visin, "A guide to convolution arithmetic", 2016.

import { count, either, type Field, field, flag, isSize, need, required, text } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { counted } from '../arguments/show.ts';
import { ShapeError } from '../errors.ts';
import { convGeometry, convTransposeGeometry } from '../geometry/conv.ts';
import { aGeometry } from '../geometry/given.ts';
import {
  axisNames,
  type Call,
  type ConvOptions,
  type ConvTransposeOptions,
  checkShape,
  convFields,
  convTransposeFields,
  kernelField,
  type Layout,
  type Padding,
  type PaddingName,
  type PerAxis,
  type PoolOptions,
  perRank,
  poolFields,
  type Rank,
  readGroups,
  readSizes,
  refuse,
  show,
} from '../geometry/options.ts';
import { poolGeometry } from '../geometry/pool.ts';
import { parseConv, parsePool } from '../geometry/text.ts';
import type { ConvGeometry, PoolGeometry } from '../geometry/types.ts';
import { aShape } from '../tensor/fields.ts';
import type { Shape } from '../tensor/shape.ts';
import {
  convArithmetic,
  type LayerArithmetic,
  linearArithmetic,
  poolArithmetic,
  type Reading,
} from './arithmeticRecord.ts';

export { formatArithmetic as format } from './arithmeticText.ts';
export { cellTaps, type ExplainWinogradOptions, insertZeros, windowTaps, winograd } from './cells.ts';
export { explainPlan as plan } from './explain.ts';

/** What a convolution is made of, without a tensor. */
interface Filters {
  /** `[n, channels, …]`, with channels last `[n, …, channels]`, and either without the batch. */
  input: Shape;
  /** Output channels. */
  filters: number;
  /** Taps: a number, or one per spatial axis. */
  kernel: PerAxis;
  /** Count a bias per filter. Default true. */
  bias?: boolean | undefined;
}

/** A convolution for `explain.conv1d`, `explain.conv2d` and `explain.conv3d`. */
export interface ExplainConvOptions extends ConvOptions, Filters {}
/** A transposed convolution for `explain.convTranspose1d`, `explain.convTranspose2d` and `explain.convTranspose3d`. */
export interface ExplainConvTransposeOptions extends ConvTransposeOptions, Filters {}

/** A pooling layer for `explain.maxPool2d`, `explain.avgPool2d` and those of other ranks. */
export interface ExplainPoolOptions extends PoolOptions {
  /** `[n, channels, …]`, with channels last `[n, …, channels]`, and either without the batch. */
  input: Shape;
  /** Cells of the window: a number, or one per spatial axis. */
  kernel: PerAxis;
}

/** A linear layer for `explain.linear`. */
export interface ExplainLinearOptions {
  /** `[…, in]` */
  input: Shape;
  /** The last size of the output. */
  outFeatures: number;
  /** Count a bias per output. Default true. */
  bias?: boolean | undefined;
}

const linearFields: Fields<ExplainLinearOptions> = {
  input: required(
    field<Shape>(
      'a shape […, in] with a last size of at least 1',
      (v) => aShape.ok(v) && isSize((v as Shape).at(-1), 1),
    ),
  ),
  outFeatures: required(count),
  bias: flag,
};

const shared = perRank((rank) => ({
  input: required(
    field<Shape>(
      `a shape [batch, channels, ${axisNames[rank].join(', ')}], with or without the batch`,
      (v) => aShape.ok(v) && [rank + 1, rank + 2].includes((v as Shape).length),
    ),
  ),
  kernel: required(kernelField[rank]),
}));
const filterFields = { filters: required(count), bias: flag };

const explainConvFields = perRank(
  (rank): Fields<ExplainConvOptions> => ({ ...shared[rank], ...convFields[rank], ...filterFields }),
);
const explainTransposeFields = perRank(
  (rank): Fields<ExplainConvTransposeOptions> => ({
    ...shared[rank],
    ...convTransposeFields[rank],
    ...filterFields,
  }),
);
const explainPoolFields = perRank(
  (rank): Fields<ExplainPoolOptions> => ({ ...shared[rank], ...poolFields[rank] }),
);

interface ReadInput {
  readonly call: Call;
  /** With its batch axis, channels first. */
  readonly shape: Shape;
  readonly reading: Reading;
}

interface InputOptions {
  input: Shape;
  padding?: Padding | undefined;
  layout?: Layout | undefined;
}

function readInput(fn: string, rank: Rank, options: InputOptions): ReadInput {
  const { input, padding, layout = 'channels-first' } = options;
  const call = { fn, rank, shapes: `input ${show(input)}` };
  const last = layout === 'channels-last';
  const unbatched = input.length === rank + 1;
  const batched = unbatched ? [1, ...input] : input;
  const shape = last ? channelsFirst(batched) : batched;
  checkShape(call, { input: shape });
  const shown = (s: Shape): Shape => (last ? channelsLast(s) : s).slice(unbatched ? 1 : 0);
  const name = typeof padding === 'string' ? (padding as PaddingName) : null; // geometry refuses other names
  return { call, shape, reading: { transposed: false, bias: true, padding: name, shown, layout } };
}

const channelsFirst = (shape: Shape): Shape => [shape[0], shape[shape.length - 1], ...shape.slice(1, -1)];
const channelsLast = ([batch, channels, ...spatial]: Shape): Shape => [batch, ...spatial, channels];

/** The groups, once they divide the channels, given by their name in the singular. */
function checkGroups(call: Call, groups = 1, named: Record<string, number>): number {
  const [[what, channels]] = Object.entries(named);
  if (channels % readGroups(call, groups) === 0) return groups;
  return refuse(call, `groups is ${groups} for ${counted(channels, what)}`, 'choose a common divisor');
}

function conv(rank: Rank): (options: ExplainConvOptions) => LayerArithmetic {
  const op = `conv${rank}d`;
  const fn = `explain.${op}`;
  return (options) => {
    needOptions(fn, options, explainConvFields[rank]);
    const { input: _, filters, kernel, bias = true, ...window } = options;
    const { call, shape, reading } = readInput(fn, rank, options);
    const kernels = readSizes(call, 'kernel', kernel);
    const perGroup = shape[1] / checkGroups(call, window.groups, { 'input channel': shape[1] });
    const g = convGeometry(call, { input: shape, weight: [filters, perGroup, ...kernels] }, window);
    return convArithmetic(op, g, { ...reading, bias });
  };
}

function convTranspose(rank: Rank): (options: ExplainConvTransposeOptions) => LayerArithmetic {
  const op = `convTranspose${rank}d`;
  const fn = `explain.${op}`;
  return (options) => {
    needOptions(fn, options, explainTransposeFields[rank]);
    const { input: _, filters, kernel, bias = true, ...window } = options;
    const { call, shape, reading } = readInput(fn, rank, options);
    const kernels = readSizes(call, 'kernel', kernel);
    const perGroup = filters / checkGroups(call, window.groups, { filter: filters });
    const g = convTransposeGeometry(call, { input: shape, weight: [shape[1], perGroup, ...kernels] }, window);
    return convArithmetic(op, g, { ...reading, bias, transposed: true });
  };
}

function pool(op: string, rank: Rank): (options: ExplainPoolOptions) => LayerArithmetic {
  const fn = `explain.${op}`;
  return (options) => {
    needOptions(fn, options, explainPoolFields[rank]);
    const { input, kernel, ...window } = options;
    const { shape, reading } = readInput(fn, rank, { input, layout: window.layout });
    return poolArithmetic(op, poolGeometry({ fn, rank }, { input: shape, kernel }, window), reading);
  };
}

const maxPool = (rank: Rank): ReturnType<typeof pool> => pool(`maxPool${rank}d`, rank);
const avgPool = (rank: Rank): ReturnType<typeof pool> => pool(`avgPool${rank}d`, rank);

/**
 * The arithmetic of a convolution of sequences, input `[n, in, w]` → `[n, filters, w′]`.
 *
 * @throws ShapeError if input and options do not fit together.
 */
export const conv1d = conv(1);

/**
 * The arithmetic of a convolution of images, input `[n, in, h, w]` → `[n, filters, h′, w′]`.
 *
 * @throws ShapeError if input and options do not fit together.
 * @example explain.conv2d({ input: [1, 3, 224, 224], filters: 64, kernel: 3, padding: 1 }).parameters // 1792
 */
export const conv2d = conv(2);

/**
 * The arithmetic of a convolution of volumes, input `[n, in, d, h, w]` → `[n, filters, d′, h′, w′]`.
 *
 * @throws ShapeError if input and options do not fit together.
 */
export const conv3d = conv(3);

/**
 * The arithmetic of a transposed convolution of sequences, input `[n, in, w]` → `[n, filters, w′]`. Its geometry is that
 * of the convolution whose input gradient it is.
 *
 * @throws ShapeError if input and options do not fit together. @throws UnsupportedError for outputPadding with 'same'.
 */
export const convTranspose1d = convTranspose(1);

/** The arithmetic of a transposed convolution of images; see `convTranspose1d`. Input `[n, in, h, w]`. */
export const convTranspose2d = convTranspose(2);

/** The arithmetic of a transposed convolution of volumes; see `convTranspose1d`. Input `[n, in, d, h, w]`. */
export const convTranspose3d = convTranspose(3);

/** The arithmetic of max pooling of sequences `[n, c, w]`. @throws ShapeError if input and options do not fit together. */
export const maxPool1d = maxPool(1);
/** The arithmetic of max pooling of images `[n, c, h, w]`; see `maxPool1d`. */
export const maxPool2d = maxPool(2);
/** The arithmetic of max pooling of volumes `[n, c, d, h, w]`; see `maxPool1d`. */
export const maxPool3d = maxPool(3);

/** The arithmetic of average pooling of sequences `[n, c, w]`; see `maxPool1d`. */
export const avgPool1d = avgPool(1);
/** The arithmetic of average pooling of images `[n, c, h, w]`; see `maxPool1d`. */
export const avgPool2d = avgPool(2);
/** The arithmetic of average pooling of volumes `[n, c, d, h, w]`; see `maxPool1d`. */
export const avgPool3d = avgPool(3);

/** The arithmetic of a linear layer, input `[…, in]` → `[…, outFeatures]`. @throws ShapeError for sizes that are none. */
export function linear(options: ExplainLinearOptions): LayerArithmetic {
  needOptions('explain.linear', options, linearFields);
  const { input, outFeatures, bias = true } = options;
  return linearArithmetic(input, outFeatures, bias);
}

/** How `explain.geometry` reads a geometry. */
export interface ExplainGeometryOptions {
  /** Read a convolution's geometry from the other side, as a transposed convolution. Default false. */
  transposed?: boolean | undefined;
  /** Count a bias per filter. Default true. */
  bias?: boolean | undefined;
}

const geometryFields: Fields<ExplainGeometryOptions> = { transposed: flag, bias: flag };
const geometryOrText: Field<ConvGeometry | PoolGeometry | string> = either(text, aGeometry);

/**
 * The arithmetic of a geometry or of its text, such as `n1 g1 c64>64 56x56 k3x3 s1 d1 p1` or, for pooling,
 * `n1 c64 56x56 k3x3 s2 d1 p1`.
 *
 * @throws FormatError for text that is no geometry. @throws ShapeError for a pooling window that is to be transposed.
 */
export function geometry(
  source: ConvGeometry | PoolGeometry | string,
  options: ExplainGeometryOptions = {},
): LayerArithmetic {
  need('explain.geometry', 'source', source, geometryOrText);
  needOptions('explain.geometry', options, geometryFields);
  const { transposed = false, bias = true } = options;
  const g = typeof source === 'string' ? parseGeometry(source) : source;
  const reading: Reading = {
    transposed,
    bias,
    padding: null,
    shown: (shape) => shape,
    layout: 'channels-first',
  };
  const rank = g.axes.length;
  if ('groups' in g) return convArithmetic(`conv${transposed ? 'Transpose' : ''}${rank}d`, g, reading);
  if (!transposed) return poolArithmetic(`pool${rank}d`, g, reading);
  throw new ShapeError(
    'explain.geometry: transposed is given, but a pooling window cannot be transposed; leave it out',
  );
}

/** Channels `64>64` are a convolution's, `64` a pooling window's. */
const parseGeometry = (text: string): ConvGeometry | PoolGeometry =>
  / c\d+ /.test(text) ? parsePool(text) : parseConv(text);
