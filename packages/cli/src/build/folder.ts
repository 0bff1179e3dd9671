// The folder that a network is written into: there as a whole or not at all, and never over what is not its own.

import type { Dirent } from 'node:fs';
import { lstat, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { OutputFile } from '@neocog/formats';
import { CommandError, exists, needPath, prepareFolder, systemFailure, writeWhole } from '../files.ts';
import { type Interrupt, Interrupted } from '../interrupt.ts';

/** Refuses, before any work, a folder that holds anything but an earlier network. */
export async function checkFolder(folder: string, force: boolean): Promise<void> {
  needPath('--out', folder);
  if (dirname(resolve(folder)) === resolve(folder))
    throw new CommandError(`${folder} is the root of the disk; name another folder`);
  const entries = await entriesOf(folder);
  const other = entries.find((entry) => isOwnName(entry.name) && !entry.isFile());
  if (other !== undefined) {
    throw new CommandError(
      `${join(folder, other.name)} is no file, and a build would write one there; name another folder`,
    );
  }
  const own = new Set(await filesOf(folder));
  const stranger = entries.find(({ name }) => !own.has(name));
  if (stranger === undefined || force) return;
  throw new CommandError(
    `${folder} holds ${stranger.name}, which is not of an earlier build; name another folder, or let --force write among what is there`,
  );
}

/** What is in a folder; nothing if there is no such folder. @throws CommandError for what is no folder or cannot be read */
async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A link that leads nowhere is there, though what it names is not.
    if (code === 'ENOENT' && !(await isThere(folder))) return [];
    throw systemFailure(`cannot write into ${folder}`, error);
  }
}

const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

/** The names that a build gives. What else a package.json lists, no build has written, and nothing of it is touched. */
const isOwnName = (name: unknown): name is string =>
  typeof name === 'string' &&
  /^(package\.json|README\.md|(index|kernels|page|weights-\d+)\.js|weights\.bin|index\.d\.ts|index\.html|page\.css)$/.test(
    name,
  );

/** What an earlier build wrote into a folder; nothing if its package.json is not as builds write it. */
async function filesOf(folder: string): Promise<string[]> {
  try {
    const manifest: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    const { builtBy, files } = manifest as { builtBy?: unknown; files?: unknown };
    const isOwn = builtBy === 'neocog build' && Array.isArray(files) && files.every(isOwnName);
    return isOwn ? ['package.json', ...files] : [];
  } catch {
    return [];
  }
}

export interface Writing {
  readonly interrupt: Interrupt;
  readonly onFile: (file: OutputFile) => void;
  /** Of a file of bytes, when some are about to be written. */
  readonly onPiece: () => void;
  /** Sees the finished files before they take their place, and may refuse them. */
  readonly check: (folder: string) => Promise<void>;
}

function* seen<T>(pieces: Iterable<T>, onPiece: () => void): Generator<T, void, void> {
  for (const piece of pieces) {
    onPiece();
    yield piece;
  }
}

/** Writes the files beside the folder, and brings them to their place when all are there and found right. */
export async function writeFolder(
  folder: string,
  files: Iterable<OutputFile>,
  { interrupt, onFile, onPiece, check }: Writing,
): Promise<void> {
  const target = resolve(folder);
  await prepareFolder(dirname(target));
  const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
  try {
    await mkdir(temporary);
    for (const file of files) {
      await writeWhole(
        join(temporary, file.name),
        typeof file.data === 'string' ? file.data : seen(file.data, onPiece),
      );
      onFile(file);
      if (interrupt.signal.aborted) throw new Interrupted(interrupt.exitCode, 'stopped; nothing was written');
    }
    await check(temporary);
    await takePlace(temporary, target);
  } catch (error) {
    if (error instanceof CommandError || !(error as NodeJS.ErrnoException).syscall) throw error;
    throw systemFailure(`cannot write into ${folder}`, error);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** A folder that is there stays the same folder, since a shell may be in it; what an earlier build left goes. */
async function takePlace(temporary: string, target: string): Promise<void> {
  if (!(await exists(target))) return rename(temporary, target);
  const names = await readdir(temporary);
  const old = await filesOf(target);
  for (const name of names) await rename(join(temporary, name), join(target, name));
  for (const name of old) if (!names.includes(name)) await rm(join(target, name), { force: true });
}
