// One job of a batch: some pictures through a network, their answers into the store. Done twice, it computes nothing anew.

import type { AnsweringNetwork } from './network.ts';
import { readPlace } from './places.ts';
import { hashPicture, type Store } from './store.ts';

/** A file, and by which hash its answer is found; null where the file could not be read at all, for the reason `broken`. */
export interface Done {
  readonly file: string;
  readonly picture: string | null;
  readonly broken?: string;
}

/** Pictures that are read and decoded while another one is computed. */
const ahead = 4;

/** @param stopped asked before each picture; those that are left out then are not in the result */
export async function carryOutJob(
  files: readonly string[],
  { network, store }: { readonly network: AnsweringNetwork; readonly store: Store },
  {
    onDone = () => {},
    stopped = () => false,
  }: { onDone?: (done: Done) => void; stopped?: () => boolean } = {},
): Promise<Done[]> {
  const done: Done[] = [];
  const rest = files.entries();
  const work = async (): Promise<void> => {
    for (const [i, file] of rest) {
      if (stopped()) return;
      const one = await answerFile(file, network, store);
      done[i] = one;
      onDone(one);
    }
  };
  await Promise.all(Array.from({ length: ahead }, work));
  return done.filter((one) => one !== undefined);
}

async function answerFile(file: string, network: AnsweringNetwork, store: Store): Promise<Done> {
  const bytes = await readPlace(file);
  if ('broken' in bytes) return { file, picture: null, broken: bytes.broken };
  const picture = hashPicture(bytes);
  if ((await store.find(picture)) === null) {
    await store.put(picture, await network.answer(file, bytes));
  }
  return { file, picture };
}
