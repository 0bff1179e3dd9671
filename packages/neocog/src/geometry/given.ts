// Geometries and texts as they come from callers: what the public functions check before the geometry proper, which
// trusts what operations hand to it.

import { type Field, field, isListOf, isRecord, isSize, need, oneOf, text } from '../arguments/field.ts';
import { needOptions } from '../arguments/options.ts';
import * as conv from './conv.ts';
import {
  type Caller,
  type ConvOptions,
  type ConvTransposeOptions,
  convFields,
  convTransposeFields,
  type PerAxis,
  type PoolOptions,
  paddingModes,
  poolFields,
  type Rank,
} from './options.ts';
import * as pool from './pool.ts';
import * as texts from './text.ts';
import type { ConvGeometry, PaddingMode, PoolGeometry, WindowAxis } from './types.ts';

/** What an axis counts, and the least of each. */
const leastOf: Readonly<Record<keyof WindowAxis, number>> = {
  input: 1,
  kernel: 1,
  stride: 1,
  dilation: 1,
  padBefore: 0,
  padAfter: 0,
  output: 1,
};

const isAxis = (axis: unknown): boolean =>
  isRecord(axis) && Object.entries(leastOf).every(([name, least]) => isSize(axis[name], least));

export const windowAxes: Field<readonly WindowAxis[]> = field(
  'a list of 1 to 3 axes of a geometry',
  (v) => isListOf(v, isAxis) && v.length >= 1 && v.length <= 3,
);

const isConv = (g: unknown): boolean =>
  isRecord(g) &&
  windowAxes.ok(g.axes) &&
  isSize(g.batch, 0) &&
  [g.inChannels, g.outChannels, g.groups].every((n) => isSize(n, 1)) &&
  paddingModes.includes(g.paddingMode as PaddingMode);

const isPool = (g: unknown): boolean =>
  isRecord(g) && windowAxes.ok(g.axes) && isSize(g.batch, 0) && isSize(g.channels, 1);

export const aConvGeometry: Field<ConvGeometry> = field(
  'the geometry of a convolution, made by convGeometry(…) or parseConv(…)',
  isConv,
);
const aPoolGeometry: Field<PoolGeometry> = field(
  'the geometry of a pooling window, made by poolGeometry(…) or parsePool(…)',
  isPool,
);
export const aGeometry: Field<ConvGeometry | PoolGeometry> = field(
  'a geometry, made by convGeometry(…) or poolGeometry(…)',
  (v) => isConv(v) || isPool(v),
);

const rankField: Field<Rank> = oneOf(1, 2, 3);
const list: Field<readonly number[]> = field('a list of sizes', Array.isArray);

type Shapes = Record<string, readonly number[]>;

/** Refuses a name, a rank and shapes that are none, in the name of `of`. */
function readCaller(of: string, { fn, rank }: Caller, shapes: Shapes): Caller {
  need(of, 'fn', fn, text);
  need(of, 'rank', rank, rankField);
  for (const [name, shape] of Object.entries(shapes)) need(of, name, shape, list);
  return { fn, rank };
}

/* @__NO_SIDE_EFFECTS__ */
function ofGeometry<G, T>(name: string, taken: Field<G>, compute: (g: G) => T): (g: G) => T {
  return (g) => {
    need(name, 'geometry', g, taken);
    return compute(g);
  };
}

/* @__NO_SIDE_EFFECTS__ */
function ofText<G>(name: string, parse: (source: string) => G): (source: string) => G {
  return (source) => {
    need(name, 'text', source, text);
    return parse(source);
  };
}

/** `[batch, inChannels, ...input]` */
export const inputShape = ofGeometry('inputShape', aConvGeometry, conv.inputShape);
/** `[outChannels, inChannels / groups, ...kernel]` */
export const weightShape = ofGeometry('weightShape', aConvGeometry, conv.weightShape);
/** `[batch, outChannels, ...output]` */
export const outputShape = ofGeometry('outputShape', aConvGeometry, conv.outputShape);
/** Multiplications of a plain convolution, each with its addition; taps that fall on padding count. */
export const multiplyAdds = ofGeometry('multiplyAdds', aConvGeometry, conv.multiplyAdds);
/** `[batch, channels, ...output]` */
export const poolOutputShape = ofGeometry('poolOutputShape', aPoolGeometry, pool.poolOutputShape);

/** A geometry as text that `parseConv` reads, such as `n1 g1 c64>64 56x56 k3x3 s1 d1 p1`. */
export const formatConv = ofGeometry('formatConv', aConvGeometry, texts.formatConv);
/** A pooling geometry as text that `parsePool` reads, such as `n1 c64 56x56 k3x3 s2 d1 p1`. */
export const formatPool = ofGeometry('formatPool', aPoolGeometry, texts.formatPool);
/** Reads what `formatConv` writes. @throws FormatError for text that is no geometry. */
export const parseConv = ofText('parseConv', texts.parseConv);
/** Reads what `formatPool` writes. @throws FormatError for text that is no geometry. */
export const parsePool = ofText('parsePool', texts.parsePool);

/**
 * The geometry of a convolution of `input` `[batch, channels, ...spatial]` with `weight`
 * `[out, channels / groups, ...kernel]`. `fn` is the name that errors carry.
 *
 * @throws ShapeError if shapes and options do not fit together.
 */
export function convGeometry(
  fn: string,
  rank: Rank,
  input: readonly number[],
  weight: readonly number[],
  options: ConvOptions = {},
): ConvGeometry {
  const shapes = { input, weight };
  const caller = readCaller('convGeometry', { fn, rank }, shapes);
  needOptions(fn, options, convFields[rank]);
  return conv.convGeometry(caller, shapes, options);
}

/**
 * The geometry of the convolution whose input gradient a transposed convolution of `input` with `weight`
 * `[channels, out / groups, ...kernel]` is. `fn` is the name that errors carry.
 *
 * @throws ShapeError if shapes and options do not fit together. @throws UnsupportedError for outputPadding with 'same'.
 */
export function convTransposeGeometry(
  fn: string,
  rank: Rank,
  input: readonly number[],
  weight: readonly number[],
  options: ConvTransposeOptions = {},
): ConvGeometry {
  const shapes = { input, weight };
  const caller = readCaller('convTransposeGeometry', { fn, rank }, shapes);
  needOptions(fn, options, convTransposeFields[rank]);
  return conv.convTransposeGeometry(caller, shapes, options);
}

/**
 * The geometry of a window of size `kernel` over `input` `[batch, channels, ...spatial]`. `fn` is the name that errors
 * carry.
 *
 * @throws ShapeError if shapes and options do not fit together.
 */
export function poolGeometry(
  fn: string,
  rank: Rank,
  input: readonly number[],
  kernel: PerAxis,
  options: PoolOptions = {},
): PoolGeometry {
  const caller = readCaller('poolGeometry', { fn, rank }, { input });
  needOptions(fn, options, poolFields[rank]);
  return pool.poolGeometry(caller, { input, kernel }, options);
}
