// Convolutions and transposed convolutions as plain data: drawing, shrinking, and their tensors.

import { multiplyAdds } from '../../packages/neocog/src/geometry/conv.ts';
import type { Generator, PaddingMode, Tensor } from '../../packages/neocog/src/index.ts';
import * as neocog from '../../packages/neocog/src/index.ts';
import { between, oneIn, pick, replaced, smallerSizes, times, wholeNumbers } from './drawing.ts';

type Padding = string | readonly (readonly [number, number])[];

export interface ConvCase {
  readonly transposed: boolean;
  readonly batch: number;
  readonly groups: number;
  /** Channels of one group, of the operation's input and output. */
  readonly perIn: number;
  readonly perOut: number;
  /** Per spatial axis, as the following. */
  readonly input: readonly number[];
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly outputPadding: readonly number[];
  readonly padding: Padding;
  readonly paddingMode: PaddingMode;
  readonly layout: 'channels-first' | 'channels-last';
  readonly flipKernel: boolean;
  readonly bias: boolean;
  /** Of the values. */
  readonly seed: number;
}

/** Largest work of a case, in multiply-adds: the judge is plain loops. */
const mostWork = 400_000;

const modes: readonly PaddingMode[] = [
  'zeros',
  'zeros',
  'zeros',
  'reflect',
  'symmetric',
  'replicate',
  'circular',
];
const names = ['valid', 'same', 'same-lower', 'full', 'causal'];

/** A convolution of any kind, or null where the sizes do not fit together or would take long. */
export function drawConv(random: Generator): ConvCase | null {
  const rank = pick(random, [1, 2, 2, 2, 3]);
  const perAxis = (draw: () => number): number[] => times(rank, draw);
  const kernel = drawKernel(random, rank);
  const stride = perAxis(() => pick(random, [1, 1, 1, 2, 2, 3, 5]));
  const dilation = perAxis(() => pick(random, [1, 1, 1, 2, 3, 4]));
  const longest = [0, 120, 24, 9][rank] as number;
  const c: ConvCase = {
    transposed: oneIn(random, 3),
    batch: pick(random, [1, 1, 1, 2, 3]),
    ...drawChannels(random),
    input: perAxis(() => between(random, 1, longest)),
    kernel,
    stride,
    dilation,
    outputPadding: perAxis(() => pick(random, [0, 0, 0, 1, 2])),
    padding: drawPadding(random, kernel),
    paddingMode: pick(random, modes),
    layout: pick(random, ['channels-first', 'channels-first', 'channels-last'] as const),
    flipKernel: oneIn(random, 8),
    bias: oneIn(random, 2),
    seed: random.integer(2 ** 30),
  };
  return fits(c) ? c : null;
}

/** Now one cell, now square, now anything to 16 a side. */
function drawKernel(random: Generator, rank: number): number[] {
  const style = random.integer(6);
  if (style === 0) return times(rank, () => 1);
  if (style <= 2) return Array(rank).fill(pick(random, [2, 3, 3, 5, 7]));
  return times(rank, () => (oneIn(random, 2) ? between(random, 1, 4) : between(random, 1, 16)));
}

function drawChannels(random: Generator): Pick<ConvCase, 'groups' | 'perIn' | 'perOut'> {
  const few = [1, 1, 2, 3, 4, 5, 8];
  const many = [...few, 12, 16, 17, 33, 64];
  if (oneIn(random, 4)) return { groups: pick(random, many), perIn: 1, perOut: pick(random, [1, 1, 2, 3]) };
  const groups = pick(random, [1, 1, 1, 2, 3, 4, 8]);
  const from = groups === 1 ? many : few;
  return { groups, perIn: pick(random, from), perOut: pick(random, from) };
}

function drawPadding(random: Generator, kernel: readonly number[]): Padding {
  if (oneIn(random, 5)) return pick(random, names);
  return kernel.map((k) => [random.integer(Math.min(k, 6) + 1), random.integer(Math.min(k, 6) + 1)] as const);
}

function fits(c: ConvCase): boolean {
  try {
    const { options, channelsFirst } = describe(c);
    const make = c.transposed ? neocog.convTransposeGeometry : neocog.convGeometry;
    const rank = c.kernel.length as 1 | 2 | 3;
    const g = make('fuzz', rank, channelsFirst.input, channelsFirst.weight, options);
    return multiplyAdds(g) <= mostWork;
  } catch {
    return false;
  }
}

interface Described {
  /** The operation's options, without bias. */
  readonly options: Record<string, unknown>;
  readonly channelsFirst: { readonly input: number[]; readonly weight: number[] };
  readonly input: number[];
  readonly weight: number[];
  readonly outChannels: number;
}

/** Shapes and options as the operation takes them. */
export function describe(c: ConvCase): Described {
  const { groups, stride, dilation, padding, paddingMode, layout, flipKernel } = c;
  const shared = { groups, stride, dilation, padding, paddingMode };
  const options = c.transposed ? { ...shared, outputPadding: c.outputPadding } : shared;
  const channels = [groups * c.perIn, groups * c.perOut] as const;
  const weight = c.transposed ? [channels[0], c.perOut, ...c.kernel] : [channels[1], c.perIn, ...c.kernel];
  const input = [c.batch, channels[0], ...c.input];
  const last = layout === 'channels-last';
  return {
    options: { ...options, ...(last && { layout }), ...(flipKernel && { flipKernel }) },
    channelsFirst: { input, weight },
    input: last ? [c.batch, ...c.input, channels[0]] : input,
    weight: last ? [...c.kernel, weight[1] as number, weight[0] as number] : weight,
    outChannels: channels[1],
  };
}

export interface ConvTensors {
  readonly x: Tensor;
  readonly w: Tensor;
  readonly bias: Tensor | null;
}

export type Values = (seed: number, shape: readonly number[]) => Tensor;

export function tensorsOf(c: ConvCase, values: Values = wholeNumbers): ConvTensors {
  const { input, weight, outChannels } = describe(c);
  const bias = c.bias ? values(c.seed + 2, [outChannels]) : null;
  return { x: values(c.seed, input), w: values(c.seed + 1, weight), bias };
}

/** The operation itself. */
export function apply(c: ConvCase, { x, w, bias }: ConvTensors): Tensor {
  const rank = c.kernel.length as 1 | 2 | 3;
  const { options } = describe(c);
  const operation = neocog[`${c.transposed ? 'convTranspose' : 'conv'}${rank}d`] as (
    x: Tensor,
    w: Tensor,
    options: object,
  ) => Tensor;
  return operation(x, w, { ...options, bias: bias ?? undefined });
}

/** Simpler in one respect: fewer axes, channels, cells, taps; options at their defaults. */
export function* smallerConv(c: ConvCase): Iterable<ConvCase> {
  for (let axis = 0; axis < c.kernel.length && c.kernel.length > 1; axis++) yield withoutAxis(c, axis);
  for (const key of ['batch', 'groups', 'perIn', 'perOut'] as const)
    for (const n of smallerSizes(c[key], 1)) yield { ...c, [key]: n };
  const plain = { bias: false, flipKernel: false, layout: 'channels-first', paddingMode: 'zeros' } as const;
  for (const [key, value] of Object.entries(plain))
    if (c[key as keyof typeof plain] !== value) yield { ...c, [key]: value };
  yield* smallerPadding(c);
  const least = { input: 1, kernel: 1, stride: 1, dilation: 1, outputPadding: 0 } as const;
  for (const key of Object.keys(least) as (keyof typeof least)[])
    for (let axis = 0; axis < c.kernel.length; axis++)
      for (const n of smallerSizes(c[key][axis] as number, least[key]))
        yield { ...c, [key]: replaced(c[key], axis, n) };
}

function* smallerPadding(c: ConvCase): Iterable<ConvCase> {
  if (typeof c.padding === 'string') {
    if (c.padding !== 'valid') yield { ...c, padding: 'valid' };
    return;
  }
  for (const [axis, [before, after]] of c.padding.entries()) {
    for (const n of smallerSizes(before, 0)) yield { ...c, padding: replaced(c.padding, axis, [n, after]) };
    for (const n of smallerSizes(after, 0)) yield { ...c, padding: replaced(c.padding, axis, [before, n]) };
  }
}

function withoutAxis(c: ConvCase, axis: number): ConvCase {
  const without = <T>(list: readonly T[]): T[] => list.filter((_, i) => i !== axis);
  return {
    ...c,
    input: without(c.input),
    kernel: without(c.kernel),
    stride: without(c.stride),
    dilation: without(c.dilation),
    outputPadding: without(c.outputPadding),
    padding: typeof c.padding === 'string' ? c.padding : without(c.padding),
  };
}
