// Answers that are there already, one file each, named by network and picture: written beside and renamed, so that what is there is whole, and
// whoever computes an answer twice does no harm.

import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemFailure } from '../files.ts';
import type { Known } from './network.ts';

export const hashPicture = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export class Store {
  readonly #folder: string;

  /** @param network the hash of network and options */
  constructor(folder: string, network: string) {
    this.#folder = join(folder, network.slice(0, 32));
  }

  /** Null where there is none, or one that is damaged. */
  async find(picture: string): Promise<Known | null> {
    try {
      return JSON.parse(await readFile(this.#path(picture), 'utf8')) as Known;
    } catch {
      return null;
    }
  }

  async put(picture: string, known: Known): Promise<void> {
    const path = this.#path(picture);
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
    return join(this.#folder, picture.slice(0, 2), `${picture}.json`);
  }
}
