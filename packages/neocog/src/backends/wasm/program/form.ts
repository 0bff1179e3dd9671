// How a value lies in a program's memory: row-major as tensors are, or as pixels with all their channels side by side, as
// kernels like it. And how loops over the one become loops over the other.

import { padToVectors } from '../kernels/tiles.ts';

/** `[image][cell][pitch]` of a value whose row-major order is `[image][channel][cell]`. */
export interface Pixels {
  readonly images: number;
  readonly channels: number;
  /** Cells of one channel of one image. */
  readonly plane: number;
  /** Floats per cell, at least `channels`; of pairs words. */
  readonly pitch: number;
  /** Whole numbers of 16 bits, two to a word; so many groups of channels begin with a word of their own. Undefined for floats. */
  readonly paired?: number;
}

/** Pixels without their pitch. */
export type PixelsSize = readonly [images: number, channels: number, plane: number];

/** Null is row-major. */
export type Form = Pixels | null;

/** Whole vectors per cell, but for images of few channels, where they would be mostly air. */
export const pitchFor = (channels: number, plane: number): number =>
  plane === 1 || channels < 4 ? channels : Math.ceil(channels / 4) * 4;

export const pixels = (images: number, channels: number, plane: number): Pixels => ({
  images,
  channels,
  plane,
  pitch: pitchFor(channels, plane),
});

/** Pixels whose distance is a multiple of this many floats fall into few sets of a cache. */
const crowded = 64;
const apart = 16;

/** Pixels for kernels that walk down a column of them with a few channels: not a round number of bytes apart. */
export const spreadPixels = (images: number, channels: number, plane: number): Pixels => {
  const form = pixels(images, channels, plane);
  return plane > 1 && form.pitch % crowded === 0 ? { ...form, pitch: form.pitch + apart } : form;
};

/** Floats of the same cells and channels, at whatever pitch. */
export const samePixels = (a: Form, b: Form): boolean =>
  a?.images === b?.images && a?.channels === b?.channels && a?.plane === b?.plane && !a?.paired && !b?.paired;

/** Pixels of one cell, or of one channel, without a gap are row-major. */
const isRowMajor = ({ channels, plane, pitch }: Pixels): boolean =>
  pitch === channels && (plane === 1 || channels === 1);

/** Pixels of pairs, for a convolution of these groups. */
export function pairedPixels(size: PixelsSize, groups: number): Pixels & { paired: number } {
  const [images, channels, plane] = size;
  const words = wordsOf(channels / groups);
  return { images, channels, plane, pitch: (groups - 1) * words + padToVectors(words), paired: groups };
}

/** Words of the pairs of so many channels. */
export const wordsOf = (channels: number): number => Math.ceil(channels / 2);

/** Two forms of equal keys are the same arrangement. */
export function formKey(form: Form): string {
  if (!form || (!form.paired && isRowMajor(form))) return 'row-major';
  const pairs = form.paired ? ` pairs of ${form.paired}` : '';
  return `${form.images}x${form.channels}x${form.plane} pitch ${form.pitch}${pairs}`;
}

/** Floats that a value of `size` elements takes. */
export const floatsOf = (form: Form, size: number): number =>
  form ? form.images * form.plane * form.pitch : size;

/** One axis of a loop over a value, in elements of the row-major order: a step, or a table of places. */
export interface LoopAxis {
  readonly size: number;
  readonly step: number | Int32Array;
}

/** The same axes in floats of the form, and where they begin. */
export interface Located {
  readonly start: number;
  readonly steps: readonly (number | Int32Array)[];
}

/** The axis has to be cut into an outer one and an inner one of `inner` cells before it can be located. */
export interface Cut {
  readonly axis: number;
  readonly inner: number;
}

const least = (step: number | Int32Array, size: number): number =>
  typeof step === 'number' ? Math.min(0, step * (size - 1)) : step.reduce((a, b) => Math.min(a, b), 0);
const most = (step: number | Int32Array, size: number): number =>
  typeof step === 'number' ? Math.max(0, step * (size - 1)) : step.reduce((a, b) => Math.max(a, b), 0);

const divisible = (step: number | Int32Array, by: number): boolean =>
  typeof step === 'number' ? step % by === 0 : step.every((place) => place % by === 0);

/** The parts of the row-major order: each `unit` elements apart, `count` of them, `floats` apart in the form. */
const levels = ({ images, channels, plane, pitch }: Pixels) => [
  { unit: channels * plane, count: images, floats: plane * pitch },
  { unit: plane, count: channels, floats: 1 },
  { unit: 1, count: plane, floats: pitch },
];

type Levels = ReturnType<typeof levels>;

/** The largest of the parts whose unit an axis steps in, or -1 for one that stands still; a list of one place may be elsewhere. */
const levelOf = (parts: Levels, { size, step }: LoopAxis): number =>
  step === 0 || (size === 1 && typeof step === 'number')
    ? -1
    : parts.findIndex(({ unit }) => divisible(step, unit));

/**
 * Where a loop's points lie in a form. Null if its axes run across the parts of the row-major order in a way that no steps
 * can follow; a cut if splitting one axis helps.
 */
export function locate(form: Form, axes: readonly LoopAxis[], start = 0): Located | Cut | null {
  if (!form || isRowMajor(form)) return { start, steps: axes.map((axis) => axis.step) };
  const parts = levels(form);
  const ranges = parts.map(() => ({ low: 0, high: 0 }));
  for (const axis of axes) {
    const level = levelOf(parts, axis);
    if (level < 0) continue;
    const { unit } = parts[level];
    ranges[level].low += least(axis.step, axis.size) / unit;
    ranges[level].high += most(axis.step, axis.size) / unit;
  }
  let [rest, begin] = [start, 0];
  for (const [level, { unit, count, floats }] of parts.entries()) {
    const first = Math.floor(rest / unit);
    rest -= first * unit;
    begin += first * floats;
    const { low, high } = ranges[level];
    if (first + low < 0 || first + high >= count) return cutFor(parts, axes, level);
  }
  const steps = axes.map(({ step, size }) => {
    const level = levelOf(parts, { step, size });
    if (level < 0) return 0;
    const { unit, floats } = parts[level];
    return typeof step === 'number' ? (step / unit) * floats : step.map((place) => (place / unit) * floats);
  });
  return { start: begin, steps };
}

/** An axis that runs over the end of its part may be one that goes through several parts: cut it where they meet. */
function cutFor(parts: Levels, axes: readonly LoopAxis[], level: number): Cut | null {
  const { unit, count } = parts[level];
  const axis = axes.findIndex(
    ({ size, step }) =>
      typeof step === 'number' &&
      levelOf(parts, { size, step }) === level &&
      step > 0 &&
      (unit * count) % step === 0 &&
      size * step > unit * count,
  );
  if (axis < 0) return null;
  const inner = (unit * count) / (axes[axis].step as number);
  return axes[axis].size % inner === 0 && inner > 1 && inner < axes[axis].size ? { axis, inner } : null;
}

/** Cuts one axis of a loop in two. */
export function cutAxis<T>(
  axes: readonly T[],
  { axis, inner }: Cut,
  split: (axis: T, inner: number) => [T, T],
): T[] {
  return [...axes.slice(0, axis), ...split(axes[axis], inner), ...axes.slice(axis + 1)];
}
