// A sound as the bytes of a WAV file.

import { ShapeError, UnsupportedError } from 'neocog';
import { channelOf, type SoundSample } from '../sound.ts';
import { encodings, tags, type WavEncoding } from './encodings.ts';
import { formatBytes } from './format.ts';

/** Bytes in memory that is not shared, as a Blob takes them, in words that older compilers know. */
export type Bytes = ReturnType<Uint8Array['slice']>;

interface Chunk {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * @param fn Begins errors.
 * @throws ShapeError for a sound without channels, or NaN where whole numbers are written.
 * @throws UnsupportedError for more than 4 GiB.
 */
export function encodeWav(fn: string, sample: SoundSample, name: WavEncoding): Bytes {
  const encoding = encodings[name];
  const [channels, length] = sample.sound.shape;
  const most = Math.floor(0xffff / (encoding.bits / 8));
  if (channels < 1 || channels > most)
    throw new ShapeError(`${fn}: the sound has ${channels} channels; give 1 to ${most}`);
  const size = (channels * length * encoding.bits) / 8;
  if (size > 0xffffff00) {
    throw new UnsupportedError(
      `${fn}: ${size} bytes of samples do not fit a WAV file, which holds 4 GiB; write it in parts`,
    );
  }
  const count = new Uint8Array(4);
  new DataView(count.buffer).setUint32(0, length, true);
  return riff([
    { name: 'fmt ', bytes: formatBytes({ channels, sampleRate: sample.sampleRate, encoding }) },
    // How many samples there are, which codecs must say, and floats are among them.
    ...(encoding.tag === tags.pcm ? [] : [{ name: 'fact', bytes: count }]),
    { name: 'data', bytes: sampleBytes(fn, sample, name, new Uint8Array(size)) },
  ]);
}

function sampleBytes(fn: string, sample: SoundSample, name: WavEncoding, bytes: Bytes): Bytes {
  const { tag, bits, write } = encodings[name];
  const view = new DataView(bytes.buffer);
  const channels = sample.sound.shape[0];
  for (let c = 0; c < channels; c++) {
    channelOf(sample.sound, c).forEach((value, i) => {
      if (Number.isNaN(value) && tag !== tags.float) refuseNaN(fn, c, i);
      write(view, ((i * channels + c) * bits) / 8, value);
    });
  }
  return bytes;
}

function refuseNaN(fn: string, channel: number, sample: number): never {
  throw new ShapeError(
    `${fn}: sample ${sample} of channel ${channel} is NaN, which only the encodings float32 and float64 hold; find out where it comes from`,
  );
}

const ascii = (text: string): number[] => [...text].map((c) => c.charCodeAt(0));

/** All chunks in one file, each padded to an even length. */
function riff(chunks: readonly Chunk[]): Bytes {
  const sizes = chunks.map(({ bytes }) => 8 + bytes.length + (bytes.length % 2));
  const whole = new Uint8Array(sizes.reduce((all, size) => all + size, 12));
  const view = new DataView(whole.buffer);
  whole.set(ascii('RIFF'));
  view.setUint32(4, whole.length - 8, true);
  whole.set(ascii('WAVE'), 8);
  let at = 12;
  chunks.forEach(({ name, bytes }, i) => {
    whole.set(ascii(name), at);
    view.setUint32(at + 4, bytes.length, true);
    whole.set(bytes, at + 8);
    at += sizes[i];
  });
  return whole;
}
