// Batches of pictures: changed at random and normalised, or only normalised.

import { transforms } from '@neocog/vision';
import { DataLoader, type Dataset, Generator, type Tensor, tensorDataset } from 'neocog';
import type { Augmentation } from '../recipe.ts';
import type { Description } from './facts.ts';
import type { Labelled } from './labelled.ts';

type Picture = Parameters<transforms.Transform>[0] & { readonly label: number };

const datasetOf = ({ images, labels }: Labelled): Dataset<Picture> =>
  tensorDataset({ image: images, label: labels }, { std: 255 }) as Dataset<object> as Dataset<Picture>;

function changesOf({ shift, turn, zoom, flip }: Augmentation, side: number): transforms.Transform[] {
  const moves = shift + turn + zoom > 0;
  const affine = transforms.affine({
    degrees: turn,
    translate: [shift / side, shift / side],
    scale: [1 - zoom / 100, 1 + zoom / 100],
  });
  return [...(moves ? [affine] : []), ...(flip ? [transforms.horizontalFlip()] : [])];
}

/** Shuffled anew in each pass. */
export function trainLoader(train: Labelled, description: Description): DataLoader<Picture> {
  const { recipe, side, mean, std } = description;
  const { augmentation, batch, seed } = recipe;
  const changes = changesOf(augmentation, side);
  const transform = transforms.compose([...changes, transforms.normalize(mean, std)]);
  return new DataLoader(datasetOf(train), { batchSize: batch, shuffle: true, seed, transform });
}

/** How a picture may come, changed at random, values from 0 to 1; none where nothing is changed. */
export async function variants(set: Labelled, place: number, augmentation: Augmentation): Promise<Tensor[]> {
  const [, , side = 1] = set.images.shape;
  const changes = changesOf(augmentation, side);
  if (changes.length === 0) return [];
  const sample = await datasetOf(set).get(place);
  const change = transforms.compose(changes);
  return Array.from({ length: shownVariants }, (_, i) => change(sample, new Generator(i + 1)).image);
}

const shownVariants = 6;

export const heldBatch = 100;

export const heldLoader = (held: Labelled, { mean, std }: Description): DataLoader<Picture> =>
  new DataLoader(datasetOf(held), { batchSize: heldBatch, transform: transforms.normalize(mean, std) });
