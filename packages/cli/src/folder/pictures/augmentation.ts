// How pictures are changed at random while a network learns from them, so that it learns what they show and not which they are; and,
// changed or not, scaled for the network.

import { type PictureSample, transforms } from '@neocog/vision';
import type { PortableTransform } from 'neocog';
import type { PixelRecipe } from '../../recipe.ts';
import type { Strength } from '../settings.ts';

/** How much larger than the network's input pictures are to come. */
export const roomFor = (strength: Strength): number => (strength === 'none' ? 1 : 1.25);

/** From pictures with values from 0 to 1 to the network's input. */
export function augmentationFor(strength: Strength, recipe: PixelRecipe): PortableTransform<PictureSample> {
  const { mean, std } = recipe;
  const scale = transforms.normalize([...mean], [...std]);
  // What is hidden is the mean: 0 once it is scaled.
  return transforms.compose([
    ...changes[strength](recipe),
    scale,
    ...(strength === 'strong' ? [transforms.erase()] : []),
  ]);
}

type Change = ReturnType<typeof transforms.horizontalFlip>;

const changes: Record<Strength, (recipe: PixelRecipe) => Change[]> = {
  none: () => [],
  light: ({ size }) => [
    transforms.randomResizedCrop(size, { scale: [0.6, 1], ratio: [0.9, 1.1] }),
    transforms.horizontalFlip(),
  ],
  strong: ({ size, channels }) => [
    transforms.randomResizedCrop(size, { scale: [0.35, 1] }),
    transforms.horizontalFlip(),
    transforms.rotate(15),
    ...(channels === 3 ? [transforms.colorJitter({ brightness: 0.3, contrast: 0.3, saturation: 0.3 })] : []),
  ],
};
