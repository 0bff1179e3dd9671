// The training loop: fit. Eager on one thread, or through a compiled step; lets timers and signals run in between. Knows
// no terminal and no data set: progress, checkpoints and logs are callbacks.

import type { BatchSource } from '../data/source.ts';
import { ShapeError } from '../errors.ts';
import type { Module } from '../nn/index.ts';
import { isKeeper, readCheckpoint } from './checkpoint.ts';
import type { Checkpoint } from './checkpointData.ts';
import { checkFit, type FitOptions } from './options.ts';
import { shareCheckpoint, worldOf } from './ranks.ts';
import type { FitHistory } from './reports.ts';
import { Run } from './run.ts';

/**
 * Trains a network: for each batch forward, loss, backward and a step of the optimiser.
 *
 * A module in evaluation mode is put into training mode as a whole, but for what is frozen, and left there; in one in training mode,
 * parts that are in evaluation mode, such as frozen batch normalisation, stay so. Calls back and lets other work of the event loop
 * run as it goes.
 *
 * @throws NeocogError if the loss stops being a finite number; what a trainer did since the last epoch is then not synced.
 * @throws ShapeError if `epochs` is not a whole number from 1, the loader has no batch, or options do not go together.
 * @throws FormatError for a checkpoint that is none.
 * @example
 * const optimizer = new optim.SGD(net.parameters(), { lr: 0.05, momentum: 0.9 });
 * const history = await fit(net, loader, { epochs: 3, optimizer, validation: testLoader });
 * console.log(history.epochs.at(-1)?.validation?.accuracy);
 * @example
 * const trainer = await compileTraining(net, { input: [64, 1, 28, 28], loss: crossEntropy, optimizer, threads: 2 });
 * await fit(net, loader, { epochs: 3, optimizer, trainer });
 * @example
 * const callbacks = [earlyStopping({ patience: 5 }), csvLog('run/log.csv'), checkpoint('run', { every: 100 })];
 * await fit(net, loader, { epochs: 90, optimizer, validation, callbacks, resume: true });
 */
export async function fit(module: Module, loader: BatchSource, options: FitOptions): Promise<FitHistory> {
  checkFit(module, loader, options);
  const world = worldOf(options);
  const mine = !world || world.rank === 0 ? await findCheckpoint(options) : null;
  const checkpoint = world ? await shareCheckpoint(world, mine) : mine;
  const run = new Run({ module, loader, options }, options.resume !== undefined && options.resume !== false);
  if (checkpoint) await run.restore(checkpoint);
  return run.carryOut();
}

/** Null where there is nothing to go on from. */
async function findCheckpoint({ resume = false, callbacks = [] }: FitOptions): Promise<Checkpoint | null> {
  if (resume === false) return null;
  if (typeof resume === 'string' || resume instanceof Uint8Array) return readCheckpoint(resume);
  if (resume !== true) return resume;
  const keeper = callbacks.find(isKeeper);
  if (keeper) return keeper.load();
  throw new ShapeError(
    'fit: resume is true, and no callback keeps checkpoints; add checkpoint(folder) to callbacks, or name the file to go on from',
  );
}
