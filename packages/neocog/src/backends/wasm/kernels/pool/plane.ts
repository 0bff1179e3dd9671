// A pooling geometry over channels-last pixels: three axes, whatever the rank, and which taps of a window are real cells.

import type { PoolGeometry, WindowAxis } from '../../../../geometry/types.ts';
import { kernelExtent, oneCell, product } from '../../../../geometry/window.ts';
import {
  affine,
  type Code,
  type Func,
  i32,
  type Local,
  less,
  type Operand,
  select,
} from '../../assembler/index.ts';
import type { Engine } from '../../engine.ts';
import type { Pointers } from '../pointers.ts';
import { floatBytes } from '../sizes.ts';

export interface PlaneAxis extends WindowAxis {
  /** From one cell to the next along this axis, in cells of the plane. */
  readonly inputStep: number;
  readonly outputStep: number;
}

export interface PixelPlane {
  /** depth, height, width */
  readonly axes: readonly [PlaneAxis, PlaneAxis, PlaneAxis];
  readonly inputCells: number;
  readonly outputCells: number;
  /** Bytes per pixel of x and of y. */
  readonly xPixel: number;
  readonly yPixel: number;
  readonly channels: number;
}

/** What the code of a pool is made for. */
export interface PoolCode {
  readonly plane: PixelPlane;
  readonly operands: readonly string[];
  readonly engine: Engine;
}

/** Where code over a plane is made. */
export interface PlaneSite {
  readonly f: Func;
  readonly plane: PixelPlane;
}

export function planeOf({ axes, channels }: PoolGeometry, xPitch: number, yPitch: number): PixelPlane {
  const three = [oneCell, oneCell, ...axes].slice(-3);
  const step = (size: 'input' | 'output', d: number): number =>
    product(three.slice(d + 1).map((a) => a[size]));
  const [depth, height, width] = three.map(
    (a, d): PlaneAxis => ({ ...a, inputStep: step('input', d), outputStep: step('output', d) }),
  ) as [PlaneAxis, PlaneAxis, PlaneAxis];
  return {
    axes: [depth, height, width],
    inputCells: product(three.map((a) => a.input)),
    outputCells: product(three.map((a) => a.output)),
    xPixel: xPitch * floatBytes,
    yPixel: yPitch * floatBytes,
    channels,
  };
}

/** Numbers from `first` up to, not including, `end`. */
export interface Range {
  readonly first: Operand<'i32'>;
  readonly end: Operand<'i32'>;
}

/** Do all taps of all windows fall on real cells? */
export const isWhole = (a: WindowAxis): boolean =>
  a.padBefore === 0 && (a.output - 1) * a.stride + kernelExtent(a) <= a.input;

/** The taps on real cells of the window whose first tap falls on `corner`, which may lie outside. */
export function realTaps(f: Func, axis: WindowAxis, corner: Local<'i32'>): Range {
  if (isWhole(axis)) return { first: 0, end: axis.kernel };
  const { dilation, input, kernel } = axis;
  const steps = (cells: Code<'i32'>): Code<'i32'> =>
    dilation === 1 ? cells : i32.divS(affine(cells, dilation - 1), dilation);
  const first = select(i32.const(0), steps(affine(0, [corner, -1])), i32.geS(corner, 0));
  const end = f.keep(steps(affine(input, [corner, -1])), 'end');
  f.set(end, less(end, kernel));
  return { first: f.keep(first, 'first'), end };
}

/** 1 if `realTaps` are all taps. */
export const areAll = (axis: WindowAxis, { first, end }: Range): Code<'i32'> =>
  isWhole(axis) ? i32.const(1) : i32.and(i32.eqz(first), i32.eq(end, axis.kernel));

/** Columns whose windows lie inside the row, as literals. */
export function insideColumns(width: WindowAxis): { first: number; end: number } {
  const { padBefore, stride, input, output } = width;
  const first = Math.min(output, Math.ceil(padBefore / stride));
  const last = Math.floor((input - kernelExtent(width) + padBefore) / stride);
  return { first, end: Math.max(first, Math.min(output, last + 1)) };
}

/** Image, depth and height of row number `unit`, with rows of `size`. */
export function rowOf(
  { f, plane }: PlaneSite,
  size: 'input' | 'output',
  unit: Local<'i32'>,
): Pointers<'image' | 'depth' | 'height'> {
  const [depth, height] = plane.axes;
  const slice = f.keep(i32.divU(unit, height[size]), 'slice');
  return {
    image: f.keep(i32.divU(slice, depth[size]), 'image'),
    depth: f.keep(i32.remU(slice, depth[size]), 'depth'),
    height: f.keep(i32.remU(unit, height[size]), 'height'),
  };
}
