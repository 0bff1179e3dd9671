// The geometry of a pooling window, and what follows from it per output cell: the averages' divisors and the
// position that the maximum of a window of equals takes. Sizes, divisors and limits are PyTorch's.

import { type Field, field, need } from '../arguments/field.ts';
import {
  axisNames,
  type Call,
  type Caller,
  callOf,
  checkShape,
  type PerAxis,
  type PoolOptions,
  readPads,
  readSizes,
  refuse,
  showShapes,
} from './options.ts';
import type { PoolGeometry, WindowAxis } from './types.ts';
import {
  bareAxes,
  ceilOutput,
  checkElements,
  checkFits,
  floorOutput,
  freezeAxis,
  type PaddedAxis,
  withPads,
} from './window.ts';

/** `[batch, channels, ...input]` */
export const poolInputShape = (g: PoolGeometry): number[] => [
  g.batch,
  g.channels,
  ...g.axes.map((a) => a.input),
];
/** `[batch, channels, ...output]` */
export const poolOutputShape = (g: PoolGeometry): number[] => [
  g.batch,
  g.channels,
  ...g.axes.map((a) => a.output),
];

/** The shape of an input, and the size of a window that slides over it. */
export interface Windowed {
  readonly input: readonly number[];
  readonly kernel: PerAxis;
}

/** The geometry of a window of size `kernel` over `input` `[batch, channels, ...spatial]`. */
export function poolGeometry(caller: Caller, windowed: Windowed, options: PoolOptions = {}): PoolGeometry {
  const { input, kernel } = windowed;
  const call = callOf(caller, () => showShapes({ input, kernel }, options.layout));
  checkShape(call, { input });
  const ceil = options.ceilMode ?? false;
  const padded = paddedAxes(call, windowed, options);
  checkHalf(call, padded);
  checkFits(call, padded, ceil);
  const axes = padded.map((axis) => freezeAxis(axis, ceil ? ceilOutput(axis) : floorOutput(axis)));
  checkCovered(call, axes);
  const g = { batch: input[0], channels: input[1], axes: Object.freeze(axes) };
  checkElements(call, { input: poolInputShape(g), output: poolOutputShape(g) });
  return Object.freeze(g);
}

function paddedAxes(call: Call, windowed: Windowed, options: PoolOptions): PaddedAxis[] {
  const kernel = readSizes(call, 'kernel', windowed.kernel);
  const { stride = kernel, dilation, padding = 0 } = options;
  const bare = bareAxes(call, { input: windowed.input.slice(2), kernel }, { stride, dilation });
  const pads = readPads(call, padding);
  return bare.map((axis, i) => withPads(axis, pads[i]));
}

/** With more padding than half a kernel, a window without dilation could lie beside the input altogether. */
function checkHalf(call: Call, axes: readonly PaddedAxis[]): void {
  axes.forEach((axis, i) => {
    const pad = Math.max(axis.padBefore, axis.padAfter);
    if (2 * pad <= axis.kernel) return;
    const problem = `padding is ${pad} on ${axisNames[call.rank][i]}, more than half of kernel ${axis.kernel}`;
    refuse(call, problem, `use at most ${Math.floor(axis.kernel / 2)}, or pad the input first`);
  });
}

/**
 * A dilated window that starts in the padding can step over all of a small input: its maximum and its average
 * would be of nothing. Only the first one can: of two taps only the first starts in the padding, which is one cell; of more
 * and dilated so much, the kernel would not fit.
 */
function checkCovered(call: Call, axes: readonly WindowAxis[]): void {
  axes.forEach((axis, i) => {
    const firstReal = Math.ceil(axis.padBefore / axis.dilation) * axis.dilation - axis.padBefore;
    if (firstReal < axis.input) return;
    const problem = `window 0 on ${axisNames[call.rank][i]} covers only padding`;
    refuse(call, problem, 'use less padding or less dilation');
  });
}

export interface AverageOptions {
  /** Count padding cells too (default), though never those past the padding that ceil mode brings in. */
  countIncludePad?: boolean | undefined;
  /** Divide every window's sum by this. Default: the number of its cells. */
  divisorOverride?: number | undefined;
}

export const divisorOverride: Field<number> = field(
  'a finite number other than 0',
  (v) => Number.isFinite(v) && v !== 0,
);

/** 1 / divisor for each output cell of a plane, row-major. */
export function poolScales(g: PoolGeometry, options: AverageOptions = {}, fn = 'avgPool'): Float32Array {
  const { divisorOverride: override } = options;
  if (override !== undefined) need(fn, 'divisorOverride', override, divisorOverride);
  const included = options.countIncludePad ?? true;
  let counts = [1];
  for (const axis of g.axes) {
    const along = Array.from({ length: axis.output }, (_, o) => countTaps(axis, o, included));
    counts = counts.flatMap((count) => along.map((taps) => count * taps));
  }
  return Float32Array.from(counts, (count) => 1 / (override ?? count));
}

/** Taps of window `o` on real cells, or on real and padding cells. */
function countTaps(axis: WindowAxis, o: number, included: boolean): number {
  const [low, high] = included ? [-axis.padBefore, axis.input + axis.padAfter] : [0, axis.input];
  let taps = 0;
  for (let k = 0; k < axis.kernel; k++) {
    const cell = o * axis.stride - axis.padBefore + k * axis.dilation;
    if (cell >= low && cell < high) taps++;
  }
  return taps;
}
