// The camera: frame by frame into the lesson, while it is on; and files of pictures.

import type { PixelData } from '../../work/pictures.ts';
import type { Sample } from './samples.ts';
import type { Source } from './source.ts';
import type { Teaching } from './teaching.svelte.ts';
import { thumbnail } from './thumbnail.ts';
import { deviceProblem } from './words.ts';

const wanted = { width: { ideal: 640 }, height: { ideal: 480 }, facingMode: 'user' };
/** Frames that are recorded follow each other after so many milliseconds at least: neighbours are all but the same. */
const pause = 80;

/** Pixels of a side of a picture that is asked about. */
const stillSide = 448;

export class Camera implements Source {
  stream: MediaStream | null = $state.raw(null);
  isStarting = $state(false);
  /** A picture instead of the camera. */
  still: PixelData | null = $state.raw(null);
  readonly #teaching: Teaching;
  readonly #wantsMap: () => boolean;
  #recorded = 0;

  constructor(teaching: Teaching, wantsMap: () => boolean) {
    this.#teaching = teaching;
    this.#wantsMap = wantsMap;
  }

  get isOn(): boolean {
    return this.stream !== null;
  }

  async start(): Promise<void> {
    if (this.isOn || this.isStarting) return;
    this.isStarting = true;
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: wanted });
      this.#teaching.problem = '';
      this.still = null;
      for (const track of this.stream.getTracks()) track.onended = () => this.stop();
    } catch (error) {
      this.#teaching.tell(deviceProblem('pictures', error));
    } finally {
      this.isStarting = false;
    }
  }

  /** What the video shows, until the camera stops. */
  async follow(video: HTMLVideoElement): Promise<void> {
    const stream = this.stream;
    try {
      await video.play();
      while (stream?.active && this.stream === stream) {
        if (this.#teaching.isOpen && video.videoWidth > 0) await this.#take(video);
        await new Promise(requestAnimationFrame);
      }
    } catch (error) {
      if (this.stream === stream) this.#teaching.fail(error);
    }
  }

  async #take(video: HTMLVideoElement): Promise<void> {
    const teaching = this.#teaching;
    const id = teaching.recording;
    if (id !== null && performance.now() - this.#recorded < pause) return;
    const bitmap = await createImageBitmap(video);
    const thumb = id === null ? null : thumbnail(bitmap);
    const sensed = await teaching.see(bitmap, id === null && this.#wantsMap());
    if (id === null || !thumb) return teaching.show(sensed);
    this.#recorded = performance.now();
    teaching.add(id, { features: sensed.features, thumb });
  }

  async samplesOf(file: File): Promise<Sample[]> {
    const bitmap = await opened(file);
    const thumb = thumbnail(bitmap);
    const { features } = await this.#teaching.see(bitmap, false);
    return [{ features, thumb }];
  }

  async ask(file: File): Promise<void> {
    const bitmap = await opened(file);
    this.stop();
    this.still = thumbnail(bitmap, stillSide);
    bitmap.close();
    await this.again();
  }

  async again(): Promise<void> {
    if (!this.still) return;
    const { data, width, height } = this.still;
    const bitmap = await createImageBitmap(new ImageData(data, width, height));
    this.#teaching.show(await this.#teaching.see(bitmap, this.#wantsMap()));
  }

  stop(): void {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.#teaching.sensed = null;
  }
}

async function opened(file: File): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file);
  } catch {
    throw new Error(`${file.name} cannot be read as a picture; give a PNG, JPEG, WebP or AVIF file`);
  }
}
