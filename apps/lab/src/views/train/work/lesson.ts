// A lesson: some passes of `fit` with a compiled step, from where the last one ended.

import {
  type Checkpoint,
  compile,
  compileTraining,
  crossEntropy,
  fit,
  type nn,
  type optim,
  readCheckpoint,
  Tensor,
} from 'neocog';
import { optimiserOf } from './build.ts';
import type { Seen, Told } from './facts.ts';
import { noting } from './files.ts';
import { Live } from './live.ts';
import { heldBatch, heldLoader, trainLoader } from './loaders.ts';
import type { Pupil } from './pupil.ts';
import type { DataSet } from './set.ts';

/** What a lesson is told. */
export interface Wishes {
  /** Passes from here on. */
  readonly passes: number;
  readonly lr: number;
}

/** Whom a lesson tells. */
export interface Watchers {
  readonly tell: (told: Told) => void;
  readonly look: () => Seen;
}

export class Lesson {
  readonly #pupil: Pupil;
  readonly #data: DataSet;
  readonly #optimizer: optim.SGD | optim.Adam;
  readonly #stop = new AbortController();

  constructor(pupil: Pupil, data: DataSet) {
    this.#pupil = pupil;
    this.#data = data;
    this.#optimizer = optimiserOf(pupil.description.recipe, pupil.net);
  }

  set lr(lr: number) {
    this.#optimizer.lr = lr;
  }

  /** After the batch that is on its way. */
  stop(): void {
    this.#stop.abort();
  }

  /** @returns whether it came to its end */
  async give({ passes, lr }: Wishes, watchers: Watchers): Promise<boolean> {
    const { net, description } = this.#pupil;
    const { train, held } = this.#data;
    const loader = trainLoader(train, description);
    const resume = await this.#start();
    const before = copiesOf(net.stateDict());
    const trainer = await this.#trainer(Math.min(loader.batchSize, loader.size ?? loader.batchSize));
    try {
      const history = await fit(net, loader, {
        epochs: (resume?.epochs.length ?? 0) + passes,
        optimizer: this.#optimizer,
        trainer,
        validation: held ? heldLoader(held, description) : undefined,
        compileValidation: () => compile(net, { input: this.#shape(heldBatch), threads: threads() }),
        callbacks: [this.#live(lr, watchers), noting(description)],
        resume: resume ?? false,
        signal: this.#stop.signal,
      });
      return !history.stopped;
    } catch (error) {
      // Weights that went astray are of no use: those of the last pass are.
      const kept = this.#pupil.checkpoint && (await readCheckpoint(this.#pupil.checkpoint));
      net.loadStateDict(kept?.weights ?? before);
      throw error;
    } finally {
      trainer.dispose();
    }
  }

  #trainer(batch: number) {
    const { net } = this.#pupil;
    net.train();
    const optimizer = this.#optimizer;
    return compileTraining(net, {
      ...{ input: this.#shape(batch), loss: crossEntropy, optimizer, threads: threads() },
    });
  }

  #shape(batch: number): number[] {
    const { channels, side } = this.#pupil.description;
    return [batch, channels, side, side];
  }

  /** Other pictures than before begin a pass. */
  async #start(): Promise<Checkpoint | null> {
    const { checkpoint, data } = this.#pupil;
    if (!checkpoint) return null;
    const found = await readCheckpoint(checkpoint);
    if (data === this.#data || data === null) return found;
    const tally = { lossSum: 0, samples: 0, labels: 0, right: 0 };
    return { ...found, batch: 0, rest: { ...found.rest, source: null, tally } };
  }

  #live(lr: number, { tell, look }: Watchers): Live {
    const heldLabels = this.#data.held?.labels.data ?? [];
    const keep = (checkpoint: Uint8Array): void => {
      this.#pupil.checkpoint = checkpoint;
      this.#pupil.data = this.#data;
    };
    return new Live({ tell, look, heldLabels, keep, lr });
  }
}

const copiesOf = (weights: nn.StateDict): nn.StateDict =>
  Object.fromEntries(
    Object.entries(weights).map(([key, { data, shape }]) => [key, new Tensor(data.slice(), shape)]),
  );

/** One of the machine's cores is left to the page. */
const threads = (): number =>
  globalThis.crossOriginIsolated ? Math.max(1, Math.min(4, navigator.hardwareConcurrency - 1)) : 1;
