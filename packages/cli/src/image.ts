// Images from files as grey or coloured pixels, and grey or coloured pixels as PNG. All decoding and encoding is sharp's.

import sharp from 'sharp';
import { CommandError, readWhole } from './files.ts';

export interface ImageRequest {
  /** Null for the picture's own. */
  readonly width: number | null;
  readonly height: number | null;
  /** Resize a picture of another size, its proportions kept and the ground around, instead of refusing it. */
  readonly fit: boolean;
  /** Resize it so that it fills the size, and cut what sticks out. */
  readonly crop?: boolean;
  /** Swap light and dark, for dark strokes on a light ground. */
  readonly invert: boolean;
}

/** Bytes row by row, a pixel's values together. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** 1 is grey, 3 are red, green and blue. */
  readonly colours: 1 | 3;
  readonly pixels: Uint8Array;
}

/** Reads a PNG, JPEG, WebP, … as grey bytes; see `readImage`. */
export const readGreyImage = async (path: string, request: ImageRequest): Promise<Uint8Array> =>
  (await readImage(path, 1, request)).pixels;

/**
 * Reads a PNG, JPEG, WebP, … upright. Transparency and what `fit` adds around become the ground: black, or white where the
 * picture is to be inverted.
 */
export async function readImage(path: string, colours: 1 | 3, request: ImageRequest): Promise<Pixels> {
  return decodeImage(path, await readWhole('the image', path), { ...request, colours });
}

/** The same of the bytes of a file, which is called `path`. */
export async function decodeImage(
  path: string,
  bytes: Uint8Array,
  request: ImageRequest & { readonly colours: 1 | 3 },
): Promise<Pixels> {
  try {
    return await decode(path, bytes, request);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(
      `${path} is not an image that can be read (${reasonOf(error)}); pass a PNG, JPEG or WebP file`,
    );
  }
}

async function decode(
  path: string,
  bytes: Uint8Array,
  { colours, fit, crop = false, invert, ...wanted }: ImageRequest & { colours: 1 | 3 },
): Promise<Pixels> {
  const ground = invert ? 'white' : 'black';
  const image = sharp(bytes).autoOrient();
  const { autoOrient: size } = await image.metadata();
  const width = wanted.width ?? size.width;
  const height = wanted.height ?? size.height;
  if ((size.width !== width || size.height !== height) && !fit && !crop) {
    throw new CommandError(
      `${path} is ${size.width}×${size.height}, but the network needs ${width}×${height}; ` +
        'resize it, or let --fit do so',
    );
  }
  const pixels = await image
    .flatten({ background: ground })
    .resize(width, height, { fit: crop ? 'cover' : 'contain', background: ground })
    .toColourspace(colours === 1 ? 'b-w' : 'srgb')
    .raw()
    .toBuffer();
  return { width, height, colours, pixels: invert ? pixels.map((pixel) => 255 - pixel) : pixels };
}

/** sharp's first line, without its own full stop. */
const reasonOf = (error: unknown): string =>
  String((error as Error).message)
    .split('\n')[0]
    .replace(/\.$/, '');

/** Bytes of a PNG file. `pixels` has 1 (grey) or 3 (red, green, blue) values a pixel. */
export async function encodePng(pixels: Uint8Array, width: number, height: number): Promise<Uint8Array> {
  const channels = pixels.length === width * height ? 1 : 3;
  return sharp(pixels, { raw: { width, height, channels } }).png({ compressionLevel: 9 }).toBuffer();
}

/** The bytes of a JPEG of red, green, blue and opacity; for pictures in pages. */
export const encodeJpeg = (
  pixels: Uint8Array | Uint8ClampedArray,
  width: number,
  height: number,
): Promise<Uint8Array> =>
  sharp(pixels, { raw: { width, height, channels: 4 } })
    .removeAlpha()
    .jpeg({ quality: 85 })
    .toBuffer();

/** Width and height of a picture, a file or its bytes, that stands upright. @throws CommandError for what is no picture */
export async function uprightSize(picture: string | Uint8Array): Promise<{ width: number; height: number }> {
  const bytes = typeof picture === 'string' ? await readWhole('the picture', picture) : picture;
  const { autoOrient } = await sharp(bytes).metadata();
  return { width: autoOrient.width, height: autoOrient.height };
}
