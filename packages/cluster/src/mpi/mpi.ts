// mpi: the processes of a job as a world.

import { DeviceError } from 'neocog';
import { type Fields, field, needOptions } from 'neocog/arguments';
import { isStartedByMpi, placeOf, startedProcesses } from './environment.ts';
import { loadLibrary } from './library.ts';
import { LoneWorld, MpiWorld, type ProcessWorld } from './world.ts';

/** How `mpi` finds Open MPI. */
export interface MpiOptions {
  /** Path of Open MPI's library. Default: `libmpi.so.40` where the system looks for libraries. */
  library?: string | undefined;
}

const fields: Fields<MpiOptions> = {
  library: field('the path of a library', (v) => typeof v === 'string' && v !== ''),
};

/** MPI begins once in a process. */
let begun: Promise<ProcessWorld> | null = null;

/**
 * The processes of this job as a world to train in, the same at every call. Started by `mpirun`, `srun` or what else starts MPI jobs,
 * this process is one of several; started by itself, it is a world of one, and needs no MPI.
 *
 * A process that ends by an error ends the others too.
 *
 * @throws DeviceError if Open MPI was to be used and cannot be.
 * @example
 * const world = await mpi(); // mpirun -n 4 node train.js
 * const trainer = await compileTraining(net, { input: [16, 3, 224, 224], loss: crossEntropy, optimizer, world });
 * const loader = new DataLoader(data, { batchSize: 16, shuffle: true, world });
 * await fit(net, loader, { epochs: 90, optimizer, trainer });
 * await world.finish();
 */
export function mpi(options: MpiOptions = {}): Promise<ProcessWorld> {
  needOptions('mpi', options, fields);
  begun ??= begin(options);
  return begun;
}

async function begin({ library: path }: MpiOptions): Promise<ProcessWorld> {
  if (!isStartedByMpi(process.env)) return alone();
  const library = await loadLibrary(path);
  checkSize(library.size);
  const world = new MpiWorld(library);
  // A process that was not told to finish, and has nothing left to do.
  process.once('exit', (code) => {
    if (code === 0) world.close();
  });
  return world;
}

function alone(): ProcessWorld {
  const place = placeOf(process.env);
  if (!place) return new LoneWorld();
  throw new DeviceError(
    `mpi: RANK and WORLD_SIZE say that this is process ${place.rank} of ${place.size}, and nothing has started MPI; start the job with mpirun or srun`,
  );
}

/** Where mpirun is another one than the library, each process finds itself alone. */
function checkSize(size: number): void {
  const started = startedProcesses(process.env);
  if (started === null || started === size) return;
  throw new DeviceError(
    `mpi: mpirun has started ${started} processes, and the library knows ${size}; use mpirun and library of one Open MPI, or name the library`,
  );
}
