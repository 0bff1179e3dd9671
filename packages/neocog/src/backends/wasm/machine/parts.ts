// Building what a machine consists of: code, memory, and workers where there can be any.

import { DeviceError } from '../../../errors.ts';
import { type Assembled, assemble } from './assemble.ts';
import type { MachineCode } from './code.ts';
import { jobStride } from './jobs.ts';
import { allocate, type Layout, layOut, textBytes, words } from './layout.ts';
import { mayWait, mostThreads, obstacle, Team } from './team.ts';
import type { ThreadTask } from './thread.ts';

export interface Parts {
  readonly layout: Layout;
  readonly assembled: Assembled;
  readonly memory: WebAssembly.Memory;
  /** For the calling thread's share of the work, which is thread 0; null if it takes none. */
  readonly exports: WebAssembly.Exports | null;
  /** Null with one thread. */
  readonly team: Team | null;
  /** Why there are fewer threads than were asked for, or null. */
  readonly note: string | null;
}

/** Who works on a machine. */
export interface Workforce {
  readonly threads: number;
  /** Whether the calling thread takes no part: all threads are workers. */
  readonly apart: boolean;
}

/** @throws DeviceError without enough memory, or if the engine refuses the code */
export async function buildParts(code: MachineCode, workforce: Workforce, fn: string): Promise<Parts> {
  const { threads, apart } = workforce;
  if (threads === 1 && !apart) return alone(code, fn, null);
  const count = Math.min(threads, mostThreads());
  const wanted = { threads: count, apart };
  const parts = obstacle() ?? (await together(code, wanted, fn).catch((error: unknown) => `${error}`));
  // What is wrong without threads too is thrown here.
  if (typeof parts === 'string')
    return alone(code, fn, `${apart ? 'one thread, the calling one' : 'one thread'}: ${parts}`);
  if (count === threads) return parts;
  return { ...parts, note: `${count} threads: ${threads} would only cost memory and time on this machine` };
}

async function alone(code: MachineCode, fn: string, note: string | null): Promise<Parts> {
  const layout = layOut(code, 1);
  const memory = allocate(layout, fn);
  const assembled = assemble(code, layout);
  const module = await compiled(assembled, fn);
  return { layout, assembled, memory, exports: await bind(module, memory), team: null, note };
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
  code: MachineCode,
  { threads, apart }: Workforce,
  fn: string,
): Promise<Parts | string> {
  const layout = layOut(code, threads, true);
  const memory = allocate(layout, fn);
  const own = !apart && mayWait() ? 1 : 0;
  const compile = async () => {
    const assembled = assemble(code, layout);
    return { assembled, module: await compiled(assembled, fn) };
  };
  let compilation: ReturnType<typeof compile> | undefined;
  // Called when the workers have begun to start, once for each way of starting them.
  const tasks = async (): Promise<ThreadTask[]> => {
    compilation ??= compile();
    const { assembled, module } = await compilation;
    return taskList(layout, assembled, { memory, module }).slice(own);
  };
  const team = await Team.start(threads - own, tasks);
  if (typeof team === 'string') return team;
  const { assembled, module } = await (compilation ?? compile());
  return { layout, assembled, memory, exports: own ? await bind(module, memory) : null, team, note: null };
}

/** What each thread needs to know. */
function taskList(
  layout: Layout,
  { routines }: Assembled,
  shared: Pick<ThreadTask, 'memory' | 'module'>,
): ThreadTask[] {
  const phases = Array.from({ length: jobStride(routines.size) }, () => 0);
  for (const { index, phases: all } of routines.values()) phases[index] = all.length;
  const { control, scratch, scratchStride } = layout;
  return Array.from({ length: layout.threads }, (_, thread) => ({
    ...shared,
    thread,
    scratch: scratch + thread * scratchStride,
    control,
    words,
    textBytes,
    phases,
    reports: thread === 0,
  }));
}
