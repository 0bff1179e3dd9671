// A folder of sounds as something to learn: a folder for each class, at one rate, divided into what is trained on and what is held out.

import { basename, resolve } from 'node:path';
import { type AudioFolderOptions, audioFolder, type SoundSample, type SoundSet } from '@neocog/audio';
import { type Dataset, FormatError } from 'neocog';
import { CommandError } from '../../files.ts';
import { StageBar } from '../../progress.ts';
import type { SoundRecipe } from '../../recipe.ts';
import { evenly } from '../placeHead.ts';
import { remembered } from '../remembered.ts';
import type { Reading } from '../samples.ts';
import type { Hearing } from './network.ts';

/** Sounds to learn from. */
export interface SoundData {
  /** The folder's own name. */
  readonly name: string;
  readonly recipe: SoundRecipe;
  /** Of any length: what changes them cuts them. */
  readonly train: SoundSet;
  /** Of the length that the network hears. */
  readonly still: SoundSet;
  /** The same, never trained on. */
  readonly heldOut: SoundSet;
}

/** How a folder is divided, and how much of each sound is heard: null for what most of them have. */
export interface SoundWords extends Reading {
  readonly holdOut: number;
  readonly seconds: number | null;
}

/** Samples a second at most: speech, and most of what is to be told apart, lies below half of it. */
const mostRate = 16_000;
/** In seconds: what is heard of sounds where nobody says, and never less than. */
const [mostSeconds, leastSeconds] = [5, 0.25];
/** Of a hundred sounds, so many are heard as a whole. */
const whole = 0.95;

/**
 * Opens the folder. Where the network does not say at what rate it hears and how much, the sounds do.
 *
 * @throws CommandError if there is nothing to tell apart. @throws FormatError if a class has no sound
 */
export async function openSounds(path: string, known: Hearing | null, words: SoundWords): Promise<SoundData> {
  const { holdOut, seed } = words;
  const open = (options: AudioFolderOptions) =>
    audioFolder(path, { split: [1 - holdOut, holdOut], seed, ...options });
  const { classes, train: raw } = await open({});
  if (classes.length < 2) {
    throw new CommandError(
      `${path} holds sounds of ${classes.length === 1 ? `one class, ${classes[0]}` : 'no class'}; make a folder for each of two classes or more`,
    );
  }
  const hearing = known ?? (await hearingOf(path, raw, words.seconds));
  const { sampleRate, length } = hearing;
  const remember = (set: SoundSet) => remembered<SoundSample, SoundSet>(set, words, 'sound');
  const { train } = await open({ sampleRate, mono: true });
  const { train: still, validation, test } = await open({ sampleRate, mono: true, length });
  const heldOut = test.length > 0 ? test : validation;
  if (heldOut.length === 0) throw new CommandError(`${path} leaves no sound to hold out; add sounds`);
  return {
    ...{ name: basename(resolve(path)), recipe: { classes, ...hearing }, still },
    ...{ train: await remember(train), heldOut: await remember(heldOut) },
  };
}

/** The commonest rate, and the length of most sounds. */
async function hearingOf(path: string, train: SoundSet, seconds: number | null): Promise<Hearing> {
  const found = await measured(train);
  if (found.length === 0)
    throw new FormatError(`none of the sounds in ${path} can be read; only WAV files are`);
  const rates = found.map(({ rate }) => rate);
  const counts = new Map(rates.map((rate) => [rate, rates.filter((other) => other === rate).length]));
  const [commonest] = [...counts].sort(([a, n], [b, m]) => m - n || b - a)[0] as [number, number];
  const sampleRate = Math.min(mostRate, commonest);
  const lengths = found.map((sound) => sound.seconds).sort((a, b) => a - b);
  const most = lengths[Math.ceil(whole * lengths.length) - 1] as number;
  const heard = seconds ?? Math.min(mostSeconds, Math.max(leastSeconds, most));
  return { sampleRate, length: Math.max(1, Math.round(heard * sampleRate)) };
}

/** Null for a file that is no sound. */
async function readable({ get }: Dataset<SoundSample>, index: number): Promise<SoundSample | null> {
  try {
    return await get(index);
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

/** Rate and length of some sounds from all classes; what cannot be read is told later, by what trains. */
async function measured(train: SoundSet): Promise<{ rate: number; seconds: number }[]> {
  const some = evenly(train);
  const found: { rate: number; seconds: number }[] = [];
  const bar = new StageBar();
  try {
    for (let i = 0; i < some.length; i++) {
      bar.update('measuring sounds', i / some.length);
      const sample = await readable(some, i);
      const samples = sample?.sound.shape[1] ?? 0;
      if (sample && samples > 0)
        found.push({ rate: sample.sampleRate, seconds: samples / sample.sampleRate });
    }
  } finally {
    bar.stop();
  }
  return found;
}
