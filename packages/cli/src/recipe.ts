// What it takes to use a network that was trained on a folder: what it was trained for, its classes, and how pictures or sounds become
// its input. It travels as texts in the network's ONNX file.

import type { ReadImageOptions } from '@neocog/vision';
import { CommandError } from './files.ts';

/** How pictures become what a network takes. */
export interface PixelRecipe {
  /** Height and width of what the network takes. */
  readonly size: readonly [number, number];
  readonly channels: 1 | 3;
  readonly fit: NonNullable<ReadImageOptions['fit']>;
  /** Of each channel; the network sees (value − mean) / std, values from 0 to 1. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** A network that says of which class a picture is. */
export interface PictureRecipe extends PixelRecipe {
  readonly classes: readonly string[];
}

/** A network that says of which class each pixel is. */
export interface MaskRecipe extends PixelRecipe {
  readonly classes: readonly string[];
  /** How masks are drawn: the grey of each class, or its red, green and blue. */
  readonly colours: readonly (number | readonly [number, number, number])[];
}

/** A network that says of which class a sound is. */
export interface SoundRecipe {
  readonly classes: readonly string[];
  /** Samples a second. */
  readonly sampleRate: number;
  /** Samples that it takes, from the middle of a sound. */
  readonly length: number;
}

/** Recipes by what a network was trained for. */
export interface Recipes {
  readonly classify: PictureRecipe;
  readonly segment: MaskRecipe;
  readonly sound: SoundRecipe;
}

export type TaskName = keyof Recipes;

/** A recipe with the name of its task. */
export type NamedRecipe<N extends TaskName = TaskName> = {
  [K in N]: { readonly task: K; readonly recipe: Recipes[K] };
}[N];

type Texts = Readonly<Record<string, string>>;

/** How a recipe is kept: the text in which its values lie, beside the classes, and whether values read from there are of that kind. */
const kept: { readonly [N in TaskName]: { readonly text: string; isWhole(values: Values): boolean } } = {
  classify: { text: 'pixels', isWhole: arePixels },
  segment: {
    text: 'pixels',
    isWhole: (values) => arePixels(values) && areColours(values.colours, values.classes),
  },
  sound: {
    text: 'sound',
    isWhole: ({ sampleRate, length }) => isCount(sampleRate) && isCount(length),
  },
};

/** The recipe as texts of a file. */
export function encodeRecipe({ task, recipe }: NamedRecipe): Record<string, string> {
  const { classes, ...values } = recipe;
  return { task, classes: JSON.stringify(classes), [kept[task].text]: JSON.stringify(values) };
}

/** How `readImage` and data sets of pictures read for it. */
export const readingOf = ({ size, channels, fit, mean, std }: PixelRecipe): ReadImageOptions => ({
  ...{ size, channels, fit, mean, std },
});

/** The recipe that a file carries; null if it carries none. @throws CommandError if it is damaged */
export function readFolderRecipe(path: string, texts: Texts): NamedRecipe | null {
  const { task } = texts;
  if (task === undefined || !isTask(task)) return null;
  const { text, isWhole } = kept[task];
  if (texts[text] === undefined) return null;
  const recipe: Values = { classes: parse(texts.classes), ...(parse(texts[text]) as object) };
  // What isWhole has seen is the recipe of its task.
  if (areClasses(recipe.classes) && isWhole(recipe)) return { task, recipe } as unknown as NamedRecipe;
  throw new CommandError(
    `${path} says in a way that cannot be read what its classes are and what it takes; pass a network that neocog train has written`,
  );
}

const isTask = (name: string): name is TaskName => Object.hasOwn(kept, name);

type Values = Readonly<Record<string, unknown>>;

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return null;
  }
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) > 0;

const areClasses = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length > 1 && value.every((name) => typeof name === 'string');

const areNumbers = (value: unknown, count: number, isGood: (n: number) => boolean): boolean =>
  Array.isArray(value) && value.length === count && value.every((n) => typeof n === 'number' && isGood(n));

function arePixels({ size, channels, fit, mean, std }: Values): boolean {
  const count = Number(channels);
  return (
    areNumbers(size, 2, isCount) &&
    (count === 1 || count === 3) &&
    ['cover', 'contain', 'stretch'].includes(String(fit)) &&
    areNumbers(mean, count, Number.isFinite) &&
    areNumbers(std, count, (n) => n > 0)
  );
}

const isByte = (value: unknown): boolean =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) < 256;

const areColours = (colours: unknown, classes: unknown): boolean =>
  Array.isArray(colours) &&
  Array.isArray(classes) &&
  colours.length === classes.length &&
  colours.every((colour) => isByte(colour) || areNumbers(colour, 3, isByte));
