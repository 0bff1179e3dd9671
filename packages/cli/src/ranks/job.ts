// The processes of a job that carry out one command together: how they find each other, who speaks, and how all end where one fails.

import { setTimeout as delay } from 'node:timers/promises';
import type { ProcessWorld } from '@neocog/cluster';
import type { FitCallback, World } from 'neocog';
import { CommandError } from '../files.ts';
import { Interrupted } from '../interrupt.ts';

/** Milliseconds that other ranks leave to the first one: where all fail alike, it says so for all. */
const firstTurn = 3000;
/** Milliseconds after which a process that failed ends, whatever it still does. */
const patience = 1000;

/**
 * Carries out a command as one of the processes that mpirun or srun has started, or alone: `world` is null then. What is thrown
 * names the rank; the other ranks end as this process does.
 */
export async function amongRanks(command: (world: ProcessWorld | null) => Promise<void>): Promise<void> {
  const { mpi } = await cluster();
  const world = await mpi();
  if (world.size === 1) return command(null);
  try {
    await command(world);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw await failureOf(world, error);
    await world.finish();
    // All were interrupted, and the first one says so.
    if (world.rank === 0) throw error;
    return;
  }
  await world.finish();
}

const cluster = () =>
  import('@neocog/cluster').catch((cause: unknown) => {
    throw new CommandError(
      `several processes need the package @neocog/cluster, which cannot be loaded (${cause}); npm install @neocog/cluster`,
      { cause },
    );
  });

async function failureOf(world: ProcessWorld, error: unknown): Promise<unknown> {
  if (world.rank > 0) await delay(firstTurn);
  if (world.rank > 0 && error instanceof Error) error.message = `rank ${world.rank}: ${error.message}`;
  // mpirun ends the others when a process has ended with an error; not all starters do.
  if (process.env.OMPI_COMM_WORLD_SIZE === undefined) process.once('exit', () => world.abort(1));
  setTimeout(() => process.exit(1), patience).unref();
  return error;
}

/** Whether this process speaks and writes for all. */
export const isFirst = (world: World | null): boolean => world === null || world.rank === 0;

/** What tells, on standard error, of a rank that all others wait for. */
export async function watching(world: ProcessWorld | null): Promise<FitCallback[]> {
  if (!world) return [];
  const { watchRanks } = await cluster();
  return [
    watchRanks(world, { tell: (sentence) => void process.stderr.write(`neocog train: ${sentence}\n`) }),
  ];
}

/** A text of rank 0, on all ranks. */
export async function shareText(world: World | null, text: string): Promise<string> {
  if (!world) return text;
  const bytes = new TextEncoder().encode(text);
  const length = Int32Array.of(bytes.length);
  await world.broadcast(length);
  const codes = new Int32Array(length[0]);
  if (world.rank === 0) codes.set(bytes);
  await world.broadcast(codes);
  return new TextDecoder().decode(Uint8Array.from(codes));
}

/** Samples of each rank in a step of all. @throws CommandError where they cannot be shared out evenly */
export function shareOf(batch: number, world: World | null): number {
  const size = world?.size ?? 1;
  if (batch % size === 0) return batch / size;
  const [less, more] = [Math.floor(batch / size) * size, Math.ceil(batch / size) * size];
  const remedy = less === 0 ? `--batch ${more}` : `--batch ${less} or ${more}`;
  throw new CommandError(
    `--batch ${batch} is of all ranks together, and cannot be shared out evenly among ${size}; give ${remedy}, or another number of ranks`,
  );
}

/** The usual size of a batch, or the next one that can be shared out evenly. */
export const usualBatch = (usual: number, world: World | null): number => {
  const size = world?.size ?? 1;
  return Math.ceil(usual / size) * size;
};
