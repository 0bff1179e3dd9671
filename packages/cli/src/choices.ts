// Files of measured choices of algorithms, which `--tune` reads, completes and writes.

import type { Choices, TuneOptions } from 'neocog';
import { CommandError, exists, needPath, readWhole, writeWhole } from './files.ts';

/** What `--tune` was given: a file, or true for none. */
export type TuneWord = string | true;

/** The words of `--tune`, in several commands. */
export const tuneHelp =
  'time the algorithms that estimates cannot tell apart; a file keeps what was measured, and what it holds already is not timed again';

/** How to tune. @throws CommandError for a file that is something else */
export async function tuneOptions(word: TuneWord): Promise<TuneOptions> {
  if (word === true) return {};
  needPath('--tune', word);
  return (await exists(word)) ? { known: await readChoices(word) } : {};
}

async function readChoices(path: string): Promise<Choices> {
  const text = new TextDecoder().decode(await readWhole('the choices', path));
  const refusal = `${path} holds no choices that neocog has measured; name another file, or one that is not there yet`;
  try {
    const choices: Choices = JSON.parse(text);
    if (choices.format === 'neocog choices') return choices;
  } catch (cause) {
    throw new CommandError(refusal, { cause });
  }
  throw new CommandError(refusal);
}

/** Keeps what is known now, if there is a file for it. */
export async function keepChoices(word: TuneWord, choices: Choices | null): Promise<void> {
  if (word !== true && choices) await writeWhole(word, `${JSON.stringify(choices, null, 2)}\n`);
}
