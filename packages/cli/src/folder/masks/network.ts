// The network that is to draw masks: a small U-Net, the full one of the library, or one from a file.

import { models, nn } from 'neocog';
import { CommandError } from '../../files.ts';
import { findName } from '../../names.ts';
import { findImageInput } from '../../run/pixels.ts';
import { openFile } from '../networkFile.ts';
import type { Input } from '../pictures/data.ts';
import { batchOf, noScale, noShift, sizeOf, squareOf, withHead } from '../pictures/network.ts';
import { type FolderSettings, smallName } from '../settings.ts';

/** A network before it knows how many classes there are. */
export interface ChosenMasks {
  readonly title: string;
  readonly input: Input;
  readonly batch: 1 | null;
  /** Logits `[n, classes, h, w]` of pictures `[n, 3, h, w]`. */
  build(classes: readonly string[]): nn.Module;
}

const usualSize = 128;

/** U-Nets by name: maps at the full size, and how often they are halved. */
const unets = {
  [smallName]: { title: 'A small U-Net', width: 8, depth: 4 },
  unet: { title: 'U-Net', width: 64, depth: 4 },
};

type UNetName = keyof typeof unets;

const names = Object.keys(unets) as UNetName[];

/** @throws CommandError if there is no such network, or it draws no masks */
export async function chooseUNet({ network, weights, size, freeze }: FolderSettings): Promise<ChosenMasks> {
  if (weights !== null) {
    throw new CommandError(
      '--weights are for networks that tell classes apart; name a file of a network with --network',
    );
  }
  const name = findName(names, network);
  return name ? ofName(unets[name], size ?? usualSize) : fromFile(network, size, freeze);
}

function ofName({ title, width, depth }: (typeof unets)[UNetName], side: number): ChosenMasks {
  const step = 2 ** depth;
  if (side % step !== 0) {
    const near = step * Math.max(1, Math.round(side / step));
    throw new CommandError(
      `--size ${side} cannot be halved ${depth} times, as a U-Net does; give a multiple of ${step}, such as ${near}`,
    );
  }
  return {
    title,
    input: { size: squareOf(side), channels: 3, fit: 'stretch' },
    batch: null,
    build: ({ length: classes }) =>
      models.unet({ inChannels: 3, classes, width, depth, padding: 'same', dropout: 0.1 }),
  };
}

async function fromFile(path: string, size: number | null, freeze: boolean): Promise<ChosenMasks> {
  const { network, recipe } = await openFile(path, names);
  const image = findImageInput(network.inputs);
  const [output] = network.outputs;
  if (image.layout !== 'channels-first' || output?.shape.length !== 4) {
    throw new CommandError(
      `${path} gives [${output?.shape.join(', ') ?? ''}]; masks need scores of each pixel, [n, classes, height, width]`,
    );
  }
  const own = recipe?.task === 'segment' ? recipe.recipe : null;
  const { mean, std, fit } = own ?? { mean: noShift(image), std: noScale(image), fit: 'stretch' as const };
  if (freeze) nn.freeze(network);
  return {
    title: path,
    input: { size: sizeOf(path, image, size), channels: image.colours, fit, mean, std },
    batch: batchOf(path, image.value.shape),
    build: (classes) =>
      !freeze && String(own?.classes) === String(classes) ? network : withHead(network, classes.length),
  };
}
