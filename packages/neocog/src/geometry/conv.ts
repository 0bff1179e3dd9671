// The geometry of a convolution and of its transpose: options × shapes, checked once and frozen.
// Every refusal of a convolution's shapes arises here or in the files that this one reads.

import {
  type Call,
  type ConvOptions,
  type ConvTransposeOptions,
  checkShape,
  type Rank,
  readGroups,
  readMode,
  readPerAxis,
  refuse,
  showShapes,
} from './options.ts';
import { transposedAxes } from './transpose.ts';
import type { ConvGeometry } from './types.ts';
import {
  type BareAxis,
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

/**
 * The geometry of a convolution of `input` `[batch, channels, ...spatial]` with `weight`
 * `[out, channels / groups, ...kernel]`. `fn` is the name that errors carry.
 */
export function convGeometry(
  fn: string,
  rank: Rank,
  input: readonly number[],
  weight: readonly number[],
  options: ConvOptions = {},
): ConvGeometry {
  const call: Call = {
    fn,
    rank,
    get shapes() {
      return showShapes({ input, weight }, options.layout);
    },
  };
  checkShape(call, 'input', input, ['batch', 'channels']);
  checkShape(call, 'weight', weight, ['out channels', 'in channels / groups']);
  const groups = readGroups(call, options.groups ?? 1);
  checkChannels(call, groups, input, weight);
  const bare = bareAxes(call, input.slice(2), weight.slice(2), options);
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
  fn: string,
  rank: Rank,
  input: readonly number[],
  weight: readonly number[],
  options: ConvTransposeOptions = {},
): ConvGeometry {
  const call: Call = {
    fn,
    rank,
    get shapes() {
      return showShapes({ input, weight }, options.layout);
    },
  };
  checkShape(call, 'input', input, ['batch', 'channels']);
  checkShape(call, 'weight', weight, ['in channels', 'out channels / groups']);
  const groups = readGroups(call, options.groups ?? 1);
  checkTransposedChannels(call, groups, input, weight);
  const bare = bareAxes(call, input.slice(2), weight.slice(2), options);
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

function bareAxes(
  call: Call,
  input: readonly number[],
  kernel: readonly number[],
  options: ConvOptions | ConvTransposeOptions,
): BareAxis[] {
  const stride = readPerAxis(call, 'stride', options.stride ?? 1, 1);
  const dilation = readPerAxis(call, 'dilation', options.dilation ?? 1, 1);
  return input.map((size, i) => ({
    input: size,
    kernel: kernel[i],
    stride: stride[i],
    dilation: dilation[i],
  }));
}

function checkChannels(
  call: Call,
  groups: number,
  input: readonly number[],
  weight: readonly number[],
): void {
  const [channels, out, perGroup] = [input[1], weight[0], weight[1]];
  checkDivides(call, groups, channels, `input has ${channels} channels`);
  if (channels !== perGroup * groups) {
    const last = input[input.length - 1] === perGroup * groups;
    const remedy = last
      ? "if the input is channels-last, pass layout: 'channels-last'"
      : `the weight's second axis must be ${channels / groups}`;
    refuse(call, `input has ${channels} channels, weight expects ${perGroup} × groups ${groups}`, remedy);
  }
  checkDivides(call, groups, out, `weight has ${out} out channels`);
}

function checkTransposedChannels(
  call: Call,
  groups: number,
  input: readonly number[],
  weight: readonly number[],
): void {
  if (input[1] !== weight[0]) {
    const layout = '[in channels, out channels / groups, ...kernel]';
    const remedy = `a transposed weight is ${layout}, its first axis must be ${input[1]}`;
    refuse(call, `input has ${input[1]} channels, weight expects ${weight[0]}`, remedy);
  }
  checkDivides(call, groups, input[1], `input has ${input[1]} channels`);
}

function checkDivides(call: Call, groups: number, channels: number, what: string): void {
  if (channels % groups === 0) return;
  refuse(call, `${what}, which groups ${groups} does not divide`, 'choose groups that do');
}
