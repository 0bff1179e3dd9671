// A network that tells classes of pictures apart, on pictures of one's own.

import { imageFolder, type PictureSample, readImage } from '@neocog/vision';
import { type nn, reshape, softmax, type Tensor } from 'neocog';
import { type PictureRecipe, readingOf } from '../../recipe.ts';
import { type Answer, rank } from '../../run/answers.ts';
import { formatShare } from '../../table.ts';
import { describeClasses, jsonOfClasses, measureClasses } from '../classes/figures.ts';
import { mostHeldOut, numbering } from '../classes/labels.ts';
import { usualMachine } from '../machine.ts';
import { samplesOf } from '../samples.ts';
import { answerFiles, type EvaluateWords, type FileKind, type Measured, type Trained } from '../trained.ts';

export const pictureEndings = /\.(png|jpe?g|webp|gif|avif|tiff?)$/i;

export const pictureFiles: FileKind = {
  noun: 'picture',
  endings: pictureEndings,
  formats: 'PNG, JPEG, WebP, GIF, AVIF, TIFF',
};

export function trainedPictures(module: nn.Module, recipe: PictureRecipe): Trained {
  const { classes, channels, size } = recipe;
  const network = { module, input: [channels, ...size] };
  return {
    evaluate: (folder, words) => evaluate(network, recipe, { folder, ...words }),
    run: (path, words) =>
      answerFiles(network, path, {
        ...{ ...words, kind: pictureFiles, line: lineOf },
        answer: async (file, program) => {
          const image = await readImage(file, { ...readingOf(recipe), frame: 0 });
          return answersOf(classes, await program.run(reshape(image, [1, ...image.shape])));
        },
      }),
  };
}

/** All classes with their shares, the likeliest first. */
export const answersOf = (classes: readonly string[], scores: Tensor): Answer[] =>
  rank(classes, softmax(scores, { axis: 1 }).data);

/** The likeliest class. */
export function lineOf([answer]: readonly Answer[]): string {
  const { class: name, probability } = answer ?? { class: '', probability: 0 };
  return `${formatShare(probability, 1).padStart(7)}  ${name}`;
}

async function evaluate(
  network: { readonly module: nn.Module; readonly input: readonly number[] },
  recipe: PictureRecipe,
  { folder, workers, look, strict = false }: EvaluateWords & { readonly folder: string },
): Promise<Measured> {
  const sets = await imageFolder(folder, { ...readingOf(recipe), split: [1] });
  const numberOf = numbering(folder, sets.classes, recipe.classes);
  const set = mostHeldOut(sets);
  const renumber = (sample: PictureSample): PictureSample => ({
    ...sample,
    label: numberOf(sample.label as number), // of a folder of classes, each has one
  });
  const loader = samplesOf(set, renumber, { seed: 0, workers, strict }).loader({ batchSize: 1 });
  const labels = set.labels.map((label) => numberOf(Number(label)));
  const test = { network, classes: recipe.classes, noun: 'picture', loader, look, labels };
  const figures = await measureClasses(test, usualMachine().threads);
  return { json: jsonOfClasses(figures, test), text: describeClasses(figures, test), broken: loader.broken };
}
