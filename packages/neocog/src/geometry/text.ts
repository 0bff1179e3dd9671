// A geometry as one line of text and back: `n1 g1 c64>64 56x56 k3x3 s1 d1 p1`. The line names a problem in
// caches, tests, benchmarks and on the command line; equal geometries have equal lines.
//   n batch, g groups, c channels (in>out), the input's size, k kernel, s stride, d dilation,
//   p padding (before:after), a padding mode other than zeros, o output where it is not what the sizes say

import { counted } from '../arguments/show.ts';
import { FormatError, ShapeError } from '../errors.ts';
import { convGeometry } from './conv.ts';
import { paddingModes, type Rank, type SidePads } from './options.ts';
import { poolGeometry } from './pool.ts';
import type { ConvGeometry, PaddingMode, PoolGeometry, WindowAxis } from './types.ts';
import { floorOutput, freezeAxis } from './window.ts';

export function formatConv(g: ConvGeometry): string {
  const head = `n${g.batch} g${g.groups} c${g.inChannels}>${g.outChannels}`;
  const mode = g.paddingMode === 'zeros' ? '' : ` ${g.paddingMode}`;
  return `${head} ${formatWindow(g.axes)}${mode}${formatOutput(g.axes)}`;
}

export function formatPool(g: PoolGeometry): string {
  return `n${g.batch} c${g.channels} ${formatWindow(g.axes)}${formatOutput(g.axes)}`;
}

function formatWindow(axes: readonly WindowAxis[]): string {
  const [stride, dilation] = [axes.map((a) => a.stride), axes.map((a) => a.dilation)];
  const size = `${joinSizes(axes.map((a) => a.input))} k${joinSizes(axes.map((a) => a.kernel))}`;
  return `${size} s${shorten(stride)} d${shorten(dilation)} p${formatPads(axes)}`;
}

const joinSizes = (sizes: readonly (number | string)[]): string => sizes.join('x');

/** One number where all axes agree. */
const shorten = (sizes: readonly number[]): string =>
  sizes.every((size) => size === sizes[0]) ? String(sizes[0]) : joinSizes(sizes);

function formatPads(axes: readonly WindowAxis[]): string {
  const even = axes.every((a) => a.padBefore === a.padAfter);
  return even
    ? shorten(axes.map((a) => a.padBefore))
    : joinSizes(axes.map((a) => `${a.padBefore}:${a.padAfter}`));
}

const formatOutput = (axes: readonly WindowAxis[]): string =>
  axes.every((a) => a.output === floorOutput(a)) ? '' : ` o${joinSizes(axes.map((a) => a.output))}`;

const sizes = '\\d+(?:x\\d+)*';
const windowPattern = `(?<input>${sizes}) k(?<kernel>${sizes}) s(?<stride>${sizes}) d(?<dilation>${sizes}) p(?<pads>[\\d:x]+)`;
const outputPattern = `(?: o(?<output>${sizes}))?`;
/** How a geometry is written, and what an error says of text that is not. */
interface Form {
  readonly what: string;
  readonly pattern: RegExp;
  readonly example: string;
}

const convForm: Form = {
  what: 'a convolution',
  pattern: new RegExp(
    `^n(?<batch>\\d+) g(?<groups>\\d+) c(?<from>\\d+)>(?<to>\\d+) ${windowPattern}(?: (?<mode>[a-z]+))?${outputPattern}$`,
  ),
  example: 'n1 g1 c64>64 56x56 k3x3 s1 d1 p1 [reflect] [o56x56]',
};
const poolForm: Form = {
  what: 'a pooling window',
  pattern: new RegExp(`^n(?<batch>\\d+) c(?<channels>\\d+) ${windowPattern}${outputPattern}$`),
  example: 'n1 c64 56x56 k3x3 s2 d1 p1 [o29x29]',
};

/** Reads what `formatConv` writes. Throws FormatError. */
export function parseConv(text: string): ConvGeometry {
  const t = matchText(text, convForm);
  const [groups, from, to] = [Number(t.groups), Number(t.from), Number(t.to)];
  if (groups === 0 || from % groups !== 0)
    fail(text, `groups is ${groups} for ${counted(from, 'channel')}; choose a divisor`);
  const mode = (t.mode ?? 'zeros') as PaddingMode;
  if (!paddingModes.includes(mode))
    fail(text, `'${mode}' is no padding mode; choose from ${paddingModes.join(', ')}`);
  const w = readWindow(text, t);
  return translate(() => {
    const input = [Number(t.batch), from, ...w.input];
    const weight = [to, from / groups, ...w.kernel];
    const options = { ...w.options, paddingMode: mode, groups };
    const g = convGeometry({ fn: `'${text}'`, rank: w.rank }, { input, weight }, options);
    const axes = withOutput(w, g.axes, (axis) => [1, floorOutput(axis)]);
    return Object.freeze({ ...g, axes });
  });
}

/** Reads what `formatPool` writes. Throws FormatError. */
export function parsePool(text: string): PoolGeometry {
  const t = matchText(text, poolForm);
  const w = readWindow(text, t);
  return translate(() => {
    const input = [Number(t.batch), Number(t.channels), ...w.input];
    // A stated output is that of ceil mode on at least one axis.
    const ceilMode = w.output !== null;
    const caller = { fn: `'${text}'`, rank: w.rank };
    const g = poolGeometry(caller, { input, kernel: w.kernel }, { ...w.options, ceilMode });
    const axes = withOutput(w, g.axes, (axis) => [Math.max(1, floorOutput(axis)), axis.output]);
    return Object.freeze({ ...g, axes });
  });
}

type Tokens = Record<string, string | undefined>;

/** The part of a text that its spatial axes are read from. */
interface Source {
  readonly text: string;
  readonly rank: number;
}

interface Window extends Source {
  readonly rank: Rank;
  readonly input: readonly number[];
  readonly kernel: readonly number[];
  readonly options: { stride: readonly number[]; dilation: readonly number[]; padding: SidePads };
  readonly output: readonly number[] | null;
}

function fail(text: string, why: string): never {
  throw new FormatError(`'${text}': ${why}`);
}

function matchText(text: string, { what, pattern, example }: Form): Tokens {
  const match = pattern.exec(text);
  return (
    match?.groups ??
    fail(text, `this is not ${what}; write it like ${example}, with one space between the parts`)
  );
}

function readWindow(text: string, t: Tokens): Window {
  const input = splitSizes(t.input);
  const rank = input.length;
  if (rank > 3) fail(text, `the input has ${rank} axes; give 1, 2 or 3`);
  const source = { text, rank };
  const each = (name: string): number[] => spread(source, name, splitSizes(t[name]));
  return {
    text,
    rank: rank as Rank,
    input,
    kernel: each('kernel'),
    options: {
      stride: each('stride'),
      dilation: each('dilation'),
      padding: readTextPads(source, t.pads ?? ''),
    },
    output: t.output === undefined ? null : each('output'),
  };
}

const splitSizes = (sizes: string | undefined): number[] => (sizes ?? '').split('x').map(Number);

/** One value per axis; a single one stands for all. */
function spread<T>({ text, rank }: Source, name: string, values: T[]): T[] {
  if (values.length === rank) return values;
  if (values.length === 1) return Array(rank).fill(values[0]);
  return fail(
    text,
    `${name} has ${values.length} parts for ${counted(rank, 'axis', 'axes')}; give one for each axis`,
  );
}

function readTextPads(source: Source, pads: string): SidePads {
  const sides = pads
    .split('x')
    .map((part) => (/^\d+(:\d+)?$/.test(part) ? part.split(':').map(Number) : null));
  const pairs = sides.map((side): readonly [number, number] => {
    if (!side) return fail(source.text, `padding is 'p${pads}'; write it like p1, p1x2 or p0:1x2:2`);
    return [side[0], side[side.length - 1]];
  });
  return spread(source, 'padding', pairs);
}

/** Replaces the computed outputs by stated ones, within the limits of each axis. */
function withOutput(
  { text, output }: Window,
  axes: readonly WindowAxis[],
  limits: (axis: WindowAxis) => readonly [number, number],
): readonly WindowAxis[] {
  if (!output) return axes;
  const changed = axes.map((axis, i) => {
    const [least, most] = limits(axis);
    if (output[i] >= least && output[i] <= most) return freezeAxis(axis, output[i]);
    return fail(
      text,
      `output is ${output[i]}, but the sizes allow ${least === most ? least : `${least} to ${most}`}`,
    );
  });
  return Object.freeze(changed);
}

/** Shapes that do not fit are, in a text, a fault of the text. */
function translate<T>(build: () => T): T {
  try {
    return build();
  } catch (error) {
    throw error instanceof ShapeError ? new FormatError(error.message) : error;
  }
}
