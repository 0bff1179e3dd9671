// Pictures of files as a data set, on whatever thread. What cannot be read is a FormatError, so that a loader leaves it out;
// what no picture is to blame for stays what it is.

import { type Dataset, DeviceError, FormatError, NeocogError, type Recipe, ShapeError, Tensor } from 'neocog';
import { nodeFiles } from 'neocog/folders';
import { readBytes } from '../files/bytes.ts';
import { decodePicture, type ReadImageOptions, readFields } from '../files/read.ts';
import { type PixelPlan, planPixels } from '../tensors/options.ts';
import { toTensor } from '../tensors/toTensor.ts';
import { boxesIn, boxTargets } from './boxes.ts';
import { type MaskPlan, readMask } from './masks.ts';
import type { Item, Labels, PictureSample, PictureSet } from './sample.ts';

/** What a set is made of; plain, so that it travels. */
export interface Album {
  /** The function that the user called, for errors. */
  readonly fn: string;
  readonly items: readonly Item[];
  readonly read: ReadImageOptions;
  readonly masks?: MaskPlan;
}

/**
 * The address of this file for workers; null where a bundler has put it among others, which a worker must not run, and in a page, which
 * decodes beside its own thread anyway and whose workers know no packages by name.
 */
const home: string | null =
  nodeFiles() && /\/pictures\.[jt]s$/.test(import.meta.url) ? import.meta.url : null;

/** The pictures of an album, which workers open by the same function. */
export function openPictures(album: Album): PictureSet {
  const { fn, items, read } = album;
  const plan = planPixels(fn, read, readFields);
  const recipe: Recipe | undefined = home ? { module: home, name: 'openPictures', value: album } : undefined;
  const hasBoxes = items.some(({ boxes }) => boxes);
  const set: Dataset<PictureSample> = {
    length: items.length,
    nameOf: (index) => nameOf(items[index]),
    get: (index) => readItem(album, items[index], plan),
    recipe,
    ...(hasBoxes && { targetsOf: boxTargets }),
  };
  return { ...set, files: items.map(nameOf), labels: items.map(labelsOf) };
}

const nameOf = ({ place, path }: Item): string => (typeof place === 'string' ? place : path);
const labelsOf = ({ label, boxes }: Item): Labels => label ?? boxes?.classes ?? [];

async function readItem({ fn, read, masks }: Album, item: Item, plan: PixelPlan): Promise<PictureSample> {
  if (item.fault !== undefined) throw new FormatError(item.fault);
  try {
    const file = await readBytes(fn, item.place);
    // A data set takes the first picture of an animation.
    const picture = await decodePicture(fn, file, read.frame ?? 0);
    const sample = { image: toTensor(fn, picture, plan), ...labelOf(item) };
    if (item.boxes) return { ...sample, ...boxesIn(item.boxes, picture, plan) };
    if (item.mask === undefined || !masks) return sample;
    return { ...sample, mask: await readMask(fn, item.mask, { picture, plan, masks }) };
  } catch (error) {
    throw blamed(error);
  }
}

function labelOf({ label }: Item): Pick<PictureSample, 'label'> {
  if (label === undefined) return {};
  return { label: typeof label === 'number' ? label : new Tensor(Float32Array.from(label), [label.length]) };
}

/** An error of the picture as a FormatError; a lack of decoders or memory, wrong options and bugs as they are. */
function blamed(error: unknown): unknown {
  const isOurs =
    error instanceof NeocogError && !(error instanceof DeviceError || error instanceof ShapeError);
  if (!isOurs || error instanceof FormatError) return error;
  return new FormatError(error.message, { cause: error });
}
