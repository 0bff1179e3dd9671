// WAV files in and out, in Node and in a page.

import { DeviceError } from 'neocog';
import { type Fields, keyOf, needOptions, refuseValue } from 'neocog/arguments';
import type { Web } from 'neocog/folders';
import { nodeFiles, replaceFile } from 'neocog/folders';
import { needSound, type SoundSample } from '../sound.ts';
import { decodeWav } from '../wav/decode.ts';
import { type Bytes, encodeWav } from '../wav/encode.ts';
import { encodings, type WavEncoding } from '../wav/encodings.ts';
import { readBytes, type SoundSource } from './bytes.ts';

/** How a sound is written. */
export interface WriteWavOptions {
  /**
   * How samples are kept. Whole numbers: 'uint8', 'int16' (default), 'int24', 'int32'; floats: 'float32', 'float64'; telephony:
   * 'aLaw', 'muLaw'. Only floats keep what is louder than full scale, which the others cut.
   */
  encoding?: WavEncoding | undefined;
}

const writeFields: Fields<WriteWavOptions> = { encoding: keyOf(encodings) };

/**
 * Reads a WAV file: `sound` float32 `[channels, samples]`, where full scale is from −1 to 1, and `sampleRate` in Hz. PCM of 8 to 32
 * bits, floats of 32 and 64 bits, A-law and µ-law, of any number of channels; extensible headers and RF64 too. Of 32-bit whole
 * numbers and 64-bit floats the upper 24 bits remain.
 *
 * @throws FormatError for a file that is no WAV, or a damaged one.
 * @throws UnsupportedError for one that holds a codec, such as MP3 or ADPCM.
 * @throws NeocogError if `source` cannot be read.
 * @example const { sound, sampleRate } = await readWav('speech.wav');
 */
export async function readWav(source: SoundSource): Promise<SoundSample> {
  const { bytes, name } = await readBytes('readWav', source);
  return decodeWav(`readWav: ${name}`, bytes);
}

/**
 * A sound as the bytes of a WAV file.
 *
 * @throws ShapeError for what is no sound, or NaN in one of whole numbers.
 * @throws UnsupportedError for more than 4 GiB.
 * @example new Blob([wavBytes({ sound, sampleRate: 16000 })], { type: 'audio/wav' })
 */
export function wavBytes(sample: SoundSample, options: WriteWavOptions = {}): Bytes {
  return bytesOf('wavBytes', sample, options);
}

function bytesOf(fn: string, sample: SoundSample, options: WriteWavOptions): Bytes {
  needSound(fn, sample);
  needOptions(fn, options, writeFields);
  return encodeWav(fn, sample, options.encoding ?? 'int16');
}

function needEnding(path: string | Web<'URL'>): void {
  const text = path instanceof URL ? path.pathname : path;
  if (typeof text !== 'string') refuseValue('writeWav', 'path', path, 'a path');
  if (!/\.wave?$/i.test(text)) refuseValue('writeWav', 'path', text, 'a path that ends in .wav');
}

/**
 * Writes a sound as a WAV file, in Node; a file that was there is replaced at the end, or left alone.
 *
 * @throws ShapeError for what is no sound, NaN in one of whole numbers, or a path that does not end in `.wav`.
 * @throws UnsupportedError for more than 4 GiB.
 * @throws DeviceError in a page, where `wavBytes` serves.
 * @throws NeocogError if the file cannot be written.
 * @example await writeWav('copy.wav', await readWav('speech.wav'));
 */
export async function writeWav(
  path: string | Web<'URL'>,
  sample: SoundSample,
  options: WriteWavOptions = {},
): Promise<void> {
  needEnding(path);
  const bytes = bytesOf('writeWav', sample, options);
  const files = nodeFiles();
  if (!files) throw new DeviceError('writeWav: a page has no files; take wavBytes, and a Blob of them');
  await replaceFile({ fn: 'writeWav', files, path }, Promise.resolve(bytes));
}
