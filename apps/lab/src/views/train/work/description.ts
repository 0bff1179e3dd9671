// What a network was, as text in files and links, and back.

import { readRecipe, recipeText } from '../recipe.ts';
import type { DataKind, Description } from './facts.ts';

const kinds: readonly DataKind[] = ['digits', 'garments', 'drawings', 'folders'];
const mostClasses = 100;
const mostSide = 128;

/** As JSON holds it. */
export const descriptionText = ({ recipe, ...rest }: Description): Record<string, unknown> => ({
  ...rest,
  recipe: recipeText(recipe),
});

const isListOf = (given: unknown, isOne: (value: unknown) => boolean): given is readonly unknown[] =>
  Array.isArray(given) && given.every(isOne);
const isText = (value: unknown): boolean => typeof value === 'string' && value.length <= 200;

/** Null for what describes no network. */
export function readDescription(given: unknown): Description | null {
  if (typeof given !== 'object' || given === null) return null;
  const { recipe: stated, data, classes, channels, side, mean, std } = given as Record<string, unknown>;
  const recipe = readRecipe(stated);
  const kind = kinds.find((name) => name === data);
  if (!recipe || !kind || (channels !== 1 && channels !== 3)) return null;
  if (!Number.isInteger(side) || (side as number) < 8 || (side as number) > mostSide) return null;
  if (!isListOf(classes, isText) || classes.length < 2 || classes.length > mostClasses) return null;
  const levels = [mean, std].map((list) => isListOf(list, Number.isFinite) && list.length === channels);
  if (levels.includes(false) || (std as number[]).includes(0)) return null;
  return {
    ...{ recipe, data: kind, classes: classes as string[], channels, side: side as number },
    ...{ mean: mean as number[], std: std as number[] },
  };
}
