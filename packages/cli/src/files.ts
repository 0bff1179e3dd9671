// Files, with failures as sentences: read whole, write whole or not at all.
// The only place of the command that turns the system's error codes into words.

import { randomUUID } from 'node:crypto';
import { access, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { NeocogError } from 'neocog';

/** A failure that a command explains by itself. */
export class CommandError extends NeocogError {
  override name = 'CommandError';
}

/** @throws CommandError for an empty path, which the system would take for the current folder */
export function needPath(option: string, path: string): void {
  if (path.trim() === '') throw new CommandError(`${option} is empty; name a file or a folder`);
  if (path.includes('\0')) throw new CommandError(`${option} holds a zero byte; name another path`);
}

/** Reads a file. `what` says what it should be, such as `the image`. */
export async function readWhole(what: string, path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw systemFailure(`cannot read ${what} ${path}`, error);
  }
}

/** What a file is filled with: bytes, a text, or bytes piece by piece. */
type Content = Uint8Array | string | Iterable<Uint8Array>;

/**
 * Writes a file so that at any moment, also after a crash, `path` holds either what it held or all of
 * `bytes`:
 * a temporary file in the same folder, flushed to the disk, then renamed.
 */
export async function writeWhole(path: string, bytes: Content): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    await writeFlushed(temporary, bytes);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {}); // the first failure is the one to tell
    throw systemFailure(`cannot write ${path}`, error);
  }
}

async function writeFlushed(path: string, bytes: Content): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Makes a folder where there is none, and finds out now, not after hours of work, whether it can be written
 * to. Gives whether it made the folder: of several that try at once, one does.
 */
export async function prepareFolder(path: string): Promise<boolean> {
  const probe = join(path, `.probe.${randomUUID()}.tmp`);
  try {
    const made = await makeFolder(path);
    await writeFlushed(probe, '');
    await rm(probe);
    return made;
  } catch (error) {
    throw systemFailure(`cannot write into the folder ${path}`, error);
  }
}

/**
 * mkdir's own recursive mode does not end where a system answers ENOENT though the parent is there, as under
 * /proc.
 */
async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code !== 'ENOENT' || (await exists(dirname(path)))) throw error;
    await makeFolder(dirname(path));
    return makeFolder(path);
  }
}

/** Whether there is something at this path. */
export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const reasons: Record<string, string> = {
  ENAMETOOLONG: 'the name is too long; choose a shorter one',
  ELOOP: 'its links lead in a circle; name another path',
  ENOENT: 'there is no such file or folder; check the path',
  EISDIR: 'it is a folder; name a file',
  ENOTDIR: 'a part of this path is a file, not a folder; name another',
  EACCES: 'permission is denied; change it or name another path',
  EPERM: 'permission is denied; change it or name another path',
  EROFS: 'the disk is read-only; name another path',
  ENOSPC: 'the disk is full; make room',
};

/** One sentence from an error of the file system. */
export function systemFailure(what: string, error: unknown): CommandError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new CommandError(`${what}: ${reasons[code ?? ''] ?? message}`, { cause: error });
}
