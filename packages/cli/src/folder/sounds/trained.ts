// A network that tells classes of sounds apart, on sounds of one's own.

import { audioFolder, readWav, type SoundSample, transforms } from '@neocog/audio';
import { Generator, type nn, reshape } from 'neocog';
import type { SoundRecipe } from '../../recipe.ts';
import { describeClasses, jsonOfClasses, measureClasses } from '../classes/figures.ts';
import { mostHeldOut, numbering } from '../classes/labels.ts';
import { usualMachine } from '../machine.ts';
import { answersOf, lineOf } from '../pictures/trained.ts';
import { samplesOf } from '../samples.ts';
import {
  answerFiles,
  type EvaluateWords,
  type FileKind,
  type Measured,
  type Runnable,
  type Trained,
} from '../trained.ts';

export const soundEndings = /\.wave?$/i;

const soundFiles: FileKind = { noun: 'sound', endings: soundEndings, formats: 'WAV' };

export function trainedSounds(module: nn.Module, recipe: SoundRecipe): Trained {
  const { classes, sampleRate, length } = recipe;
  const network = { module, input: [1, length] };
  const { mono, resample, fitLength, compose } = transforms;
  const prepare = compose([mono(), resample(sampleRate), fitLength(length)]);
  return {
    evaluate: (folder, words) => evaluate(network, recipe, { folder, ...words }),
    run: (path, words) =>
      answerFiles(network, path, {
        ...{ ...words, kind: soundFiles, line: lineOf },
        answer: async (file, program) => {
          const { sound } = await prepare(await readWav(file), new Generator(0));
          return answersOf(classes, await program.run(reshape(sound, [1, 1, length])));
        },
      }),
  };
}

async function evaluate(
  network: Runnable,
  { classes, sampleRate, length }: SoundRecipe,
  { folder, workers, look, strict = false }: EvaluateWords & { readonly folder: string },
): Promise<Measured> {
  const sets = await audioFolder(folder, { sampleRate, mono: true, length, split: [1] });
  const numberOf = numbering(folder, sets.classes, classes);
  const set = mostHeldOut(sets);
  const renumber = (sample: SoundSample): SoundSample => ({
    ...sample,
    label: numberOf(sample.label as number), // of a folder of classes, each has one
  });
  const loader = samplesOf<SoundSample>(set, renumber, { seed: 0, workers, strict }).loader({ batchSize: 1 });
  const test = { network, classes, noun: 'sound', loader, look, labels: set.labels.map(numberOf) };
  const figures = await measureClasses(test, usualMachine().threads);
  return { json: jsonOfClasses(figures, test), text: describeClasses(figures, test), broken: loader.broken };
}
