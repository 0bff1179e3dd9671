// A learning rate by trial (Smith, "Cyclical learning rates for training neural networks", 2017): one short run with a rate that grows
// by a factor each step; the rate where the loss fell fastest is a good one. The network is as before afterwards.

import {
  type BatchSource,
  type FitOptions,
  type FitTrainer,
  fit,
  NeocogError,
  type nn,
  optim,
  Tensor,
} from 'neocog';

/** What is to be trained. */
export interface Trainee {
  readonly module: nn.Module;
  /** Its epochs count from 0 again afterwards. */
  readonly training: BatchSource & { epoch: number; readonly length: number | undefined };
  readonly loss: NonNullable<FitOptions['loss']>;
  /** Makes what takes compiled steps; null for steps at once. */
  readonly compile: ((optimizer: optim.AdamW) => Promise<FitTrainer & { dispose(): void }>) | null;
}

/** The first rate, the last one, and how many between. */
const trial = { from: 1e-5, to: 1, steps: 60 };
/** Of the running mean of losses, over about ten of them. */
const keep = 0.9;
/** Beyond this multiple of the best loss a run has gone astray. */
const astray = 4;

export async function findRate(trainee: Trainee, signal: AbortSignal): Promise<number> {
  const { module, training } = trainee;
  const before = copyOf(module);
  try {
    return bestRate(await lossesOf(trainee, signal));
  } finally {
    module.loadStateDict(before);
    training.epoch = 0;
  }
}

const rateAt = (step: number): number => trial.from * (trial.to / trial.from) ** (step / (trial.steps - 1));

const copyOf = (module: nn.Module): nn.StateDict =>
  Object.fromEntries(
    Object.entries(module.stateDict()).map(([key, t]) => [key, new Tensor(t.data.slice(), t.shape)]),
  );

/** What can move in a network. */
export const movingIn = (module: nn.Module): nn.Parameter[] =>
  module.parameters().filter((parameter) => parameter.requiresGrad);

async function lossesOf(
  { module, training, loss, compile }: Trainee,
  signal: AbortSignal,
): Promise<number[]> {
  const optimizer = new optim.AdamW(movingIn(module), { lr: trial.from });
  const trainer = await compile?.(optimizer);
  const losses: number[] = [];
  const end = new AbortController();
  try {
    await fit(module, training, {
      epochs: Math.ceil(trial.steps / (training.length ?? 1)),
      ...{ optimizer, trainer, loss },
      schedule: (step) => rateAt(step),
      signal: AbortSignal.any([signal, end.signal]),
      onBatch: ({ batchLoss }) => {
        losses.push(batchLoss);
        if (losses.length === trial.steps || batchLoss > astray * Math.min(...losses)) end.abort();
      },
    });
  } catch (error) {
    // A loss without bounds ends the trial too, as the rates before it have shown enough.
    const isAstray = error instanceof NeocogError && error.name === 'NeocogError';
    if (!isAstray || losses.length === 0) throw error;
  } finally {
    trainer?.dispose();
  }
  return losses;
}

/** The rate at the steepest fall of the smoothed losses. */
export function bestRate(losses: readonly number[]): number {
  let mean = losses[0] ?? 0;
  const smooth = losses.map((loss) => {
    mean = keep * mean + (1 - keep) * loss;
    return mean;
  });
  const falls = smooth.map((value, i) => (smooth[i - 1] ?? value) - value);
  return rateAt(falls.indexOf(Math.max(...falls)));
}
