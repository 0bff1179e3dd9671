// The option `cache`: a folder, a cache of the browser, or whatever has `get` and `set`.

import { type Field, field } from '../../arguments/field.ts';
import { browserStore } from './browser.ts';
import { fileSystem, folderStore } from './folder.ts';
import type { ProgramStore } from './store.ts';

/** The path of a folder, in a page the name of a `Cache`; or an object with `get` and `set`. */
export type ProgramCache = string | ProgramStore;

const isStore = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  ['get', 'set'].every((name) => typeof (value as Record<string, unknown>)[name] === 'function');

export const cacheField: Field<ProgramCache> = field(
  'the path of a folder, in a page the name of a Cache, or an object with get(key) and set(key, bytes)',
  (value) => (typeof value === 'string' ? value !== '' : isStore(value)),
);

/** The store; or, where there is none of this kind, the reason. */
export function storeOf(cache: ProgramCache): ProgramStore | string {
  if (typeof cache !== 'string') return cache;
  const files = fileSystem();
  if (files) return folderStore(files, cache);
  if (globalThis.caches) return browserStore(cache);
  return 'there is neither a folder nor a Cache here: a page needs HTTPS, or localhost';
}
