// The samples of a WAV file as numbers. Memory follows from the bytes that are there, whatever a header says.

import { FormatError } from 'neocog';
import { type SoundSample, soundOf } from '../sound.ts';
import { readFormat, type WavFormat } from './format.ts';
import { readChunks, type WavChunks } from './riff.ts';

/**
 * A WAV file as a sound.
 *
 * @param about Begins errors: the function and the file.
 * @throws FormatError for a damaged file; UnsupportedError for one of another kind.
 */
export function decodeWav(about: string, bytes: Uint8Array): SoundSample {
  const chunks = readChunks(about, bytes);
  const format = readFormat(about, chunks.format);
  return soundOf(readSamples(about, chunks, format), format.channels, format.sampleRate);
}

/** From sample after sample of all channels to channel after channel. */
function readSamples(about: string, { data, exact }: WavChunks, format: WavFormat): Float32Array {
  const { channels, encoding } = format;
  const width = encoding.bits / 8;
  const length = Math.floor(data.byteLength / (width * channels));
  const rest = data.byteLength - length * width * channels;
  if (exact && rest > 0) {
    throw new FormatError(
      `${about} has ${data.byteLength} bytes of samples, no multiple of ${width * channels} bytes for all ${channels} channels; it was cut off`,
    );
  }
  const values = new Float32Array(channels * length);
  const { read } = encoding;
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < length; i++) values[c * length + i] = read(data, (i * channels + c) * width);
  return values;
}
