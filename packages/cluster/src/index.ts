// The public names of the package.

export { type MpiOptions, mpi } from './mpi/mpi.ts';
export type { ProcessWorld, WorldTimes } from './mpi/world.ts';
export { type WatchOptions, watchRanks } from './watch/watchRanks.ts';
