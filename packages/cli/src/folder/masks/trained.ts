// A network that draws masks, on pictures of one's own.

import { join, relative } from 'node:path';
import { readImage } from '@neocog/vision';
import { type nn, type Program, reshape, type Tensor } from 'neocog';
import { CommandError, prepareFolder, writeWhole } from '../../files.ts';
import { uprightSize } from '../../image.ts';
import { type MaskRecipe, readingOf } from '../../recipe.ts';
import type { Answer } from '../../run/answers.ts';
import { formatShare } from '../../table.ts';
import { mostHeldOut } from '../classes/labels.ts';
import { usualMachine } from '../machine.ts';
import { pictureFiles } from '../pictures/trained.ts';
import { samplesOf } from '../samples.ts';
import {
  type AnswerWords,
  answerFiles,
  type EvaluateWords,
  filesAt,
  type Measured,
  type Runnable,
  type Trained,
} from '../trained.ts';
import { maskReading } from './data.ts';
import { classesAt, encodeMask, type Scores } from './drawing.ts';
import { argmaxOf, describeMasks, jsonOfMasks, measureMasks } from './figures.ts';
import { findPairs, openPairs } from './pairs.ts';

export function trainedMasks(module: nn.Module, recipe: MaskRecipe): Trained {
  const network = { module, input: [recipe.channels, ...recipe.size] };
  return {
    evaluate: (folder, words) => evaluate(network, recipe, { folder, ...words }),
    run: (path, words) => run(network, recipe, { path, ...words }),
  };
}

async function evaluate(
  network: Runnable,
  recipe: MaskRecipe,
  { folder, workers, look, strict = false }: EvaluateWords & { readonly folder: string },
): Promise<Measured> {
  const options = { ...maskReading(recipe), ...readingOf(recipe), split: [1] };
  const set = mostHeldOut(await openPairs(await findPairs(folder), options));
  const loader = samplesOf(set, undefined, { seed: 0, workers, strict }).loader({ batchSize: 1 });
  const { classes, colours } = recipe;
  const figures = await measureMasks({ network, classes, loader, look }, usualMachine().threads);
  if (Number.isNaN(figures.accuracy)) {
    throw new CommandError(
      `the masks of ${folder} have none of the colours that the network knows, ${colours.join(', ')}; draw them in these`,
    );
  }
  const { broken } = loader;
  return { json: jsonOfMasks(figures, classes), text: describeMasks(figures, classes), broken };
}

/** Says how much each class covers, and writes masks if that is asked for. */
async function run(
  network: Runnable,
  recipe: MaskRecipe,
  { path, ...words }: AnswerWords & { readonly path: string },
): Promise<void> {
  const placeOf = await placesFor(path, words.output);
  await answerFiles(network, path, {
    ...{ ...words, kind: pictureFiles, line: lineOf },
    answer: async (file, program) => {
      const scores = await scoresOf(file, recipe, program);
      const place = placeOf(file);
      if (place !== null) await writeMask(place, { file, scores, recipe });
      return sharesOf(scores, recipe.classes);
    },
  });
}

/** Where the mask of each picture goes; null where none is wanted. @throws CommandError for what is no PNG, or two of one name */
async function placesFor(path: string, output: string | undefined): Promise<(file: string) => string | null> {
  if (output === undefined) return () => null;
  const files = await filesAt(path, pictureFiles);
  if (files.length === 1 && files[0] === path) {
    if (/\.png$/i.test(output)) return () => output;
    throw new CommandError(
      `masks are written as PNG, which keeps their colours; give ${output} the ending .png`,
    );
  }
  const placeOf = (file: string): string =>
    join(output, `${relative(path, file).replace(/\.[^.]*$/, '')}.png`);
  const places = files.map(placeOf);
  const twice = places.findIndex((place, i) => places.indexOf(place) < i);
  if (twice < 0) return placeOf;
  throw new CommandError(
    `two pictures would have the mask ${places[twice]}, one of them ${files[twice]}; rename it`,
  );
}

async function scoresOf(file: string, recipe: MaskRecipe, program: Program): Promise<Scores> {
  const image = await readImage(file, { ...readingOf(recipe), frame: 0 });
  return scoresIn(await program.run(reshape(image, [1, ...image.shape])));
}

/** What a network said of one picture, `[1, classes, height, width]`. */
export function scoresIn({ data, shape }: Tensor): Scores {
  const [, classes, height, width] = shape as [number, number, number, number];
  return { data, classes, height, width };
}

/** The bytes of a mask, of the size of its picture. */
export async function maskOf(
  picture: string | Uint8Array,
  scores: Scores,
  recipe: MaskRecipe,
): Promise<Uint8Array> {
  const size = await uprightSize(picture);
  return encodeMask(classesAt(scores, size), size, recipe);
}

async function writeMask(
  place: string,
  { file, scores, recipe }: { readonly file: string; readonly scores: Scores; readonly recipe: MaskRecipe },
): Promise<void> {
  const mask = await maskOf(file, scores, recipe);
  await prepareFolder(join(place, '..'));
  await writeWhole(place, mask);
}

/** How much of the picture each class covers, the most first. */
export function sharesOf({ data, classes, width, height }: Scores, names: readonly string[]): Answer[] {
  const counts = new Array<number>(classes).fill(0);
  for (const id of argmaxOf(data, classes, width * height)) counts[id] = (counts[id] ?? 0) + 1;
  return names
    .map((name, i) => ({ class: name, probability: (counts[i] ?? 0) / (width * height) }))
    .sort((a, b) => b.probability - a.probability);
}

/** The classes that cover most. */
const lineOf = (answers: readonly Answer[]): string =>
  answers
    .filter(({ probability }) => probability > 0)
    .slice(0, 3)
    .map(({ class: name, probability }) => `${formatShare(probability, 1).padStart(7)}  ${name}`)
    .join('  ');
