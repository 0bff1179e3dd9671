// The state of the view: the pictures, the network, and how far it has come.

import { announce } from '../../shell/announce.svelte.ts';
import { holdPage, keepFile } from '../../shell/offline.svelte.ts';
import { connect } from '../../work/connect.ts';
import { fetchSample, type PixelData } from '../../work/pictures.ts';
import { fits } from './net/fits.ts';
import type { Augmentation, Recipe } from './recipe.ts';
import { Turns } from './turns.svelte.ts';
import { share } from './words.ts';
import type {
  DataFacts,
  DataOrigin,
  Held,
  LinkFacts,
  NetFacts,
  Pass,
  Progress,
  Seen,
  Tiles,
  Told,
  Watching,
} from './work/facts.ts';
import type { tasks } from './work/train.worker.ts';

/** A run that came before, to compare with. */
export interface EarlierRun {
  readonly recipe: Recipe;
  readonly history: readonly Pass[];
}

/** So many earlier runs are kept. */
const mostEarlier = 3;
/** Pictures that are shown to be looked at. */
const shownTiles = 40;
const noTiles: Tiles = { pictures: [], labels: [] };

export class Training extends Turns {
  data: DataFacts | null = $state.raw(null);
  /** Some pictures, to look at one. */
  tiles: Tiles = $state.raw(noTiles);
  net: NetFacts | null = $state.raw(null);
  seen: Seen | null = $state.raw(null);
  history: readonly Pass[] = $state.raw([]);
  earlier: readonly EarlierRun[] = $state.raw([]);
  losses: readonly number[] = $state.raw([]);
  accuracies: readonly number[] = $state.raw([]);
  /** Passes, with the part of the one that is going on. */
  passes = $state(0);
  /** Batches of a pass. */
  batches = $state(0);
  held: Held | null = $state.raw(null);
  mistakes: Tiles = $state.raw(noTiles);
  running = $state(false);
  /** Until when the present lesson goes. */
  goal = $state(0);
  /** The network as text for a link, or why it is none; null until it is asked for, and once the network has changed. */
  link: LinkFacts | null = $state.raw(null);
  /** The link that was opened held none that can be read. */
  linkProblem: string | null = $state(null);
  readonly #worker = connect<typeof tasks>(
    () => new Worker(new URL('./work/train.worker.ts', import.meta.url), { type: 'module' }),
  );
  #watching: Watching = { picture: 0, layer: null, drawn: null };
  #looking = false;
  #lookAgain = false;
  #lesson: Promise<void> | null = null;
  #dataWish = 0;
  #beginWish = 0;

  /** Whether there is something in the network that chance did not put there. */
  get learnt(): boolean {
    return this.passes > 0 || (this.net?.before ?? 0) > 0;
  }

  /** Whether the pictures that are there are those that the network is for. */
  get fits(): boolean {
    return fits(this.data, this.net?.description ?? null);
  }

  /** Pictures that the Lab carries. */
  async openSheet(kind: 'digits' | 'garments'): Promise<void> {
    const file = `${kind}-set.png`;
    await this.#openWith('Fetching pictures', async () => ({ kind, sheet: await fetchSample(file) }));
    void keepFile(`./data/${file}`);
  }

  /** Drawings or folders of the visitor. */
  async openOwn(origin: DataOrigin): Promise<void> {
    holdPage();
    await this.#openWith('Reading pictures', () => origin);
  }

  /** Of several wishes that wait, the last one is carried out. Where it fails there are no pictures. */
  async #openWith(doing: string, find: () => DataOrigin | Promise<DataOrigin>): Promise<void> {
    const wish = ++this.#dataWish;
    await this.during(doing, async () => {
      if (wish !== this.#dataWish) return;
      this.problem = null;
      try {
        await this.#open(await find());
      } catch (error) {
        await this.#dropPictures();
        throw error;
      }
    });
  }

  async #open(origin: DataOrigin): Promise<void> {
    await this.stop();
    const onProgress = (told: unknown): void => {
      const { done, of } = told as { done: number; of: number };
      this.busy = `Reading pictures: ${done} of ${of}`;
    };
    this.data = await this.#worker.call('data', origin, { onProgress });
    this.tiles = await this.#worker.call('tiles', [...new Array(shownTiles).keys()]);
    if (this.fits) await this.#examine();
    else this.#mistakesOf(null);
    void this.look({});
    announce(
      `${this.data.counts.reduce((a, b) => a + b, 0)} pictures of ${this.data.classes.length} classes.`,
    );
  }

  /** There are no pictures: those of the visitor are yet to come. */
  async noPictures(): Promise<void> {
    this.#dataWish++;
    await this.during(null, () => this.#dropPictures());
  }

  async #dropPictures(): Promise<void> {
    await this.stop();
    this.data = null;
    this.tiles = noTiles;
    this.#mistakesOf(null);
    await this.#worker.call('noData', undefined);
    void this.look({});
  }

  /** What it gets wrong of the pictures that are held out now. */
  async #examine(): Promise<void> {
    if (!this.learnt) return;
    const held = await this.#worker.call('examine', undefined);
    if (held) await this.#show(held);
  }

  #mistakesOf(held: Held | null): void {
    this.held = held;
    this.mistakes = noTiles;
  }

  /** A new network with random weights, unless there is one that has learnt by then. */
  async beginIfFresh(recipe: Recipe): Promise<void> {
    const wish = ++this.#beginWish;
    await this.during(null, async () => {
      if (wish !== this.#beginWish || this.learnt || !this.data) return;
      this.#take(await this.#worker.call('begin', recipe));
    });
  }

  /** A new network with random weights. What was learnt is kept to compare with. */
  async begin(recipe: Recipe): Promise<void> {
    await this.during(null, async () => {
      await this.stop();
      this.#keepRun();
      this.#take(await this.#worker.call('begin', recipe));
    });
  }

  #keepRun(): void {
    const { net, history } = this;
    if (!net || !this.fits) this.earlier = [];
    else if (history.length > 0)
      this.earlier = [...this.earlier, { recipe: net.description.recipe, history }].slice(-mostEarlier);
  }

  #take(net: NetFacts): void {
    this.#forget();
    this.net = net;
    this.seen = net.seen;
    this.history = net.history;
    this.losses = net.losses;
    this.passes = net.passes;
    // A run that was stopped within a pass has more batches than those of its passes.
    this.batches = net.passes > 0 ? Math.floor(net.losses.length / net.passes) : 0;
    void this.look({});
  }

  #forget(): void {
    this.history = [];
    this.losses = [];
    this.accuracies = [];
    this.passes = 0;
    this.#mistakesOf(null);
    this.seen = null;
    this.link = null;
  }

  /** Teaches for some passes more. */
  async learn(passes: number, lr: number): Promise<void> {
    if (this.running) return;
    this.#lesson = this.#teach(passes, lr);
    await this.#lesson;
  }

  async #teach(passes: number, lr: number): Promise<void> {
    holdPage();
    this.running = true;
    this.problem = null;
    this.link = null;
    this.goal = Math.floor(this.passes + 1e-6) + passes;
    announce('It learns.');
    try {
      const onProgress = (told: unknown): void => this.#hear(told as Told);
      const whole = await this.#worker.call('learn', { passes, lr }, { onProgress });
      announce(whole ? `It has learnt. ${this.#standing()}` : `It is stopped. ${this.#standing()}`);
    } catch (error) {
      this.tell(error);
      await this.#standAgain();
    } finally {
      this.running = false;
    }
  }

  /** Where the last pass ended: what came after it failed. */
  async #standAgain(): Promise<void> {
    const { held, mistakes } = this;
    this.#take(await this.#worker.call('facts', undefined));
    if (this.history.length > 0) [this.held, this.mistakes] = [held, mistakes];
  }

  #standing(): string {
    return this.held ? `${share(this.held.accuracy)} of the pictures held out are right.` : '';
  }

  #hear(told: Told): void {
    if ('pass' in told) void this.#hearPass(told.pass);
    else this.#hearProgress(told.progress);
  }

  #hearProgress({ passes, losses, accuracies, batches, seen }: Progress): void {
    this.passes = passes;
    this.batches = batches;
    this.losses = [...this.losses, ...losses];
    this.accuracies = [...this.accuracies, ...accuracies];
    this.seen = seen;
  }

  async #hearPass(pass: Pass): Promise<void> {
    this.history = [...this.history, pass];
    this.passes = pass.pass;
    if (!pass.held) return announce(`Pass ${pass.pass}: loss ${pass.loss.toFixed(3)}`);
    const shown = this.#show(pass.held);
    announce(`Pass ${pass.pass}. ${this.#standing()}`);
    await shown;
  }

  async #show(held: Held): Promise<void> {
    this.held = held;
    const tiles = await this.#worker.call(
      'tiles',
      held.mistakes.map(({ index }) => index),
    );
    if (this.held === held) this.mistakes = tiles;
  }

  /** After the batch that it is at; everything is kept. */
  async stop(): Promise<void> {
    if (!this.running) return;
    await this.#worker.call('stop', undefined);
    await this.#lesson;
  }

  /** From the next batch on. */
  setRate(lr: number): void {
    if (this.running) void this.#worker.call('rate', lr);
  }

  /** Looks at another picture, layer or drawing. One question is on its way at a time; the last one counts. */
  async look(change: Partial<Watching>): Promise<void> {
    this.#watching = { ...this.#watching, ...change };
    this.#lookAgain = this.#looking;
    if (this.#looking || !this.net) return;
    this.#looking = true;
    try {
      this.seen = await this.#worker.call('watch', this.#watching);
    } catch (error) {
      this.tell(error);
    } finally {
      this.#looking = false;
    }
    if (this.#lookAgain) await this.look({});
  }

  /** A file that was saved here. */
  async openFile(file: File): Promise<boolean> {
    this.problem = null;
    return this.during('Opening the file', async () => {
      await this.stop();
      const bytes = new Uint8Array(await file.arrayBuffer());
      await this.#takeLearnt(await this.#worker.call('open', { bytes, name: file.name }));
    });
  }

  /** The network of a link. */
  async openLink(text: string): Promise<boolean> {
    this.linkProblem = null;
    const found = await this.during('Opening the link', async () => {
      await this.stop();
      await this.#takeLearnt(await this.#worker.call('openLink', text));
    });
    if (!found) [this.linkProblem, this.problem] = [this.problem, null];
    return found;
  }

  async #takeLearnt(net: NetFacts): Promise<void> {
    this.earlier = [];
    this.#take(net);
    announce('The network is open.');
    if (this.fits) await this.#examine();
  }

  /** How a picture may come when it is learnt from; none where pictures are not changed, or there are none. */
  async variants(picture: number, augmentation: Augmentation): Promise<readonly PixelData[]> {
    if (!this.data || picture >= this.tiles.pictures.length) return [];
    return this.#worker.call('variants', { picture, augmentation });
  }

  /** The bytes of a file that `openFile` takes. */
  save(): Promise<Uint8Array> {
    return this.#worker.call('save', undefined);
  }

  async makeLink(): Promise<void> {
    await this.during('Making the link', async () => {
      this.link = await this.#worker.call('link', undefined);
    });
  }
}
