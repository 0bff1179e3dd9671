// The state of the view: the network that is open, its pictures, and what is asked of the worker.

import { announce } from '../../shell/announce.svelte.ts';
import { connect } from '../../work/connect.ts';
import { fetchSample, type PixelData, photos } from '../../work/pictures.ts';
import { cutSheet, pixelsOf, type Shot } from './pictures.ts';
import { architectures, trained } from './samples.ts';
import type { LayerFacts, NetworkFacts, Origin, PixelRule, WeightsFacts } from './work/facts.ts';
import { unfoldTo } from './work/fold.ts';
import type { tasks } from './work/inside.worker.ts';

export const worker = () =>
  connect<typeof tasks>(
    () => new Worker(new URL('./work/inside.worker.ts', import.meta.url), { type: 'module' }),
  );

export type Asking = ReturnType<typeof worker>;

/** Usual ways in which pictures become values. */
export const rules = {
  unit: { mean: [0], std: [1], top: 1 },
  both: { mean: [0.5], std: [0.5], top: 1 },
  bytes: { mean: [0], std: [1], top: 255 },
  imagenet: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], top: 1 },
} as const satisfies Readonly<Record<string, PixelRule>>;

export type RuleName = keyof typeof rules | 'file';

/** About as many nodes are unfolded at first. */
const firstNodes = 44;
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export class Inside {
  readonly ask: Asking = worker();
  facts: NetworkFacts | null = $state.raw(null);
  weights: WeightsFacts | null = $state.raw(null);
  problem: string | null = $state(null);
  busy: string | null = $state(null);
  unfolded: ReadonlySet<string> = $state.raw(new Set());
  shots: readonly Shot[] = $state.raw([]);
  /** What the network sees of each. */
  views: readonly PixelData[] = $state.raw([]);
  index = $state(0);
  ruleName: RuleName = $state('unit');
  about = $state('');
  /** Counts what the answers depend on: network, pictures, rule. */
  version = $state(0);
  #files: Readonly<Record<string, Uint8Array>> | null = null;
  #opening = 0;

  get rule(): PixelRule {
    return (
      (this.ruleName === 'file' ? this.facts?.rule : rules[this.ruleName as keyof typeof rules]) ?? rules.unit
    );
  }

  layer(name: string): LayerFacts | undefined {
    return this.facts?.layers.findLast((layer) => layer.name === name && layer.seen);
  }

  /** A sample or an architecture by its id. */
  async openSubject(id: string): Promise<void> {
    const sample = trained.find((each) => each.id === id);
    if (!sample) {
      const title = architectures.find(([name]) => name === id)?.[1] ?? id;
      this.about = `${title} as the library builds it, with random weights: its layers, work and speed are real, what it answers is not.`;
      await this.#open({ kind: 'architecture', name: id }, `Building ${title}`);
      return;
    }
    this.about = sample.about;
    await this.#during(`Fetching ${sample.name}`, async () => {
      const bytes = new Uint8Array(await (await fetch(`./data/${id}.onnx`)).arrayBuffer());
      await this.#open({ kind: 'trained', id, bytes }, 'Opening');
    });
    if (this.facts?.names) await this.#useSheet(sample.sheet, this.facts.names);
  }

  /** Files of a network. @returns whether one was opened */
  async openFiles(files: Readonly<Record<string, Uint8Array>>, model?: string): Promise<boolean> {
    this.#files = files;
    this.about = 'Your file. It stays in this browser.';
    await this.#open({ kind: 'files', files, model }, 'Reading the files');
    return this.facts !== null && this.problem === null;
  }

  /** Weights alone, in a network of the library. */
  async useModel(model: string): Promise<void> {
    if (this.#files) await this.openFiles(this.#files, model);
  }

  async #open(origin: Origin, doing: string): Promise<void> {
    const turn = ++this.#opening;
    await this.#during(doing, async () => {
      const found = await this.ask.call('open', { origin, seeing: { side: null } });
      if (turn !== this.#opening) return;
      if ('tensors' in found) {
        this.weights = found;
        this.facts = null;
      } else await this.#take(found);
    });
  }

  async #take(facts: NetworkFacts): Promise<void> {
    const colours = this.facts?.picture?.[0];
    this.weights = null;
    this.unfolded = unfoldTo(facts.layers, firstNodes);
    this.facts = facts;
    this.ruleName = facts.rule
      ? 'file'
      : facts.format === 'neocog' || facts.format === 'PyTorch'
        ? 'imagenet'
        : 'unit';
    announce(`${facts.title} is open: ${facts.layers.length} layers.`);
    const fits = this.shots.length > 0 && colours === facts.picture?.[0];
    if (!facts.picture) this.shots = [];
    else if (!fits) await this.#usePhotos(facts.picture[0] === 1);
    await this.look();
  }

  async #usePhotos(grey: boolean): Promise<void> {
    const sheet = grey ? trained[0] : undefined;
    if (sheet) return this.#useSheet(sheet.sheet, null);
    this.shots = await Promise.all(
      photos.map(async ({ id, name }) => ({ name, pixels: await pixelsOf(await fetchSample(`${id}.jpg`)) })),
    );
    this.index = 0;
  }

  async #useSheet(file: string, names: readonly string[] | null): Promise<void> {
    this.shots = cutSheet(await pixelsOf(await fetchSample(file)), names);
    this.index = 0;
    await this.look();
  }

  /** Adds pictures of the visitor, and looks at the first of them. */
  async addPictures(files: readonly File[]): Promise<void> {
    await this.#during('Reading pictures', async () => {
      const read = await Promise.allSettled(
        files.map(async (file) => ({ name: file.name, pixels: await pixelsOf(file) })),
      );
      const fresh = read.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
      const broken = files.filter((_, i) => read[i]?.status === 'rejected');
      if (broken.length > 0) {
        this.problem = `${broken.map(({ name }) => name).join(', ')}: the browser cannot read this as a picture. Give a PNG, JPEG, WebP or AVIF file.`;
      }
      if (fresh.length === 0) return;
      this.shots = [...fresh, ...this.shots];
      this.index = 0;
      await this.look();
    });
  }

  /** Shows the pictures to the network. */
  async look(): Promise<void> {
    if (!this.facts?.picture) {
      this.views = [];
      return;
    }
    const pictures = this.shots.map(({ pixels }) => pixels);
    this.views = await this.ask.call('look', { pictures, rule: $state.snapshot(this.rule) as PixelRule });
    this.index = Math.min(this.index, Math.max(0, this.views.length - 1));
    this.version++;
  }

  async resize(side: number): Promise<void> {
    await this.#during('Measuring the network anew', async () => {
      this.facts = await this.ask.call('resize', { side });
      await this.look();
    });
  }

  toggle(module: string): void {
    const next = new Set(this.unfolded);
    if (!next.delete(module)) next.add(module);
    else for (const path of next) if (path.startsWith(`${module}.`)) next.delete(path);
    this.unfolded = next;
  }

  async #during(doing: string, body: () => Promise<void>): Promise<void> {
    this.busy = doing;
    this.problem = null;
    try {
      await body();
    } catch (error) {
      this.problem = messageOf(error);
      announce(this.problem);
    } finally {
      this.busy = null;
    }
  }

  close(): void {
    this.ask.close();
  }
}
