// What a run of `fit` puts into a checkpoint, and how it goes back to where one was made.

import { NeocogError, ShapeError } from '../errors.ts';
import { generatorsOf } from '../nn/generators.ts';
import type { Module } from '../nn/index.ts';
import type { CallbackState, FitCallback } from './callback.ts';
import { type Checkpoint, encodeCheckpoint } from './checkpointData.ts';
import type { FitOptimizer, FitTrainer } from './parties.ts';

/** Whom a checkpoint is of. */
export interface Parties {
  readonly module: Module;
  readonly optimizer: FitOptimizer;
  readonly callbacks: readonly FitCallback[];
}

/** What the run says of itself. */
type Place = Omit<Checkpoint, 'weights' | 'averaged' | 'optimizer' | 'callbacks' | 'rest'> & {
  readonly rest: Omit<Checkpoint['rest'], 'random'>;
};

/** The bytes of a checkpoint of now. */
export function takeSnapshot({ module, optimizer, callbacks }: Parties, place: Place): Uint8Array {
  if (!optimizer.stateDict) {
    throw new ShapeError(
      'fit: the optimiser has no stateDict, a checkpoint needs what it remembers; take one of optim, or add stateDict and loadStateDict',
    );
  }
  const random = Object.fromEntries(generatorsOf(module).map(([key, generator]) => [key, generator.state()]));
  const states = callbacks.flatMap((callback): [string, CallbackState][] => {
    const state = callback.state?.();
    return state ? [[callback.name, state]] : [];
  });
  return encodeCheckpoint({
    ...place,
    weights: module.stateDict(),
    optimizer: optimizer.stateDict(),
    callbacks: Object.fromEntries(states),
    rest: { ...place.rest, random },
  });
}

/** Brings all parties to where they were. */
export async function restoreSnapshot(
  { module, optimizer, callbacks }: Parties,
  checkpoint: Checkpoint,
  trainer: FitTrainer | undefined,
): Promise<void> {
  if (!optimizer.loadStateDict || (trainer && !trainer.load)) {
    throw new ShapeError(
      'fit: the optimiser or the trainer cannot load what was kept; take those of optim and compileTraining',
    );
  }
  module.loadStateDict(checkpoint.weights);
  optimizer.loadStateDict(checkpoint.optimizer);
  trainer?.load?.();
  const { random } = checkpoint.rest;
  for (const [key, generator] of generatorsOf(module))
    if (Object.hasOwn(random, key)) generator.restore(random[key]);
  for (const callback of callbacks) {
    const state = checkpoint.callbacks[callback.name];
    if (state) await naming(callback, () => callback.restore?.(state));
  }
}

async function naming(callback: FitCallback, restore: () => void | Promise<void>): Promise<void> {
  try {
    await restore();
  } catch (error) {
    if (error instanceof NeocogError) throw error;
    throw new ShapeError(
      `fit: callback ${callback.name} cannot go on from the checkpoint; was it made by another one?`,
      {
        cause: error,
      },
    );
  }
}
