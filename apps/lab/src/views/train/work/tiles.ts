// Pictures of a set as the page draws them.

import type { Tensor } from 'neocog';
import type { PixelData } from '../../../work/pictures.ts';
import type { Tiles } from './facts.ts';
import { bytesAt, type Labelled } from './labelled.ts';

export function tilesOf(set: Labelled, places: readonly number[]): Tiles {
  const [count = 0, channels = 1, side = 1] = set.images.shape;
  const known = places.filter((place) => place < count);
  return {
    pictures: known.map((place) => pixelsOf(bytesAt(set, place), { channels, side })),
    labels: known.map((place) => set.labels.data[place] ?? 0),
  };
}

/** Of values from 0 to 1, [channels, side, side]. */
export function tileOf({ data, shape }: Tensor): PixelData {
  const [channels = 1, side = 1] = shape;
  return pixelsOf(
    Uint8ClampedArray.from(data, (value) => 255 * value),
    { channels, side },
  );
}

function pixelsOf(
  bytes: ArrayLike<number>,
  { channels, side }: { channels: number; side: number },
): PixelData {
  const area = side * side;
  const data = new Uint8ClampedArray(4 * area);
  for (let i = 0; i < area; i++) {
    for (let c = 0; c < 3; c++) data[4 * i + c] = bytes[(channels === 1 ? 0 : c) * area + i] ?? 0;
    data[4 * i + 3] = 255;
  }
  return { data, width: side, height: side };
}
