// A tensor as the file of a picture. The name's ending says the format; the file is whole or not there at all.

import { DeviceError, ShapeError, type Tensor, UnsupportedError } from 'neocog';
import { type Fields, needOptions, oneOf, refuseValue, whole } from 'neocog/arguments';
import type { Web } from 'neocog/folders';
import { nodeFiles, placeName, replaceFile } from 'neocog/folders';
import type { Picture } from '../picture/picture.ts';
import { toBytes, toPicture, type ValueOptions, valueFields } from '../tensors/toPicture.ts';
import { type Codec, loadCodec, type OpenCodec } from './codec.ts';

/** How a tensor is written as a file. */
export interface WriteImageOptions extends ValueOptions {
  /** Of JPEG, WebP and AVIF, from 1 to 100. Default 92. */
  quality?: number | undefined;
  /** Bits of a value: 16 keeps finer steps in PNG and TIFF. Default 8. */
  bits?: 8 | 16 | undefined;
}

const writeFields: Fields<WriteImageOptions> = { ...valueFields, quality: whole(1, 100), bits: oneOf(8, 16) };

type Encode = (image: Codec, quality: number) => Codec;

const webp: Encode = (image, quality) => image.webp({ quality, lossless: quality === 100, exact: true });
const jpeg: Encode = (image, quality) => image.jpeg({ quality, chromaSubsampling: '4:4:4' });
const tiff: Encode = (image) => image.tiff({ compression: 'deflate' });

const encoders: Readonly<Record<string, Encode>> = {
  png: (image) => image.png({ compressionLevel: 6 }),
  jpg: jpeg,
  jpeg,
  webp,
  avif: (image, quality) => image.avif({ quality, lossless: quality === 100 }),
  tif: tiff,
  tiff,
};

/**
 * Writes one picture, [h, w], [c, h, w] or [1, c, h, w] with 1 (grey), 3 or 4 (opacity last) channels, as a `.png`, `.jpg`,
 * `.webp`, `.avif` or `.tiff` file; for Node, with the package `sharp`. Values are taken for 0 to 1 (float32) or 0 to 255
 * (int32) unless `scale`, `mean` and `std` say otherwise, and cut to that range.
 *
 * @throws ShapeError for a tensor that is no picture, or an ending that is not known.
 * @throws UnsupportedError for what the format cannot hold: opacity in JPEG, 16 bits in JPEG, WebP and AVIF.
 * @throws DeviceError in a page, where `drawTo` and `canvas.toBlob` serve, and without `sharp`.
 * @throws NeocogError if the file cannot be written.
 * @example await writeImage('copy.png', await readImage('photo.jpg'));
 */
export async function writeImage(
  path: string | Web<'URL'>,
  image: Tensor,
  options: WriteImageOptions = {},
): Promise<void> {
  if (!(typeof path === 'string' || path instanceof URL)) refuseValue('writeImage', 'path', path, 'a path');
  needOptions('writeImage', options, writeFields);
  const { quality = 92, bits = 8 } = options;
  const format = formatOf(path);
  const picture = toPicture('writeImage', image, options);
  needRoom(format, picture, bits);
  const files = nodeFiles();
  if (!files) throw new DeviceError('writeImage: a page has no files; use drawTo and canvas.toBlob');
  const open = await loadCodec('writeImage');
  const shown = toSharp(open, picture, bits);
  await replaceFile({ fn: 'writeImage', files, path }, encoders[format](shown, quality).toBuffer());
}

function formatOf(path: string | URL): string {
  const ending = /\.([a-z]+)$/i.exec(path instanceof URL ? path.pathname : path)?.[1].toLowerCase() ?? '';
  if (Object.hasOwn(encoders, ending)) return ending;
  const known = Object.keys(encoders).map((name) => `.${name}`);
  throw new ShapeError(
    `writeImage: the ending of ${placeName(path)} says no format; end it in ${known.join(', ')}`,
  );
}

function needRoom(format: string, { channels }: Picture, bits: number): void {
  if (channels === 4 && format.startsWith('jp'))
    throw new UnsupportedError(
      'writeImage: JPEG holds no opacity; write a .png, or leave the fourth channel out',
    );
  if (bits === 16 && !/png|tif/.test(format))
    throw new UnsupportedError(`writeImage: .${format} holds 8 bits a value; write a .png or .tiff for 16`);
}

function toSharp(open: OpenCodec, picture: Picture, bits: 8 | 16): Codec {
  const { width, height, channels } = picture;
  const isGrey = channels === 1;
  const values =
    bits === 8
      ? toBytes(picture).data
      : Uint16Array.from(picture.data, (value) => Math.floor(value * 257 + 0.5));
  const deepSpace = isGrey ? 'grey16' : 'rgb16';
  const image = open(values, { raw: { width, height, channels }, limitInputPixels: false });
  return image.toColourspace(bits === 16 ? deepSpace : isGrey ? 'b-w' : 'srgb');
}
