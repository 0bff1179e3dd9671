// Where downloads are kept: a folder in Node, the Cache API in a page, or a store of the caller's. And parts of downloads that are not
// whole yet, which in a folder outlive the process.

import { NeocogError, ShapeError } from 'neocog';
import { shown } from '../shown.ts';
import type { Part } from './download.ts';

/** Keeps bytes by name. */
export interface PretrainedStore {
  /** The bytes under a name; null or undefined where there are none. */
  read(name: string): Uint8Array | null | undefined | Promise<Uint8Array | null | undefined>;
  /** Keeps bytes under a name. */
  write(name: string, bytes: Uint8Array): unknown;
}

export interface DownloadCache extends PretrainedStore {
  /** A place for what arrives. */
  part(name: string): Part;
}

interface Files {
  readFile(path: string): Promise<Uint8Array>;
  appendFile(path: string, data: Uint8Array): Promise<void>;
  stat(path: string): Promise<{ readonly size: number }>;
  mkdir(path: string, options: { recursive: true }): Promise<unknown>;
  rename(from: string, to: string): Promise<void>;
  rm(path: string, options: { force: true }): Promise<void>;
  writeFile(path: string, data: Uint8Array): Promise<void>;
}

interface NodeProcess {
  readonly env: Readonly<Record<string, string | undefined>>;
  getBuiltinModule?(name: string): unknown;
}

const node = (): NodeProcess | undefined => (globalThis as { process?: NodeProcess }).process;
const builtin = <T>(name: string): T | undefined => node()?.getBuiltinModule?.(name) as T | undefined;

/** @throws ShapeError for what is no cache; `cache` as the option is given */
export function cacheOf(fn: string, cache: unknown): DownloadCache {
  if (cache === false) return inMemory();
  if (
    typeof cache === 'object' &&
    cache !== null &&
    ['read', 'write'].every((name) => typeof Reflect.get(cache, name) === 'function')
  )
    return { ...inMemory(), ...storeOf(cache as PretrainedStore) };
  if (cache !== undefined && (typeof cache !== 'string' || cache === '')) {
    throw new ShapeError(
      `${fn}: cache is ${shown(cache)}; give a folder (in a page: a name), a store { read, write }, or false for none`,
    );
  }
  const files = builtin<Files>('node:fs/promises');
  if (files) return inFolder(files, cache ?? usualFolder());
  return typeof caches === 'undefined' ? inMemory() : inPage(cache ?? 'neocog');
}

const storeOf = (store: PretrainedStore): PretrainedStore => ({
  read: (name) => store.read(name),
  write: (name, bytes) => store.write(name, bytes),
});

/** `$NEOCOG_CACHE`, or `neocog` in the user's folder for caches. */
function usualFolder(): string {
  const { NEOCOG_CACHE: own, XDG_CACHE_HOME: caches } = node()?.env ?? {};
  if (own) return own;
  const home = builtin<{ homedir(): string }>('node:os')?.homedir() ?? '.';
  return `${caches || `${home}/.cache`}/neocog`;
}

const isMissing = (error: unknown): boolean => (error as { code?: string }).code === 'ENOENT';

function orNone<T, N>(action: Promise<T>, none: N): Promise<T | N> {
  return action.catch((error) => {
    if (isMissing(error)) return none;
    throw new NeocogError(
      `loadPretrained: the cache cannot be used: ${(error as Error).message}; name another folder with cache`,
      {
        cause: error,
      },
    );
  });
}

function inFolder(files: Files, folder: string): DownloadCache {
  const pathOf = (name: string): string => `${folder}/${name}`;
  const prepare = () => orNone(files.mkdir(folder, { recursive: true }), null);
  return {
    read: (name) => orNone(files.readFile(pathOf(name)), null),
    async write(name, bytes) {
      await prepare();
      const temporary = pathOf(`${name}.tmp`);
      await orNone(files.writeFile(temporary, bytes), null);
      await files.rename(temporary, pathOf(name));
    },
    part(name) {
      const path = pathOf(`${name}.part`);
      return {
        size: () => orNone(files.stat(path), null).then((found) => found?.size ?? 0),
        async append(bytes) {
          await prepare();
          await orNone(files.appendFile(path, bytes), null);
        },
        reset: () => files.rm(path, { force: true }),
        read: () => files.readFile(path),
      };
    },
  };
}

/** By the Cache API, which wants addresses for names. Parts are in memory. */
function inPage(cacheName: string): DownloadCache {
  const address = (name: string): string => `https://neocog.invalid/${encodeURIComponent(name)}`;
  return {
    ...inMemory(),
    async read(name) {
      const found = await (await caches.open(cacheName)).match(address(name));
      return found ? new Uint8Array(await found.arrayBuffer()) : null;
    },
    async write(name, bytes) {
      await (await caches.open(cacheName)).put(address(name), new Response(bytes as Uint8Array<ArrayBuffer>));
    },
  };
}

function inMemory(): DownloadCache {
  return {
    read: () => null,
    write: () => undefined,
    part() {
      let parts: Uint8Array[] = [];
      const size = (): number => parts.reduce((sum, { length }) => sum + length, 0);
      return {
        size: async () => size(),
        append: async (bytes) => void parts.push(bytes),
        reset: async () => {
          parts = [];
        },
        read: async () => {
          const all = new Uint8Array(size());
          let at = 0;
          for (const part of parts) {
            all.set(part, at);
            at += part.length;
          }
          return all;
        },
      };
    },
  };
}
