// The state of the view: where pictures come from, and what the worker makes of them. One picture is on its way at a time; what was
// asked for meanwhile is asked for once, as it is then.

import { announce } from '../../shell/announce.svelte.ts';
import { connect } from '../../work/connect.ts';
import { drawPixels, fetchSample, type PixelData } from '../../work/pictures.ts';
import type { Filtered, Look, tasks } from './filters.worker.ts';

/** Larger pictures are made smaller. */
const mostSide = 1280;
/** What a camera is asked for. */
const camera = { width: { ideal: 1280 }, height: { ideal: 720 } };

export class Filtering {
  /** As it came, and filtered. */
  before: PixelData | ImageBitmap | null = $state.raw(null);
  after: Filtered | null = $state.raw(null);
  /** With what lies outside, or null where that is not asked for. */
  outside: PixelData | null = $state.raw(null);
  problem: string | null = $state(null);
  /** Frames of the camera in a second; null without a camera. */
  rate: number | null = $state(null);
  readonly #worker = connect<typeof tasks>(
    () => new Worker(new URL('./filters.worker.ts', import.meta.url), { type: 'module' }),
  );
  #look: Look;
  #margin: number | null = null;
  #running = false;
  #again = false;
  #opening = 0;
  #stream: MediaStream | null = null;

  constructor(look: Look) {
    this.#look = look;
  }

  get isWatching(): boolean {
    return this.rate !== null;
  }

  /** @param margin Pixels around the picture that are to be seen too; null for none. */
  show(look: Look, margin: number | null): void {
    this.#look = look;
    this.#margin = margin;
    if (!this.isWatching) void this.#filter();
  }

  /** Takes a picture that the Lab carries, by its file, or one of the visitor. */
  async open(from: string | Blob, name: string): Promise<void> {
    this.stop();
    const turn = ++this.#opening;
    try {
      const blob = typeof from === 'string' ? await fetchSample(from) : from;
      const bitmap = await createImageBitmap(blob);
      // Another has been asked for meanwhile.
      if (turn !== this.#opening) return;
      await this.#keep(bitmap);
      this.problem = null;
      await this.#filter();
    } catch {
      if (turn !== this.#opening) return;
      this.#tell(`${name} cannot be read as a picture; give a PNG, JPEG, WebP or AVIF file`);
    }
  }

  async #filter(): Promise<void> {
    this.#again = this.#running;
    if (this.#running || !this.before) return;
    this.#running = true;
    try {
      this.after = await this.#worker.call('still', this.#look);
      const { padding } = this.#look;
      this.outside =
        this.#margin === null ? null : await this.#worker.call('outside', { padding, margin: this.#margin });
      this.problem = null;
    } catch (error) {
      this.#tell(messageOf(error));
    } finally {
      this.#running = false;
    }
    if (this.#again) await this.#filter();
  }

  /** Filters what the camera sees until `stop`; the last frame stays as a picture. */
  async watch(): Promise<void> {
    this.#opening++;
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({ video: camera });
    } catch {
      return this.#tell('The camera cannot be had: allow it in the browser, or choose a picture.');
    }
    const video = Object.assign(document.createElement('video'), { muted: true, playsInline: true });
    video.srcObject = this.#stream;
    this.rate = 0;
    this.outside = null;
    try {
      await video.play();
      await this.#follow(video);
    } catch (error) {
      if (this.isWatching) this.#tell(messageOf(error));
    } finally {
      this.stop();
    }
  }

  async #follow(video: HTMLVideoElement): Promise<void> {
    let [began, frames] = [performance.now(), 0];
    while (this.#stream?.active) {
      const [bitmap, copy] = await Promise.all([createImageBitmap(video), createImageBitmap(video)]);
      this.after = await this.#worker.call('frame', { bitmap, look: this.#look }, { transfer: [bitmap] });
      if (this.before instanceof ImageBitmap) this.before.close();
      this.before = copy;
      frames++;
      const passed = performance.now() - began;
      if (passed > 500) {
        this.rate = (1000 * frames) / passed;
        [began, frames] = [performance.now(), 0];
      }
      await new Promise(requestAnimationFrame);
    }
  }

  /** Lets the camera go. */
  stop(): void {
    const { before } = this;
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    if (before instanceof ImageBitmap) void this.#keep(before).then(() => this.#filter());
    this.#stream = null;
    this.rate = null;
  }

  /** Makes a picture of a bitmap, which is used up. */
  async #keep(bitmap: ImageBitmap): Promise<void> {
    const picture = drawPixels(bitmap, mostSide);
    this.before = picture;
    await this.#worker.call('keep', picture);
  }

  close(): void {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.rate = null;
    this.#worker.close();
  }

  #tell(problem: string): void {
    this.problem = problem;
    announce(problem);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
