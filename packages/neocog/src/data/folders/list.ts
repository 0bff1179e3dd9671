// The files below a folder, by their paths from there, in Node. What they hold is not looked at.

import { show } from '../../arguments/show.ts';
import { NeocogError } from '../../errors.ts';
import { type Entry, type FileSystem, nodeFiles, reasonOf } from './files.ts';

/** Whether a file belongs, by its name: it ends in one of these, in whatever case, and is not hidden. */
export const endsIn = (path: string, endings: readonly string[]): boolean =>
  endings.some((ending) => path.toLowerCase().endsWith(ending)) && !path.split('/').some(isHidden);

/** Of programs, not of a data set. */
const isHidden = (name: string): boolean => name.startsWith('.') || name === '__MACOSX';

/** A path below a folder. */
export const joined = (folder: string, path: string): string => `${folder.replace(/[/\\]+$/, '')}/${path}`;

/**
 * All files below `folder` whose names end in one of `endings`, lower-case ones such as `.png`: paths from the folder, their parts
 * joined by `/`, in the order of their code units. Links are followed, but not in circles. Hidden files and folders do not count.
 *
 * @throws NeocogError if there is no such folder, or one below cannot be read.
 */
export async function listFiles(fn: string, folder: string, endings: readonly string[]): Promise<string[]> {
  const files = nodeFiles();
  if (!files) {
    throw new NeocogError(
      `${fn}: a page has no folders (${show(folder)}); pass the File objects of an <input webkitdirectory>`,
    );
  }
  const found: string[] = [];
  await walk({ fn, files, endings, found, home: folder }, '', []);
  return found.sort((a, b) => (a < b ? -1 : 1));
}

interface Walk {
  readonly fn: string;
  readonly files: FileSystem;
  readonly endings: readonly string[];
  readonly found: string[];
  readonly home: string;
}

/** @param above Where the folders on the way down really are. */
async function walk(all: Walk, below: string, above: readonly string[]): Promise<void> {
  const { fn, files, home } = all;
  const here = below === '' ? home : joined(home, below);
  try {
    const real = await files.realpath(here);
    if (above.includes(real)) return;
    const way = [...above, real];
    for (const entry of await files.readdir(here, { withFileTypes: true }))
      if (!isHidden(entry.name)) await visit(all, entry, below, way);
  } catch (error) {
    if (error instanceof NeocogError) throw error;
    throw new NeocogError(`${fn}: cannot read the folder ${show(here)}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

async function visit(all: Walk, entry: Entry, below: string, way: readonly string[]): Promise<void> {
  const path = below === '' ? entry.name : `${below}/${entry.name}`;
  const kind = entry.isSymbolicLink() ? await linked(all, path) : entry;
  if (kind?.isDirectory()) return walk(all, path, way);
  if (kind?.isFile() && endsIn(entry.name, all.endings)) all.found.push(path);
}

/** What a link leads to; null for one that leads nowhere. */
async function linked(
  { files, home }: Walk,
  path: string,
): Promise<Pick<Entry, 'isFile' | 'isDirectory'> | null> {
  try {
    return await files.stat(joined(home, path));
  } catch {
    return null;
  }
}
