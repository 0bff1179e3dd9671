// The chunks of a RIFF/WAVE file, each a name, a length and bytes, padded to an even length. Also RF64 and BW64, whose
// lengths are 64-bit numbers in a chunk of their own. Nothing is copied, and no length is believed that the file does not
// have. Source: Multimedia Programming Interface and Data Specifications 1.0 (1991); EBU Tech 3306; ITU-R BS.2088.

import { FormatError, UnsupportedError } from 'neocog';
import { show } from 'neocog/arguments';

/** What the header says and the samples: the two chunks that matter. */
export interface WavChunks {
  readonly format: DataView;
  readonly data: DataView;
  /** Whether the length of `data` is the file's own, and not what a writer put there who did not know it yet. */
  readonly exact: boolean;
}

interface Chunk {
  readonly name: string;
  /** As the file states it. */
  readonly stated: number;
  readonly start: number;
}

/** Writers that cannot go back, such as pipes, state as much as fits 32 or 31 bits, often less a header. */
const unknownLength = 0x7fff0000;

const viewOf = (bytes: Uint8Array, start: number, length: number): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset + start, length);

const nameAt = (bytes: Uint8Array, at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));

/**
 * Finds the format and the samples of a file.
 *
 * @param about Begins errors: the function and the file.
 * @throws FormatError for bytes that are no such file, or one that was cut off.
 */
export function readChunks(about: string, bytes: Uint8Array): WavChunks {
  checkKind(about, bytes);
  let format: DataView | undefined;
  let longLength: number | undefined;
  for (const chunk of chunksOf(bytes)) {
    if (chunk.name === 'data') {
      if (!format) throw new FormatError(`${about} has no format before its samples; save it anew`);
      return { format, ...dataOf(about, bytes, chunk, longLength) };
    }
    const view = wholeChunk(about, bytes, chunk);
    if (chunk.name === 'fmt ') format = view;
    if (chunk.name === 'ds64' && view.byteLength >= 16) longLength = Number(view.getBigUint64(8, true));
  }
  throw new FormatError(`${about} ends without samples: there is no chunk 'data'; it was cut off`);
}

function checkKind(about: string, bytes: Uint8Array): void {
  const kind = nameAt(bytes, 0);
  if (kind === 'RIFX') {
    throw new UnsupportedError(
      `${about} is a big-endian RIFX file; convert it, by \`sox in.wav -L out.wav\``,
    );
  }
  if (['RIFF', 'RF64', 'BW64'].includes(kind) && nameAt(bytes, 8) === 'WAVE') return;
  throw new FormatError(`${about} is no WAV file: it begins with ${show(kind)}, not with RIFF and WAVE`);
}

function* chunksOf(bytes: Uint8Array): Generator<Chunk> {
  for (let at = 12; at + 8 <= bytes.length; ) {
    const stated = viewOf(bytes, at + 4, 4).getUint32(0, true);
    yield { name: nameAt(bytes, at), stated, start: at + 8 };
    at += 8 + stated + (stated % 2);
  }
}

function wholeChunk(about: string, bytes: Uint8Array, { name, stated, start }: Chunk): DataView {
  const left = bytes.length - start;
  if (stated <= left) return viewOf(bytes, start, stated);
  throw new FormatError(
    `${about} states ${stated} bytes of ${show(name)} where ${left} are left; it was cut off`,
  );
}

function dataOf(
  about: string,
  bytes: Uint8Array,
  chunk: Chunk,
  longLength: number | undefined,
): { data: DataView; exact: boolean } {
  const left = bytes.length - chunk.start;
  if (chunk.stated === 0xffffffff && longLength !== undefined)
    return { data: wholeChunk(about, bytes, { ...chunk, stated: longLength }), exact: true };
  if (chunk.stated > left && chunk.stated >= unknownLength)
    return { data: viewOf(bytes, chunk.start, left), exact: false };
  if (chunk.stated === 0 && left > 0 && !isChunk(bytes, chunk.start)) {
    throw new FormatError(
      `${about} states 0 bytes of samples where ${left} follow; the recording was interrupted, repair it by \`sox --ignore-length in.wav out.wav\``,
    );
  }
  return { data: wholeChunk(about, bytes, chunk), exact: true };
}

/** Whether another chunk begins here. */
function isChunk(bytes: Uint8Array, at: number): boolean {
  if (at + 8 > bytes.length || !/^[\x20-\x7e]{4}$/.test(nameAt(bytes, at))) return false;
  return viewOf(bytes, at + 4, 4).getUint32(0, true) <= bytes.length - at - 8;
}
