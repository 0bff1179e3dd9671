// Files as callbacks write them, through Node's modules without an import, so that a page which never writes one carries nothing
// for it. Where there are no files, a path is refused, and something with `write` is what to pass.

import { NeocogError, UnsupportedError } from '../errors.ts';

interface FileHandle {
  writeFile(data: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

interface FileSystem {
  open(path: string, flags: string): Promise<FileHandle>;
  readFile(path: string): Promise<Uint8Array>;
  appendFile(path: string, data: Uint8Array): Promise<void>;
  mkdir(path: string, options: { recursive: true }): Promise<unknown>;
  rename(from: string, to: string): Promise<void>;
  stat(path: string): Promise<{ readonly size: number }>;
  truncate(path: string, length: number): Promise<void>;
  rm(path: string, options: { force: true }): Promise<void>;
}

/** @throws UnsupportedError where there are no files */
function fileSystem(fn: string, path: string): FileSystem {
  type Runtime = { process?: { getBuiltinModule?: (name: string) => unknown } };
  const files = (globalThis as Runtime).process?.getBuiltinModule?.('node:fs/promises') as
    | FileSystem
    | undefined;
  if (files) return files;
  throw new UnsupportedError(
    `${fn}: there are no files here, and '${path}' is a path; pass an object that keeps what is written, see docs/training.md`,
  );
}

async function told<T>(fn: string, what: string, action: Promise<T>): Promise<T> {
  try {
    return await action;
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    const reason = code === 'ENOSPC' ? 'the disk is full; make room' : message;
    throw new NeocogError(`${fn}: cannot ${what}: ${reason}`, { cause: error });
  }
}

const isMissing = (error: unknown): boolean => (error as { code?: string }).code === 'ENOENT';

/** Path of a file in a folder. */
export const inFolder = (folder: string, name: string): string =>
  `${folder.replace(/[/\\]+$/, '') || '/'}/${name}`;

/** Makes the folder of a file, and those around it. */
export async function makeFolderOf(fn: string, path: string): Promise<void> {
  const folder = path.slice(0, Math.max(0, path.search(/[/\\][^/\\]*$/)));
  if (folder !== '')
    await told(fn, `make ${folder}`, fileSystem(fn, path).mkdir(folder, { recursive: true }));
}

/** The bytes of a file; null where there is none. */
export async function readIfThere(fn: string, path: string): Promise<Uint8Array | null> {
  const reading = fileSystem(fn, path)
    .readFile(path)
    .catch((error) => {
      if (isMissing(error)) return null;
      throw error;
    });
  return told(fn, `read ${path}`, reading);
}

/** Bytes of a file; 0 where there is none. */
export async function sizeOfFile(fn: string, path: string): Promise<number> {
  const size = fileSystem(fn, path)
    .stat(path)
    .then((found) => found.size)
    .catch((error) => {
      if (isMissing(error)) return 0;
      throw error;
    });
  return told(fn, `look at ${path}`, size);
}

/** Cuts a file off. */
export const cutFile = (fn: string, path: string, length: number): Promise<void> =>
  told(fn, `shorten ${path}`, fileSystem(fn, path).truncate(path, length));

/** Writes behind what is there. */
export const appendToFile = (fn: string, path: string, data: Uint8Array): Promise<void> =>
  told(fn, `write ${path}`, fileSystem(fn, path).appendFile(path, data));

/**
 * Writes a file so that at any moment, also when the process is killed, there is all of the old one or all of the new one:
 * under another name, to the disk, then renamed. A failure leaves nothing beside it.
 */
export async function replaceFile(fn: string, path: string, data: Uint8Array): Promise<void> {
  const files = fileSystem(fn, path);
  const temporary = `${path}.tmp`;
  const write = async (): Promise<void> => {
    const file = await files.open(temporary, 'w');
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await files.rename(temporary, path);
  };
  try {
    await told(fn, `write ${path}`, write());
  } catch (error) {
    await files.rm(temporary, { force: true }).catch(() => undefined); // the first failure is the one to tell
    throw error;
  }
}
