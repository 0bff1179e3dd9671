// What starters of jobs say in the environment of each process: mpirun, srun, and those that follow torchrun's names.

/** Variables that say that MPI's library will find other processes: of mpirun (4 and 5), and of srun by PMIx or PMI. */
const ofStarters = ['OMPI_COMM_WORLD_SIZE', 'PMIX_RANK', 'PMI_RANK', 'PMI_FD'];

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether a starter of MPI jobs has started this process. */
export const isStartedByMpi = (env: Environment): boolean =>
  ofStarters.some((name) => env[name] !== undefined && env[name] !== '');

/** How many processes mpirun says it has started; null where it does not say. */
export const startedProcesses = ({ OMPI_COMM_WORLD_SIZE: size }: Environment): number | null =>
  size === undefined ? null : Number(size);

/** A place in a job as torchrun and Kubernetes' training operators say it. */
export interface Place {
  readonly rank: number;
  readonly size: number;
  /** Host of rank 0. */
  readonly master: string;
  readonly port: number;
}

const isWhole = (text: string | undefined): boolean => /^\d+$/.test(text ?? '');

/** Null unless RANK and WORLD_SIZE are both given and say more than one process. */
export function placeOf(env: Environment): Place | null {
  const { RANK, WORLD_SIZE, MASTER_ADDR = 'localhost', MASTER_PORT = '29500' } = env;
  if (!isWhole(RANK) || !isWhole(WORLD_SIZE) || Number(WORLD_SIZE) < 2) return null;
  return { rank: Number(RANK), size: Number(WORLD_SIZE), master: MASTER_ADDR, port: Number(MASTER_PORT) };
}
