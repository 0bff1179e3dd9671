// Building what a machine consists of: code, memory, and workers where there can be any.

import { DeviceError } from '../../../errors.ts';
import type { Assembled, Loaded } from './assemble.ts';
import { allocate, type Layout } from './layout.ts';
import type { CodeSource } from './source.ts';
import { tasksOf } from './tasks.ts';
import { mayWait, mostThreads, obstacle, Team } from './team.ts';
import type { ThreadTask } from './thread.ts';
import { Workplace } from './workplace.ts';

export interface Parts {
  readonly workplace: Workplace;
  readonly loaded: Loaded;
  /** For the calling thread's share of the work, which is thread 0; null if it takes none. */
  readonly exports: WebAssembly.Exports | null;
}

/** Begins a note. */
export const callerAlone = 'one thread, the calling one';

/** Who works on a machine. */
export interface Workforce {
  readonly threads: number;
  /** Whether the calling thread takes no part: all threads are workers. */
  readonly apart: boolean;
  /** Why only the calling thread is left, or why there are fewer threads than wanted; null otherwise. */
  readonly note: string | null;
}

/** How many threads would be started here, and so what a layout depends on. */
export function workforceKey({
  threads,
  apart = false,
}: Partial<Workforce> & Pick<Workforce, 'threads'>): string {
  const isAlone = (threads === 1 && !apart) || obstacle() !== null;
  return isAlone ? 'one thread' : `${Math.min(threads, mostThreads())} threads on shared memory`;
}

/** @throws DeviceError without enough memory, or if the engine refuses the code */
export async function buildParts(code: CodeSource, workforce: Workforce, fn: string): Promise<Parts> {
  const { threads, apart } = workforce;
  if (threads === 1 && !apart) return alone(code, fn, workforce.note);
  const count = Math.min(threads, mostThreads());
  const few = `${count} threads: ${threads} would only cost memory and time on this machine`;
  const wanted = { threads: count, apart, note: count === threads ? null : few };
  const parts = obstacle() ?? (await together(code, wanted, fn).catch((error: unknown) => `${error}`));
  // What is wrong without threads too is thrown here.
  if (typeof parts === 'string') return alone(code, fn, `${apart ? callerAlone : 'one thread'}: ${parts}`);
  return parts;
}

/** For a workplace that others work on already. @throws DeviceError without enough memory, or if the engine refuses the code */
export async function addParts(code: CodeSource, workplace: Workplace, fn: string): Promise<Parts> {
  const { memory, threads, takesPart } = workplace;
  const layout = code.layOut(threads, !(memory.buffer instanceof ArrayBuffer));
  workplace.makeRoom(layout, fn);
  const loaded = await load(code, layout, fn);
  await workplace.add(loaded);
  return { workplace, loaded, exports: takesPart ? await bind(loaded.module, memory) : null };
}

async function alone(code: CodeSource, fn: string, note: string | null): Promise<Parts> {
  const layout = code.layOut(1);
  const memory = allocate(layout, fn);
  const loaded = await load(code, layout, fn);
  const workplace = new Workplace({ memory, team: null, takesPart: true, note }, loaded);
  return { workplace, loaded, exports: await bind(loaded.module, memory) };
}

export async function load(code: CodeSource, layout: Layout, fn: string): Promise<Loaded> {
  const assembled = code.assemble(layout);
  return { layout, assembled, module: await compiled(assembled, fn) };
}

async function compiled({ bytes }: Assembled, fn: string): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    throw new DeviceError(
      `${fn}: the engine refuses ${(bytes.length / 1e6).toFixed(2)} MB of code (${cause}); use a smaller network`,
      { cause },
    );
  }
}

const bind = async (module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<WebAssembly.Exports> =>
  (await WebAssembly.instantiate(module, { env: { memory } })).exports;

/** Gives the reason if no workers can be started. @throws DeviceError if the engine refuses the memory or the code */
async function together(
  code: CodeSource,
  { threads, apart, note }: Workforce,
  fn: string,
): Promise<Parts | string> {
  const layout = code.layOut(threads, true);
  const memory = allocate(layout, fn);
  const takesPart = !apart && mayWait();
  let loading: Promise<Loaded> | undefined;
  // Called when the workers have begun to start, once for each way of starting them.
  const tasks = async (): Promise<ThreadTask[]> => {
    loading ??= load(code, layout, fn);
    return tasksOf([await loading], { memory, takesPart });
  };
  const team = await Team.start('threads', takesPart ? threads - 1 : threads, tasks);
  if (typeof team === 'string') return team;
  const loaded = await (loading ?? load(code, layout, fn));
  const workplace = new Workplace({ memory, team, takesPart, note }, loaded);
  return { workplace, loaded, exports: takesPart ? await bind(loaded.module, memory) : null };
}
