// The microphone: second by second into the lesson, while it is on; and files of sound.

import { type Microphone, microphone } from '@neocog/audio';
import type { Sample } from './samples.ts';
import type { Source } from './source.ts';
import type { Teaching } from './teaching.svelte.ts';
import { deviceProblem } from './words.ts';
import { length, sampleRate } from './work/heard.ts';

const chunkLength = sampleRate / 20;
/** Samples from one answer, and from one piece that is recorded, to the next. */
const [answerEvery, recordEvery] = [sampleRate / 10, sampleRate / 4];
/** Pieces that are taken of a file. */
const mostPieces = 60;

export class Listener implements Source {
  isOn = $state(false);
  isStarting = $state(false);
  readonly #teaching: Teaching;
  readonly #wantsMap: () => boolean;
  readonly #heard = new Float32Array(length);
  #microphone: Microphone | null = null;
  /** Samples since the button of `#held` was pressed, since the last call of the worker, and pieces recorded meanwhile. */
  #held: number | null = null;
  #fresh = 0;
  #since = 0;
  #taken = 0;

  constructor(teaching: Teaching, wantsMap: () => boolean) {
    this.#teaching = teaching;
    this.#wantsMap = wantsMap;
  }

  async start(): Promise<void> {
    if (this.isOn || this.isStarting) return;
    this.isStarting = true;
    const source = microphone({ sampleRate, chunkLength });
    this.#microphone = source;
    try {
      for await (const chunk of source) {
        if (this.#microphone !== source) break;
        if (!this.isOn) this.#begin();
        await this.#take(chunk.data as Float32Array); // of sound
      }
    } catch (error) {
      if (this.#microphone === source) this.#teaching.tell(deviceProblem('sounds', error));
    } finally {
      if (this.#microphone === source) this.stop();
    }
  }

  stop(): void {
    this.#microphone?.stop();
    this.#microphone = null;
    this.isOn = false;
    this.isStarting = false;
  }

  async samplesOf(file: File): Promise<Sample[]> {
    const sound = await decoded(file);
    const samples: Sample[] = [];
    for (const piece of piecesOf(sound)) {
      const { features } = await this.#teaching.hear(piece, false);
      samples.push({ features, thumb: null });
    }
    return samples;
  }

  /** The middle second, as the page that is carried away takes it. */
  async ask(file: File): Promise<void> {
    const sound = await decoded(file);
    this.stop();
    this.#heard.set(secondFrom(sound, Math.trunc((sound.length - length) / 2)));
    await this.again();
  }

  async again(): Promise<void> {
    this.#teaching.show(await this.#teaching.hear(this.#heard.slice(), this.#wantsMap()));
  }

  #begin(): void {
    this.isOn = true;
    this.isStarting = false;
    this.#heard.fill(0);
    this.#teaching.problem = '';
  }

  async #take(chunk: Float32Array): Promise<void> {
    const teaching = this.#teaching;
    this.#heard.copyWithin(0, chunk.length);
    this.#heard.set(chunk, length - chunk.length);
    if (teaching.recording !== this.#held) this.#hold(teaching.recording);
    this.#fresh += chunk.length;
    this.#since += chunk.length;
    const id = this.#held;
    const isDue =
      id === null ? this.#since >= answerEvery : this.#fresh >= length && this.#since >= recordEvery;
    if (!isDue || !teaching.isOpen) return;
    this.#since = 0;
    const sensed = await teaching.hear(this.#heard.slice(), id === null && this.#wantsMap());
    if (this.#microphone === null) return;
    if (id === null) return teaching.show(sensed);
    this.#taken++;
    teaching.sensed = { ...sensed, shares: null };
    teaching.add(id, { features: sensed.features, thumb: null });
  }

  /** What was heard before the button was pressed is of no class. */
  #hold(id: number | null): void {
    if (this.#held !== null && this.#taken === 0)
      this.#teaching.tell('That was too short: a second is heard at once. Hold the button longer.');
    this.#held = id;
    [this.#fresh, this.#since, this.#taken] = [0, 0, 0];
  }
}

/** All channels as one, at the rate of the ear. */
async function decoded(file: File): Promise<Float32Array> {
  let sound: AudioBuffer;
  try {
    sound = await new OfflineAudioContext(1, 1, sampleRate).decodeAudioData(await file.arrayBuffer());
  } catch {
    throw new Error(`${file.name} cannot be read as a sound; give a WAV, MP3, Ogg or FLAC file`);
  }
  const mean = new Float32Array(sound.length);
  for (let c = 0; c < sound.numberOfChannels; c++) {
    const channel = sound.getChannelData(c);
    for (let i = 0; i < mean.length; i++) mean[i]! += channel[i]! / sound.numberOfChannels;
  }
  return mean;
}

/** A second each, every half second; a shorter sound lies in the middle of silence. */
function piecesOf(sound: Float32Array): Float32Array[] {
  const count = Math.max(1, Math.floor((sound.length - length) / (length / 2)) + 1);
  if (count === 1) return [secondFrom(sound, Math.trunc((sound.length - length) / 2))];
  return Array.from({ length: Math.min(count, mostPieces) }, (_, i) => secondFrom(sound, (i * length) / 2));
}

/** From sample `start`, which may lie before the sound. */
function secondFrom(sound: Float32Array, start: number): Float32Array {
  const second = new Float32Array(length);
  const from = Math.max(0, start);
  second.set(sound.subarray(from, Math.max(from, start + length)), from - start);
  return second;
}
