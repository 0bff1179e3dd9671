// Folders as classes: the folder that a file lies in says what it is, `train`, `validation` and `test` above say what it is
// for. Looks at paths alone, so that a page's list of files serves as well as a disk.

import { show } from '../../arguments/show.ts';
import { FormatError, ShapeError } from '../../errors.ts';
import { fractionsOf, type PartName, partNames, type SplitOptions, stratifiedSplit } from '../split.ts';

/** A file, and the class whose folder it lies in. */
export interface ClassFile {
  /** From the folder of the data set, its parts joined by `/`. */
  readonly path: string;
  /** Place of its class in `classes`. */
  readonly label: number;
}

/** Files by what they are for. */
export interface ClassFolders extends Readonly<Record<PartName, readonly ClassFile[]>> {
  /** Names of the classes, in the order of their code units. */
  readonly classes: readonly string[];
}

/** How folders are called that say what their files are for. */
const folderNames: Readonly<Record<PartName, readonly string[]>> = {
  train: ['train', 'training'],
  validation: ['validation', 'val', 'valid'],
  test: ['test', 'testing'],
};

/** The part that a folder's name stands for; undefined for any other name. */
export const partOf = (folder: string): PartName | undefined =>
  partNames.find((part) => folderNames[part].includes(folder.toLowerCase()));

const topOf = (path: string): string => path.slice(0, path.indexOf('/'));
const belowTop = (path: string): string => path.slice(path.indexOf('/') + 1);

/** What paths are classified for: `fn` and `from` stand in errors. */
export interface Sorting extends SplitOptions {
  readonly fn: string;
  /** The folder, or what else the files are of. */
  readonly from: string;
}

/**
 * Sorts files into classes by the first folder of their paths, those below it included, or by the second where the first are
 * `train` and the like and nothing else. Parts that have a folder stay as they are. Others are cut from `train`: all by default
 * fractions where no part has a folder, else only what `split` asks for.
 *
 * @throws FormatError if no file lies in the folder of a class, or a class is not among those of `train`.
 */
export function sortClasses(paths: readonly string[], sorting: Sorting): ClassFolders {
  const inFolders = paths.filter((path) => path.includes('/'));
  const isParted =
    inFolders.every((path) => partOf(topOf(path)) && belowTop(path).includes('/')) &&
    inFolders.some((path) => partOf(topOf(path)) === 'train');
  if (inFolders.length === 0) refuseEmpty(sorting);
  return isParted ? sortParts(inFolders, sorting) : sortWhole(inFolders, sorting);
}

function refuseEmpty({ fn, from }: Sorting): never {
  throw new FormatError(
    `${fn}: no file lies in the folder of a class in ${show(from)}; put those of each class into a folder of its name`,
  );
}

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : 1);

function sortWhole(paths: readonly string[], { split, seed }: Sorting): ClassFolders {
  const classes = [...new Set(paths.map(topOf))].sort(byCodeUnits);
  const all = label(paths, topOf, classes);
  return { classes, ...cut(all, { split, seed }) };
}

function sortParts(paths: readonly string[], sorting: Sorting): ClassFolders {
  const { fn, from } = sorting;
  const classOf = (path: string): string => topOf(belowTop(path));
  const folders = (part: PartName) => paths.filter((path) => partOf(topOf(path)) === part);
  const classes = [...new Set(folders('train').map(classOf))].sort(byCodeUnits);
  const stranger = paths.find((path) => !classes.includes(classOf(path)));
  if (stranger !== undefined) {
    throw new FormatError(
      `${fn}: ${show(stranger)} in ${show(from)} is of a class that train has not; train has ${classes.join(', ')}`,
    );
  }
  const given = (part: PartName) => label(folders(part), classOf, classes);
  const train = given('train');
  const rest = sorting.split === undefined ? { train } : cut(train, missingParts(sorting, given));
  const [validation, test] = (['validation', 'test'] as const).map((part) => {
    const there = given(part);
    return there.length > 0 ? there : ((rest as Partial<ClassFolders>)[part] ?? []);
  });
  return { classes, train: rest.train, validation, test };
}

/** The fractions of `split` for those parts that have no folder. */
function missingParts(
  { fn, split, seed }: Sorting,
  given: (part: PartName) => readonly ClassFile[],
): SplitOptions {
  const fractions = fractionsOf(split ?? [1]);
  if (!fractions) throw new ShapeError(`${fn}: split does not sum to 1; give fractions that do`);
  const [validation, test] = (['validation', 'test'] as const).map((part, i) =>
    given(part).length > 0 ? 0 : fractions[i + 1],
  );
  return { split: { validation, test }, seed };
}

const label = (
  paths: readonly string[],
  classOf: (path: string) => string,
  classes: readonly string[],
): ClassFile[] => {
  const places = new Map(classes.map((name, place) => [name, place]));
  return paths.map((path) => ({ path, label: places.get(classOf(path)) ?? -1 }));
};

/** Files divided by their paths, every class alike. */
function cut(files: readonly ClassFile[], options: SplitOptions): Record<PartName, ClassFile[]> {
  const parts = stratifiedSplit(
    files.map(({ path }) => path),
    files.map((file) => file.label),
    options,
  );
  const filesOf = (part: PartName) => parts[part].map((place) => files[place]);
  return { train: filesOf('train'), validation: filesOf('validation'), test: filesOf('test') };
}
