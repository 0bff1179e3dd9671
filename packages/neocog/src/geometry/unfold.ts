// The windows of unfold and fold: where they lie in a padded input, as a view with an axis per axis of the kernel and of
// the grid of windows. Refusals of both arise here; the values are moved in ops/unfold.ts.

import { type Field, field, isListOf, isSize, need } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { counted } from '../arguments/show.ts';
import { ShapeError } from '../errors.ts';
import {
  type Call,
  type Caller,
  callOf,
  checkShape,
  convFields,
  kernelField,
  type Padding,
  type PerAxis,
  perRank,
  type Rank,
  readMode,
  readSizes,
  refuse,
  show,
  showShapes,
} from './options.ts';
import type { Windowed } from './pool.ts';
import type { PaddingMode, WindowAxis } from './types.ts';
import {
  bareAxes,
  checkElements,
  checkFits,
  checkMode,
  floorOutput,
  freezeAxis,
  paddedSize,
  product,
  resolvePadding,
  rowMajor,
  withPads,
} from './window.ts';

/** How the windows of `unfold` and `fold` move. */
export interface UnfoldOptions {
  /** Cells from window to window: a number, or one per axis. Default 1. */
  stride?: PerAxis | undefined;
  /** As of convolution: a number, one per axis, a pair per axis, or a name. Default 0. */
  padding?: Padding | undefined;
  /** How padding is filled. Default 'zeros'. */
  paddingMode?: PaddingMode | undefined;
  /** Cells from tap to tap. Default 1, which means none. */
  dilation?: PerAxis | undefined;
}

/** Windows over `[batch, channels, …input]`, of which unfold makes `[batch, channels · taps, windows]`. */
export interface UnfoldGeometry {
  readonly batch: number;
  readonly channels: number;
  readonly axes: readonly WindowAxis[];
  readonly paddingMode: PaddingMode;
}

export const imageShape = (g: UnfoldGeometry): number[] => [
  g.batch,
  g.channels,
  ...g.axes.map((a) => a.input),
];

export const paddedShape = (g: UnfoldGeometry): number[] => [g.batch, g.channels, ...g.axes.map(paddedSize)];

/** `[batch, channels · taps, windows]`; taps and windows count with the last axis fastest. */
export const columnShape = (g: UnfoldGeometry): number[] => [
  g.batch,
  g.channels * product(g.axes.map((a) => a.kernel)),
  product(g.axes.map((a) => a.output)),
];

/** The place of tap k of window o in the padded input: `o·stride + k·dilation` along each axis. */
export function columnView(g: UnfoldGeometry): { shape: number[]; strides: number[]; offset: number } {
  const [image, plane, ...steps] = rowMajor(paddedShape(g), 1);
  const taps = g.axes.map(({ dilation }, d) => dilation * steps[d]);
  const windows = g.axes.map(({ stride }, d) => stride * steps[d]);
  const sizes = [...g.axes.map((a) => a.kernel), ...g.axes.map((a) => a.output)];
  return {
    shape: [g.batch, g.channels, ...sizes],
    strides: [image, plane, ...taps, ...windows],
    offset: 0,
  };
}

const unfoldFields = perRank((rank): Fields<UnfoldOptions> => {
  const { stride, padding, paddingMode, dilation } = convFields[rank];
  return { stride, padding, paddingMode, dilation };
});

/** Refuses windows that are none, before there is an input for them. */
export function needWindows({ fn, rank }: Caller, kernel: PerAxis, options: UnfoldOptions): void {
  need(fn, 'kernel', kernel, kernelField[rank]);
  needOptions(fn, options, unfoldFields[rank]);
}

/** Of what fold makes. */
export const spatialSize: Field<readonly number[]> = field(
  'a list of 1 to 3 sizes, each a whole number of at least 1',
  (v) => isListOf(v, (size) => isSize(size, 1)) && v.length >= 1 && v.length <= 3,
);

/** How many axes the lists among a layer's arguments have, before there is an input; 2 where there are none. */
export function rankOfLists(fn: string, lists: readonly unknown[]): Rank {
  const list = lists.find((value) => Array.isArray(value)) as readonly unknown[] | undefined;
  const rank = list?.length ?? 2;
  if (rank === 1 || rank === 2 || rank === 3) return rank;
  throw new ShapeError(
    `${fn}: the options are for ${counted(rank, 'axis', 'axes')}; give lists of 1 to 3 numbers`,
  );
}

/** The windows of size `kernel` over `input` `[batch, channels, …spatial]` of 1, 2 or 3 spatial axes. */
export function unfoldGeometry(
  fn: string,
  { input, kernel }: Windowed,
  options: UnfoldOptions,
): UnfoldGeometry {
  // Too many axes or too few: the error speaks of images.
  const rank = (input.length >= 3 && input.length <= 5 ? input.length - 2 : 2) as Rank;
  const call = callOf({ fn, rank }, () => showShapes({ input, kernel }, undefined));
  checkShape(call, { input });
  const taps = readSizes(call, 'kernel', kernel);
  const bare = bareAxes(call, { input: input.slice(2), kernel: taps }, options);
  const pads = resolvePadding(call, options.padding ?? 0, bare);
  const axes = bare.map((axis, i) => withPads(axis, pads[i]));
  const paddingMode = readMode(call, options.paddingMode ?? 'zeros');
  checkMode(call, paddingMode, axes);
  checkFits(call, axes);
  const windows = axes.map((axis) => freezeAxis(axis, floorOutput(axis)));
  const g = { batch: input[0], channels: input[1], axes: Object.freeze(windows), paddingMode };
  checkElements(call, { 'padded input': paddedShape(g), columns: columnShape(g) });
  return Object.freeze(g);
}

/** The shape of columns, the spatial size of what they become, and the window that made them. */
export interface Folded {
  readonly columns: readonly number[];
  readonly outputSize: readonly number[];
  readonly kernel: PerAxis;
}

/** The geometry of the unfold whose columns have the shape `columns` and whose input had the spatial size `outputSize`. */
export function foldGeometry(
  fn: string,
  { columns, outputSize, kernel }: Folded,
  options: UnfoldOptions,
): UnfoldGeometry {
  const rank = outputSize.length as Rank;
  const call: Call = { fn, rank, shapes: `columns ${show(columns)}, kernel ${show(kernel)}` };
  if (columns.length !== 3) {
    refuse(
      call,
      `columns have ${counted(columns.length, 'axis', 'axes')}, not 3`,
      'give [batch, channels · taps, windows]',
    );
  }
  const taps = product(readSizes(call, 'kernel', kernel));
  if (columns[1] % taps !== 0 || columns[1] === 0) {
    refuse(
      call,
      `columns have ${counted(columns[1], 'row')}, which is no multiple of ${counted(taps, 'tap')}`,
      'give the kernel of unfold',
    );
  }
  const input = [columns[0], columns[1] / taps, ...outputSize];
  const g = unfoldGeometry(fn, { input, kernel }, options);
  const windows = columnShape(g)[2];
  if (windows === columns[2]) return g;
  const grid = g.axes.map((a) => a.output).join(' × ');
  return refuse(
    call,
    `columns hold ${counted(columns[2], 'window')}, but outputSize ${show(outputSize)} has ${grid} = ${windows}`,
    'give the options of unfold',
  );
}
