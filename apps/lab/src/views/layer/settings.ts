// The settings of the bench: what the address holds. A list of one number stands for all axes.

import {
  flagField,
  type QueryField,
  type QueryFields,
  textField,
  wholeField,
  wholesField,
  wordField,
} from '../../shell/query.ts';

export type Op = 'conv' | 'transposed' | 'max' | 'avg';
export type Rank = 1 | 2 | 3;
/** Ways of seeing a layer. `stamp` and `zeros` are those of a transposed convolution. */
export type Way = 'slide' | 'stamp' | 'zeros' | 'columns' | 'tiles' | 'shift';
export type Mode = 'zeros' | 'reflect' | 'symmetric' | 'replicate' | 'circular';
export type PadName = 'valid' | 'same' | 'same-lower' | 'full' | 'causal';
export type InputSample = 'shape' | 'numbers' | 'ramp' | 'spot';
export type KernelSample = 'edges' | 'ones' | 'numbers' | 'centre' | 'mean';

/** Padding by its name, or cells: one number for all sides, or before and after of each axis. */
export type Pad = PadName | readonly number[];

export interface LayerSettings {
  rank: '1' | '2' | '3';
  op: Op;
  size: readonly number[];
  kernel: readonly number[];
  stride: readonly number[];
  dilation: readonly number[];
  pad: Pad;
  mode: Mode;
  in: number;
  out: number;
  groups: number;
  bias: boolean;
  /** Output padding of a transposed convolution. */
  extra: readonly number[];
  ceil: boolean;
  /** Average pooling counts its padding. */
  counted: boolean;
  x: InputSample;
  w: KernelSample;
  /** The weights of all filters, if they are not those of the sample: `1,0,-1`. */
  weights: string;
  see: Way;
  /** The step at which the bench stands still; −1 while it moves. */
  at: number;
  /** The output channel whose kernel is shown. */
  filter: number;
  /** How far the input is shifted, per axis. */
  shift: readonly number[];
}

/** The largest sizes that are drawn, by rank. */
export const mostSize: Readonly<Record<Rank, number>> = { 1: 32, 2: 16, 3: 7 };
export const mostChannels: Readonly<Record<Rank, number>> = { 1: 8, 2: 6, 3: 3 };
export const startSize: Readonly<Record<Rank, number>> = { 1: 12, 2: 6, 3: 4 };

const names: readonly PadName[] = ['valid', 'same', 'same-lower', 'full', 'causal'];
const perAxis = (initial: number, least: number, most: number) =>
  wholesField([initial], { least, most, lengths: [1, 2, 3] });
const sides = wholesField([0], { least: 0, most: 16, lengths: [1, 2, 4, 6] });

const padField: QueryField<Pad> = {
  initial: [0],
  read: (text) => names.find((name) => name === text) ?? sides.read(text),
  write: (value) => (typeof value === 'string' ? value : sides.write(value)),
};

export const fields: QueryFields<LayerSettings> = {
  rank: wordField('2', ['1', '2', '3']),
  op: wordField('conv', ['conv', 'transposed', 'max', 'avg']),
  size: perAxis(6, 1, 32),
  kernel: perAxis(3, 1, 11),
  stride: perAxis(1, 1, 9),
  dilation: perAxis(1, 1, 9),
  pad: padField,
  mode: wordField('zeros', ['zeros', 'reflect', 'symmetric', 'replicate', 'circular']),
  in: wholeField(1, 1, 8),
  out: wholeField(1, 1, 8),
  groups: wholeField(1, 1, 8),
  bias: flagField(false),
  extra: perAxis(0, 0, 8),
  ceil: flagField(false),
  counted: flagField(true),
  x: wordField('shape', ['shape', 'numbers', 'ramp', 'spot']),
  w: wordField('edges', ['edges', 'ones', 'numbers', 'centre', 'mean']),
  weights: textField(''),
  see: wordField('slide', ['slide', 'stamp', 'zeros', 'columns', 'tiles', 'shift']),
  at: wholeField(-1, 0, 100_000),
  filter: wholeField(0, 0, 7),
  shift: wholesField([1], { least: -16, most: 16, lengths: [1, 2, 3] }),
};

/** One number per axis; a list of another length goes on with its last. */
export const spread = (list: readonly number[], rank: number): number[] =>
  Array.from({ length: rank }, (_, d) => list[Math.min(d, list.length - 1)] ?? 0);

/** A pair per axis. */
export function spreadSides(list: readonly number[], rank: number): [before: number, after: number][] {
  const side = (at: number): number => (list.length === 1 ? list[0]! : (list[at] ?? 0));
  return Array.from({ length: rank }, (_, d) => [side(2 * d), side(2 * d + 1)]);
}

export const isPool = (op: Op): boolean => op === 'max' || op === 'avg';

/** The ways in which a layer can be seen. The first is the usual one. */
export function waysOf({ op }: Pick<LayerSettings, 'op'>): readonly Way[] {
  if (op === 'transposed') return ['stamp', 'zeros'];
  if (op === 'conv') return ['slide', 'columns', 'tiles', 'shift'];
  return ['slide', 'shift'];
}

/** The way that is seen: the chosen one if the layer has it. */
export const wayOf = (settings: Pick<LayerSettings, 'op' | 'see'>): Way => {
  const ways = waysOf(settings);
  return ways.find((way) => way === settings.see) ?? ways[0]!;
};
