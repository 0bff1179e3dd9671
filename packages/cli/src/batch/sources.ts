// What a batch goes over: pictures in folders, by patterns, or in a list.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { CommandError, readWhole } from '../files.ts';
import { pictureEndings, pictureFiles } from '../folder/pictures/trained.ts';
import { filesAt } from '../folder/trained.ts';

/**
 * Files in order, each once: those of a folder and below, of a pattern such as `shots/*.jpg`, of a list (a `.txt` with a path a line), or
 * a file itself.
 */
export async function filesOf(sources: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const source of sources) found.push(...(await filesIn(source)));
  const files = [...new Set(found)];
  if (files.length > 0) return files;
  throw new CommandError(`${sources.join(', ')} holds no picture; name a folder, a pattern or a list`);
}

async function filesIn(source: string): Promise<string[]> {
  const there = await stat(source).catch(() => null);
  if (there === null && isDynamicPattern(source)) return (await glob(source)).filter(isPicture).sort();
  if (there?.isFile() && /\.txt$/i.test(source)) return linesOf(source);
  return filesAt(source, pictureFiles);
}

const isPicture = (name: string): boolean => pictureEndings.test(name);

/** Paths from where the command runs. */
async function linesOf(list: string): Promise<string[]> {
  const text = new TextDecoder().decode(await readWhole('the list', list));
  return text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line) => join(line.trim()));
}
