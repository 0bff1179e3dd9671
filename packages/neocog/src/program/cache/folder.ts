// Programs as files of a folder, through Node's modules without an import. A file is there whole or not at all. Programs beyond the most
// are removed, those that were not used for the longest time; other files of the folder are left alone.

import { mostKept, type ProgramStore } from './store.ts';

interface FileHandle {
  read(into: Uint8Array): Promise<{ readonly bytesRead: number }>;
  close(): Promise<void>;
}

export interface FileSystem {
  open(path: string): Promise<FileHandle>;
  writeFile(path: string, bytes: Uint8Array): Promise<void>;
  mkdir(path: string, options: { recursive: true }): Promise<unknown>;
  readdir(path: string): Promise<string[]>;
  rename(from: string, to: string): Promise<void>;
  stat(path: string): Promise<{ readonly mtimeMs: number }>;
  utimes(path: string, accessed: Date, modified: Date): Promise<void>;
  rm(path: string, options: { force: true }): Promise<void>;
}

/** Undefined where there are no files. */
export function fileSystem(): FileSystem | undefined {
  type Runtime = { process?: { getBuiltinModule?: (name: string) => unknown } };
  return (globalThis as Runtime).process?.getBuiltinModule?.('node:fs/promises') as FileSystem | undefined;
}

const ending = '.neocog';
const isProgram = (name: string): boolean => /^[0-9a-f]{64}\.neocog$/.test(name);
/** Half-written, by a process that may have ended. */
const isPart = (name: string): boolean => /^[0-9a-f]{64}\.neocog\.[0-9a-f]+$/.test(name);
/** Milliseconds that writing takes at most. */
const longestWriting = 3_600_000;

export function folderStore(files: FileSystem, folder: string): ProgramStore {
  const path = (name: string): string => `${folder}/${name}`;
  return {
    async get(key) {
      const file = path(key + ending);
      const opened = await files.open(file).catch((error: { code?: string }) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
      const now = new Date();
      if (opened) void files.utimes(file, now, now).catch(() => {}); // a folder that may only be read
      return opened && piecesOf(opened);
    },
    async set(key, bytes) {
      await files.mkdir(folder, { recursive: true });
      const part = path(`${key}${ending}.${randomDigits()}`);
      try {
        await files.writeFile(part, bytes);
        await files.rename(part, path(key + ending));
      } catch (error) {
        await files.rm(part, { force: true }).catch(() => {}); // the first failure is the one to tell
        throw error;
      }
      await removeOld(files, folder);
    },
  };
}

async function* piecesOf(file: FileHandle): AsyncGenerator<Uint8Array, void, void> {
  const piece = new Uint8Array(2 ** 20);
  try {
    for (let { bytesRead } = await file.read(piece); bytesRead > 0; { bytesRead } = await file.read(piece))
      yield piece.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

const randomDigits = (): string => Math.floor(Math.random() * 2 ** 48).toString(16);

/** Other processes may remove the same files. */
async function removeOld(files: FileSystem, folder: string): Promise<void> {
  const names = (await files.readdir(folder)).filter((name) => isProgram(name) || isPart(name));
  const found = await Promise.all(
    names.map(async (name) => {
      const path = `${folder}/${name}`;
      const modified = await files.stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => null,
      );
      return { path, modified: modified ?? Number.POSITIVE_INFINITY, isPart: isPart(name) };
    }),
  );
  const isLost = ({ modified }: { modified: number }): boolean => Date.now() - modified > longestWriting;
  const programs = found.filter((file) => !file.isPart).sort((a, b) => b.modified - a.modified);
  const old = [...programs.slice(mostKept), ...found.filter((file) => file.isPart).filter(isLost)];
  await Promise.all(old.map(({ path }) => files.rm(path, { force: true })));
}
