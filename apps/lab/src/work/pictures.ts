// In the page: samples that the Lab carries, and pictures as bytes.

/** Bytes of a picture row by row, four a pixel. */
export interface PixelData {
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
}

/** Photographs that the Lab carries. */
export const photos = [
  { id: 'astronaut', name: 'an astronaut (NASA, public domain)' },
  { id: 'gravel', name: 'gravel (CC0)' },
  { id: 'brick', name: 'bricks (CC0)' },
] as const;

/** A file that the Lab carries. @throws Error in words where it cannot be had */
export async function fetchSample(file: string): Promise<Blob> {
  const response = await fetch(`./data/${file}`);
  if (!response.ok)
    throw new Error(`The sample ${file} could not be fetched (${response.status}). Check the connection.`);
  return response.blob();
}

/** The pixels of a bitmap, which is used up; one with a longer side than `mostSide` is made smaller. */
export function drawPixels(bitmap: ImageBitmap, mostSide: number): PixelData {
  const scale = Math.min(1, mostSide / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(bitmap.width * scale));
  const height = Math.max(1, Math.round(bitmap.height * scale));
  const context = new OffscreenCanvas(width, height).getContext('2d')!;
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  return { data, width, height };
}
