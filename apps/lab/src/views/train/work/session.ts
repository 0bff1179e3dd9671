// The pictures and the network that all tasks of the worker share: it is begun, taught, looked at, kept.

import { evaluate, type nn, readCheckpoint } from 'neocog';
import { fits } from '../net/fits.ts';
import { measure } from '../net/measure.ts';
import { namesOf } from '../net/names.ts';
import type { Recipe } from '../recipe.ts';
import { buildNet, seededNet } from './build.ts';
import type { Held, LinkFacts, NetFacts, Seen, Told, Watching } from './facts.ts';
import { openFile, weightsFile } from './files.ts';
import { bytesAt } from './labelled.ts';
import { Lesson, type Wishes } from './lesson.ts';
import { pack, unpack } from './link.ts';
import { heldOf, passOf } from './live.ts';
import { heldLoader } from './loaders.ts';
import { drawnBytes, inputOf, kernelsOf, mapsOf, sharesOf } from './looking.ts';
import type { Pupil } from './pupil.ts';
import type { Bits } from './rounding.ts';
import type { DataSet } from './set.ts';

/** Links that are longer are cut by what carries them. */
const mostLetters = 32_000;
/** Share of right answers that shorter weights may cost. */
const mostLost = 0.005;

export class Session {
  #data: DataSet | null = null;
  #pupil: Pupil | null = null;
  #lesson: Lesson | null = null;
  #watching: Watching = { picture: 0, layer: null, drawn: null };

  get data(): DataSet {
    if (this.#data) return this.#data;
    throw new Error('There are no pictures to learn from yet; choose some.');
  }

  set data(data: DataSet | null) {
    this.#data = data;
  }

  get #now(): Pupil {
    if (this.#pupil) return this.#pupil;
    throw new Error('There is no network yet; begin one.');
  }

  /** A network with random weights for the pictures that are there. */
  begin(recipe: Recipe): Promise<NetFacts> {
    const { facts, mean, std } = this.data;
    const { kind: data, classes, channels, side } = facts;
    const description = { recipe, data, classes, channels, side, mean, std };
    const net = seededNet(recipe, description);
    return this.#take({ net, description, before: 0, checkpoint: null, data: null });
  }

  /** A network that was saved. @throws Error in words for a file of another kind */
  async open({ bytes, name }: { bytes: Uint8Array; name: string }): Promise<NetFacts> {
    const { description, weights, checkpoint } = await openFile(bytes, name);
    const net = buildNet(description.recipe.layers, description);
    net.loadStateDict(weights);
    return this.#take({ net, description, before: checkpoint ? 0 : 1, checkpoint, data: null });
  }

  /** A network that came in a link. @throws Error in words for a damaged one */
  async openLink(text: string): Promise<NetFacts> {
    const { net, description, passes } = await unpack(text);
    return this.#take({ net, description, before: Math.max(1, passes), checkpoint: null, data: null });
  }

  /** The bytes of a file that `open` takes. */
  save(): Uint8Array {
    const { net, description, checkpoint } = this.#now;
    return checkpoint ?? weightsFile(net, description);
  }

  /** A text that `openLink` takes, as short as its answers allow. */
  async link(): Promise<LinkFacts> {
    const { net, description, before, checkpoint } = this.#now;
    const passes = before + (checkpoint ? (await readCheckpoint(checkpoint)).epochs.length : 0);
    const now = (await this.#examine(net))?.accuracy ?? null;
    const of = async (bits: Bits): Promise<LinkFacts> => {
      const text = await pack(net, { description, passes, bits });
      if (text.length > mostLetters) return { tooLong: text.length };
      return { text, bits, accuracy: (await this.#examine((await unpack(text)).net))?.accuracy ?? null };
    };
    const short = await of(8);
    const isGood = 'tooLong' in short || now === null || (short.accuracy ?? 1) >= now - mostLost;
    if (isGood) return short;
    const long = await of(16);
    return 'tooLong' in long ? short : long;
  }

  #take(pupil: Pupil): Promise<NetFacts> {
    this.#pupil = pupil;
    return this.facts();
  }

  async facts(): Promise<NetFacts> {
    const { description, checkpoint, before } = this.#now;
    const { recipe, channels, side, classes } = description;
    const { parameters } = measure(recipe.layers, [channels, side, side], classes.length);
    const run = checkpoint ? await readCheckpoint(checkpoint) : null;
    return {
      ...{ description, parameters, before, layers: this.#layers(), seen: this.look() },
      passes: run?.epochs.length ?? 0,
      history: run?.epochs.map((report) => passOf(report, [])) ?? [],
      losses: [...(run?.batchLosses ?? [])],
    };
  }

  /** Whether the pictures that are there are of the kind that the network is for. */
  get #fits(): boolean {
    return fits(this.#data?.facts ?? null, this.#now.description);
  }

  watch(watching: Watching): Seen {
    this.#watching = watching;
    return this.look();
  }

  look(): Seen {
    const { net, description } = this.#now;
    const { picture, layer, drawn } = this.#watching;
    const layers = this.#layers();
    const shown = layer !== null && layers.includes(layer) ? layer : (layers[0] ?? null);
    const bytes = this.#fits ? this.#pictureBytes(picture) : null;
    const x = bytes && inputOf(bytes, description);
    const fitting = drawn?.length === description.side ** 2 ? drawn : null;
    const own = fitting && inputOf(drawnBytes(fitting, description.channels), description);
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
    const { recipe, channels, side, classes } = this.#now.description;
    const { layers: sizes } = measure(recipe.layers, [channels, side, side], classes.length);
    return namesOf(recipe.layers).filter((_, i) => sizes[i]?.out?.length === 3);
  }

  #pictureBytes(picture: number): Uint8Array | null {
    const shown = this.data.held ?? this.data.train;
    return picture < (shown.images.shape[0] ?? 0) ? bytesAt(shown, picture) : null;
  }

  /** From the next batch on. */
  setRate(lr: number): void {
    if (this.#lesson) this.#lesson.lr = lr;
  }

  stop(): void {
    this.#lesson?.stop();
  }

  /** Teaches for some passes, or until it is stopped. @returns whether it came to its end */
  async learn(wishes: Wishes, tell: (told: Told) => void): Promise<boolean> {
    this.#lesson = new Lesson(this.#now, this.data);
    try {
      return await this.#lesson.give(wishes, { tell, look: () => this.look() });
    } finally {
      this.#lesson = null;
    }
  }

  /** How the network does on what is held out, with its mistakes; null where nothing is, or other pictures are. */
  examine = (): Promise<Held | null> => this.#examine(this.#now.net);

  async #examine(net: nn.Module): Promise<Held | null> {
    const held = this.#fits ? this.data.held : null;
    if (!held) return null;
    return heldOf(await evaluate(net, heldLoader(held, this.#now.description)), held.labels.data);
  }
}
