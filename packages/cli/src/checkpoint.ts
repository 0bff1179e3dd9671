// Weights files: safetensors whose metadata says which network the weights belong to and how to feed it.

import { parseSafetensors, safetensorsMetadata, saveSafetensors } from '@neocog/formats';
import type { nn } from 'neocog';
import { CommandError, readWhole } from './files.ts';
import { findNetwork, type NetworkInfo } from './networks.ts';

/** What it takes to run a trained network. */
export interface Recipe {
  readonly network: NetworkInfo;
  readonly classes: readonly string[];
  /** The network sees (pixel − mean) / std, pixels 0 to 255. */
  readonly mean: number;
  readonly std: number;
}

/** The bytes of a weights file. `notes` are further texts for whoever looks into it. */
export function encodeCheckpoint(
  recipe: Recipe,
  module: nn.Module,
  notes: Record<string, string>,
): Uint8Array {
  return saveSafetensors(module.stateDict(), {
    ...notes,
    architecture: recipe.network.name,
    classes: JSON.stringify(recipe.classes),
    mean: String(recipe.mean),
    std: String(recipe.std),
  });
}

/** Reads a weights file and builds its network, ready to run. */
export async function readCheckpoint(path: string): Promise<{ recipe: Recipe; module: nn.Sequential }> {
  const bytes = await readWhole('the weights', path);
  const weights = parseSafetensors(bytes, path);
  const recipe = readRecipe(path, safetensorsMetadata(bytes, path));
  const module = recipe.network.build();
  module.loadStateDict(weights);
  module.eval();
  return { recipe, module };
}

/** What training noted in the metadata of a weights file. */
export function readRecipe(path: string, metadata: Readonly<Record<string, string>>): Recipe {
  const { architecture, classes = '', mean, std } = metadata;
  if (architecture === undefined) {
    throw new CommandError(
      `${path} does not say which network its weights belong to; pass weights that neocog train has written`,
    );
  }
  const recipe = {
    network: findNetwork(architecture),
    classes: parseClasses(classes),
    mean: Number(mean),
    std: Number(std),
  };
  if (recipe.classes.length > 0 && Number.isFinite(recipe.mean) && recipe.std > 0) return recipe;
  throw new CommandError(
    `${path} has no usable classes, mean and std in its metadata; pass weights that neocog train has written`,
  );
}

/** The names of the classes, or none where the text is not a list of texts. */
function parseClasses(text: string): string[] {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.every((name) => typeof name === 'string') ? list : [];
  } catch {
    return [];
  }
}
