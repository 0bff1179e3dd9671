// Pictures of classes: a pixel's grey, its place in the file's palette or its colour says its class. Sizes change by the nearest
// pixel, so that no class comes of two others.

import { FormatError, Tensor } from 'neocog';
import type { FileBytes } from 'neocog/folders';
import { fitFrame } from 'neocog/pixels';
import { readBytes } from '../files/bytes.ts';
import { decodePicture } from '../files/read.ts';
import { withChannels } from '../picture/channels.ts';
import type { Picture } from '../picture/picture.ts';
import { resample } from '../resize/resample.ts';
import type { PixelPlan } from '../tensors/options.ts';
import { readPalette } from './palette.ts';
import type { Place } from './sample.ts';

/** Which class a pixel is of; plain, so that it travels. */
export interface MaskPlan {
  /** The grey or the colour (red · 65536 + green · 256 + blue) of each class; null where the grey is the class. */
  readonly colours: readonly number[] | null;
  /** The class of pixels of other colours; null where there must be none. */
  readonly other: number | null;
}

/** What a mask belongs to. */
interface Owner {
  readonly picture: Picture;
  readonly plan: PixelPlan;
  readonly masks: MaskPlan;
}

/** int32 [height, width], of the size that the picture is read in. */
export async function readMask(fn: string, place: Place, { picture, plan, masks }: Owner): Promise<Tensor> {
  const file = await readBytes(fn, place);
  const drawn = await decodePicture(fn, file, 0);
  if (drawn.width !== picture.width || drawn.height !== picture.height) {
    throw new FormatError(
      `${fn}: the mask ${file.name} is ${drawn.width}×${drawn.height}, its picture ${picture.width}×${picture.height}; ` +
        'both need one size',
    );
  }
  const classes = classesOf(fn, file, drawn, masks);
  const { width, height } = plan.size ?? picture;
  const cells = new Int32Array(width * height).fill(masks.other ?? 0);
  const { source: box, target } = fitFrame(plan.fit, picture, { width, height });
  const moved = resample(classes, { ...target, interpolation: 'nearest', box });
  for (let row = 0; row < target.height; row++) {
    const values = moved.data.subarray(row * target.width, (row + 1) * target.width);
    cells.set(values, (target.top + row) * width + target.left);
  }
  return new Tensor(cells, [height, width]);
}

/** Classes as floats, which hold them exactly, so that they are moved like any picture. */
function classesOf(fn: string, file: FileBytes, drawn: Picture, { colours, other }: MaskPlan): Picture {
  const palette = colours ? null : readPalette(file.bytes);
  const { width, height } = drawn;
  const data = new Float32Array(width * height);
  if (!colours && !palette) {
    const grey = withChannels(drawn, 1, [0, 0, 0]);
    // Values of 16 bits come as parts of 255.
    const gain = drawn.data instanceof Float32Array ? 257 : 1;
    for (let p = 0; p < data.length; p++) data[p] = Math.round(grey.data[p] * gain);
    return { width, height, channels: 1, data };
  }
  const places = new Map(
    (palette ?? colours ?? []).map((colour, place) => [colour, place] as const).reverse(),
  );
  const rgb = withChannels(drawn, 3, [0, 0, 0]).data;
  for (let p = 0; p < data.length; p++) {
    const colour = (rgb[3 * p] << 16) | (rgb[3 * p + 1] << 8) | rgb[3 * p + 2];
    const place = places.get(colour) ?? other;
    if (place === null) refuseColour(fn, file, { x: p % width, y: Math.floor(p / width), colour });
    data[p] = place;
  }
  return { width, height, channels: 1, data };
}

function refuseColour(
  fn: string,
  file: FileBytes,
  { x, y, colour }: { readonly x: number; readonly y: number; readonly colour: number },
): never {
  const [red, green, blue] = [colour >> 16, (colour >> 8) & 255, colour & 255];
  throw new FormatError(
    `${fn}: the mask ${file.name} has the colour ${red} ${green} ${blue} at column ${x}, row ${y}, which is no class; ` +
      'add it to colours, or say in other what class it is',
  );
}
