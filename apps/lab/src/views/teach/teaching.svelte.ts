// The state of a lesson: what was recorded, what was learned of it, and what is seen or heard now.

import { announce } from '../../shell/announce.svelte.ts';
import { connect } from '../../work/connect.ts';
import {
  countOf,
  emptied,
  lessonOf,
  type Recorded,
  type Sample,
  session,
  withoutClass,
  withoutSample,
  withSample,
} from './samples.ts';
import { counted, messageOf, nounsOf, told, topOf } from './words.ts';
import type { Form } from './work/keep.ts';
import type { Sensed } from './work/sense.ts';
import type { Kind, tasks } from './work/teach.worker.ts';

/** What the last learning was of. */
interface Learned {
  readonly classes: number;
  readonly samples: number;
  readonly seconds: number;
}

/** An answer is told once it has stayed for so long. In milliseconds. */
const steadyFor = 1000;

export class Teaching {
  readonly kind: Kind;
  recorded: Recorded = $state.raw([]);
  /** The class whose button is held; null while none is. */
  recording: number | null = $state(null);
  isOpen = $state(false);
  /** The share of the learning that is done; null while none goes on. */
  progress: number | null = $state(null);
  learned: Learned | null = $state.raw(null);
  sensed: Sensed | null = $state.raw(null);
  problem = $state('');
  readonly #names: () => readonly string[];
  readonly #worker = connect<typeof tasks>(
    () => new Worker(new URL('./work/teach.worker.ts', import.meta.url), { type: 'module' }),
  );
  #stop: AbortController | null = null;
  #again = false;
  #top = { id: -1, since: 0, told: -1 };

  /** @param names What the classes are called now. */
  constructor(kind: Kind, names: () => readonly string[]) {
    this.kind = kind;
    this.#names = names;
    this.recorded = session.get(kind)?.recorded ?? [];
  }

  /** Loads the network, and learns what was recorded before. */
  async open(): Promise<void> {
    try {
      const body = new URL('./data/body/model.json', document.baseURI).href;
      await this.#worker.call('open', { kind: this.kind, body });
      this.isOpen = true;
      await this.learn();
    } catch (error) {
      this.fail(error);
    }
  }

  async see(bitmap: ImageBitmap, wantsMap: boolean): Promise<Sensed> {
    return this.#worker.call('see', { bitmap, wantsMap }, { transfer: [bitmap] });
  }

  async hear(samples: Float32Array, wantsMap: boolean): Promise<Sensed> {
    return this.#worker.call('hear', { samples, wantsMap });
  }

  /** Shows what was seen or heard, and tells it once it has stayed. */
  show(sensed: Sensed): void {
    this.sensed = sensed;
    if (!sensed.shares) return;
    const { id, share } = topOf(sensed.shares);
    const now = performance.now();
    if (id !== this.#top.id) this.#top = { ...this.#top, id, since: now };
    if (id === this.#top.told || now - this.#top.since < steadyFor) return;
    this.#top.told = id;
    announce(told(this.#names()[id] ?? '', share));
  }

  add(id: number, sample: Sample): void {
    this.#put(withSample(this.recorded, id, sample));
  }

  /** The button of a class is let go: what was recorded is learned. */
  async release(): Promise<void> {
    const id = this.recording;
    if (id === null) return;
    this.recording = null;
    const count = this.recorded[id]?.length ?? 0;
    announce(`${this.#names()[id]}: ${counted(count, nounsOf(this.kind).sample)}`);
    await this.learn();
  }

  async remove(id: number, place: number): Promise<void> {
    this.#put(withoutSample(this.recorded, id, place));
    announce(`Removed from ${this.#names()[id]}`);
    await this.learn();
  }

  async empty(id: number): Promise<void> {
    this.#put(emptied(this.recorded, id));
    announce(`${this.#names()[id]} is empty`);
    await this.learn();
  }

  /** The class is gone from the names as well. */
  async drop(id: number): Promise<void> {
    this.#put(withoutClass(this.recorded, id));
    await this.#forget();
    await this.learn();
  }

  /** Everything that was recorded and learned is forgotten. */
  async reset(): Promise<void> {
    this.stopLearning();
    this.#put([]);
    await this.#forget();
    announce('Everything is forgotten');
  }

  /** Learns what was recorded; where that goes on already, once more after it. */
  async learn(): Promise<void> {
    if (!this.isOpen) return;
    if (this.progress !== null) {
      this.#again = true;
      return;
    }
    const lesson = lessonOf(this.recorded, this.#names().length);
    if (!lesson) return this.#forget();
    this.#stop = new AbortController();
    this.progress = 0;
    const began = performance.now();
    try {
      const onProgress = (share: unknown): void => {
        this.progress = Number(share);
      };
      const { signal } = this.#stop;
      const { kind } = this;
      const done = await this.#worker.call('learn', { kind, lesson }, { onProgress, signal });
      if (done) this.#tellLearned({ ...lesson, seconds: (performance.now() - began) / 1000 });
    } catch (error) {
      if (!this.#stop.signal.aborted) this.fail(error);
    } finally {
      this.progress = null;
      this.#stop = null;
    }
    if (!this.#again) return;
    this.#again = false;
    await this.learn();
  }

  stopLearning(): void {
    this.#again = false;
    this.#stop?.abort();
  }

  /** The bytes of what the visitor carries away. */
  keep(form: Form, name: string): Promise<Uint8Array> {
    const labels = this.#names().slice(0, this.learned?.classes);
    return this.#worker.call('keep', { kind: this.kind, form, name, labels });
  }

  fail(error: unknown): void {
    if (Object(error).name === 'AbortError') return;
    this.tell(messageOf(error));
  }

  tell(problem: string): void {
    this.problem = problem;
    announce(problem);
  }

  close(): void {
    this.#worker.close();
  }

  #tellLearned({
    labels,
    classes,
    seconds,
  }: {
    labels: readonly number[];
    classes: number;
    seconds: number;
  }): void {
    this.learned = { classes, samples: labels.length, seconds };
    this.problem = '';
    this.#top = { id: -1, since: 0, told: -1 };
    announce(`Learned from ${counted(labels.length, nounsOf(this.kind).sample)}`);
  }

  async #forget(): Promise<void> {
    this.learned = null;
    if (this.sensed) this.sensed = { ...this.sensed, shares: null, map: null };
    if (this.isOpen) await this.#worker.call('forget', this.kind);
  }

  #put(recorded: Recorded): void {
    this.recorded = recorded;
  }

  /** In all classes. */
  get count(): number {
    return countOf(this.recorded);
  }
}
