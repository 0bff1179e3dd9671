// The middle of a picture, as a small square.

import type { PixelData } from '../../work/pictures.ts';

const side = 56;

export function thumbnail(bitmap: ImageBitmap, size = side): PixelData {
  const context = new OffscreenCanvas(size, size).getContext('2d')!;
  const cut = Math.min(bitmap.width, bitmap.height);
  const [x, y] = [(bitmap.width - cut) / 2, (bitmap.height - cut) / 2];
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, x, y, cut, cut, 0, 0, size, size);
  const { data } = context.getImageData(0, 0, size, size);
  return { data, width: size, height: size };
}
