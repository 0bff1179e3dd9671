// The state of the view: the pictures, the network, and how far it has come.

import { announce } from '../../shell/announce.svelte.ts';
import { connect } from '../../work/connect.ts';
import { fetchSample } from '../../work/pictures.ts';
import type { Recipe } from './recipe.ts';
import { share } from './words.ts';
import type {
  DataFacts,
  DataOrigin,
  Held,
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
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const noTiles: Tiles = { pictures: [], labels: [] };

export class Training {
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
  busy: string | null = $state(null);
  problem: string | null = $state(null);
  readonly #worker = connect<typeof tasks>(
    () => new Worker(new URL('./work/train.worker.ts', import.meta.url), { type: 'module' }),
  );
  #watching: Watching = { picture: 0, layer: null, drawn: null };
  #looking = false;
  #lookAgain = false;
  #opening = 0;

  /** Pictures that the Lab carries. */
  async openSheet(kind: 'digits' | 'garments'): Promise<void> {
    await this.#during('Fetching pictures', async (isLast) => {
      const sheet = await fetchSample(`${kind}-set.png`);
      if (isLast()) await this.#open({ kind, sheet });
    });
  }

  /** Drawings or folders of the visitor. */
  async openOwn(origin: DataOrigin): Promise<void> {
    await this.#during('Reading pictures', () => this.#open(origin));
  }

  async #open(origin: DataOrigin): Promise<void> {
    await this.stop();
    const onProgress = (told: unknown): void => {
      const { done, of } = told as { done: number; of: number };
      this.busy = `Reading pictures: ${done} of ${of}`;
    };
    this.data = await this.#worker.call('data', origin, { onProgress });
    this.tiles = await this.#worker.call('tiles', [...new Array(shownTiles).keys()]);
    announce(
      `${this.data.counts.reduce((a, b) => a + b, 0)} pictures of ${this.data.classes.length} classes.`,
    );
  }

  /** Pictures of the visitor are gone from view: there are none yet. */
  clear(): void {
    this.data = null;
    this.net = null;
    this.tiles = noTiles;
    this.#forget();
  }

  /** A new network with random weights. What was learnt is kept to compare with. */
  async begin(recipe: Recipe): Promise<void> {
    await this.#during('Making the network', async () => {
      await this.stop();
      this.#keepRun();
      this.#take(await this.#worker.call('begin', recipe));
    });
  }

  #keepRun(): void {
    const { net, history } = this;
    const alike = net && this.data && net.description.data === this.data.kind;
    if (!alike) this.earlier = [];
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
    this.batches = net.passes > 0 ? net.losses.length / net.passes : 0;
    void this.look({});
  }

  #forget(): void {
    this.history = [];
    this.losses = [];
    this.accuracies = [];
    this.passes = 0;
    this.held = null;
    this.mistakes = noTiles;
    this.seen = null;
  }

  /** Teaches for some passes more. */
  async learn(passes: number, lr: number): Promise<void> {
    if (this.running) return;
    this.running = true;
    this.problem = null;
    this.goal = Math.floor(this.passes + 1e-6) + passes;
    announce('It learns.');
    try {
      const onProgress = (told: unknown): void => this.#hear(told as Told);
      const whole = await this.#worker.call('learn', { passes, lr }, { onProgress });
      announce(whole ? `It has learnt. ${this.#standing()}` : `It is stopped. ${this.#standing()}`);
    } catch (error) {
      this.#tell(messageOf(error));
    } finally {
      this.running = false;
    }
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
    await this.#show(pass.held);
    announce(`Pass ${pass.pass}. ${this.#standing()}`);
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
    while (this.running) await new Promise((done) => setTimeout(done, 10));
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
      this.#tell(messageOf(error));
    } finally {
      this.#looking = false;
    }
    if (this.#lookAgain) await this.look({});
  }

  async #during(doing: string, body: (isLast: () => boolean) => Promise<void>): Promise<void> {
    const turn = ++this.#opening;
    this.busy = doing;
    this.problem = null;
    try {
      await body(() => turn === this.#opening);
    } catch (error) {
      this.#tell(messageOf(error));
    } finally {
      this.busy = null;
    }
  }

  close(): void {
    this.#worker.close();
  }

  #tell(problem: string): void {
    this.problem = problem;
    announce(problem);
  }
}
