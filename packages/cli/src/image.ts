// Images from files as grey pixels, and grey or coloured pixels as PNG. All decoding and encoding is sharp's.

import sharp from 'sharp';
import { CommandError, readWhole } from './files.ts';

export interface ImageRequest {
  readonly width: number;
  readonly height: number;
  /** Resize a picture of another size, its proportions kept, instead of refusing it. */
  readonly fit: boolean;
  /** Swap light and dark, for dark strokes on a light ground. */
  readonly invert: boolean;
}

/**
 * Reads a PNG, JPEG, WebP, … as grey bytes, row by row. Transparency and what `fit` adds around become the
 * ground:
 * black, or white where the picture is to be inverted.
 */
export async function readGreyImage(path: string, request: ImageRequest): Promise<Uint8Array> {
  const bytes = await readWhole('the image', path);
  try {
    return await decodeGrey(path, bytes, request);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(
      `${path} is not an image that can be read (${reasonOf(error)}); pass a PNG, JPEG or WebP file`,
    );
  }
}

async function decodeGrey(
  path: string,
  bytes: Uint8Array,
  { width, height, fit, invert }: ImageRequest,
): Promise<Uint8Array> {
  const ground = invert ? 'white' : 'black';
  const image = sharp(bytes).autoOrient();
  const { autoOrient: size } = await image.metadata();
  if ((size.width !== width || size.height !== height) && !fit) {
    throw new CommandError(
      `${path} is ${size.width}×${size.height}, the network needs ${width}×${height}; ` +
        'resize it, or let --fit do so',
    );
  }
  const pixels = await image
    .flatten({ background: ground })
    .resize(width, height, { fit: 'contain', background: ground })
    .greyscale()
    .raw()
    .toBuffer();
  return invert ? pixels.map((pixel) => 255 - pixel) : pixels;
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
