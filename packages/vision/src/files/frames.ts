// How many frames a file says that it has, without decoding: the blocks of GIF, the chunks of PNG (acTL) and WebP (ANMF), the
// brand of AVIF sequences. Decoders differ in what they do with animations; so they are told apart before.

import { FormatError, UnsupportedError } from 'neocog';

/** Several frames are no single picture unless one is named. @throws FormatError, UnsupportedError */
export function needOne(wanted: {
  readonly fn: string;
  /** Of the file. */
  readonly name: string;
  readonly frame: number | undefined;
  readonly frames: number;
}): void {
  const { fn, name, frame, frames } = wanted;
  const has = `${fn}: ${name} has ${Number.isFinite(frames) ? `${frames} frames` : 'several frames'}`;
  if (frame === undefined && frames > 1) throw new UnsupportedError(`${has}; name one, such as { frame: 0 }`);
  if (frame !== undefined && frame >= frames)
    throw new FormatError(`${has}; there is no frame ${frame}, they count from 0`);
}

/** 1 for what is no animation, and for files that are damaged: the decoder refuses them. Infinity where the file does not say. */
export function countFrames(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (textAt(bytes, 0, 4) === 'GIF8') return countGif(bytes);
  if (textAt(bytes, 1, 3) === 'PNG') return countPng(bytes, view);
  if (textAt(bytes, 0, 4) === 'RIFF' && textAt(bytes, 8, 4) === 'WEBP') return countWebp(bytes, view);
  return textAt(bytes, 4, 8) === 'ftypavis' ? Number.POSITIVE_INFINITY : 1;
}

const textAt = (bytes: Uint8Array, at: number, length: number): string =>
  String.fromCharCode(...bytes.subarray(at, at + length));

/** A header of 13 bytes, colours, then blocks: 0x2c an image, 0x21 an extension, each with parts that end in an empty one. */
function countGif(bytes: Uint8Array): number {
  const colours = (flags: number): number => (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0);
  let at = 13 + colours(bytes[10]);
  let frames = 0;
  while (bytes[at] === 0x2c || bytes[at] === 0x21) {
    const isImage = bytes[at] === 0x2c;
    if (isImage) frames++;
    // An image is its place, its colours and a byte before the parts; an extension its kind.
    at += isImage ? 11 + colours(bytes[at + 9]) : 2;
    while (bytes[at] > 0) at += 1 + bytes[at];
    at++;
  }
  return Math.max(1, frames);
}

/** Chunks of length, kind, contents and check; acTL stands before the pixels. */
function countPng(bytes: Uint8Array, view: DataView): number {
  for (let at = 8; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) {
    const kind = textAt(bytes, at + 4, 4);
    if (kind === 'acTL') return Math.max(1, view.getUint32(at + 8));
    if (kind === 'IDAT') return 1;
  }
  return 1;
}

/** Chunks of kind and length, filled to an even length. */
function countWebp(bytes: Uint8Array, view: DataView): number {
  let frames = 0;
  for (let at = 12; at + 8 <= bytes.length; ) {
    if (textAt(bytes, at, 4) === 'ANMF') frames++;
    const length = view.getUint32(at + 4, true);
    at += 8 + length + (length % 2);
  }
  return Math.max(1, frames);
}
