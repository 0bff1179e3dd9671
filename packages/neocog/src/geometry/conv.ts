// The geometry of a convolution and of its transpose: options × shapes, checked once and frozen.
// Every refusal of a convolution's shapes arises here or in the files that this one reads.

import { counted } from '../arguments/show.ts';
import {
  type Call,
  type Caller,
  type ConvOptions,
  type ConvTransposeOptions,
  callOf,
  checkShape,
  readGroups,
  readMode,
  refuse,
  showShapes,
} from './options.ts';
import { transposedAxes } from './transpose.ts';
import type { ConvGeometry } from './types.ts';
import {
  bareAxes,
  checkElements,
  checkFits,
  checkMode,
  floorOutput,
  freezeAxis,
  product,
  resolvePadding,
  withPads,
} from './window.ts';

/** `[batch, inChannels, ...input]` */
export const inputShape = (g: ConvGeometry): number[] => [
  g.batch,
  g.inChannels,
  ...g.axes.map((a) => a.input),
];
/** `[outChannels, inChannels / groups, ...kernel]` */
export const weightShape = (g: ConvGeometry): number[] => [
  g.outChannels,
  g.inChannels / g.groups,
  ...g.axes.map((a) => a.kernel),
];
/** `[batch, outChannels, ...output]` */
export const outputShape = (g: ConvGeometry): number[] => [
  g.batch,
  g.outChannels,
  ...g.axes.map((a) => a.output),
];
/** Multiplications of a plain convolution, each with its addition; taps that fall on padding count. */
export const multiplyAdds = (g: ConvGeometry): number =>
  product(outputShape(g)) * product(weightShape(g).slice(1));

/** The shapes of what is convolved with what. */
export interface ConvShapes {
  readonly input: readonly number[];
  readonly weight: readonly number[];
}

/**
 * The geometry of a convolution of `input` `[batch, channels, ...spatial]` with `weight`
 * `[out, channels / groups, ...kernel]`.
 */
export function convGeometry(caller: Caller, shapes: ConvShapes, options: ConvOptions = {}): ConvGeometry {
  const { input, weight } = shapes;
  const call = callOf(caller, () => showShapes({ input, weight }, options.layout));
  checkShape(call, { input });
  checkShape(call, { weight }, ['out channels', 'in channels / groups']);
  const groups = readGroups(call, options.groups ?? 1);
  checkChannels(call, groups, shapes);
  const bare = bareAxes(call, { input: input.slice(2), kernel: weight.slice(2) }, options);
  const pads = resolvePadding(call, options.padding ?? 0, bare);
  const axes = bare.map((axis, i) => withPads(axis, pads[i]));
  const paddingMode = readMode(call, options.paddingMode ?? 'zeros');
  checkMode(call, paddingMode, axes);
  checkFits(call, axes);
  return freezeConv(call, {
    batch: input[0],
    groups,
    inChannels: input[1],
    outChannels: weight[0],
    axes: axes.map((axis) => freezeAxis(axis, floorOutput(axis))),
    paddingMode,
  });
}

/**
 * The geometry of the convolution whose input gradient is the transposed convolution of `input` `[batch,
 * channels, ...spatial]` with `weight` `[channels, out / groups, ...kernel]`: the transposed convolution
 * reads what that convolution would write, and the other way round.
 *
 * A named padding is the one that the convolution would have on the transposed convolution's output.
 */
export function convTransposeGeometry(
  caller: Caller,
  shapes: ConvShapes,
  options: ConvTransposeOptions = {},
): ConvGeometry {
  const { input, weight } = shapes;
  const call = callOf(caller, () => showShapes({ input, weight }, options.layout));
  checkShape(call, { input });
  checkShape(call, { weight }, ['in channels', 'out channels / groups']);
  const groups = readGroups(call, options.groups ?? 1);
  checkTransposedChannels(call, groups, shapes);
  const bare = bareAxes(call, { input: input.slice(2), kernel: weight.slice(2) }, options);
  const axes = transposedAxes(call, bare, options);
  const paddingMode = readMode(call, options.paddingMode ?? 'zeros');
  checkMode(call, paddingMode, axes);
  checkFits(call, axes);
  return freezeConv(call, {
    batch: input[0],
    groups,
    inChannels: weight[1] * groups,
    outChannels: input[1],
    axes,
    paddingMode,
  });
}

/** Freezes a geometry whose parts fit together, unless a tensor or a count outgrows its number. */
function freezeConv(call: Call, g: ConvGeometry): ConvGeometry {
  checkElements(call, { input: inputShape(g), weight: weightShape(g), output: outputShape(g) });
  if (!Number.isSafeInteger(multiplyAdds(g))) {
    refuse(call, 'more than 2^53 multiplications', 'use fewer channels, a smaller kernel or a smaller input');
  }
  return Object.freeze({ ...g, axes: Object.freeze(g.axes) });
}

function checkChannels(call: Call, groups: number, { input, weight }: ConvShapes): void {
  const [channels, out, perGroup] = [input[1], weight[0], weight[1]];
  if (channels % groups !== 0) refuseGroups(call, groups, `input has ${counted(channels, 'channel')}`);
  if (channels !== perGroup * groups) {
    const last = input[input.length - 1] === perGroup * groups;
    const remedy = last
      ? "if the input is channels-last, pass layout: 'channels-last'"
      : `give a weight whose second axis is ${channels / groups}`;
    const expected = groups === 1 ? perGroup : `${perGroup} × ${groups} groups`;
    refuse(call, `input has ${counted(channels, 'channel')}, but weight expects ${expected}`, remedy);
  }
  if (out % groups !== 0) refuseGroups(call, groups, `weight has ${counted(out, 'output channel')}`);
}

function checkTransposedChannels(call: Call, groups: number, { input, weight }: ConvShapes): void {
  if (input[1] !== weight[0]) {
    const layout = '[input channels, output channels / groups, ...kernel]';
    const remedy = `give a weight ${layout} whose first axis is ${input[1]}`;
    refuse(call, `input has ${counted(input[1], 'channel')}, but weight expects ${weight[0]}`, remedy);
  }
  if (input[1] % groups !== 0) refuseGroups(call, groups, `input has ${counted(input[1], 'channel')}`);
}

function refuseGroups(call: Call, groups: number, what: string): never {
  refuse(call, `groups is ${groups}, but ${what}`, 'choose a divisor');
}
