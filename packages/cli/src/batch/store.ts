// Answers that are there already, one file each, named by network and picture: written beside and renamed, so that what is there is whole, and
// whoever computes an answer twice does no harm.

import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemFailure } from '../files.ts';
import type { Known } from './network.ts';
import { isObject, writeObject } from './objects.ts';
import { joinPlace, readPlace } from './places.ts';

export const hashPicture = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export class Store {
  readonly #folder: string;

  /** @param network the hash of network and options */
  constructor(folder: string, network: string) {
    this.#folder = joinPlace(folder, network.slice(0, 32));
  }

  /** Null where there is none, or one that is damaged. */
  async find(picture: string): Promise<Known | null> {
    const bytes = await readPlace(this.#path(picture));
    if ('broken' in bytes) return null;
    try {
      return JSON.parse(new TextDecoder().decode(bytes)) as Known;
    } catch {
      return null;
    }
  }

  async put(picture: string, known: Known): Promise<void> {
    const path = this.#path(picture);
    if (isObject(path)) return writeObject(path, JSON.stringify(known));
    const beside = `${path}.${randomUUID()}.tmp`;
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(beside, JSON.stringify(known));
      await rename(beside, path);
    } catch (error) {
      await rm(beside, { force: true }).catch(() => {});
      throw systemFailure(`cannot write ${path}`, error);
    }
  }

  #path(picture: string): string {
    return joinPlace(this.#folder, `${picture.slice(0, 2)}/${picture}.json`);
  }
}
