// What the view says. Pure.

import { percent } from '../../design/numbers.ts';
import type { QueryField } from '../../shell/query.ts';
import type { Kind } from './work/teach.worker.ts';

export const kinds = [
  { value: 'pictures', name: 'Pictures', hint: 'From a camera, or files' },
  { value: 'sounds', name: 'Sounds', hint: 'From a microphone, or files' },
] as const;

export const [fewest, most] = [2, 5];
const longest = 30;

/** A comma parts names in the address. */
export const tidyName = (text: string): string => text.replaceAll(',', ' ').slice(0, longest);

/** Names of classes, of which those that are empty are called by their place. */
export const namesField = (initial: readonly string[]): QueryField<readonly string[]> => ({
  initial,
  read: (text) => {
    const names = text.split(',');
    return names.length >= fewest && names.length <= most ? names.map(tidyName) : undefined;
  },
  write: (names) => names.join(','),
});

const nouns = {
  pictures: { thing: 'Thing', device: 'camera', file: 'picture', sample: 'frame' },
  sounds: { thing: 'Sound', device: 'microphone', file: 'sound', sample: 'piece' },
} as const;
export const nounsOf = (kind: Kind): (typeof nouns)[Kind] => nouns[kind];

export const calledOf = (kind: Kind, names: readonly string[]): string[] =>
  names.map((name, i) => name.trim() || `${nouns[kind].thing} ${i + 1}`);

export const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

/** The likeliest class and its share. */
export function topOf(shares: ArrayLike<number>): { id: number; share: number } {
  let id = 0;
  for (let i = 1; i < shares.length; i++) if (shares[i]! > shares[id]!) id = i;
  return { id, share: shares[id] ?? 0 };
}

export const told = (name: string, share: number): string => `${name}, ${percent(share)}`;

const reasons: Readonly<Record<string, string>> = {
  NotAllowedError: 'may not be used: allow it in the browser’s address bar, then start it again',
  NotFoundError: 'was not found: connect one, then start it again',
  NotReadableError: 'is in use by another program: close that, then start it again',
};

/** Why a device cannot be had, and what helps. */
export function deviceProblem(kind: Kind, error: unknown): string {
  const { device, file } = nouns[kind];
  const { name = '', message = '', cause } = Object(error) as Partial<Error>;
  const reason =
    reasons[name] ?? reasons[String(Object(cause).name)] ?? `does not start (${message || name})`;
  return `The ${device} ${reason}. ${file[0]!.toUpperCase()}${file.slice(1)} files work without it.`;
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
