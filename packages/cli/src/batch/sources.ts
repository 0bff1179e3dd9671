// What a batch goes over: pictures in folders, by patterns, in a list, or in a store of objects.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { CommandError } from '../files.ts';
import { pictureEndings, pictureFiles } from '../folder/pictures/trained.ts';
import { filesAt } from '../folder/trained.ts';
import { isObject, listObjects } from './objects.ts';
import { readPlace } from './places.ts';

/**
 * Files in order, each once: those of a folder and below, of a pattern such as `shots/*.jpg`, of a list (a `.txt` with a path a line), or
 * a file itself; objects below an address such as `s3://bucket/shots`.
 */
export async function filesOf(sources: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const source of sources) found.push(...(await filesIn(source)));
  const files = [...new Set(found)];
  if (files.length > 0) return files;
  throw new CommandError(`${sources.join(', ')} holds no picture; name a folder, a pattern or a list`);
}

async function filesIn(source: string): Promise<string[]> {
  if (isObject(source))
    return isList(source) ? linesOf(source) : (await listObjects(source)).filter(isPicture);
  const there = await stat(source).catch(() => null);
  if (there === null && isDynamicPattern(source)) return (await glob(source)).filter(isPicture).sort();
  if (there?.isFile() && isList(source)) return linesOf(source);
  return filesAt(source, pictureFiles);
}

const isList = (name: string): boolean => /\.txt$/i.test(name);

const isPicture = (name: string): boolean => pictureEndings.test(name);

/** Paths from where the command runs. */
async function linesOf(list: string): Promise<string[]> {
  const bytes = await readPlace(list);
  if ('broken' in bytes) throw new CommandError(bytes.broken);
  const text = new TextDecoder().decode(bytes);
  return text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line) => (isObject(line.trim()) ? line.trim() : join(line.trim())));
}
