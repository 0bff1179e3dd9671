// A page for test/threadsPage.node.test.ts: starts a machine of two threads, tries it, and sends what it found to `/found`.

import { Machine } from '../packages/neocog/src/backends/wasm/machine/index.ts';
import { firstScratch, inWorker, mixed, mixing, trap } from './threadsKernels.ts';

export interface Found {
  readonly threads: number;
  readonly note: string | null;
  /** Of 20 runs. */
  readonly right: number;
  /** What a thread that fails says; null where there is one thread only. */
  readonly failure: string | null;
}

const [units, times] = [500, 31];
const { code, result } = mixing(units, times);
const kernel = inWorker('trap', firstScratch(code.dataBytes), trap);
const routines = { ...code.routines, trap: [{ kernel, addresses: [code.dataBytes - 4] }] };

async function explore(): Promise<Found> {
  const machine = await Machine.start({ ...code, routines }, { threads: 2 });
  const { threads, note, memory } = machine;
  const all = new Float32Array(memory.buffer, 64, 2 * units);
  const expected = mixed(units, times);
  let right = 0;
  for (let i = 0; i < 20; i++) {
    all.fill(0);
    await machine.run('mix');
    const found = new Float32Array(memory.buffer, result, units);
    if (expected.every((value, u) => value === found[u])) right++;
  }
  all.fill(0);
  const failure = threads === 1 ? null : await machine.run('trap').then(() => 'none', String);
  return { threads, note, right, failure };
}

const send = (path: string, body: unknown): Promise<unknown> =>
  fetch(path, { method: 'POST', body: JSON.stringify(body) });

// Once per place where this file runs to its end.
void send('/evaluated', null);
explore()
  .catch((error: unknown) => ({ failure: `${error}` }))
  .then((found) => send('/found', found));
