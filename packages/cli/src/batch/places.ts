// Files and objects of a store, by one name: what a batch reads and writes lies at paths, or at addresses such as s3://bucket/folder.

import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { CommandError, exists, prepareFolder, systemFailure, writeWhole } from '../files.ts';
import { isObject, objectExists, readObject, removeObjects, writeObject } from './objects.ts';

/** The same for processes in other folders. */
export const wholePlace = (path: string): string => (isObject(path) ? path : resolve(path));

export const joinPlace = (folder: string, name: string): string =>
  isObject(folder) ? `${folder.replace(/\/+$/, '')}/${name}` : join(folder, name);

/**
 * The bytes of a file, or why it cannot be read, which is its own fault and not that of what holds it.
 *
 * @throws CommandError for a store that does not answer, or refuses
 */
export async function readPlace(path: string): Promise<Uint8Array | { readonly broken: string }> {
  if (isObject(path))
    return (await readObject(path)) ?? { broken: `cannot read ${path}: there is no such object` };
  try {
    return await readFile(path);
  } catch (error) {
    return { broken: systemFailure(`cannot read ${path}`, error).message };
  }
}

/** Makes the folders above. What is there is whole, at any moment. */
export async function writePlace(path: string, bytes: Uint8Array | string): Promise<void> {
  if (isObject(path)) return writeObject(path, bytes);
  await mkdir(dirname(path), { recursive: true });
  await writeWhole(path, bytes);
}

/** Of a file, or a folder. */
export const placeExists = (path: string): Promise<boolean> =>
  isObject(path) ? objectExists(path) : exists(path);

/** Finds out now whether a folder can be written to. */
export async function preparePlace(folder: string): Promise<void> {
  if (isObject(folder)) await writeObject(joinPlace(folder, '.probe'), '');
  else await prepareFolder(folder);
}

/** A folder and all in it. */
export async function removePlace(folder: string): Promise<void> {
  if (isObject(folder)) await removeObjects(folder);
  else await rm(folder, { recursive: true, force: true });
}

/** @throws CommandError for some of each */
export function needOneKind(paths: readonly string[]): void {
  const objects = paths.filter(isObject).length;
  if (objects === 0 || objects === paths.length) return;
  throw new CommandError('pictures of files and of a store cannot become one folder; run a batch for each');
}
