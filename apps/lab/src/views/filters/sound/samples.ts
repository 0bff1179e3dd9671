// Sounds that are made here. Pure.

import { sampleRate } from './kernels.ts';

const seconds = 2.5;

/** A tone that rises through all pitches that there are. */
function chirp(): Float32Array<ArrayBuffer> {
  const [from, to] = [100, 7500];
  const rise = Math.log(to / from);
  return made((t) => {
    const phase = ((2 * Math.PI * from * seconds) / rise) * (Math.exp((rise * t) / seconds) - 1);
    return 0.6 * Math.sin(phase);
  });
}

/** Noise with all pitches alike; the same each time. */
function noise(): Float32Array<ArrayBuffer> {
  let state = 1;
  return made(() => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return 0.5 * (state / 2 ** 31 - 1);
  });
}

/** Frequencies at which the throat rings, for a, i and u (Peterson and Barney, 1952), in Hz. */
const vowels = [
  [730, 1090, 2440],
  [270, 2290, 3010],
  [300, 870, 2240],
] as const;

/** Three vowels: pulses of the vocal cords, ringing in the throat. */
function voice(): Float32Array<ArrayBuffer> {
  let phase = 0;
  const pulses = made((t) => {
    phase += (110 + 25 * Math.sin((2 * Math.PI * t) / seconds)) / sampleRate;
    const isPulse = phase >= 1;
    phase %= 1;
    return isPulse ? 1 : 0;
  });
  const each = Math.ceil(pulses.length / vowels.length);
  const sound = new Float32Array(pulses.length);
  vowels.forEach((formants, v) => {
    const part = sound.subarray(v * each, (v + 1) * each);
    for (const frequency of formants) ring(pulses.subarray(v * each), frequency, part);
    const most = part.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    part.set(part.map((value, i) => (0.7 / most) * value * fade(i, part.length)));
  });
  return sound;
}

/** Adds what a resonator makes of a sound that is as long or longer. */
function ring(sound: Float32Array, frequency: number, into: Float32Array): void {
  const bandwidth = 80;
  const radius = Math.exp((-Math.PI * bandwidth) / sampleRate);
  const turn = 2 * radius * Math.cos((2 * Math.PI * frequency) / sampleRate);
  let [last, before] = [0, 0];
  for (let i = 0; i < into.length; i++) {
    const value = sound[i]! + turn * last - radius ** 2 * before;
    [before, last] = [last, value];
    into[i]! += value / frequency;
  }
}

/** In and out within 40 ms. */
const fade = (i: number, length: number): number => Math.min(1, i / 640, (length - i) / 640);

const made = (at: (t: number) => number): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: seconds * sampleRate }, (_, i) => at(i / sampleRate));

export const sounds = {
  voice: { title: 'A voice: a, i, u', make: voice },
  chirp: { title: 'A rising tone', make: chirp },
  noise: { title: 'Noise', make: noise },
} as const;

export type SampleName = keyof typeof sounds;
export const sampleNames = (Object.keys(sounds) as SampleName[]).map((value) => ({
  value,
  name: sounds[value].title,
}));
