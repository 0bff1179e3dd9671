// The folder of one training: its weights and its report. A run never takes the place of an earlier one unasked.

import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, exists, needPath, prepareFolder, writeWhole } from './files.ts';

const weightsName = 'weights.safetensors';
const reportName = 'report.html';

export class RunFolder {
  readonly weights: string;
  readonly report: string;
  readonly #folder: string;
  readonly #isNew: boolean;
  #keptSome = false;

  /** @param isNew whether it was made for this run */
  constructor(folder: string, isNew: boolean) {
    this.#folder = folder;
    this.#isNew = isNew;
    this.weights = join(folder, weightsName);
    this.report = join(folder, reportName);
  }

  /** Weights after an epoch. With the first ones, the report of an earlier run goes: it is not theirs. */
  async keepWeights(bytes: Uint8Array): Promise<void> {
    await writeWhole(this.weights, bytes);
    if (!this.#keptSome) await rm(this.report, { force: true });
    this.#keptSome = true;
  }

  /** At the end of a run: a folder that was made for it goes again if nothing came of it. */
  async close(): Promise<void> {
    if (this.#isNew && !this.#keptSome) await rmdir(this.#folder).catch(() => {}); // not empty: it stays
  }

  writeReport(text: string): Promise<void> {
    return writeWhole(this.report, text);
  }
}

/** What an earlier run has left in a folder, or undefined. */
async function foundIn(folder: string): Promise<string | undefined> {
  for (const name of [weightsName, reportName]) if (await exists(join(folder, name))) return name;
  return undefined;
}

/** The folder that was asked for, ready to write to. @throws CommandError if it holds a run, unless that is to be replaced */
export async function openRunFolder(folder: string, force: boolean): Promise<RunFolder> {
  needPath('--out', folder);
  const found = await foundIn(folder);
  if (found !== undefined && !force) {
    throw new CommandError(
      `${folder} holds ${found} of an earlier run; name another folder with --out, or let --force replace it`,
    );
  }
  const wasThere = await exists(folder);
  const made = await prepareFolder(folder);
  if (!made && !wasThere && !force) {
    throw new CommandError(`${folder} belongs to another run that has just begun; name another with --out`);
  }
  return new RunFolder(folder, made);
}

/**
 * The first of `folder`, `folder-2`, … that is not there yet, made now: one that is there may be that of a run which has written
 * nothing so far. With `force`, `folder` itself.
 */
export async function nextRunFolder(folder: string, force: boolean): Promise<RunFolder> {
  for (let i = 1; ; i++) {
    const next = i === 1 ? folder : `${folder}-${i}`;
    const made = await prepareFolder(next);
    if (made || force) return new RunFolder(next, made);
  }
}
