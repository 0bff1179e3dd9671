// Training with everything around it: compiled steps, progress, weights kept after every epoch, Ctrl-C. Settles how
// `train` trains: stochastic gradient descent with momentum, its learning rate falling to zero along half a cosine
// (SGDR, Loshchilov and Hutter, 2017, without restarts).

import type { ProcessWorld } from '@neocog/cluster';
import {
  BatchLoader,
  type BatchLoaderOptions,
  checkpoint,
  compile,
  compileTraining,
  crossEntropy,
  type EpochReport,
  type FitHistory,
  type FitOptions,
  fit,
  manualSeed,
  type nn,
  optim,
} from 'neocog';
import { encodeCheckpoint } from './checkpoint.ts';
import type { Dataset, DatasetInfo } from './datasets.ts';
import { Interrupted, listenForInterrupt } from './interrupt.ts';
import type { NetworkInfo } from './networks.ts';
import { Progress } from './progress.ts';
import { shareOf, watching } from './ranks/job.ts';
import { askingSignal } from './ranks/launch.ts';
import type { RunFolder } from './runFolder.ts';
import { formatCount } from './table.ts';

export interface TrainingSettings {
  epochs: number;
  /** Of all processes together. */
  batch: number;
  lr: number;
  seed: number;
  /** Threads to train on. The weights do not depend on them. */
  threads: number;
  /** The processes that train together; null for one. */
  world: ProcessWorld | null;
  /** Go on from the checkpoint in the run's folder. */
  resume: boolean;
}

/** The usual choice: with it, batches of 32 and lr 0.03, three epochs of MNIST bring LeNet-5 past 99 %. */
const momentum = 0.9;

/** Images in one step of testing: large enough to keep the kernels busy. */
const testBatch = 250;

/** What learns what. */
interface Task {
  readonly network: NetworkInfo;
  readonly dataset: Dataset;
}

/**
 * Trains a network and keeps its weights after every epoch, and a checkpoint.
 *
 * @param folder null for a rank that leaves all writing to the first
 * @throws Interrupted after Ctrl-C, with the weights of the last whole epoch and a checkpoint of that moment in place.
 */
export async function trainNetwork(
  task: Task,
  folder: RunFolder | null,
  settings: TrainingSettings,
): Promise<{ module: nn.Sequential; history: FitHistory }> {
  const { network, dataset } = task;
  manualSeed(settings.seed);
  const module = network.build();
  if (folder) announce(network, dataset, module);
  const run = await prepareRun(task, module, settings);
  const progress = new Progress(settings.epochs);
  const interrupt = listenForInterrupt(settings.world ? [askingSignal] : []);
  try {
    const history = await fit(module, run.loader, {
      ...run.options,
      signal: interrupt.signal,
      resume: settings.resume,
      callbacks: [
        ...(folder ? [checkpoint(folder.folder, { best: false, overwrite: true })] : []),
        ...(await watching(settings.world)),
      ],
      onBatch: (report) => {
        if (folder) progress.update(report);
      },
      onEpoch: async (report) => {
        if (!folder) return;
        const notes = notesOf(dataset.info, settings, report);
        await folder.keepWeights(encodeCheckpoint({ network, ...dataset.info }, module, notes));
        progress.printEpoch(report);
      },
    });
    if (interrupt.signal.aborted) throw new Interrupted(interrupt.exitCode, keptMessage(history, folder));
    return { module, history };
  } finally {
    progress.stop();
    interrupt.release();
    run.dispose();
  }
}

interface Run {
  readonly loader: BatchLoader;
  readonly options: FitOptions;
  /** Frees the threads. */
  dispose(): void;
}

/** What is trained on, how weights move and how far at each point of the run, and the compiled step. */
async function prepareRun(
  task: Task,
  module: nn.Module,
  { epochs, batch, lr, seed, threads, world }: TrainingSettings,
): Promise<Run> {
  const { network } = task;
  const ranks = world ? { world } : {};
  const share = shareOf(batch, world);
  const loader = makeLoader(task, 'train', { batchSize: share, shuffle: true, seed, ...ranks });
  const testShare = Math.ceil(testBatch / (world?.size ?? 1));
  const validation = makeLoader(task, 'test', { batchSize: testShare, ...ranks });
  const optimizer = new optim.SGD(module.parameters(), { lr, momentum });
  const learningRate = (done: number): number => (lr * (1 + Math.cos(Math.PI * done))) / 2;
  const input = batchShape(network, loader);
  const trainer = await compileTraining(module, { input, loss: crossEntropy, optimizer, threads, ...ranks });
  const compileValidation = () => compile(module, { input: batchShape(network, validation), threads });
  return {
    loader,
    options: { epochs, optimizer, learningRate, trainer, validation, compileValidation },
    dispose: () => trainer.dispose(),
  };
}

/** Shape of a full batch, or of the only one where there are fewer samples. */
const batchShape = (network: NetworkInfo, { batchSize, size, world }: BatchLoader): number[] => [
  Math.min(batchSize, Math.ceil(size / (world?.size ?? 1))),
  ...network.input.slice(1),
];

function makeLoader(
  { network, dataset }: Task,
  half: 'train' | 'test',
  options: BatchLoaderOptions,
): BatchLoader {
  const { mean, std } = dataset.info;
  const { images, labels } = dataset[half];
  return new BatchLoader(images, labels, { ...options, mean, std, sampleShape: network.input.slice(1) });
}

function announce(network: NetworkInfo, { info, train, test }: Dataset, module: nn.Module): void {
  const weights = module.parameters().reduce((sum, { size }) => sum + size, 0);
  const [training, testing] = [train, test].map(({ labels }) => formatCount(labels.data.length));
  process.stdout.write(
    `${network.title}, ${formatCount(weights)} weights, on ${info.title}: ${training} training and ${testing} test images\n`,
  );
}

/** What a weights file says of itself beside what is needed to run it. */
function notesOf(info: DatasetInfo, settings: TrainingSettings, report: EpochReport): Record<string, string> {
  return {
    dataset: info.name,
    epochs: `${report.epoch} of ${settings.epochs}`,
    batch: String(settings.batch),
    lr: String(settings.lr),
    seed: String(settings.seed),
    test_accuracy: String(report.validation?.accuracy),
  };
}

function keptMessage({ epochs }: FitHistory, run: RunFolder | null): string {
  const kept = epochs.length > 0 ? `the weights of epoch ${epochs.length} are in ${run?.weights}; ` : '';
  return `stopped; ${kept}go on with neocog train --resume ${run?.folder}`;
}
