// How sounds are changed at random while a network learns from them, so that it learns what they are and not who made them where; and,
// changed or not, cut to the length that it hears.

import { type SoundTransform, transforms } from '@neocog/audio';
import type { Strength } from '../settings.ts';

const changes: Record<Strength, (length: number) => SoundTransform[]> = {
  none: (length) => [transforms.fitLength(length)],
  light: (length) => [
    transforms.speed({ factor: [0.9, 1.1] }),
    transforms.randomCrop(length),
    transforms.addNoise({ snr: [15, 45] }),
    transforms.gain({ decibels: [-9, 6] }),
  ],
  strong: (length) => [
    transforms.timeStretch({ factor: [0.8, 1.25], p: 0.5 }),
    transforms.speed({ factor: [0.85, 1.15] }),
    transforms.randomCrop(length),
    transforms.addNoise({ snr: [5, 35] }),
    transforms.gain({ decibels: [-15, 9] }),
  ],
};

/** From a sound of any length to what the network hears. */
export const soundAugmentation = (strength: Strength, length: number): SoundTransform =>
  transforms.compose(changes[strength](length));
