// Turns what a loader was given into bytes: bytes as they are, a path in Node, a URL where `fetch` is.
// The only file of this package that reads anything.

import { FormatError, NeocogError } from 'neocog';

/**
 * Bytes, a path or `file:` URL (Node), or an `http(s):`, `data:` or `blob:` URL. In a browser any string is a
 * URL.
 */
export type Source = Uint8Array | ArrayBuffer | string | URL;

interface FileSystem {
  readFile(path: string | URL): Promise<Uint8Array>;
  realpath(path: string | URL): Promise<string>;
}

/** Reads the whole of `source`. `fn` names the caller in errors. */
export async function readSource(fn: string, source: Source): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return plain(source);
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  const files = nodeFiles();
  try {
    return files && isFile(source) ? plain(await files.readFile(source)) : await download(fn, source);
  } catch (error) {
    if (error instanceof NeocogError) throw error;
    throw new NeocogError(`${fn}: cannot read ${source}: ${reasonOf(error)}`, { cause: error });
  }
}

const isFile = (source: string | URL): boolean =>
  source instanceof URL ? source.protocol === 'file:' : !/^[a-z][a-z0-9+.-]+:/i.test(source);

/** Node's Buffer as what it extends: its `slice` shares memory where that of others copies. */
const plain = ({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** How errors call a source. */
export const sourceName = (source: Source): string =>
  typeof source === 'string' || source instanceof URL ? String(source).slice(0, 200) : 'the file';

/**
 * Reads a file that another one names, from the folder of that one or below it.
 *
 * @param about Begins errors: the function and the file that names the other.
 * @throws FormatError if `name` leads out of the folder, or `source` is bytes and has no folder.
 */
export async function readBeside(about: string, source: Source, name: string): Promise<Uint8Array> {
  if (typeof source !== 'string' && !(source instanceof URL)) {
    throw new FormatError(
      `${about} names the file ${JSON.stringify(name)} beside it; pass a path or URL, not bytes`,
    );
  }
  const fail = (): never => {
    throw new FormatError(
      `${about} names the file ${JSON.stringify(name)}, which is not in the folder of the file`,
    );
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
    `${fn}: ${url} answered ${response.status} ${response.statusText}; check the address`,
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
  return reasons[code ?? ''] ?? message ?? String(error);
}
