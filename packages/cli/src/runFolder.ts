// The folder of one training: its weights or its network, and its report. A run never takes the place of an earlier one unasked.

import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, exists, needPath, prepareFolder, writeWhole } from './files.ts';

const weightsName = 'weights.safetensors';
const networkName = 'network.onnx';
const reportName = 'report.html';
const logName = 'log.csv';
/** All that a run writes. Any of them says that a folder holds one; some are there before a network is. */
const namesOfRuns = [
  ...[networkName, weightsName, reportName],
  ...['last.safetensors', 'best.safetensors', 'settings.json', logName, 'log.jsonl'],
  join('tensorboard', 'events.out.tfevents.neocog'),
];

export class RunFolder {
  readonly folder: string;
  readonly weights: string;
  /** A network with its weights in one file. */
  readonly network: string;
  readonly report: string;
  readonly log: string;
  readonly #isNew: boolean;
  #keptSome = false;

  /** @param isNew whether it was made for this run */
  constructor(folder: string, isNew: boolean) {
    this.folder = folder;
    this.#isNew = isNew;
    this.weights = join(folder, weightsName);
    this.network = join(folder, networkName);
    this.report = join(folder, reportName);
    this.log = join(folder, logName);
  }

  /** The run that a folder holds, to go on with. @throws CommandError if it cannot be written to */
  static async reopen(folder: string): Promise<RunFolder> {
    await prepareFolder(folder);
    return new RunFolder(folder, false);
  }

  /** Weights after an epoch. With the first ones, the report of an earlier run goes: it is not theirs. */
  async keepWeights(bytes: Uint8Array): Promise<void> {
    await writeWhole(this.weights, bytes);
    if (!this.#keptSome) await rm(this.report, { force: true });
    this.#keptSome = true;
  }

  /** Removes what an earlier run left: checkpoints that are not those of this one. */
  async clear(): Promise<void> {
    const paths = namesOfRuns.map((name) => join(this.folder, name));
    await Promise.all(paths.map((path) => rm(path, { force: true })));
  }

  /** Writes a file of the run. */
  async keep(path: string, content: Uint8Array | string): Promise<void> {
    await writeWhole(path, content);
    this.#keptSome = true;
  }

  /** At the end of a run: a folder that was made for it goes again if nothing came of it. */
  async close(): Promise<void> {
    if (this.#isNew && !this.#keptSome) await rmdir(this.folder).catch(() => {}); // not empty: it stays
  }

  writeReport(text: string): Promise<void> {
    return writeWhole(this.report, text);
  }
}

/** What an earlier run has left in a folder, or undefined. */
async function foundIn(folder: string): Promise<string | undefined> {
  for (const name of namesOfRuns) if (await exists(join(folder, name))) return name;
  return undefined;
}

/** The folder that was asked for, ready to write to. @throws CommandError if it holds a run, unless that is to be replaced */
export async function openRunFolder(folder: string, force: boolean): Promise<RunFolder> {
  needPath('--out', folder);
  // Asked first: while the rest is looked for, another run may make it.
  const wasThere = await exists(folder);
  const found = await foundIn(folder);
  if (found !== undefined && !force) {
    throw new CommandError(
      `${folder} holds ${found} of an earlier run; name another folder with --out, or let --force replace it`,
    );
  }
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
