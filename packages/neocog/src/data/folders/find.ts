// The files of a folder: on a disk, or in the list that a page gets when a folder is chosen.

import { either, type Field, field, isListOf, need, text } from '../../arguments/field.ts';
import { endsIn, joined, listFiles } from './list.ts';

/** What a page's File says of where it lay. */
export interface ChosenFile {
  readonly name: string;
  /** From the folder that was chosen, which is the first part. */
  readonly webkitRelativePath: string;
}

/** A global class of pages, which engines without them lack. */
const isOf = (name: string, v: unknown): boolean => {
  const Class: unknown = Reflect.get(globalThis, name);
  return typeof Class === 'function' && v instanceof Class;
};

const aFolder: Field<unknown> = either(
  text,
  field(
    'in a page the File objects of a folder',
    (v) => isOf('FileList', v) || (isListOf(v, (file) => isOf('File', file)) && v.length > 0),
  ),
);

/** Files by their paths from the folder. */
export interface FoundFiles<F> {
  /** What errors call the folder. */
  readonly from: string;
  /** In the order of their code units. */
  readonly paths: readonly string[];
  /** Where the file of a path lies. */
  readonly placeOf: (path: string) => string | F;
}

/**
 * The files of a folder whose names end in one of `endings`, lower-case ones such as `.png`; see `listFiles`.
 *
 * @throws ShapeError for what is no folder. @throws NeocogError if it cannot be read.
 */
export async function findFiles<F extends ChosenFile>(
  fn: string,
  folder: string | ArrayLike<F>,
  endings: readonly string[],
): Promise<FoundFiles<F>> {
  need(fn, 'folder', folder, aFolder);
  if (typeof folder === 'string') {
    const paths = await listFiles(fn, folder, endings);
    return { from: folder, paths, placeOf: (path) => joined(folder, path) };
  }
  const byPath = new Map(Array.from(folder, (file) => [pathOf(file), file] as const));
  const paths = [...byPath.keys()].filter((path) => endsIn(path, endings)).sort((a, b) => (a < b ? -1 : 1));
  return { from: 'the files', paths, placeOf: (path) => byPath.get(path) ?? path };
}

/** Without the folder that was chosen. */
function pathOf({ webkitRelativePath, name }: ChosenFile): string {
  const path = webkitRelativePath || name;
  return path.slice(path.indexOf('/') + 1);
}
