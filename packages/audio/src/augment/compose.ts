// Several transforms as one.

import type { Generator, Recipe } from 'neocog';
import { aFunction, listOf, need } from 'neocog/arguments';
import { homeOf } from '../home.ts';
import type { SoundSample } from '../sound.ts';
import { type SoundTransform, withRecipe } from './transform.ts';

const someTransforms = listOf('transforms', aFunction);

/**
 * Transforms one after the other.
 *
 * @throws ShapeError for what is no list of functions.
 * @example transforms.compose([transforms.resample(16000), transforms.gain({ decibels: [-6, 6] })])
 */
export function compose(parts: readonly SoundTransform[]): SoundTransform {
  need('transforms.compose', 'transforms', parts, someTransforms);
  const recipes = parts.map(({ recipe }) => recipe);
  const all = chain(parts);
  if (!recipes.every((recipe) => recipe !== undefined)) return all;
  return withRecipe(all, { home: homeOf(import.meta.url, 'compose'), name: 'composeOf', value: recipes });
}

const chain =
  (parts: readonly SoundTransform[]) =>
  async (sample: SoundSample, random: Generator): Promise<SoundSample> => {
    let changed = sample;
    for (const part of parts) changed = await part(changed, random);
    return changed;
  };

/** What a worker makes of the recipes of `compose`. */
export async function composeOf(recipes: readonly Recipe[]): Promise<SoundTransform> {
  return chain(await Promise.all(recipes.map(made)));
}

async function made({ module, name, value }: Recipe): Promise<SoundTransform> {
  const { [name]: make } = await import(/* @vite-ignore */ /* webpackIgnore: true */ module);
  return make(value);
}
