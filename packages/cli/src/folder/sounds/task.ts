// Of which class is a sound? From a folder of sounds for each class.

import type { SoundSample } from '@neocog/audio';
import { crossEntropy, manualSeed } from 'neocog';
import type { Lesson } from '../lesson.ts';
import type { Machine } from '../machine.ts';
import { describeCounts } from '../pictures/data.ts';
import { evenly, placeHead } from '../placeHead.ts';
import { type Reading, samplesOf } from '../samples.ts';
import type { FolderSettings } from '../settings.ts';
import type { Task } from '../task.ts';
import { soundAugmentation } from './augmentation.ts';
import { openSounds } from './data.ts';
import { chooseEar } from './network.ts';
import { soundReport } from './report.ts';
import { soundEndings, trainedSounds } from './trained.ts';

export const sounds: Task<'sound'> = {
  name: 'sound',
  holds: 'a folder of sounds (WAV) for each class',
  strange: { size: 'sounds have --seconds' },
  usual: {
    fresh: { augment: 'light', epochs: 30, batch: 16, lr: 0.005 },
    trained: { augment: 'light', epochs: 15, batch: 16, lr: 0.0005 },
    frozen: { augment: 'none', epochs: 60, batch: 16, lr: 0.005 },
  },
  known: 'frozen',
  countIn: (paths) => paths.filter((path) => path.includes('/') && soundEndings.test(path)).length,
  open,
  trained: trainedSounds,
};

async function open(settings: FolderSettings, machine: Machine): Promise<Lesson> {
  const { seed, holdOut, strict, data: path, augment, seconds } = settings;
  const chosen = await chooseEar(settings);
  const reading: Reading = { seed, strict, workers: machine.workers };
  const data = await openSounds(path, chosen.hearing, { ...reading, holdOut, seconds });
  manualSeed(seed);
  const { recipe } = data;
  const { classes, length, sampleRate } = recipe;
  const input = [1, length];
  const still = samplesOf<SoundSample>(evenly<SoundSample>(data.still), undefined, reading);
  const trial = { samples: still, input, classes: classes.length };
  const placed = settings.freeze && chosen.known ? await placeHead(chosen.known, trial, machine) : null;
  const module = placed?.module ?? chosen.build(classes, recipe);
  const train = samplesOf<SoundSample>(data.train, soundAugmentation(augment, length), reading);
  const heldOut = samplesOf<SoundSample>(data.heldOut, undefined, reading);
  const seen = `${(length / sampleRate).toFixed(2)} s at ${sampleRate} Hz`;
  return {
    ...{ name: data.name, title: chosen.title, noun: 'sound', input, target: [] },
    ...{ module, placed, batch: chosen.batch },
    about: `on ${data.name}, ${seen}: ${describeCounts(classes, data, 'sound')}`,
    ...{ train, isStill: augment === 'none', heldOut, loss: crossEntropy },
    recipe: { task: 'sound', recipe },
    report: ({ threads }) => soundReport({ data, module, train, heldOut }, threads),
  };
}
