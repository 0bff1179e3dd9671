// The header of a WAV file: how many channels, how fast, how kept. Written as plain as it may be: the extensible form only
// where Microsoft's rules ask for it, more than two channels or more than 16 bits of whole numbers.
// Source: RFC 2361; "Multiple channel audio data and WAVE files" (Microsoft, 2007).

import { FormatError, UnsupportedError } from 'neocog';
import { type Encoding, encodingOf, tags } from './encodings.ts';

/** What a header says, once it is believed. */
export interface WavFormat {
  readonly channels: number;
  readonly sampleRate: number;
  readonly encoding: Encoding;
}

/** What a GUID of a subformat ends with: the number before it is one of the plain header. */
const guidTail = [0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71];

/** What is not read, by its number. */
const others: Readonly<Record<number, string>> = {
  2: 'ADPCM of Microsoft',
  17: 'ADPCM of IMA',
  49: 'GSM 6.10',
  80: 'MPEG',
  85: 'MP3',
  255: 'AAC',
  353: 'WMA',
  8192: 'AC-3',
};

/**
 * Reads a header.
 *
 * @param about Begins errors: the function and the file.
 * @throws FormatError for a header that contradicts itself; UnsupportedError for a codec.
 */
export function readFormat(about: string, view: DataView): WavFormat {
  if (view.byteLength < 16)
    throw new FormatError(`${about} has a format of ${view.byteLength} bytes, 16 are needed; it was cut off`);
  const [channels, blockAlign, bits] = [2, 12, 14].map((at) => view.getUint16(at, true));
  const sampleRate = view.getUint32(4, true);
  const tag = tagOf(about, view);
  const encoding = encodingOf(tag, bits);
  if (!encoding) refuseEncoding(about, tag, bits);
  if (channels === 0 || sampleRate === 0)
    throw new FormatError(`${about} states ${channels} channels at ${sampleRate} Hz; it is damaged`);
  if (blockAlign !== (channels * encoding.bits) / 8) {
    throw new FormatError(
      `${about} states ${blockAlign} bytes for ${channels} channels of ${bits} bits, ${(channels * encoding.bits) / 8} are needed; it is damaged`,
    );
  }
  return { channels, sampleRate, encoding };
}

function tagOf(about: string, view: DataView): number {
  const tag = view.getUint16(0, true);
  if (tag !== tags.extensible) return tag;
  if (view.byteLength < 40) {
    throw new FormatError(
      `${about} has an extensible format of ${view.byteLength} bytes, 40 are needed; it is damaged`,
    );
  }
  if (guidTail.every((byte, i) => view.getUint8(26 + i) === byte)) return view.getUint16(24, true);
  throw new UnsupportedError(
    `${about} has samples of an unknown kind, by a GUID of its own; convert it to PCM`,
  );
}

function refuseEncoding(about: string, tag: number, bits: number): never {
  if (Object.values<number>(tags).includes(tag))
    throw new FormatError(`${about} states samples of ${bits} bits, which format ${tag} does not have`);
  const name = others[tag] ?? `format 0x${tag.toString(16)}`;
  throw new UnsupportedError(
    `${about} holds ${name}, which is not read; convert it to PCM, by sox or ffmpeg`,
  );
}

/** Where loudspeakers stand, a bit each, as Microsoft orders them; 0 says nothing. */
const masks = [0, 0x4, 0x3, 0x7, 0x33, 0x37, 0x3f, 0x13f, 0x63f];

/** The bytes of a header. */
export function formatBytes({ channels, sampleRate, encoding: { tag, bits } }: WavFormat): Uint8Array {
  const extensible = channels > 2 || (tag === tags.pcm && bits > 16);
  const bytes = new Uint8Array(extensible ? 40 : tag === tags.pcm ? 16 : 18);
  const view = new DataView(bytes.buffer);
  const blockAlign = (channels * bits) / 8;
  view.setUint16(0, extensible ? tags.extensible : tag, true);
  view.setUint16(2, channels, true);
  view.setUint32(4, sampleRate, true);
  view.setUint32(8, Math.min(sampleRate * blockAlign, 0xffffffff), true);
  view.setUint16(12, blockAlign, true);
  view.setUint16(14, bits, true);
  if (!extensible) return bytes;
  view.setUint16(16, 22, true);
  view.setUint16(18, bits, true);
  view.setUint32(20, masks[channels] ?? 0, true);
  view.setUint16(24, tag, true);
  bytes.set(guidTail, 26);
  return bytes;
}
