// Pictures of the browser as bytes.

import { drawPixels, type PixelData } from '../../work/pictures.ts';

/** A picture of the visitor's, or one of a sample. */
export interface Shot {
  readonly name: string;
  readonly pixels: PixelData;
}

/** Larger ones are made smaller: no network looks that closely. */
const mostSide = 1024;

/** Upright, as bytes of red, green, blue and opacity. */
export const pixelsOf = async (blob: Blob): Promise<PixelData> =>
  drawPixels(await createImageBitmap(blob), mostSide);

/** Squares side by side, two of each class. */
export function cutSheet({ data, width, height }: PixelData, names: readonly string[] | null): Shot[] {
  const count = Math.floor(width / height);
  return Array.from({ length: count }, (_, i) => {
    const square = new Uint8ClampedArray(4 * height * height);
    for (let y = 0; y < height; y++) {
      const from = 4 * (y * width + i * height);
      square.set(data.subarray(from, from + 4 * height), 4 * y * height);
    }
    const name = names?.[Math.floor((i * names.length) / count)] ?? `picture ${i + 1}`;
    return { name, pixels: { data: square, width: height, height } };
  });
}

const pictureTypes = /^image\//;
const pictureNames = /\.(png|jpe?g|webp|avif|gif|bmp)$/i;

export const isPicture = ({ type, name }: File): boolean =>
  pictureTypes.test(type) || pictureNames.test(name);

/** Bytes by path; of a folder the path within it. */
export async function bytesOf(files: readonly File[]): Promise<Record<string, Uint8Array>> {
  const entries = files.map(async (file) => {
    const path = (file as File & { path?: string }).path ?? file.webkitRelativePath;
    return [path || file.name, new Uint8Array(await file.arrayBuffer())] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}
