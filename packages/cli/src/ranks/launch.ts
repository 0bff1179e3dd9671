// Starting mpirun: so many processes of this very command on this machine, each bound to its share of the cores. What mpirun says of
// their end becomes one sentence.

import { type ChildProcess, spawn } from 'node:child_process';
import { availableParallelism, constants } from 'node:os';
import { CommandError } from '../files.ts';
import { Interrupted } from '../interrupt.ts';
import { Notices } from './notices.ts';

/** The signal that asks ranks for an end at a good moment: mpirun hands it on, and ends a job for any other. */
export const askingSignal = 'SIGUSR2';

/** Where there are cores for all, each rank gets as many and stays on them; else they share. */
export function bindingOf(ranks: number, cores: number): string[] {
  const each = Math.floor(cores / ranks);
  if (each === 0) return ['--oversubscribe', '--bind-to', 'none'];
  return ['--use-hwthread-cpus', '--map-by', `slot:PE=${each}`];
}

/** A place among processes that torchrun, or what follows its variables, has started. */
interface Started {
  readonly rank: number;
  readonly size: number;
}

/**
 * Where all processes of such a job are on this machine, one of them can start mpirun for all. Null where there is one process, where they
 * are on many machines, or where MPI connects them already.
 */
export function startedHere(env: NodeJS.ProcessEnv): Started | null {
  const { RANK, WORLD_SIZE, LOCAL_WORLD_SIZE, MASTER_ADDR = '' } = env;
  const isHere =
    LOCAL_WORLD_SIZE === undefined ? isLoopback.test(MASTER_ADDR) : LOCAL_WORLD_SIZE === WORLD_SIZE;
  const isConnected = ['OMPI_COMM_WORLD_SIZE', 'PMIX_RANK', 'PMI_RANK'].some(
    (name) => env[name] !== undefined,
  );
  const [rank, size] = [Number(RANK), Number(WORLD_SIZE)];
  return isHere && !isConnected && Number.isInteger(rank) && size > 1 ? { rank, size } : null;
}

const isLoopback = /^(localhost|127\.[\d.]+|::1)$/;

/** A command line without the option that starts the others. */
export const withoutLaunch = (args: readonly string[]): string[] =>
  args.filter(
    (word, i) => word !== '--launch' && args[i - 1] !== '--launch' && !word.startsWith('--launch='),
  );

/**
 * Runs this process's command line as so many processes, and waits for their end.
 *
 * @throws CommandError where mpirun cannot be started, or a process ended for no reason that it told
 * @throws Interrupted after Ctrl-C, or, without words, where a process told the reason
 */
export async function launch(ranks: number): Promise<void> {
  if (process.env.OMPI_COMM_WORLD_SIZE !== undefined)
    throw new CommandError('--launch starts mpirun, and mpirun has started this; leave one of them out');
  const words = [process.execPath, ...process.execArgv, ...withoutLaunch(process.argv.slice(1))];
  const child = spawn(
    'mpirun',
    ['-n', String(ranks), ...bindingOf(ranks, availableParallelism()), ...words],
    {
      // A group of its own: Ctrl-C is for this process, which asks the ranks to stop.
      detached: true,
      stdio: ['ignore', 'inherit', 'pipe'],
      env: { ...process.env, ...environment() },
    },
  );
  const asking = handOn(child);
  try {
    const outcome = await outcomeOf(child);
    if (asking.code !== 0) throw new Interrupted(asking.code, outcome.spoke ? '' : 'stopped');
    if (outcome.code !== 0) throw failureOf(outcome);
  } finally {
    asking.release();
  }
}

/** mpirun refuses to run as root, as in most containers, unless it is told twice; all processes are here. */
const environment = (): Record<string, string> =>
  process.getuid?.() === 0 ? { OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' } : {};

/** The first signal asks the ranks for an end at a good moment, the second ends them. */
function handOn(child: ChildProcess) {
  let code = 0;
  const listener = (signal: NodeJS.Signals): void => {
    child.kill(code === 0 ? askingSignal : 'SIGTERM');
    code = 128 + constants.signals[signal];
  };
  const end = (): void => void child.kill('SIGTERM');
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, listener);
  process.once('exit', end);
  return {
    /** Of this process, once it was interrupted; 0 before. */
    get code() {
      return code;
    },
    release(): void {
      for (const signal of signals) process.removeListener(signal, listener);
      process.removeListener('exit', end);
    },
  };
}

interface Outcome {
  readonly code: number | null;
  /** Whether any process has said something on standard error. */
  readonly spoke: boolean;
  readonly notices: Notices;
}

function outcomeOf(child: ChildProcess): Promise<Outcome> {
  const notices = new Notices();
  let spoke = false;
  const pass = (text: string): void => {
    spoke ||= text.includes('neocog');
    process.stderr.write(text);
  };
  child.stderr?.setEncoding('utf8').on('data', (text: string) => pass(notices.take(text)));
  return new Promise((resolve, reject) => {
    child.on('error', (cause: NodeJS.ErrnoException) => reject(notStarted(cause)));
    child.on('close', (code) => {
      pass(notices.end());
      resolve({ code, spoke, notices });
    });
  });
}

const notStarted = (cause: NodeJS.ErrnoException): CommandError =>
  new CommandError(
    `--launch needs mpirun, which ${cause.code === 'ENOENT' ? 'is not here' : `cannot be started (${cause.message})`}; install Open MPI (Debian and Ubuntu: apt-get install openmpi-bin libopenmpi3; macOS: brew install open-mpi)`,
    { cause },
  );

function failureOf({ code, spoke, notices }: Outcome): Error {
  const { cause, said } = notices;
  const isTold = spoke && !cause?.what.includes('signal');
  if (isTold) return new Interrupted(code ?? 1, '');
  if (!cause)
    return new CommandError(`mpirun ended with ${code}: ${said.join(' ') || 'it does not say why'}`);
  return new CommandError(
    `rank ${cause.rank} ${cause.what}, which ended the job; --resume auto goes on from the last checkpoint`,
  );
}
