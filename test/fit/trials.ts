// A small run for tests of resuming: a network with everything that has a state, eager or compiled, on data in memory.

import {
  BatchLoader,
  type CheckpointStore,
  checkpoint,
  compileTraining,
  crossEntropy,
  csvLog,
  earlyStopping,
  ema,
  type FitOptions,
  Generator,
  jsonLog,
  manualSeed,
  nn,
  optim,
  schedule,
  tensorBoard,
  fit as trainNetwork,
} from '../../packages/neocog/src/index.ts';

/** What is tried. */
export interface Trial {
  /** With `compileTraining`, or at once. */
  readonly compiled: boolean;
  /** Batches for one step of the optimiser. */
  readonly accumulate: number;
}

const samples = 23;
const generator = new Generator(4);
const images = {
  shape: [samples, 1, 6, 6],
  data: Float32Array.from({ length: samples * 36 }, () => generator.normal()),
};
const labels = { shape: [samples], data: Uint8Array.from({ length: samples }, (_, i) => (i * i) % 3) };

/** Five batches, the last of three, each sample changed by chance. */
const loaderOf = (): BatchLoader =>
  new BatchLoader(images, labels, {
    batchSize: 5,
    shuffle: true,
    seed: 11,
    transform: (sample, random) => {
      sample[random.integer(36)] += random.normal();
    },
  });

const network = (): nn.Sequential =>
  new nn.Sequential(
    new nn.Conv2d(1, 4, 3),
    new nn.BatchNorm2d(4),
    new nn.ReLU(),
    new nn.Dropout(0.3, { generator: new Generator(9) }),
    new nn.Flatten(),
    new nn.Dropout(0.2),
    new nn.Linear(64, 3),
  );

/** Files of a run: a folder, or a map and sinks. */
export interface Places {
  readonly store: string | CheckpointStore;
  /** A folder for logs; none without it. */
  readonly logs?: string;
}

export const epochs = 4;

/** Callbacks afresh, as a process that begins has them. */
export const callbacksOf = ({ store, logs }: Places) => [
  checkpoint(store, { every: 1 }),
  ema({ decay: 0.9 }),
  earlyStopping({ patience: 50, restoreBest: false }),
  ...(logs === undefined
    ? []
    : [
        csvLog(`${logs}/log.csv`),
        jsonLog(`${logs}/log.jsonl`, { every: 1 }),
        tensorBoard(logs, { every: 1 }),
      ]),
];

/** A run from the beginning, or from what is kept. `more` are further options of `fit`. */
export async function train(trial: Trial, places: Places, more: Partial<FitOptions> = {}) {
  manualSeed(2);
  const module = network();
  const groups = [
    { parameters: module.parameters().slice(0, 2), lr: 0.003 },
    { parameters: module.parameters().slice(2) },
  ];
  const optimizer = new optim.AdamW(groups, { lr: 0.01 });
  const after = schedule.cosine({ baseLr: 0.02, TMax: 15 });
  const how = { accumulate: trial.accumulate, clipNorm: 1 };
  const trainer = trial.compiled
    ? await compileTraining(module, { input: [5, 1, 6, 6], loss: crossEntropy, optimizer, ...how })
    : undefined;
  const history = await trainNetwork(module, loaderOf(), {
    epochs,
    optimizer,
    schedule: schedule.warmup({ steps: 4, after }),
    validation: new BatchLoader(images, labels, { batchSize: 8 }),
    callbacks: callbacksOf(places),
    resume: true,
    ...(trainer ? { trainer } : how),
    ...more,
  });
  trainer?.dispose();
  return { module, optimizer, history };
}

/** All that a run comes to, bit for bit. */
export function outcomeOf({ module, optimizer, history }: Awaited<ReturnType<typeof train>>) {
  const bits = (state: nn.StateDict) =>
    Object.entries(state).map(([key, { data }]) => [
      key,
      [...new Int32Array(data.buffer, data.byteOffset, data.length)],
    ]);
  const { tensors, options, groups } = optimizer.stateDict();
  return {
    weights: bits(module.stateDict()),
    memory: bits(tensors),
    settings: { options, groups },
    losses: history.batchLosses,
    epochs: history.epochs.map(({ epoch, step, loss, accuracy, lr, validation }) => {
      return {
        epoch,
        step,
        loss,
        accuracy,
        lr,
        measured: [validation?.loss, validation?.accuracy, validation?.confusion],
      };
    }),
  };
}

/** A store in memory. */
export function storeIn(files: Map<string, Uint8Array>): CheckpointStore {
  return { read: (name) => files.get(name), write: (name, bytes) => void files.set(name, bytes) };
}
