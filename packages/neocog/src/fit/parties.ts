// What `fit` works with: an optimiser, and whoever takes the steps.

import type { World } from '../backends/world.ts';
import type { OptimizerState } from '../optim/state.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** Parameters with a learning rate of their own. */
interface RatedGroup {
  /** The learning rate. */
  lr: number;
}

/** How a trainer takes a step. */
interface TrainerStepOptions {
  /** Take the optimiser's step though gradients are gathered over more batches. Default false. */
  last?: boolean | undefined;
  /** The samples count for nothing, as those of a rank that has none of its own. Default false. */
  spare?: boolean | undefined;
}

/** What `fit` needs of an optimiser; every class of `optim` has it. */
export interface FitOptimizer {
  /** The learning rate, which `learningRate` and `schedule` set before each batch. */
  lr: number;
  /** Groups whose rates keep their ratio to `lr`. */
  readonly groups?: readonly RatedGroup[];
  /** What it moves; the parameters of the network unless it says. */
  readonly parameters?: readonly Tensor[];
  /** Moves the parameters by their gradients. */
  step(): void;
  /** Forgets the gradients of the step before. */
  zeroGrad(): void;
  /** All that it remembers; needed for checkpoints. */
  stateDict?(): OptimizerState;
  /** Goes on from what `stateDict` gave. */
  loadStateDict?(state: OptimizerState): void;
}

/** What a step says, of the network as it was before. */
export interface TakenStep {
  /** Of this batch. */
  readonly loss: number;
  /** What the network gave, `[n, …]`. */
  readonly output: Tensor;
  /** Whether the optimiser took a step; true unless it says. */
  readonly moved?: boolean | undefined;
}

/** What takes compiled steps: the `Trainer` of `compileTraining` for the same module and optimiser. */
export interface FitTrainer {
  /** One batch: samples x `[n, …]` and their targets y `[n, …]`; with `last` the optimiser takes its step in any case. */
  step(x: Tensor, y: Tensor, options?: TrainerStepOptions): Promise<TakenStep>;
  /** Brings the weights back into the module. */
  sync(): void;
  /** Takes the weights of the module and the optimiser's memory; needed for `resume`. */
  load?(): void;
  /** The ranks that take its steps together; none unless it says. */
  readonly world?: World | undefined;
}
