// Small numbers to compute with: their sums can be checked in the head.

import type { InputSample, KernelSample } from './settings.ts';

const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);

/** The place of cell `index` of a map of these sizes. */
export function placeOf(index: number, sizes: readonly number[]): number[] {
  const place: number[] = [];
  let rest = index;
  for (let d = sizes.length - 1; d >= 0; d--) {
    place.unshift(rest % sizes[d]!);
    rest = Math.floor(rest / sizes[d]!);
  }
  return place;
}

export const indexOf = (place: readonly number[], sizes: readonly number[]): number =>
  place.reduce((index, at, d) => index * sizes[d]! + at, 0);

interface Cell {
  readonly place: readonly number[];
  readonly sizes: readonly number[];
  readonly index: number;
  readonly channel: number;
}

/** A bright block, brighter in its middle. */
function shapeAt({ place, sizes, channel }: Cell): number {
  const depths = place.map((at, d) =>
    Math.min(at - Math.floor(sizes[d]! / 4), sizes[d]! - 1 - Math.floor(sizes[d]! / 4) - at),
  );
  const depth = Math.min(...depths);
  if (depth < 0) return channel % 2;
  return 2 + Math.min(depth, 1) + (channel % 3);
}

const inputs: Readonly<Record<InputSample, (cell: Cell) => number>> = {
  shape: shapeAt,
  numbers: ({ index, channel }) => 1 + ((index * 7 + Math.floor(index / 3) * 2 + channel * 3) % 5),
  ramp: ({ index, channel }) => index + channel,
  spot: ({ place, sizes, channel }) =>
    Number(place.every((at, d) => at === Math.floor(sizes[d]! / 2)) && channel === 0),
};

/** Values `[channels, …sizes]`. */
export function inputValues(sample: InputSample, channels: number, sizes: readonly number[]): Float32Array {
  const cells = product(sizes);
  return Float32Array.from({ length: channels * cells }, (_, i) => {
    const [channel, index] = [Math.floor(i / cells), i % cells];
    return inputs[sample]({ place: placeOf(index, sizes), sizes, index, channel });
  });
}

/** A tap of a filter. */
interface Weight extends Cell {
  readonly filter: number;
}

/** 1 before the middle of an axis, −1 after it: each filter along the next axis. */
function edgeAt({ place, sizes, filter }: Weight): number {
  const axis = sizes.length - 1 - (filter % sizes.length);
  const sign = Math.sign((sizes[axis]! - 1) / 2 - place[axis]!);
  return Math.floor(filter / sizes.length) % 2 === 0 ? sign : -sign;
}

const kernels: Readonly<Record<KernelSample, (weight: Weight) => number>> = {
  edges: (weight) => (product(weight.sizes) === 1 ? 1 + weight.filter : edgeAt(weight)),
  ones: () => 1,
  numbers: ({ index, channel, filter }) => ((index * 5 + channel * 3 + filter * 4) % 7) - 3,
  centre: ({ place, sizes }) => Number(place.every((at, d) => at === Math.floor((sizes[d]! - 1) / 2))),
  mean: ({ sizes }) => 1 / product(sizes),
};

export interface Kernels {
  readonly filters: number;
  /** Input channels of a filter. */
  readonly channels: number;
  readonly sizes: readonly number[];
}

/** Weights `[filters, channels, …sizes]`. */
export function kernelValues(sample: KernelSample, { filters, channels, sizes }: Kernels): Float32Array {
  const taps = product(sizes);
  return Float32Array.from({ length: filters * channels * taps }, (_, i) => {
    const [filter, channel, index] = [
      Math.floor(i / (channels * taps)),
      Math.floor(i / taps) % channels,
      i % taps,
    ];
    return kernels[sample]({ place: placeOf(index, sizes), sizes, index, channel, filter });
  });
}

/** Weights from a text of the address: as many finite numbers as there must be, otherwise null. */
export function readWeights(text: string, count: number): Float32Array | null {
  const numbers = text === '' ? [] : text.split(',').map(Number);
  return numbers.length === count && numbers.every(Number.isFinite) ? Float32Array.from(numbers) : null;
}
