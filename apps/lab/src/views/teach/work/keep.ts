// What a visitor carries away: the files that `neocog build` writes for the network, as one zip, or as a single page.

import { esModule, singlePage } from '@neocog/formats';
import { strToU8, zipSync } from 'fflate';
import { pack } from 'neocog';
import type { Whole } from './sense.ts';

export type Form = 'folder' | 'page';

/** What the network and its classes are called. */
export interface Facts {
  readonly name: string;
  readonly labels: readonly string[];
}

/** The bytes of `NAME.zip`, a folder in it, or of `NAME.html`. */
export async function keep({ net, input, page }: Whole, form: Form, facts: Facts): Promise<Uint8Array> {
  const program = pack(net, { input });
  const options = { ...page, ...facts, weights: 'float16', answer: { kind: 'classes' } } as const;
  if (form === 'page') return strToU8(singlePage(program, options));
  const files: Record<string, Uint8Array> = {};
  for (const { name, data } of esModule(program, options))
    files[`${facts.name}/${name}`] = typeof data === 'string' ? strToU8(data) : await joined(data);
  return zipSync(files);
}

const joined = async (pieces: Iterable<Uint8Array>): Promise<Uint8Array> =>
  new Uint8Array(await new Blob([...pieces] as BlobPart[]).arrayBuffer());
