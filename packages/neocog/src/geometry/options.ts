// What a caller may write for a sliding window, and how it becomes one number per axis or one pair per side.
// Whether the values fit together is decided in window.ts, conv.ts and pool.ts.

import { type Field, field, flag, isListOf, isSize, need, oneOf, whole } from '../arguments/field.ts';
import type { Fields } from '../arguments/options.ts';
import { counted, show } from '../arguments/show.ts';
import { ShapeError } from '../errors.ts';
import type { PaddingMode } from './types.ts';

export { isSize, largestSize } from '../arguments/field.ts';
export { show } from '../arguments/show.ts';

/** One number for every axis, or a list with one number per axis, first spatial axis first. */
export type PerAxis = number | readonly number[];
/** A `[before, after]` pair per axis, in cells. */
export type SidePads = readonly (readonly [number, number])[];
export type PaddingName = 'valid' | 'same' | 'same-lower' | 'full' | 'causal';
/**
 * Cells around the input, in numbers or by name. With k_eff = (k − 1)·dilation + 1, 'valid' is none, 'same' what gives
 * ⌈input / stride⌉ cells, an odd one after the input ('same-lower': before it), 'full' k_eff − 1 on both sides, 'causal'
 * k_eff − 1 before.
 */
export type Padding = PerAxis | SidePads | PaddingName;

/** `[n, c, …spatial]`, as PyTorch and ONNX have it, or `[n, …spatial, c]`, as TensorFlow has it. */
export type Layout = 'channels-first' | 'channels-last';

/** Geometry itself is channels-first: who computes with it converts, and its errors mention the order. */
interface LayoutOption {
  /** Order of the axes of input and result. Default 'channels-first'. */
  layout?: Layout | undefined;
}

/** How the kernel of a convolution moves over its input. */
export interface ConvOptions extends LayoutOption {
  /** Cells from window to window. Default 1. */
  stride?: PerAxis | undefined;
  /** Cells added around the input, in numbers or by name. Default 0. */
  padding?: Padding | undefined;
  /** How the padding is filled. Default 'zeros'. */
  paddingMode?: PaddingMode | undefined;
  /** Cells from tap to tap of the kernel. Default 1, which means none. */
  dilation?: PerAxis | undefined;
  /** Parts into which input and output channels are divided, each convolved for itself. Default 1. */
  groups?: number | undefined;
}

/** A transposed convolution by the options of the convolution whose input gradient it is. */
export interface ConvTransposeOptions extends LayoutOption {
  /** Output cells from window to window. Default 1. */
  stride?: PerAxis | undefined;
  /** Cells that are cut off the output, in numbers or by name. Default 0. */
  padding?: Padding | undefined;
  /** How the convolution that this one transposes fills its padding. Default 'zeros'. */
  paddingMode?: PaddingMode | undefined;
  /** Cells added at the far end of the output, below max(stride, dilation). Default 0. */
  outputPadding?: PerAxis | undefined;
  /** The wanted spatial size, instead of `outputPadding`. Default: the size that follows from `outputPadding`. */
  outputSize?: readonly number[] | undefined;
  /** Cells from tap to tap of the kernel. Default 1, which means none. */
  dilation?: PerAxis | undefined;
  /** Parts into which input and output channels are divided, each convolved for itself. Default 1. */
  groups?: number | undefined;
}

/** How the window of a pooling moves over its input. */
export interface PoolOptions extends LayoutOption {
  /** Cells from window to window. Default: the kernel's size. */
  stride?: PerAxis | undefined;
  /** Cells added around the input. Default 0. */
  padding?: PerAxis | SidePads | undefined;
  /** Cells from tap to tap of the window. Default 1, which means none. */
  dilation?: PerAxis | undefined;
  /** Keep a last window that only partly fits. Default false. */
  ceilMode?: boolean | undefined;
}

export type Rank = 1 | 2 | 3;
export type Pair = readonly [before: number, after: number];

/** Whom an error names, and how many spatial axes it works on. */
export interface Caller {
  readonly fn: string;
  readonly rank: Rank;
}

/** A caller with the shapes that its errors show: `input [1,3,32,32], weight [16,4,3,3]`. */
export interface Call extends Caller {
  readonly shapes: string;
}

/** A call whose shapes are put into words when an error asks for them. */
export const callOf = ({ fn, rank }: Caller, showShapes: () => string): Call => ({
  fn,
  rank,
  get shapes() {
    return showShapes();
  },
});

export const axisNames: Record<Rank, readonly string[]> = {
  1: ['length'],
  2: ['height', 'width'],
  3: ['depth', 'height', 'width'],
};

export const paddingModes: readonly PaddingMode[] = [
  'zeros',
  'reflect',
  'symmetric',
  'replicate',
  'circular',
];

/** The shapes that an error shows. Geometry speaks of channels-first, whatever the caller's layout is. */
export const showShapes = (shapes: Record<string, unknown>, layout: Layout | undefined): string => {
  const list = Object.entries(shapes).map(([name, shape]) => `${name} ${show(shape)}`);
  return list.join(', ') + (layout === 'channels-last' ? ', in channels-first order' : '');
};

export function refuse(call: Call, problem: string, remedy: string): never {
  throw new ShapeError(`${call.fn}: ${problem} (${call.shapes}); ${remedy}`);
}

/** What stands before the spatial axes of images. */
const imageAxes: readonly string[] = ['batch', 'channels'];

const layoutOf = ({ rank }: Caller, leading: readonly string[]): string =>
  `[${[...leading, ...axisNames[rank]].join(', ')}]`;

/** Checks a shape `[first, second, ...spatial]`, given by its name. Only a batch may be empty. */
export function checkShape(call: Call, named: Record<string, readonly number[]>, leading = imageAxes): void {
  for (const name in named) {
    const shape = named[name];
    if (shape.length !== call.rank + 2) {
      const problem = `${name} has ${counted(shape.length, 'axis', 'axes')}, not ${call.rank + 2}`;
      refuse(call, problem, `reshape it to ${layoutOf(call, leading)}`);
    }
    shape.forEach((size, axis) => {
      const least = leading[axis] === 'batch' ? 0 : 1;
      if (isSize(size, least)) return;
      const what = leading[axis] ?? axisNames[call.rank][axis - leading.length];
      const sizes = `give ${layoutOf(call, leading)} of whole numbers of at least ${least}`;
      refuse(call, `${name} has ${what} ${show(size)}`, sizes);
    });
  }
}

/** Something for each number of spatial axes. */
/* @__NO_SIDE_EFFECTS__ */
export function perRank<T>(make: (rank: Rank) => T): Readonly<Record<Rank, T>> {
  return { 1: make(1), 2: make(2), 3: make(3) };
}

/** A number, or a list of one per axis. */
/* @__NO_SIDE_EFFECTS__ */
export function perAxis(rank: Rank, one: Field<number>): Field<PerAxis> {
  const list = `a list ${listOfAxes(rank)} of ${rank === 1 ? 'one' : 'them'}`;
  return field(`${one.takes}, or ${list}`, (v) => one.ok(v) || (isListOf(v, one.ok) && v.length === rank));
}

/** `[height, width]`. */
export const listOfAxes = (rank: Rank): string => `[${axisNames[rank].join(', ')}]`;

const isPair = (value: unknown): boolean => isListOf(value, (pad) => isSize(pad, 0)) && value.length === 2;

/* @__NO_SIDE_EFFECTS__ */
function sidePads(rank: Rank): Field<PerAxis | SidePads> {
  const sides = perAxis(rank, whole(0));
  const pairs = `a list of ${rank === 1 ? 'one [before, after] pair' : `${rank} [before, after] pairs`}`;
  return field(
    `${sides.takes}, or ${pairs}`,
    (v) => sides.ok(v) || (isListOf(v, isPair) && v.length === rank),
  );
}

export const paddingNames: readonly PaddingName[] = ['valid', 'same', 'same-lower', 'full', 'causal'];
const nameOfPadding: Field<PaddingName> = oneOf(...paddingNames);

const sizes = perRank((rank) => perAxis(rank, whole(1)));
const cells = perRank((rank) => perAxis(rank, whole(0)));
const pads = perRank(sidePads);
const paddings = perRank((rank) =>
  field<Padding>(
    `${pads[rank].takes}, or ${nameOfPadding.takes}`,
    (v) => nameOfPadding.ok(v) || pads[rank].ok(v),
  ),
);

/** An output's spatial size. */
const sizeLists = perRank((rank) =>
  field<readonly number[]>(
    `a list ${listOfAxes(rank)} of ${rank === 1 ? 'one whole number' : 'whole numbers'} of at least 1`,
    (v) => Array.isArray(v) && sizes[rank].ok(v),
  ),
);

const groups: Field<number> = field('a whole number of at least 1 that divides both channel counts', (v) =>
  isSize(v, 1),
);
const paddingMode: Field<PaddingMode> = oneOf(...paddingModes);
export const layout: Field<Layout> = oneOf('channels-first', 'channels-last');

/** What kernels take. */
export const kernelField = sizes;

/** Options of convolutions. */
export const convFields = perRank(
  (rank): Fields<ConvOptions> => ({
    stride: sizes[rank],
    padding: paddings[rank],
    paddingMode,
    dilation: sizes[rank],
    groups,
    layout,
  }),
);

export const convTransposeFields = perRank(
  (rank): Fields<ConvTransposeOptions> => ({
    ...convFields[rank],
    outputPadding: cells[rank],
    outputSize: sizeLists[rank],
  }),
);

export const poolFields = perRank(
  (rank): Fields<PoolOptions> => ({
    stride: sizes[rank],
    padding: pads[rank],
    dilation: sizes[rank],
    ceilMode: flag,
    layout,
  }),
);

export const unpoolFields = perRank((rank) => ({
  stride: sizes[rank],
  padding: pads[rank],
  outputSize: sizeLists[rank],
  layout,
}));

const spread = ({ rank }: Caller, value: PerAxis): readonly number[] =>
  typeof value === 'number' ? new Array<number>(rank).fill(value) : value;

/** One number of at least 1 per axis, from a number or a list. */
export function readSizes(caller: Caller, name: string, value: PerAxis): readonly number[] {
  need(caller.fn, name, value, sizes[caller.rank]);
  return spread(caller, value);
}

/** One number of cells per axis, from a number or a list. */
export function readCells(caller: Caller, name: string, value: PerAxis): readonly number[] {
  need(caller.fn, name, value, cells[caller.rank]);
  return spread(caller, value);
}

/** One pair per axis from a number, a list of numbers or a list of pairs. */
export function readPads(call: Call, padding: PerAxis | SidePads): readonly Pair[] {
  need(call.fn, 'padding', padding, pads[call.rank]);
  if (Array.isArray(padding) && Array.isArray(padding[0])) return padding as SidePads;
  return readCells(call, 'padding', padding as PerAxis).map((side) => [side, side]);
}

export function readGroups(call: Call, value: number): number {
  need(call.fn, 'groups', value, groups);
  return value;
}

export function readMode(call: Call, mode: PaddingMode): PaddingMode {
  need(call.fn, 'paddingMode', mode, paddingMode);
  return mode;
}

/** A padding of any kind, before there are axes to apply it to. */
export const needPadding = (call: Call, padding: Padding): void =>
  need(call.fn, 'padding', padding, paddings[call.rank]);
