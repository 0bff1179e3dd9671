// What a recipe makes, on whatever thread.

import { shortText } from '../../arguments/show.ts';
import { NeocogError, UnsupportedError } from '../../errors.ts';
import type { Recipe } from '../dataset.ts';

/** @throws NeocogError if the module cannot be loaded. @throws UnsupportedError if it has no such function. */
export async function cook(recipe: Recipe): Promise<unknown> {
  const { module, name } = recipe;
  const made = (await load(module))[name];
  if (typeof made === 'function') return 'value' in recipe ? made(recipe.value) : made;
  throw new UnsupportedError(`DataLoader: ${shortText(module)} exports no function ${name}; export one`);
}

async function load(module: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await import(/* @vite-ignore */ module);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new NeocogError(`DataLoader: ${shortText(module)} cannot be loaded: ${reason}`, { cause: error });
  }
}
