// What `neocog build` writes: a network of the library by its name, or one from a file, and what is known of its use.

import { type EsModuleOptions, parseSafetensors, safetensorsMetadata } from '@neocog/formats';
import { init, manualSeed, type nn } from 'neocog';
import { readCheckpoint } from '../checkpoint.ts';
import { CommandError, exists, readWhole } from '../files.ts';
import { findModel, modelNames } from '../networks.ts';

export interface Source {
  readonly name: string;
  readonly module: nn.Module;
  /** The shape of its input where nobody says another. */
  readonly input: readonly number[];
  /** Weights were drawn, not read. */
  readonly random: boolean;
  readonly page: Pick<EsModuleOptions, 'labels' | 'pixels'>;
}

export interface SourceWords {
  /** The network of the library that weights belong to. */
  readonly model?: string;
  readonly seed: number;
}

/** @throws CommandError if there is no such network or file */
export async function openSource(text: string, { model, seed }: SourceWords): Promise<Source> {
  const known = findModel(text);
  if (known) {
    manualSeed(seed);
    return { name: known.name, module: known.build(), input: known.input, random: true, page: {} };
  }
  if (!(await exists(text))) {
    throw new CommandError(
      `there is no file and no network ${text}; name a file, or one of: ${modelNames.join(', ')}`,
    );
  }
  const bytes = await readWhole('the weights', text);
  if (model === undefined && safetensorsMetadata(bytes, text).architecture !== undefined)
    return ofTraining(text);
  return ofWeights(text, bytes, model);
}

/** Weights that `neocog train` wrote. */
async function ofTraining(path: string): Promise<Source> {
  const { recipe, module } = await readCheckpoint(path);
  const { network, classes, mean, std } = recipe;
  const page = { labels: classes, pixels: { mean: [mean], std: [std] } };
  return { name: network.title, module, input: network.input, random: false, page };
}

function ofWeights(path: string, bytes: Uint8Array, model: string | undefined): Source {
  const known = model === undefined ? undefined : findModel(model);
  if (!known) {
    const what =
      model === undefined ? 'does not say which network its weights belong to' : `is for no network ${model}`;
    throw new CommandError(`${path} ${what}; add --model and one of: ${modelNames.join(', ')}`);
  }
  const module = init.skip(known.build);
  module.loadStateDict(parseSafetensors(bytes, path));
  return { name: known.name, module, input: known.input, random: false, page: {} };
}
