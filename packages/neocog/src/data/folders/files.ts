// The bytes of one file: as they are, from a path or `file:` URL in Node, or from where `fetch` reaches. And back: a file is whole, or
// not there at all. What the bytes mean is the business of whoever asks.

import { refuseValue } from '../../arguments/field.ts';
import { shortText } from '../../arguments/show.ts';
import { FormatError, NeocogError } from '../../errors.ts';
import type { Web } from './web.ts';

/** Bytes, a Blob or File, a path or `file:` URL (Node), or an `http(s):`, `data:` or `blob:` URL. In a browser any text is a URL. */
export type FileSource = Uint8Array | ArrayBuffer | string | Web<'Blob'> | Web<'URL'>;

/** A file in memory, with the name that errors give it. */
export interface FileBytes {
  readonly bytes: Uint8Array;
  readonly name: string;
}

interface Kind {
  isFile(): boolean;
  isDirectory(): boolean;
}

/** An entry of a folder. */
export interface Entry extends Kind {
  readonly name: string;
  isSymbolicLink(): boolean;
}

type Path = string | Web<'URL'>;

/** What is used of Node's files. */
export interface FileSystem {
  stat(path: Path): Promise<Kind>;
  readFile(path: Path): Promise<Uint8Array>;
  writeFile(path: Path, bytes: Uint8Array): Promise<void>;
  rename(from: Path, to: Path): Promise<void>;
  rm(path: Path, options: { force: boolean }): Promise<void>;
  readdir(path: string, options: { withFileTypes: true }): Promise<Entry[]>;
  realpath(path: string): Promise<string>;
}

/** Node's files without an import, so that pages load what is around as it is; undefined in a page. */
export function nodeFiles(): FileSystem | undefined {
  type Runtime = { process?: { getBuiltinModule?: (name: string) => unknown } };
  const load = (globalThis as Runtime).process?.getBuiltinModule;
  return load?.('node:fs/promises') as FileSystem | undefined; // Node's promises are the interface above and more
}

/** @param what The file is, for errors, such as `the picture`. @throws NeocogError for what is no source, or cannot be read. */
export async function readBytes(fn: string, source: FileSource, what: string): Promise<FileBytes> {
  if (source instanceof Uint8Array) return { bytes: needWhole(fn, source), name: what };
  if (source instanceof ArrayBuffer) return { bytes: viewOf(fn, source), name: what };
  if (source instanceof Blob) return readBlob(fn, source, what);
  if (!(typeof source === 'string' || source instanceof URL))
    refuseValue(fn, 'source', source, 'a path, an address, bytes or a Blob');
  const name = placeName(source);
  const files = nodeFiles();
  const bytes = files && isPath(source) ? readFile(files, source) : download(source);
  return { bytes: await told(`${fn}: cannot read ${name}`, bytes), name };
}

/** Bytes whose memory was handed over to another thread are none. */
function needWhole(fn: string, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0 && bytes.byteOffset === 0 && bytes.buffer.byteLength === 0) viewOf(fn, bytes.buffer);
  return bytes;
}

function viewOf(fn: string, buffer: ArrayBufferLike): Uint8Array {
  try {
    return new Uint8Array(buffer);
  } catch {
    throw new NeocogError(`${fn}: the buffer of these bytes was transferred and is empty; pass a copy`);
  }
}

async function readBlob(fn: string, blob: Blob, what: string): Promise<FileBytes> {
  const name = 'name' in blob ? placeName(blob.name) : what;
  return { bytes: new Uint8Array(await told(`${fn}: cannot read ${name}`, blob.arrayBuffer())), name };
}

const isPath = (source: string | URL): boolean =>
  source instanceof URL ? source.protocol === 'file:' : !/^[a-z][a-z0-9+.-]+:/i.test(source);

/** What never ends, such as a pipe, is not opened. */
async function readFile(files: FileSystem, source: string | URL): Promise<Uint8Array> {
  const kind = await files.stat(source);
  if (kind.isFile()) return files.readFile(source);
  throw new FormatError(kind.isDirectory() ? 'it is a folder, pass a file' : 'it is no regular file');
}

async function download(url: string | URL): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new FormatError(`the server answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** A file to be written. */
export interface NewFile {
  readonly fn: string;
  readonly files: FileSystem;
  readonly path: Path;
}

/** Writes beside the file and renames, so that a failure leaves what was there. */
export async function replaceFile(
  { fn, files, path }: NewFile,
  bytes: Uint8Array | Promise<Uint8Array>,
): Promise<void> {
  const ending = `.${Math.random().toString(36).slice(2)}.part`;
  const beside = path instanceof URL ? new URL(path.href + ending) : path + ending;
  const write = async (): Promise<void> => {
    await files.writeFile(beside, await bytes);
    await files.rename(beside, path);
  };
  try {
    await told(`${fn}: cannot write ${placeName(path)}`, write());
  } catch (error) {
    await files.rm(beside, { force: true }).catch(() => undefined); // the first failure is the one to tell
    throw error;
  }
}

async function told<T>(what: string, action: Promise<T>): Promise<T> {
  try {
    return await action;
  } catch (error) {
    throw new NeocogError(`${what}: ${reasonOf(error)}`, { cause: error });
  }
}

/** A path or an address as errors call it: of a long path the end, which says most, of an address the beginning. */
export function placeName(place: unknown): string {
  const text = String(place);
  if (text.length <= 200) return text || 'a file without a name';
  return /^[a-z][a-z0-9+.-]+:/i.test(text) ? shortText(text) : `…${text.slice(-200)}`;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'it is a file, pass a folder',
  EISDIR: 'it is a folder, pass a file',
  EACCES: 'permission is denied',
  ENOSPC: 'the disk is full, make room',
};

/** Why something failed: the first line of what was thrown, without its full stop. */
export function reasonOf(error: unknown): string {
  const { code, message } = Object(error) as { code?: string; message?: string };
  return reasons[code ?? ''] ?? shortText(String(message ?? error).split('\n')[0]).replace(/\.$/, '');
}
