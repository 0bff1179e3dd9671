// Folders of pictures, a folder for each class, as a set: files are read once, and those that cannot be read are named.

import { imageFolder, type PictureSet } from '@neocog/vision';
import type { DataOrigin } from './facts.ts';
import { countsOf, type Labelling, labelled, roundedBytes } from './labelled.ts';
import { type DataSet, statisticsOf } from './set.ts';

type Folders = Extract<DataOrigin, { kind: 'folders' }>;

/** Decoded side by side. */
const together = 8;

/** What is told of files that are read. */
export type Telling = (done: number, of: number) => void;

/** @throws Error in words where no two classes can be read */
export async function folderSet({ files, side, grey }: Folders, tell: Telling): Promise<DataSet> {
  const channels = grey ? 1 : 3;
  const read = { size: side, channels, scale: 1, split: 0.2 } as const;
  const found = await imageFolder(belowOneFolder(files), read);
  const heldOut = found.validation.length > 0 ? found.validation : found.test;
  const total = found.train.length + heldOut.length;
  const reading = new Reading((done) => tell(done, total));
  const [train, held] = [await reading.all(found.train), await reading.all(heldOut)];
  const { classes } = found;
  const format = { channels, side };
  const set = labelled(train, format);
  const counts = countsOf(set, classes.length);
  needClasses(classes, counts);
  const facts = {
    ...{ kind: 'folders' as const, classes, ...format, counts, held: held.length },
    ...{ broken: reading.broken, passedOver: files.length - total },
  };
  const heldSet = held.length > 0 ? labelled(held, format) : null;
  return { facts, train: set, held: heldSet, ...(await statisticsOf(set)) };
}

function needClasses(classes: readonly string[], counts: readonly number[]): void {
  const lacking = classes.find((_, i) => counts[i] === 0);
  if (classes.length < 2)
    throw new Error(
      `There is one class, ${classes[0]}; give a folder for each of at least two classes, side by side or in one folder.`,
    );
  if (lacking !== undefined)
    throw new Error(
      `No picture of the class ${lacking} can be read; mend its files, or leave its folder out.`,
    );
}

/** As if one folder had been chosen: files know their paths, and the first part of each is that folder. */
function belowOneFolder(files: Folders['files']): File[] {
  const [first = ''] = files.map(({ path }) => path.split('/')[0]);
  const isOne =
    files.every(({ path }) => path.startsWith(`${first}/`)) &&
    files.some(({ path }) => path.split('/').length > 2);
  return files.map(({ path, file }) =>
    Object.defineProperty(file, 'webkitRelativePath', { value: isOne ? path : `dropped/${path}` }),
  );
}

class Reading {
  readonly broken: string[] = [];
  readonly #tell: (done: number) => void;
  #done = 0;

  constructor(tell: (done: number) => void) {
    this.#tell = tell;
  }

  async all(set: PictureSet): Promise<Labelling[]> {
    const found: Labelling[] = [];
    for (let from = 0; from < set.length; from += together) {
      const some = Array.from({ length: Math.min(together, set.length - from) }, (_, i) => from + i);
      found.push(...(await Promise.all(some.map((index) => this.#one(set, index)))).flat());
      this.#done += some.length;
      this.#tell(this.#done);
    }
    return found;
  }

  /** Nothing for a file that cannot be read. */
  async #one(set: PictureSet, index: number): Promise<Labelling[]> {
    try {
      const { image } = await set.get(index);
      return [{ bytes: roundedBytes(image), label: Number(set.labels[index]) }];
    } catch {
      this.broken.push(set.files[index] ?? String(index));
      return [];
    }
  }
}
