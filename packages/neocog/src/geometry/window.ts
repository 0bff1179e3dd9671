// One spatial axis of a sliding window: how far it reaches, how often it fits, and the named padding
// strategies. Not here: what the window does with the cells. Formulas as in Dumoulin & Visin, "A guide to
// convolution arithmetic".

import { counted } from '../arguments/show.ts';
import {
  axisNames,
  type Call,
  largestSize,
  needPadding,
  type Padding,
  type PaddingName,
  type Pair,
  type PerAxis,
  readPads,
  readSizes,
  refuse,
  show,
} from './options.ts';
import type { PaddingMode, WindowAxis } from './types.ts';

/** An axis before padding is decided. */
export type BareAxis = Pick<WindowAxis, 'input' | 'kernel' | 'stride' | 'dilation'>;
/** An axis before its windows are counted. */
export type PaddedAxis = Omit<WindowAxis, 'output'>;

/** Cells from a kernel's first tap to its last, both counted: K_eff = (K − 1)·D + 1. */
export const kernelExtent = (axis: Pick<WindowAxis, 'kernel' | 'dilation'>): number =>
  (axis.kernel - 1) * axis.dilation + 1;

export const paddedSize = (axis: PaddedAxis): number => axis.padBefore + axis.input + axis.padAfter;

/** How many whole windows fit; 0 or less when not even one does. */
export const floorOutput = (axis: PaddedAxis): number =>
  Math.floor((paddedSize(axis) - kernelExtent(axis)) / axis.stride) + 1;

/** Like `floorOutput`, with a last partial window as long as it starts before the padding after the input. */
export function ceilOutput(axis: PaddedAxis): number {
  const windows = Math.ceil((paddedSize(axis) - kernelExtent(axis)) / axis.stride) + 1;
  return (windows - 1) * axis.stride >= axis.padBefore + axis.input ? windows - 1 : windows;
}

/** Total padding that gives ceil(input / stride) windows. */
function sameTotal(axis: BareAxis): number {
  const reach = (Math.ceil(axis.input / axis.stride) - 1) * axis.stride + kernelExtent(axis);
  return Math.max(reach - axis.input, 0);
}

const strategies: Record<PaddingName, (axis: BareAxis) => Pair> = {
  valid: () => [0, 0],
  same: (axis) => [Math.floor(sameTotal(axis) / 2), Math.ceil(sameTotal(axis) / 2)],
  'same-lower': (axis) => [Math.ceil(sameTotal(axis) / 2), Math.floor(sameTotal(axis) / 2)],
  full: (axis) => [kernelExtent(axis) - 1, kernelExtent(axis) - 1],
  causal: (axis) => [kernelExtent(axis) - 1, 0],
};

/** A window's size and what it slides over, along each spatial axis. */
interface Extents {
  readonly input: readonly number[];
  readonly kernel: readonly number[];
}

/** How a window moves, as callers write it. */
interface Motion {
  readonly stride?: PerAxis | undefined;
  readonly dilation?: PerAxis | undefined;
}

export function bareAxes(call: Call, { input, kernel }: Extents, motion: Motion): BareAxis[] {
  const stride = readSizes(call, 'stride', motion.stride ?? 1);
  const dilation = readSizes(call, 'dilation', motion.dilation ?? 1);
  return kernel.map((taps, i) => ({
    input: input[i],
    kernel: taps,
    stride: stride[i],
    dilation: dilation[i],
  }));
}

/** The pair of each axis, from a name or from numbers. */
export function resolvePadding(call: Call, padding: Padding, axes: readonly BareAxis[]): readonly Pair[] {
  needPadding(call, padding);
  return typeof padding === 'string' ? axes.map(strategies[padding]) : readPads(call, padding);
}

export const withPads = (axis: BareAxis, [padBefore, padAfter]: Pair): PaddedAxis => ({
  ...axis,
  padBefore,
  padAfter,
});

export const freezeAxis = (axis: PaddedAxis, output: number): WindowAxis =>
  Object.freeze({ ...axis, output });

/**
 * Refuses a kernel that does not fit into its padded input, and lengths that no index can reach. With
 * `partial` (ceil mode) a kernel may reach past the end.
 */
export function checkFits(call: Call, axes: readonly PaddedAxis[], partial = false): void {
  axes.forEach((axis, i) => {
    const name = axisNames[call.rank][i];
    const [extent, padded] = [kernelExtent(axis), paddedSize(axis)];
    if (padded > largestSize) {
      refuse(call, `the padded ${name} is ${padded} cells, more than 2^31 − 1`, 'use less padding');
    }
    if (extent <= padded || (partial && ceilOutput(axis) > 0)) return;
    const reach = `the kernel spans ${extent} cells of ${name} (${counted(axis.kernel, 'tap')}, dilation ${axis.dilation})`;
    const room = `the padded input has ${padded} (${axis.padBefore} + ${axis.input} + ${axis.padAfter})`;
    refuse(call, `${reach}, but ${room}`, 'add padding, or use a smaller kernel or dilation');
  });
}

/**
 * The most cells that a mode can add on one side: a mirror or a torus has no more to offer than the input.
 */
export const padLimits: Record<PaddingMode, (input: number) => number> = {
  zeros: () => Infinity,
  reflect: (input) => input - 1,
  symmetric: (input) => input,
  replicate: () => Infinity,
  circular: (input) => input,
};

export function checkMode(call: Call, mode: PaddingMode, axes: readonly PaddedAxis[]): void {
  axes.forEach((axis, i) => {
    const limit = padLimits[mode](axis.input);
    const pad = Math.max(axis.padBefore, axis.padAfter);
    if (pad <= limit) return;
    const problem = `padding is ${pad} on ${axisNames[call.rank][i]} ${axis.input}, but paddingMode '${mode}' allows at most ${limit}`;
    refuse(call, problem, "pad less, or use paddingMode 'replicate' or 'zeros'");
  });
}

/** An axis of one cell and one tap: what a sequence lacks to be an image. */
export const oneCell: WindowAxis = Object.freeze({
  input: 1,
  kernel: 1,
  stride: 1,
  dilation: 1,
  padBefore: 0,
  padAfter: 0,
  output: 1,
});

export const product = (sizes: readonly number[]): number => sizes.reduce((total, size) => total * size, 1);

/** From one cell to the next along each axis of a row-major array whose last axis has steps of `last`. */
export function rowMajor(sizes: readonly number[], last: number): number[] {
  const steps = new Array<number>(sizes.length);
  let step = last;
  for (let d = sizes.length - 1; d >= 0; d--) {
    steps[d] = step;
    step *= sizes[d];
  }
  return steps;
}

/** Refuses tensors whose elements cannot be counted in a signed 32-bit integer. */
export function checkElements(call: Call, shapes: Record<string, readonly number[]>): void {
  for (const name in shapes) {
    if (product(shapes[name]) <= largestSize) continue;
    refuse(call, `the ${name} ${show(shapes[name])} has more than 2^31 − 1 elements`, 'split it into parts');
  }
}
