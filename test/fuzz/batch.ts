// Some cases of one kind in a process of their own: a crash, a hang and a disagreement all end it, and are findings alike.

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Batch {
  readonly name: string;
  readonly seed: number;
  /** The number of the first case, and how many may follow. */
  readonly first: number;
  readonly count: number;
  readonly seconds: number;
  /** With wide SIMD, every kernel compiled by the optimising compiler. */
  readonly wide: boolean;
}

export interface Finding {
  readonly batch: Batch;
  readonly at: number;
  readonly fault: string;
  /** The smallest case that still fails; null where the process did not live to find it. */
  readonly smallest: unknown;
}

export interface Outcome {
  readonly done: number;
  /** Whether the process came to its end in time or after all its cases. */
  readonly finding: Finding | null;
}

/** A line of a process: which case is next, or how it ended. */
interface Told {
  readonly at?: number;
  readonly done?: number;
  readonly fault?: string;
  readonly smallest?: unknown;
}

/** Milliseconds without a word after which a case hangs; the slowest takes seconds on a busy machine. */
const patience = 120_000;

const program = fileURLToPath(new URL('./run.ts', import.meta.url));
/** The packages as their sources, so that nothing need be built. */
const sources = new URL('./sources.ts', import.meta.url).href;
const flags = ['--disable-warning=ExperimentalWarning', '--import', sources];

export async function runBatch(batch: Batch): Promise<Outcome> {
  const { name, seed, first, count, seconds, wide } = batch;
  const args = [name, seed, first, count, seconds, wide ? 'on' : 'off'].map(String);
  const child = spawn(process.execPath, [...flags, program, ...args]);
  const heard = await listen(child);
  const { at = first, done = at - first, fault, smallest = null } = heard.last;
  const why = fault ?? (heard.last.done === undefined ? heard.ending : null);
  return { done, finding: why === null ? null : { batch, at, fault: why, smallest } };
}

interface Heard {
  readonly last: Told;
  /** How the process ended, if it did not say so itself. */
  readonly ending: string;
}

function listen(child: ChildProcess): Promise<Heard> {
  const last: Told = {};
  let [rest, errors, hangs] = ['', '', false];
  const giveUp = (): void => {
    hangs = true;
    child.kill('SIGKILL');
  };
  let timer = setTimeout(giveUp, patience);
  child.stderr?.on('data', (text: Buffer) => {
    errors = (errors + text).slice(-2000);
  });
  child.stdout?.on('data', (text: Buffer) => {
    clearTimeout(timer);
    timer = setTimeout(giveUp, patience);
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) Object.assign(last, JSON.parse(line));
  });
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const ended = `the process ended (${signal ?? code}): ${errors}`;
      resolve({ last, ending: hangs ? `it hangs for more than ${patience / 1000} s` : ended });
    });
  });
}
