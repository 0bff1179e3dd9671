// The folder of one training: its weights and its report. A run never takes the place of an earlier one unasked.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, exists, needPath, prepareFolder, writeWhole } from './files.ts';

const weightsName = 'weights.safetensors';
const reportName = 'report.html';

export class RunFolder {
  readonly weights: string;
  readonly report: string;
  #keptSome = false;

  constructor(folder: string) {
    this.weights = join(folder, weightsName);
    this.report = join(folder, reportName);
  }

  /** Weights after an epoch. With the first ones, the report of an earlier run goes: it is not theirs. */
  async keepWeights(bytes: Uint8Array): Promise<void> {
    await writeWhole(this.weights, bytes);
    if (!this.#keptSome) await rm(this.report, { force: true });
    this.#keptSome = true;
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
  await prepareFolder(folder);
  return new RunFolder(folder);
}

/** The first of `folder`, `folder-2`, … that holds no run, ready to write to; with `force`, `folder` itself. */
export async function nextRunFolder(folder: string, force: boolean): Promise<RunFolder> {
  let free = folder;
  for (let i = 2; !force && (await foundIn(free)) !== undefined; i++) free = `${folder}-${i}`;
  await prepareFolder(free);
  return new RunFolder(free);
}
