// The pictures and the network that all tasks of the worker share: it is built, taught, stopped, taught on.

import {
  type Checkpoint,
  compile,
  compileTraining,
  crossEntropy,
  evaluate,
  type FitCallback,
  fit,
  type nn,
  type optim,
  readCheckpoint,
} from 'neocog';
import { measure } from '../net/measure.ts';
import { namesOf } from '../net/names.ts';
import { type Recipe, recipeText } from '../recipe.ts';
import { optimiserOf, seededNet } from './build.ts';
import type { Description, NetFacts, Seen, Told, Watching } from './facts.ts';
import { bytesAt } from './labelled.ts';
import { Live, passOf } from './live.ts';
import { heldBatch, heldLoader, trainLoader } from './loaders.ts';
import { drawnBytes, inputOf, kernelsOf, mapsOf, sharesOf } from './looking.ts';
import type { DataSet } from './set.ts';

/** A network that learns or has learnt. */
interface Pupil {
  readonly net: nn.Module;
  readonly description: Description;
  /** Null before its first pass, and for one that came without its run. */
  checkpoint: Uint8Array | null;
}

export interface Lesson {
  /** Passes from here on. */
  readonly passes: number;
  readonly lr: number;
}

export class Session {
  #data: DataSet | null = null;
  #pupil: Pupil | null = null;
  #running: { readonly stop: AbortController; optimizer: optim.SGD | optim.Adam } | null = null;
  #watching: Watching = { picture: 0, layer: null, drawn: null };

  get data(): DataSet {
    if (this.#data) return this.#data;
    throw new Error('There are no pictures to learn from yet; choose some.');
  }

  set data(data: DataSet) {
    this.#data = data;
  }

  get pupil(): Pupil {
    if (this.#pupil) return this.#pupil;
    throw new Error('There is no network yet; begin one.');
  }

  /** A network with random weights for the pictures that are there. */
  async begin(recipe: Recipe): Promise<NetFacts> {
    const { facts, mean, std } = this.data;
    const { kind: data, classes, channels, side } = facts;
    const description = { recipe, data, classes, channels, side, mean, std };
    this.#pupil = { net: seededNet(recipe, description), description, checkpoint: null };
    return this.facts();
  }

  /** One that comes from a file or a link. */
  take(pupil: Pupil): Promise<NetFacts> {
    this.#pupil = pupil;
    return this.facts();
  }

  async facts(): Promise<NetFacts> {
    const { description, checkpoint } = this.pupil;
    const { recipe, channels, side, classes } = description;
    const { parameters } = measure(recipe.layers, [channels, side, side], classes.length);
    const run = checkpoint && (await readCheckpoint(checkpoint));
    return {
      ...{ description, parameters, layers: this.#layers(), ...this.#past(run) },
      ...{ seen: this.look(), fits: this.fits },
    };
  }

  #past(run: Checkpoint | null): Pick<NetFacts, 'passes' | 'history' | 'losses'> {
    if (!run) return { passes: 0, history: [], losses: [] };
    return {
      passes: run.epochs.length,
      history: run.epochs.map((report) => passOf(report, [])),
      losses: [...run.batchLosses],
    };
  }

  /** Whether the pictures that are there are of the kind that the network is for. */
  get fits(): boolean {
    if (!this.#data) return false;
    const { classes, channels, side } = this.#data.facts;
    const { description } = this.pupil;
    const alike = channels === description.channels && side === description.side;
    return alike && JSON.stringify(classes) === JSON.stringify(description.classes);
  }

  watch(watching: Watching): Seen {
    this.#watching = watching;
    return this.look();
  }

  look(): Seen {
    const { net, description } = this.pupil;
    const { picture, layer, drawn } = this.#watching;
    const layers = this.#layers();
    const shown = layer !== null && layers.includes(layer) ? layer : (layers[0] ?? null);
    const bytes = this.fits ? this.#pictureBytes(picture) : null;
    const x = bytes && inputOf(bytes, description);
    const own = drawn && inputOf(drawnBytes(drawn, description.channels), description);
    const looked = x ?? own;
    return {
      ...kernelsOf(net),
      layer: shown,
      maps: shown !== null && looked ? mapsOf(net, looked, shown) : null,
      shares: x && sharesOf(net, x),
      drawn: own && sharesOf(net, own),
    };
  }

  /** Layers that give maps. */
  #layers(): string[] {
    const { layers } = this.pupil.description.recipe;
    const { channels, side, classes } = this.pupil.description;
    const { layers: sizes } = measure(layers, [channels, side, side], classes.length);
    return namesOf(layers).filter((_, i) => sizes[i]?.out?.length === 3);
  }

  #pictureBytes(picture: number): Uint8Array | null {
    const shown = this.data.held ?? this.data.train;
    return picture < (shown.images.shape[0] ?? 0) ? bytesAt(shown, picture) : null;
  }

  setRate(lr: number): void {
    if (this.#running) this.#running.optimizer.lr = lr;
  }

  stop(): void {
    this.#running?.stop.abort();
  }

  /** Teaches for some passes, or until it is stopped. @returns whether it came to its end */
  async learn({ passes, lr }: Lesson, tell: (told: Told) => void): Promise<boolean> {
    const { net, description, checkpoint } = this.pupil;
    const { recipe } = description;
    const { held } = this.data;
    const optimizer = optimiserOf(recipe, net, lr);
    const stop = new AbortController();
    this.#running = { stop, optimizer };
    net.train();
    const loader = trainLoader(this.data, recipe);
    const batch = Math.min(recipe.batch, loader.size ?? recipe.batch);
    const shape = (n: number) => [n, description.channels, description.side, description.side];
    const trainer = await compileTraining(net, {
      input: shape(batch),
      loss: crossEntropy,
      optimizer,
      threads: threads(),
    });
    try {
      const before = checkpoint && (await readCheckpoint(checkpoint));
      const history = await fit(net, loader, {
        epochs: (before?.epochs.length ?? 0) + passes,
        optimizer,
        trainer,
        validation: held ? heldLoader(held, description) : undefined,
        compileValidation: () => compile(net, { input: shape(heldBatch), threads: threads() }),
        callbacks: [this.#live(lr, tell), noting(description)],
        resume: before ?? false,
        signal: stop.signal,
      });
      return !history.stopped;
    } finally {
      trainer.dispose();
      this.#running = null;
    }
  }

  #live(lr: number, tell: (told: Told) => void): FitCallback {
    const { pupil } = this;
    const heldLabels = this.data.held?.labels.data ?? [];
    const keep = (checkpoint: Uint8Array): void => {
      pupil.checkpoint = checkpoint;
    };
    return new Live({ tell, look: () => this.look(), heldLabels, keep, lr });
  }

  /** How it does on what is held out, with the mistakes; null where nothing is. */
  async examine(): Promise<ReturnType<typeof passOf>['held']> {
    const { held } = this.data;
    const { net, description } = this.pupil;
    if (!held || !this.fits) return null;
    const validation = await evaluate(net, heldLoader(held, description));
    const nothing = { epoch: 0, step: 0, loss: 0, accuracy: 0, lr: 0, seconds: 0, waited: 0 };
    return passOf({ ...nothing, validation }, held.labels.data).held;
  }
}

/** One of the machine's cores is left to the page. */
const threads = (): number =>
  globalThis.crossOriginIsolated ? Math.max(1, Math.min(4, navigator.hardwareConcurrency - 1)) : 1;

export const noteName = 'lab';

/** Puts the description of the network into checkpoints. */
const noting = ({ recipe, ...rest }: Description): FitCallback => ({
  name: noteName,
  state: () => ({ values: { ...rest, recipe: recipeText(recipe) } }),
});
