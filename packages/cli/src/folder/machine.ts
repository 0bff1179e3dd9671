// What a machine lends to a run; results do not depend on it, but for rounding where several processes share the work.

import { availableParallelism, cpus } from 'node:os';
import type { ProcessWorld } from '@neocog/cluster';

export interface Machine {
  /** Threads that compute. */
  readonly threads: number;
  /** Threads that read files. */
  readonly workers: number;
  /** The processes that train together; null for one. */
  readonly world: ProcessWorld | null;
}

/** Beyond this a step of a small network, which is short, gains nothing from a further thread. */
const mostThreads = 8;

/** What is taken where nobody says: of several processes on this machine, each takes its share. */
export function usualMachine(): Omit<Machine, 'world'> {
  const here = Number(process.env.OMPI_COMM_WORLD_LOCAL_SIZE ?? 1);
  const share = Math.floor(cpus().length / here);
  const cores = Math.max(1, here > 1 ? Math.min(share, availableParallelism()) : availableParallelism());
  return { threads: Math.min(mostThreads, cores), workers: Math.min(2, cores - 1) };
}
