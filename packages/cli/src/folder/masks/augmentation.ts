// How pictures and their masks are changed at random while a network learns from them, both alike; and, changed or not, scaled for the
// network.

import { type PictureSample, transforms } from '@neocog/vision';
import type { PortableTransform } from 'neocog';
import type { PixelRecipe } from '../../recipe.ts';
import type { Strength } from '../settings.ts';
import { noClass } from './classes.ts';

type Change = ReturnType<typeof transforms.horizontalFlip>;

const jitter = (much: number, { channels }: PixelRecipe): Change[] =>
  channels === 3 ? [transforms.colorJitter({ brightness: much, contrast: much, saturation: much })] : [];

const changes: Record<Strength, (recipe: PixelRecipe) => Change[]> = {
  none: () => [],
  light: (recipe) => [
    transforms.randomResizedCrop(recipe.size, { scale: [0.6, 1], ratio: [0.9, 1.1] }),
    transforms.horizontalFlip(),
    ...jitter(0.2, recipe),
  ],
  strong: (recipe) => [
    transforms.rotate(20, { maskFill: noClass }),
    transforms.randomResizedCrop(recipe.size, { scale: [0.4, 1] }),
    transforms.horizontalFlip(),
    ...jitter(0.35, recipe),
  ],
};

/** From pictures with values from 0 to 1 to the network's input. */
export const maskAugmentation = (strength: Strength, recipe: PixelRecipe): PortableTransform<PictureSample> =>
  transforms.compose([...changes[strength](recipe), transforms.normalize([...recipe.mean], [...recipe.std])]);
