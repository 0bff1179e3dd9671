// A valid call of every function of @neocog/cluster; arguments.samples.ts says what for. Nothing has started MPI here, so that a
// world is one process.

import { mpi } from '../packages/cluster/src/index.ts';
import { of, type Samples } from './arguments.samples.ts';

const alone = await mpi();

/** By the names under which @neocog/cluster exports them. */
export const clusterSamples: Samples = {
  mpi: of(() => [{}]),
  watchRanks: of(() => [alone, {}]),
};
