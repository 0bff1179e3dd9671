// Decoding in Node, by sharp: upright, in sRGB, of 8 or 16 bits.

import { FormatError, UnsupportedError } from 'neocog';
import type { FileBytes } from 'neocog/folders';
import { reasonOf } from 'neocog/folders';
import type { Channels, Picture } from '../picture/picture.ts';
import { type Codec, type Found, loadCodec } from './codec.ts';
import { countFrames, needOne } from './frames.ts';

/** Upright, in sRGB; of an animation the frame. @throws FormatError for what is no picture or a damaged one. */
export async function decodeBySharp(
  fn: string,
  file: FileBytes,
  frame: number | undefined,
): Promise<Picture> {
  const open = await loadCodec(fn);
  try {
    const found = await open(file.bytes, {}).metadata();
    needBits(fn, file, found);
    const { pages = 1 } = found;
    needOne({ fn, name: file.name, frame, frames: Math.max(pages, countFrames(file.bytes)) });
    if (frame && pages === 1)
      throw new UnsupportedError(`${fn}: of ${file.name} only the first frame is decoded; give { frame: 0 }`);
    return await decode(open(file.bytes, { page: frame ?? 0 }).autoOrient(), found);
  } catch (error) {
    if (error instanceof UnsupportedError || error instanceof FormatError) throw error;
    throw new FormatError(
      `${fn}: ${file.name} is no picture that can be read (${reasonOf(error)}); pass a PNG, JPEG, WebP, GIF, AVIF or TIFF file`,
      { cause: error },
    );
  }
}

/** @throws UnsupportedError for values that are neither of 8 nor of 16 bits. */
function needBits(fn: string, file: FileBytes, { depth }: Found): void {
  if (depth === 'uchar' || depth === 'ushort') return;
  throw new UnsupportedError(
    `${fn}: ${file.name} holds values of type ${depth}; convert it to whole numbers of 8 or 16 bits`,
  );
}

/** Grey beside opacity comes as three equal colours: sharp's raw grey has no opacity. */
async function decode(image: Codec, { space, depth, hasAlpha }: Found): Promise<Picture> {
  const isGrey = space === 'b-w' || space === 'grey16';
  const isDeep = depth === 'ushort';
  const grey = isDeep ? 'grey16' : 'b-w';
  const shown = image.toColourspace(isGrey && !hasAlpha ? grey : isDeep ? 'rgb16' : 'srgb');
  const { data, info } = await shown
    .raw({ depth: isDeep ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const values = isDeep ? fractions(data) : new Uint8Array(data.buffer, data.byteOffset, data.length);
  const raw: Picture = { width, height, channels: info.channels as Channels, data: values };
  return isGrey && hasAlpha ? firstAndLast(raw) : raw;
}

/** Values of 16 bits as parts of 255. */
function fractions(data: Uint8Array): Float32Array {
  const values = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  return Float32Array.from(values, (value) => value / 257);
}

/** Grey and opacity of four values. */
function firstAndLast({ width, height, data }: Picture): Picture {
  const both = data.slice(0, 2 * width * height);
  for (let p = 0; p < width * height; p++) {
    both[2 * p] = data[4 * p];
    both[2 * p + 1] = data[4 * p + 3];
  }
  return { width, height, channels: 2, data: both };
}
