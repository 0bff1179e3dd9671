// Of which class is each pixel? From a folder of pictures and their masks.

import type { PictureSample } from '@neocog/vision';
import { crossEntropy, manualSeed, Tensor } from 'neocog';
import type { Lesson, Loss } from '../lesson.ts';
import type { Machine } from '../machine.ts';
import { roomFor } from '../pictures/augmentation.ts';
import { describeCounts } from '../pictures/data.ts';
import { type Reading, samplesOf } from '../samples.ts';
import type { FolderSettings } from '../settings.ts';
import type { Task } from '../task.ts';
import { maskAugmentation } from './augmentation.ts';
import { noClass } from './classes.ts';
import { openMasks } from './data.ts';
import { chooseUNet } from './network.ts';
import { countPairs } from './pairs.ts';
import { maskReport } from './report.ts';
import { trainedMasks } from './trained.ts';

export const masks: Task<'segment'> = {
  name: 'segment',
  holds: 'a folder with images and masks of the same names',
  strange: { seconds: 'pictures have a --size' },
  usual: {
    fresh: { augment: 'light', epochs: 30, batch: 8, lr: 0.004 },
    trained: { augment: 'light', epochs: 20, batch: 8, lr: 0.0005 },
    frozen: { augment: 'light', epochs: 20, batch: 8, lr: 0.005 },
  },
  known: 'trained',
  countIn: countPairs,
  open,
  trained: trainedMasks,
};

async function open(settings: FolderSettings, { workers }: Machine): Promise<Lesson> {
  const { seed, holdOut, strict, data: path, augment } = settings;
  const chosen = await chooseUNet(settings);
  const reading: Reading = { seed, strict, workers };
  const data = await openMasks(path, chosen.input, { ...reading, holdOut, room: roomFor(augment) });
  manualSeed(seed);
  const { recipe } = data;
  const { classes, channels, size } = recipe;
  const module = chosen.build(classes);
  const train = samplesOf<PictureSample>(data.train, maskAugmentation(augment, recipe), reading);
  const heldOut = samplesOf<PictureSample>(data.heldOut, undefined, reading);
  return {
    ...{ name: data.name, title: chosen.title, noun: 'picture', input: [channels, ...size], target: size },
    ...{ module, placed: null, batch: chosen.batch },
    about: `on ${data.name} at ${size[1]}×${size[0]}: ${describeCounts(classes, data, 'picture')}`,
    ...{ train, isStill: augment === 'none', heldOut, loss: lossFor(data.shares) },
    recipe: { task: 'segment', recipe },
    report: ({ threads }) => maskReport({ data, module, train, heldOut }, threads),
  };
}

/** Classes that cover little would else count for nothing: each pixel by the root of what its class covers. */
function lossFor(shares: readonly number[]): Loss {
  const weights = shares.map((share) => 1 / Math.sqrt(share));
  const mean = weights.reduce((sum, weight, i) => sum + weight * (shares[i] as number), 0);
  const weight = new Tensor(
    Float32Array.from(weights, (value) => value / mean),
    [weights.length],
  );
  return (scores, classes) => crossEntropy(scores, classes, { weight, ignoreIndex: noClass });
}
