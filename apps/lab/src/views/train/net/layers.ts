// The layers of a network that is edited: what they are, and how an address writes them. Pure.

import type { QueryField } from '../../../shell/query.ts';

export const activations = ['relu', 'leakyRelu', 'gelu', 'silu', 'tanh', 'sigmoid', 'none'] as const;
export type ActivationName = (typeof activations)[number];

export interface ConvSpec {
  readonly kind: 'conv';
  readonly filters: number;
  readonly kernel: number;
  readonly stride: number;
  readonly activation: ActivationName;
  /** Batch normalisation after the convolution. */
  readonly norm: boolean;
  /** What comes in is added to what goes out. */
  readonly skip: boolean;
}

export interface PoolSpec {
  readonly kind: 'max' | 'mean';
  readonly size: number;
}

/** The mean of each map. */
export interface GlobalSpec {
  readonly kind: 'global';
}

export interface DropoutSpec {
  readonly kind: 'dropout';
  readonly percent: number;
}

export interface LinearSpec {
  readonly kind: 'linear';
  readonly units: number;
  readonly activation: ActivationName;
}

/** A layer of the list. The last one, which gives a score for each class, stands in no list. */
export type LayerSpec = ConvSpec | PoolSpec | GlobalSpec | DropoutSpec | LinearSpec;
export type LayerKind = LayerSpec['kind'];

/** What a number of a layer may be. */
export interface Range {
  readonly name: string;
  readonly least: number;
  readonly most: number;
}

export const ranges = {
  filters: { name: 'Filters', least: 1, most: 128 },
  kernel: { name: 'Kernel', least: 1, most: 11 },
  stride: { name: 'Stride', least: 1, most: 4 },
  size: { name: 'Size', least: 2, most: 8 },
  percent: { name: 'Percent', least: 1, most: 90 },
  units: { name: 'Units', least: 1, most: 512 },
} as const satisfies Readonly<Record<string, Range>>;

export const mostLayers = 16;

export const initialLayers: Readonly<Record<LayerKind, LayerSpec>> = {
  conv: { kind: 'conv', filters: 16, kernel: 3, stride: 1, activation: 'relu', norm: false, skip: false },
  max: { kind: 'max', size: 2 },
  mean: { kind: 'mean', size: 2 },
  global: { kind: 'global' },
  dropout: { kind: 'dropout', percent: 25 },
  linear: { kind: 'linear', units: 32, activation: 'relu' },
};

const inRange = (value: number, { least, most }: Range): boolean =>
  Number.isInteger(value) && value >= least && value <= most;

const isActivation = (text: string | undefined): text is ActivationName =>
  activations.some((name) => name === text);

/** `conv_8_5_1_relu_norm`, `max_2`, `linear_32_relu`. */
function write(layer: LayerSpec): string {
  switch (layer.kind) {
    case 'conv': {
      const flags = [...(layer.norm ? ['norm'] : []), ...(layer.skip ? ['skip'] : [])];
      return ['conv', layer.filters, layer.kernel, layer.stride, layer.activation, ...flags].join('_');
    }
    case 'max':
    case 'mean':
      return `${layer.kind}_${layer.size}`;
    case 'dropout':
      return `dropout_${layer.percent}`;
    case 'linear':
      return `linear_${layer.units}_${layer.activation}`;
    case 'global':
      return 'global';
    default:
      return layer satisfies never;
  }
}

type Reader = (parts: readonly string[]) => LayerSpec | undefined;

const readers: Readonly<Record<LayerKind, Reader>> = {
  conv([filters, kernel, stride, activation, ...flags]) {
    const numbers = [filters, kernel, stride].map(Number);
    const limits = [ranges.filters, ranges.kernel, ranges.stride];
    if (!limits.every((range, i) => inRange(numbers[i]!, range)) || !isActivation(activation)) return;
    if (!flags.every((flag) => flag === 'norm' || flag === 'skip')) return;
    const [f = 1, k = 1, s = 1] = numbers;
    const has = (flag: string): boolean => (flags as readonly string[]).includes(flag);
    const [norm, skip] = [has('norm'), has('skip')];
    return { kind: 'conv', filters: f, kernel: k, stride: s, activation, norm, skip };
  },
  max: ([size]) => pool('max', Number(size)),
  mean: ([size]) => pool('mean', Number(size)),
  global: (parts) => (parts.length === 0 ? { kind: 'global' } : undefined),
  dropout: ([text]) => {
    const percent = Number(text);
    return inRange(percent, ranges.percent) ? { kind: 'dropout', percent } : undefined;
  },
  linear: ([text, activation]) => {
    const units = Number(text);
    const isOne = inRange(units, ranges.units) && isActivation(activation);
    return isOne ? { kind: 'linear', units, activation } : undefined;
  },
};

const pool = (kind: 'max' | 'mean', size: number): PoolSpec | undefined =>
  inRange(size, ranges.size) ? { kind, size } : undefined;

function read(text: string): LayerSpec | undefined {
  const [kind = '', ...parts] = text.split('_');
  return Object.hasOwn(readers, kind) ? readers[kind as LayerKind](parts) : undefined;
}

/** The list as an address has it. */
export const writeLayers = (layers: readonly LayerSpec[]): string => layers.map(write).join(',');

/** Undefined for text that is no list of layers. */
export function readLayers(text: string): readonly LayerSpec[] | undefined {
  if (text === '') return [];
  const layers = text.split(',').map(read);
  return layers.length <= mostLayers && !layers.includes(undefined) ? (layers as LayerSpec[]) : undefined;
}

const conv = (filters: number, kernel: number): ConvSpec => ({
  ...{ kind: 'conv', filters, kernel, stride: 1, activation: 'relu', norm: true, skip: false },
});

export const layersField: QueryField<readonly LayerSpec[]> = {
  initial: [conv(8, 5), { kind: 'max', size: 2 }, conv(16, 3), { kind: 'max', size: 2 }],
  read: readLayers,
  write: writeLayers,
};
