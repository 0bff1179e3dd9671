// A network of any file and a picture as it sees it: one tensor, and what its values were made by.

import type { LoadedFile } from '@neocog/formats';
import { forPictures, fromPixels, toPixels, readImage as visionImage } from '@neocog/vision';
import { type nn, reshape, type Tensor } from 'neocog';
import { readRecipe } from '../checkpoint.ts';
import { CommandError } from '../files.ts';
import { readImage } from '../image.ts';
import { readFolderRecipe, readingOf } from '../recipe.ts';
import { readLabels } from '../run/answers.ts';
import type { RunWords } from '../run/imported.ts';
import { findImageInput, toTensor } from '../run/pixels.ts';
import { shapeFor } from '../subject.ts';

/** A network that takes pictures, and one of them. */
export interface Seen {
  /** Takes [n, c, h, w]; gives scores [n, classes], if it tells classes apart. */
  readonly net: nn.Module;
  /** [1, c, h, w] */
  readonly x: Tensor;
  /** The picture of the size that the network sees, [3, h, w] from 0 to 1. */
  readonly picture: Tensor;
  /** Names of classes, where they are known. */
  readonly classes: readonly string[] | null;
}

/** How pixels of 0 to 255 became values: (pixel / scale − mean) / std. */
interface Rule {
  readonly scale: number;
  readonly mean: number | readonly number[];
  readonly std: number | readonly number[];
}

export async function seenOf(
  { path, file, network }: { path: string; file: LoadedFile; network: nn.NamedModule },
  image: string,
  words: RunWords,
): Promise<Seen> {
  const made = readFolderRecipe(path, file.metadata);
  if (made?.task === 'sound')
    throw new CommandError(
      `${path} hears sounds, and view shows what a network makes of a picture; run it instead`,
    );
  if (made) {
    const x = await visionImage(image, readingOf(made.recipe));
    const { mean, std } = made.recipe;
    const classes = made.task === 'classify' ? made.recipe.classes : null;
    return seen(network, reshape(x, [1, ...x.shape]), { rule: { scale: 255, mean, std }, classes });
  }
  const trained = file.metadata.architecture === undefined ? null : readRecipe(path, file.metadata);
  const rule = trained ? { scale: 1, mean: [trained.mean], std: [trained.std] } : words;
  const x = await readPicture(network, image, { ...words, ...rule });
  const labels = words.labels === undefined ? null : await readLabels(words.labels);
  return seen(network, x, { rule, classes: labels ?? trained?.classes ?? null });
}

/** The picture as values, channels first whatever the file has. */
async function readPicture(network: nn.NamedModule, image: string, words: RunWords): Promise<Tensor> {
  const { input: shapes = [], layout, fit = false, crop = false, invert = false } = words;
  const sized = network.inputs.map((value, i) => ({
    ...value,
    shape: shapeFor(value.name, i, shapes) ?? value.shape,
  }));
  const input = findImageInput(sized, layout);
  const size = { width: input.width, height: input.height };
  const pixels = await readImage(image, input.colours, { ...size, fit, crop, invert });
  return toTensor(pixels, { ...input, layout: 'channels-first' }, words);
}

function seen(
  network: nn.Module,
  x: Tensor,
  { rule, classes }: { rule: Rule; classes: readonly string[] | null },
): Seen {
  const { scale, mean, std } = rule;
  const channels = x.shape[1];
  const each = (values: number | readonly number[]): number[] =>
    Array.from({ length: channels }, (_, c) =>
      typeof values === 'number' ? values : values[c % values.length],
    );
  const picture = fromPixels(toPixels(x, { scale: 1 / scale, mean: each(mean), std: each(std) }));
  return { net: forPictures(network).net, x, picture, classes };
}

/** @throws CommandError for names that are not as many as the classes */
export function needNames(classes: readonly string[] | null, count: number): readonly string[] {
  if (classes === null) return Array.from({ length: count }, (_, i) => `class ${i}`);
  if (classes.length === count) return classes;
  throw new CommandError(`there are ${classes.length} names for ${count} classes; pass another --labels`);
}
