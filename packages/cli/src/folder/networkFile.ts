// A network from a file that is to learn something else.

import { loadFile } from '@neocog/formats';
import type { nn } from 'neocog';
import { CommandError, exists } from '../files.ts';
import { askForNear } from '../names.ts';
import { type NamedRecipe, readFolderRecipe } from '../recipe.ts';
import { networkOf } from '../subject.ts';

/** @param known Names that could have been meant. @throws CommandError if there is no such file, or it holds weights alone */
export async function openFile(
  path: string,
  known: readonly string[],
): Promise<{ network: nn.NamedModule; recipe: NamedRecipe | null }> {
  if (!(await exists(path))) {
    throw new CommandError(
      `there is no file and no network ${path}${askForNear(known, path) || ';'} name a file, or one of: ${known.join(', ')}`,
    );
  }
  const file = await loadFile(path);
  const network = networkOf(file, {});
  if (network) return { network, recipe: readFolderRecipe(path, file.metadata) };
  throw new CommandError(
    `${path} holds weights and no network; name the network with --network and the file with --weights`,
  );
}
