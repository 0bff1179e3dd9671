// What the workers of a workplace are told: the code there is, and which number names which routine.

import { type Loaded, routineName } from './assemble.ts';
import { jobStride } from './jobs.ts';
import { textBytes, words } from './layout.ts';
import type { ThreadTask } from './thread.ts';

/** Where they work, and whether the calling thread does. */
interface Surroundings {
  readonly memory: WebAssembly.Memory;
  readonly takesPart: boolean;
}

/** One for each thread but the calling one, where that takes part. Number 0 names no routine. */
export function tasksOf(all: readonly Loaded[], { memory, takesPart }: Surroundings): ThreadTask[] {
  const routines = all.flatMap(({ assembled }, code) =>
    [...assembled.routines.values()].map(({ index, phases }) => ({
      code,
      name: routineName(index),
      phases: phases.length,
    })),
  );
  const named = Array.from({ length: jobStride(routines.length + 1) }, (_, i) => routines[i - 1] ?? null);
  const { control, threads } = all[0].layout;
  const tasks = Array.from({ length: threads }, (_, thread) => ({
    ...{ memory, thread, control, words, textBytes, routines: named, reports: thread === 0 },
    codes: all.map(({ module, layout }) => ({
      module,
      scratch: layout.scratch + thread * layout.scratchStride,
    })),
  }));
  return takesPart ? tasks.slice(1) : tasks;
}
