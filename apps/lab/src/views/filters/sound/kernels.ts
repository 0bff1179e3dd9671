// Filters of a sound: a row of numbers, its taps, laid over every sample. What they are, and how an address writes them. Pure.

import { hammingWindow } from '@neocog/audio';
import type { QueryField } from '../../../shell/query.ts';
import { filterOf } from '../chain.ts';

/** Samples a second of all sounds here. */
export const sampleRate = 16_000;
/** Of a row whose numbers can be changed. */
export const mostTaps = 65;

/** A kernel by its name, its settings in the order of its knobs, or the taps of a visitor's own. */
export interface SoundKernel {
  readonly name: KernelName;
  readonly settings: readonly number[];
  readonly taps?: readonly number[];
}

/** Taps as `conv1d` takes them. */
export interface Taps {
  readonly values: readonly number[];
  /** Samples from one tap to the next. */
  readonly dilation: number;
  /** Samples that the kernel reaches to the past of the one that it makes. */
  readonly before: number;
}

/** A setting along a line. */
export interface Knob {
  readonly name: string;
  readonly initial: number;
  readonly least: number;
  readonly most: number;
  readonly step: number;
  readonly unit: string;
}

interface Kind {
  readonly title: string;
  readonly about: string;
  readonly knobs: readonly Knob[];
  readonly taps: (...settings: number[]) => Taps;
}

const middle = (values: readonly number[]): Taps => ({
  values,
  dilation: 1,
  before: Math.floor((values.length - 1) / 2),
});

/** Taps that look to the past alone; the last lies on the sample itself. */
const past = (values: readonly number[], dilation = 1): Taps => ({
  values,
  dilation,
  before: (values.length - 1) * dilation,
});

const cutoff: Knob = {
  ...{ name: 'cutoff', initial: 1000, least: 100, most: 7500, step: 50 },
  unit: ' Hz',
};
const passTaps = 63;

/** The ideal filter's taps under a window, which sum to 1. */
function lowPass(frequency: number): number[] {
  const window = hammingWindow(passTaps, { periodic: false }).data;
  const share = (2 * frequency) / sampleRate;
  const taps = Array.from(window, (weight, i) => {
    const x = Math.PI * share * (i - (passTaps - 1) / 2);
    return weight * (x === 0 ? 1 : Math.sin(x) / x);
  });
  const sum = taps.reduce((a, b) => a + b, 0);
  return taps.map((tap) => tap / sum);
}

/** What the low-pass filter takes away. */
const highPass = (frequency: number): number[] =>
  lowPass(frequency).map((tap, i) => (i === (passTaps - 1) / 2 ? 1 - tap : -tap));

/** The library's own Gaussian, of which an image's blur makes two passes. */
const gaussian = (sigma: number): number[] =>
  (filterOf('gaussianBlur')?.passes({ sigma })[0] ?? [[1]]).flat();

export const kinds = {
  average: {
    title: 'Moving average',
    about: 'Each sample becomes the mean of its neighbours: what changes fast is lost.',
    knobs: [{ name: 'length', initial: 9, least: 1, most: 65, step: 2, unit: ' samples' }],
    taps: (size = 1) => middle(Array.from({ length: size }, () => 1 / size)),
  },
  difference: {
    title: 'Difference',
    about: 'Each sample less the one before: what stays is lost, and high pitches grow.',
    knobs: [],
    taps: () => past([-1, 1]),
  },
  gaussian: {
    title: 'Gaussian',
    about: 'A mean that weighs near samples more: it loses high pitches without ripples.',
    knobs: [{ name: 'sigma', initial: 4, least: 0.5, most: 10, step: 0.5, unit: ' samples' }],
    taps: (sigma = 1) => middle(gaussian(sigma)),
  },
  echo: {
    title: 'Echo',
    about: 'Four taps far apart, a dilated kernel: the sound comes again, each time softer.',
    knobs: [
      { name: 'delay', initial: 0.25, least: 0.01, most: 0.6, step: 0.01, unit: ' s' },
      { name: 'strength', initial: 0.5, least: 0, most: 0.9, step: 0.05, unit: '' },
    ],
    taps: (delay = 0, strength = 0) =>
      past([strength ** 3, strength ** 2, strength, 1], Math.max(1, Math.round(delay * sampleRate))),
  },
  lowpass: {
    title: 'Low pass',
    about: 'Lets pitches below the cutoff through: a sinc under a Hamming window.',
    knobs: [cutoff],
    taps: (frequency = 0) => middle(lowPass(frequency)),
  },
  highpass: {
    title: 'High pass',
    about: 'Lets pitches above the cutoff through: the sample less its low pass.',
    knobs: [cutoff],
    taps: (frequency = 0) => middle(highPass(frequency)),
  },
  own: {
    title: 'Your own taps',
    about: 'Type the numbers or drag them; the middle one lies on the sample itself.',
    knobs: [],
    taps: () => middle([1]),
  },
} as const satisfies Record<string, Kind>;

export type KernelName = keyof typeof kinds;
export const kindOf = (name: KernelName): Kind => kinds[name];
export const kernelNames = (Object.keys(kinds) as KernelName[]).map((value) => ({
  value,
  name: kinds[value].title,
}));

export const usual = (name: KernelName): SoundKernel => ({
  name,
  settings: kindOf(name).knobs.map(({ initial }) => initial),
});

export const tapsOf = ({ name, settings, taps }: SoundKernel): Taps =>
  taps ? middle(taps) : kindOf(name).taps(...settings);

const tidy = (value: number): number => Number(value.toPrecision(4));

/** The same taps to change; null for a kernel with more than can be changed, or far apart. */
export function ownOf(kernel: SoundKernel): SoundKernel | null {
  const { values, dilation, before } = tapsOf(kernel);
  if (values.length > mostTaps || dilation > 1) return null;
  // The one on the sample itself comes to the middle.
  const reach = Math.max(before, values.length - 1 - before);
  const taps = Array.from({ length: 2 * reach + 1 }, (_, i) => tidy(values[i - reach + before] ?? 0));
  return { name: 'own', settings: [], taps };
}

/** As many taps, cut or filled with zeros around the middle. */
export function withLength(taps: readonly number[], length: number): number[] {
  const shift = Math.floor((taps.length - 1) / 2) - Math.floor((length - 1) / 2);
  return Array.from({ length }, (_, i) => taps[i + shift] ?? 0);
}

/** `lowpass:800`, `echo:0.25_0.5`, `own:0.5_0_-0.5`. */
export const kernelField: QueryField<SoundKernel> = {
  initial: usual('lowpass'),
  read(text) {
    const [name = '', rest = ''] = text.split(':');
    if (!Object.hasOwn(kinds, name)) return undefined;
    const values =
      rest === '' ? [] : rest.split('_').map((part) => (part === '' ? Number.NaN : Number(part)));
    if (!values.every(Number.isFinite)) return undefined;
    if (name === 'own')
      return values.length > 0 && values.length <= mostTaps
        ? { name, settings: [], taps: values }
        : undefined;
    const known = name as KernelName; // as was looked up
    const { knobs } = kindOf(known);
    const fits = knobs.length === values.length && knobs.every((knob, i) => isOn(knob, values[i]!));
    return fits ? { name: known, settings: values } : undefined;
  },
  write: ({ name, settings, taps }) => {
    const values = taps ?? settings;
    return values.length > 0 ? `${name}:${values.join('_')}` : name;
  },
};

const isOn = ({ least, most }: Knob, value: number): boolean => value >= least && value <= most;
