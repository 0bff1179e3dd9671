// Decoding in a page or a worker of one, by the browser itself: createImageBitmap, and ImageDecoder for later frames.

import { DeviceError, FormatError } from 'neocog';
import type { FileBytes } from 'neocog/folders';
import { reasonOf } from 'neocog/folders';
import { drawnPixels, makeScratch } from '../picture/canvas.ts';
import type { Picture } from '../picture/picture.ts';
import { countFrames, needOne } from './frames.ts';

/** Whether this is a page, or a worker of one. */
export const isPage = (): boolean => typeof createImageBitmap === 'function';

/** Upright, in sRGB of 8 bits; of an animation the frame. @throws FormatError for what the browser does not decode. */
export async function decodeByPage(fn: string, file: FileBytes, frame: number | undefined): Promise<Picture> {
  needOne({ fn, name: file.name, frame, frames: countFrames(file.bytes) });
  try {
    const blob = new Blob([file.bytes.slice()]);
    const image = frame ? await laterFrame(fn, file, frame) : await createImageBitmap(blob);
    try {
      const { width, height } = image;
      return drawnPixels(fn, image, { width, height, scratch: makeScratch(fn) });
    } finally {
      image.close();
    }
  } catch (error) {
    if (error instanceof DeviceError) throw error;
    throw new FormatError(
      `${fn}: ${file.name} is no picture that this browser can read (${reasonOf(error)}); pass a PNG, JPEG or WebP file`,
      { cause: error },
    );
  }
}

async function laterFrame(fn: string, file: FileBytes, frame: number): Promise<ImageBitmap> {
  if (typeof ImageDecoder === 'undefined')
    throw new DeviceError(
      `${fn}: this browser decodes only the first frame of ${file.name}; give { frame: 0 }`,
    );
  const decoder = new ImageDecoder({ data: file.bytes.slice(), type: typeOf(file.bytes) });
  try {
    const { image } = await decoder.decode({ frameIndex: frame });
    try {
      return await createImageBitmap(image);
    } finally {
      image.close();
    }
  } finally {
    decoder.close();
  }
}

/** Of the formats that have frames. */
function typeOf([first]: Uint8Array): string {
  if (first === 0x47) return 'image/gif';
  if (first === 0x89) return 'image/png';
  return first === 0x52 ? 'image/webp' : 'image/avif';
}
