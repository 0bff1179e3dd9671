// Turns what a loader was given into bytes: bytes as they are, a path in Node, a URL where `fetch` is.
// The only file of this package that reads anything.

import { FormatError, NeocogError } from 'neocog';
import { needBytes } from './options.ts';
import { plainly, shown } from './shown.ts';

/** URL, where the compiler knows it. */
export type Address = typeof globalThis extends { URL: { prototype: infer Known } }
  ? Known
  : {
      /** The whole address. */
      readonly href: string;
    };

/**
 * Bytes, a path or `file:` URL (Node), or an `http(s):`, `data:` or `blob:` URL. In a browser any string is a
 * URL.
 */
export type Source = Uint8Array | ArrayBuffer | string | Address;

/** Files whose bytes are at hand, by their paths; one of them names the others. */
export class FilesAtHand {
  readonly name: string;
  readonly #files: Readonly<Record<string, Uint8Array>>;

  constructor(name: string, files: Readonly<Record<string, Uint8Array>>) {
    this.name = name;
    this.#files = files;
  }

  /** By its path from the folder of the file that names it, or by its name alone: who drops files may lose their folders. */
  find(path: string): Uint8Array | undefined {
    const folder = this.name.slice(0, this.name.lastIndexOf('/') + 1);
    const last = path.slice(path.lastIndexOf('/') + 1);
    const found = [folder + path, last].find((key) => Object.hasOwn(this.#files, key));
    return found === undefined ? undefined : this.#files[found];
  }

  get names(): string[] {
    return Object.keys(this.#files);
  }
}

interface FileHandle {
  stat(): Promise<{ isFile(): boolean; isDirectory(): boolean }>;
  readFile(): Promise<Uint8Array>;
  close(): Promise<void>;
}

interface FileSystem {
  open(path: string | URL, flags: number): Promise<FileHandle>;
  realpath(path: string | URL): Promise<string>;
  readonly constants?: { readonly O_RDONLY: number; readonly O_NONBLOCK?: number };
}

/** Whether it is a path or an address, beside which other files may be. */
export const isPlaced = <T>(source: T): source is T & (string | Address) =>
  typeof source === 'string' || source instanceof URL;

/** Reads the whole of `source`. `fn` names the caller in errors. */
export async function readSource(fn: string, source: Source): Promise<Uint8Array> {
  if (!isPlaced(source)) return needBytes(fn, source);
  const files = nodeFiles();
  try {
    return files && isFile(source) ? await readFile(fn, files, source) : await download(fn, source);
  } catch (error) {
    if (error instanceof NeocogError) throw error;
    throw new NeocogError(`${fn}: cannot read ${sourceName(source)}: ${reasonOf(error)}`, { cause: error });
  }
}

/** Pipes and devices may never end: opened without waiting for anybody who writes, they are told and refused. */
async function readFile(fn: string, files: FileSystem, source: string | URL): Promise<Uint8Array> {
  const { O_RDONLY = 0, O_NONBLOCK = 0 } = files.constants ?? {};
  const file = await files.open(source, O_RDONLY | O_NONBLOCK);
  try {
    const kind = await file.stat();
    if (kind.isFile()) return needBytes(fn, await file.readFile());
    const found = kind.isDirectory() ? 'it is a folder' : 'it is no regular file but a pipe or a device';
    throw new FormatError(`${fn}: cannot read ${sourceName(source)}: ${found}; pass a file`);
  } finally {
    await file.close();
  }
}

const isFile = (source: string | URL): boolean =>
  source instanceof URL ? source.protocol === 'file:' : !/^[a-z][a-z0-9+.-]+:/i.test(source);

/** How errors call a source. */
export const sourceName = (source: Source): string =>
  isPlaced(source) ? plainly(String(source), 200) : 'the file';

/**
 * Reads a file that another one names, from the folder of that one or below it.
 *
 * @param about Begins errors: the function and the file that names the other.
 * @throws FormatError if `name` leads out of the folder, or `source` is bytes and has no folder.
 */
export async function readBeside(
  about: string,
  source: Source | FilesAtHand,
  name: string,
): Promise<Uint8Array> {
  if (source instanceof FilesAtHand) return findBeside(about, source, name);
  if (!isPlaced(source)) {
    throw new FormatError(`${about} names the file ${shown(name)} beside it; pass a path or URL, not bytes`);
  }
  const fail = (): never => {
    throw new FormatError(`${about} names the file ${shown(name)}, which is not in the folder of the file`);
  };
  const parts = name.split('/');
  // No drive letters, protocols, backslashes, queries, NUL; no steps upwards, no empty parts.
  if (/[\\:?#%\0]/.test(name) || parts.some((part) => part === '' || part === '.' || part === '..')) fail();
  const base = String(source);
  const folder =
    source instanceof URL ? new URL('.', source) : base.slice(0, base.search(/[^/\\]*$/)) || './';
  const target = source instanceof URL ? new URL(encodeURI(name), source) : folder + name;
  if (await leadsOut(folder, target)) fail();
  return readSource(about, target);
}

function findBeside(about: string, source: FilesAtHand, name: string): Uint8Array {
  const bytes = source.find(name);
  if (bytes) return bytes;
  throw new NeocogError(
    `${about} names the file ${shown(name)}, which is not among the given ones (${plainly(source.names.join(', '), 200)}); give it too`,
  );
}

/** Whether a link takes a file out of a folder. What cannot be found is left to reading. */
async function leadsOut(folder: string | URL, target: string | URL): Promise<boolean> {
  const files = nodeFiles();
  if (!files || !isFile(target)) return false;
  try {
    const [home, real] = await Promise.all([files.realpath(folder), files.realpath(target)]);
    const inside = real.startsWith(home) && /^[/\\]/.test(real.slice(home.replace(/[/\\]$/, '').length));
    return !inside;
  } catch {
    return false;
  }
}

async function download(fn: string, url: string | URL): Promise<Uint8Array> {
  const response = await fetch(url);
  if (response.ok) return new Uint8Array(await response.arrayBuffer());
  throw new NeocogError(
    `${fn}: ${sourceName(url)} answered ${response.status} ${plainly(response.statusText)}; check the address`,
  );
}

/** Node's files without an import, so that the package runs in a browser as it is. */
function nodeFiles(): FileSystem | undefined {
  type Runtime = { process?: { getBuiltinModule?: (name: string) => unknown } };
  const load = (globalThis as Runtime).process?.getBuiltinModule;
  return load?.('node:fs/promises') as FileSystem | undefined;
}

const reasons: Record<string, string> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder, pass a file',
  EACCES: 'you may not read it',
};

function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return reasons[code ?? ''] ?? plainly(message ?? String(error));
}
