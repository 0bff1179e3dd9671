// Sounds of files as a data set, on whatever thread. What cannot be read is a FormatError, so that a loader leaves it out; what no
// sound is to blame for stays what it is.

import { type Dataset, DeviceError, FormatError, mean, NeocogError, ShapeError } from 'neocog';
import { count, type Fields, flag } from 'neocog/arguments';
import type { Web } from 'neocog/folders';
import { middleOf } from '../augment/cut.ts';
import { readBytes } from '../files/bytes.ts';
import { homeOf } from '../home.ts';
import { resampledRows } from '../resample/stream.ts';
import type { SoundSample } from '../sound.ts';
import { decodeWav } from '../wav/decode.ts';

/** How each sound is read. */
export interface ReadSoundOptions {
  /** Resample to so many samples a second, in Hz. Default: as in the file. */
  sampleRate?: number | undefined;
  /** Take the mean of all channels, as one. Default false. */
  mono?: boolean | undefined;
  /** Take so many samples from the middle, at the new rate, or put a shorter sound in the middle of silence. Default: all. */
  length?: number | undefined;
}

export const readFields: Fields<ReadSoundOptions> = { sampleRate: count, mono: flag, length: count };

/** Sounds that are read when they are asked for. */
export interface SoundSet extends Dataset<SoundSample> {
  /** The path of each sound, as it was found. */
  readonly files: readonly string[];
  /** The class of each sound, by number. */
  readonly labels: readonly number[];
}

/** One sound of a set. */
interface Item {
  /** A path, or a file that a page was given. */
  readonly place: string | Web<'Blob'>;
  /** From the folder of the data set. */
  readonly path: string;
  readonly label: number;
}

/** What a set is made of; plain, so that it travels. */
export interface Album {
  /** The function that the user called, for errors. */
  readonly fn: string;
  readonly items: readonly Item[];
  readonly read: ReadSoundOptions;
}

/** The sounds of an album, which workers open by the same function. */
export function openSounds(album: Album): SoundSet {
  const { items } = album;
  const home = homeOf(import.meta.url, 'sounds');
  return {
    length: items.length,
    nameOf: (index) => nameOf(items[index]),
    get: (index) => readItem(album, items[index]),
    recipe: home === null ? undefined : { module: home, name: 'openSounds', value: album },
    files: items.map(nameOf),
    labels: items.map(({ label }) => label),
  };
}

const nameOf = ({ place, path }: Item): string => (typeof place === 'string' ? place : path);

async function readItem({ fn, read }: Album, { place, label }: Item): Promise<SoundSample> {
  try {
    const { bytes, name } = await readBytes(fn, place);
    return { ...prepared(decodeWav(`${fn}: ${name}`, bytes), read), label };
  } catch (error) {
    throw blamed(error);
  }
}

function prepared({ sound, sampleRate: rate }: SoundSample, read: ReadSoundOptions): SoundSample {
  const { sampleRate = rate, mono = false, length } = read;
  const one = mono && sound.shape[0] > 1 ? mean(sound, { axis: 0, keepDims: true }) : sound;
  const even = resampledRows(one, rate, sampleRate);
  return { sound: length === undefined ? even : middleOf(even, length), sampleRate };
}

/** An error of the sound as a FormatError; a lack of memory, wrong options and bugs as they are. */
function blamed(error: unknown): unknown {
  const isOurs =
    error instanceof NeocogError && !(error instanceof DeviceError || error instanceof ShapeError);
  if (!isOurs || error instanceof FormatError) return error;
  return new FormatError(error.message, { cause: error });
}
