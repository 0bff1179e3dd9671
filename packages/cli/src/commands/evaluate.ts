// `neocog evaluate`: how well a network of `neocog train FOLDER` does on the files of a folder, class by class.

import { loadFile } from '@neocog/formats';
import type { Command } from 'commander';
import { CommandError } from '../files.ts';
import { usualMachine } from '../folder/machine.ts';
import { openTrained } from '../folder/tasks.ts';
import type { EvaluateWords } from '../folder/trained.ts';
import { wholeNumber } from '../options.ts';
import { tellBroken } from '../progress.ts';
import { readFolderRecipe } from '../recipe.ts';

/** Adds the command to the program. */
export function addEvaluate(program: Command): void {
  program
    .command('evaluate')
    .summary('measure a trained network on a folder')
    .description(
      'Runs a network of neocog train on a folder, and prints how well it does. Of classes of pictures or sounds: accuracy, ' +
        'precision, recall and F1 of each class, and what it takes for what. Of masks: how far each class overlaps the truth.',
    )
    .argument('<network>', 'a network.onnx of neocog train')
    .argument('<folder>', 'a folder as it was trained on: one for each class, or pictures and masks')
    .option('--workers <n>', 'threads that read files', wholeNumber(0), usualMachine().workers)
    .option('--strict', 'refuse files that cannot be read, instead of leaving them out')
    .option('--json', 'print the figures as JSON')
    .action(evaluate);
}

async function evaluate(
  path: string,
  folder: string,
  { json = false, ...words }: EvaluateWords & { readonly json?: boolean },
): Promise<void> {
  const { network, metadata } = await loadFile(path);
  const recipe = readFolderRecipe(path, metadata);
  if (!network || !recipe) {
    throw new CommandError(
      `${path} does not say what its classes are; pass the network.onnx of neocog train FOLDER`,
    );
  }
  const measured = await openTrained(network, recipe).evaluate(folder, words);
  const { broken, text } = measured;
  process.stdout.write(json ? `${JSON.stringify({ ...measured.json, broken }, null, 2)}\n` : text);
  tellBroken(broken);
}
