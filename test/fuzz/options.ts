// What `npm run fuzz` is told on its command line.

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { kinds } from './kinds.ts';

export interface Options {
  readonly seconds: number;
  readonly seed: number;
  /** Of the kinds to try. */
  readonly names: readonly string[];
  /** Processes at a time. */
  readonly jobs: number;
  /** The number of the only case to run, or null. */
  readonly only: number | null;
}

export const usage = `npm run fuzz -- [--seconds 60] [--seed N] [--kind NAME]… [--jobs N] [--case N]

Kinds, all of them unless some are named:
${[...kinds.values()].map(({ name, about }) => `  ${name.padEnd(12)}${about}`).join('\n')}

--case runs one case of one kind again. Without --seed each run draws other cases; it says its seed.`;

/** What numbers may be: the number of a case is the lower part of a generator's seed. */
const most = 2 ** 21 - 1;

/** @throws Error that says which option is wrong, with what it takes. */
export function readOptions(args: readonly string[]): Options | 'help' {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: text,
      seed: text,
      jobs: text,
      case: text,
      kind: { ...text, multiple: true },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return 'help';
  const names = values.kind?.flatMap((list) => list.split(',')) ?? [...kinds.keys()];
  checkNames(names);
  const only = values.case === undefined ? null : wholeNumber('case', values.case, 0);
  if (only !== null && names.length !== 1) throw new Error('--case needs one --kind');
  return {
    names,
    only,
    seconds: wholeNumber('seconds', values.seconds ?? '60', 1),
    seed: wholeNumber('seed', values.seed ?? String(Date.now() % most), 0),
    jobs: wholeNumber('jobs', values.jobs ?? String(availableParallelism()), 1),
  };
}

function checkNames(names: readonly string[]): void {
  const unknown = names.find((name) => !kinds.has(name));
  if (unknown === undefined) return;
  throw new Error(`--kind ${unknown} is unknown, there are ${[...kinds.keys()].join(', ')}`);
}

function wholeNumber(name: string, text: string, least: number): number {
  const n = Number(text);
  if (text.trim() !== '' && Number.isInteger(n) && n >= least && n <= most) return n;
  throw new Error(`--${name} ${text}: a whole number from ${least} to ${most} is needed`);
}
