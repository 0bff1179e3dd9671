// What is drawn of a layer: two maps and the window between them. The wide map is the one that windows lie on: the input, with
// its padding, of a convolution or a pool; the output, with what is cut off, of a transposed convolution. The narrow map has a
// cell per window. Places of the geometry count from the first real cell; drawn places from the first drawn one.

import { type ConvGeometry, explain, type PoolGeometry, type Tap } from 'neocog';
import type { Layer } from './layer.ts';
import { indexOf, placeOf } from './samples.ts';
import { isPool, type Way } from './settings.ts';
import { type Inserted, insertZeros, padInput, type Values } from './values.ts';

export interface MapData {
  readonly role: 'input' | 'output';
  readonly channels: number;
  /** Drawn cells per axis. */
  readonly sizes: readonly number[];
  /** The drawn place of the first real cell. */
  readonly origin: readonly number[];
  /** Real cells per axis. */
  readonly real: readonly number[];
  /** `[channels, …sizes]`; NaN where nothing stands. */
  readonly values: ArrayLike<number>;
  /** Whether a real cell holds a value of its own, and not a zero that was put in between. */
  readonly isOwn: (place: readonly number[]) => boolean;
}

export interface Scene {
  readonly layer: Layer;
  readonly values: Values;
  readonly geometry: ConvGeometry | PoolGeometry;
  readonly wide: MapData;
  readonly narrow: MapData;
  /** The weights of window and narrow cell: `[narrow out, wide in per group, …]`, or of stamps `[narrow in, wide out per group, …]`. */
  readonly weight: ArrayLike<number> | null;
  /** Whether narrow cells stamp the wide map, instead of being made of it. */
  readonly stamps: boolean;
  /** Whether the kernel is turned around. */
  readonly turned: boolean;
}

export const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);

const every = () => true;
const zerosOf = (sizes: readonly number[]): number[] => sizes.map(() => 0);

/** How far the last window reaches past the padding: partial windows of ceil mode. */
function beyondOf(geometry: ConvGeometry | PoolGeometry): number[] {
  const last = geometry.axes.map((axis) => axis.output - 1);
  const taps = explain.windowTaps(geometry, last);
  return geometry.axes.map(({ input, padAfter }, d) =>
    Math.max(0, ...taps.map(({ position }) => position[d]! - (input + padAfter) + 1)),
  );
}

function inputMap(layer: Layer, values: Values): MapData {
  const { axes } = layer.geometry;
  const beyond = isPool(layer.settings.op) ? beyondOf(layer.geometry) : zerosOf(axes.map(() => 0));
  const padded = padInput(values.input, layer, beyond);
  return {
    role: 'input',
    channels: padded.shape[1]!,
    sizes: padded.shape.slice(2),
    origin: axes.map(({ padBefore }) => padBefore),
    real: axes.map(({ input }) => input),
    values: padded.data,
    isOwn: every,
  };
}

function plainMap(role: MapData['role'], shape: readonly number[], values: ArrayLike<number>): MapData {
  const sizes = shape.slice(2);
  return { role, channels: shape[1]!, sizes, origin: zerosOf(sizes), real: sizes, values, isOwn: every };
}

/** The output of a transposed convolution with the cells that its padding cuts off, which hold nothing. */
function cutMap({ geometry, arithmetic }: Layer, values: Values): MapData {
  const real = geometry.axes.map(({ input }) => input);
  const sizes = geometry.axes.map(({ input, padBefore, padAfter }) => padBefore + input + padAfter);
  const origin = geometry.axes.map(({ padBefore }) => padBefore);
  const channels = arithmetic.outputShape[1]!;
  const data = new Float32Array(channels * product(sizes)).fill(Number.NaN);
  for (let i = 0; i < values.output.size; i++) {
    const [channel, ...place] = placeOf(i, [channels, ...real]);
    data[indexOf([channel!, ...place.map((at, d) => at + origin[d]!)], [channels, ...sizes])] =
      values.output.data[i]!;
  }
  return { role: 'output', channels, sizes, origin, real, values: data, isOwn: every };
}

function insertedMap(layer: Layer, { geometry, gaps, crop, input }: Inserted): MapData {
  const shown = padInput(input, { ...layer, geometry }, zerosOf(gaps));
  return {
    role: 'input',
    channels: shown.shape[1]!,
    sizes: shown.shape.slice(2),
    origin: geometry.axes.map(({ padBefore }) => padBefore),
    real: geometry.axes.map((axis) => axis.input),
    values: shown.data,
    isOwn: (place) => place.every((at, d) => (at + crop[d]![0]) % (gaps[d]! + 1) === 0),
  };
}

function zerosScene(layer: Layer, values: Values): Scene {
  const inserted = insertZeros(layer, values);
  return {
    layer,
    values,
    geometry: inserted.geometry,
    wide: insertedMap(layer, inserted),
    narrow: plainMap('output', values.output.shape, values.output.data),
    weight: inserted.weight.data,
    stamps: false,
    turned: true,
  };
}

/** @throws UnsupportedError where a layer cannot be seen that way */
export function sceneOf(layer: Layer, values: Values, way: Way): Scene {
  if (way === 'zeros') return zerosScene(layer, values);
  const stamps = layer.settings.op === 'transposed';
  const parts = {
    layer,
    values,
    geometry: layer.geometry,
    weight: values.weight?.data ?? null,
    stamps,
    turned: false,
  };
  if (stamps) {
    const narrow = plainMap('input', values.input.shape, values.input.data);
    return { ...parts, wide: cutMap(layer, values), narrow };
  }
  const narrow = plainMap('output', values.output.shape, values.output.data);
  return { ...parts, wide: inputMap(layer, values), narrow };
}

/** The input's cells, the output's, and the kernel's. */
export function tapsAt(scene: Scene, place: readonly number[]): readonly Tap[] {
  return explain.windowTaps(scene.geometry, place);
}

export function windowsOf(scene: Scene, cell: readonly number[]): readonly Tap[] {
  return explain.cellTaps(scene.geometry, cell);
}

/** Whether a place of the geometry is a real cell. */
export const isInside = (place: readonly number[], sizes: readonly number[]): boolean =>
  place.every((at, d) => at >= 0 && at < sizes[d]!);

export const drawnPlace = (map: MapData, place: readonly number[]): number[] =>
  place.map((at, d) => at + map.origin[d]!);
export const realPlace = (map: MapData, drawn: readonly number[]): number[] =>
  drawn.map((at, d) => at - map.origin[d]!);

/** The value of a channel at a place of the geometry; NaN outside what is drawn. */
export function valueAt(map: MapData, channel: number, place: readonly number[]): number {
  const drawn = drawnPlace(map, place);
  if (!isInside(drawn, map.sizes)) return Number.NaN;
  return map.values[channel * product(map.sizes) + indexOf(drawn, map.sizes)]!;
}

/** Channels by groups. A pool treats each channel as a group of its own. */
export function groupsOf({ layer }: Scene): number {
  return isPool(layer.settings.op) ? layer.arithmetic.inputShape[1]! : layer.options.groups;
}

export const groupOf = (scene: Scene, channels: number, channel: number): number =>
  Math.floor(channel / (channels / groupsOf(scene)));

/** The channels of a map that belong to a group. */
export function channelsIn(scene: Scene, map: MapData, group: number): number[] {
  const per = map.channels / groupsOf(scene);
  return Array.from({ length: per }, (_, i) => group * per + i);
}
