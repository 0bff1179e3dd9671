// The state of sounds: where they come from, what a kernel makes of them, and which is played. One filtering is on its way at a time.

import { type Microphone, microphone } from '@neocog/audio';
import { announce } from '../../../shell/announce.svelte.ts';
import { connect } from '../../../work/connect.ts';
import { decodeSound, deviceProblem } from '../../../work/sounds.ts';
import { sampleRate, type Taps } from './kernels.ts';
import { type SampleName, sounds } from './samples.ts';
import type { FilteredSound, tasks } from './sound.worker.ts';

export type Side = 'before' | 'after';

/** Longer sounds are cut. In seconds. */
export const mostSeconds = 20;
/** Shorter ones have no spectrogram. */
const leastSeconds = 0.05;

export class Sounding {
  before: Float32Array<ArrayBuffer> | null = $state.raw(null);
  after: FilteredSound | null = $state.raw(null);
  problem = $state('');
  isRecording = $state(false);
  playing: Side | null = $state(null);
  readonly #worker = connect<typeof tasks>(
    () => new Worker(new URL('./sound.worker.ts', import.meta.url), { type: 'module' }),
  );
  #taps: Taps;
  #running = false;
  #again = false;
  #microphone: Microphone | null = null;
  #player: { context: AudioContext; source: AudioBufferSourceNode } | null = null;

  constructor(taps: Taps) {
    this.#taps = taps;
  }

  show(taps: Taps): void {
    this.#taps = taps;
    void this.#filter();
  }

  openSample(name: SampleName): void {
    this.#take(sounds[name].make());
  }

  /** @returns whether it is a sound */
  async openFile(file: File): Promise<boolean> {
    try {
      const sound = await decodeSound(file, sampleRate);
      if (sound.length < leastSeconds * sampleRate)
        throw new Error(`${file.name} is too short; give a sound of ${leastSeconds} s or more`);
      this.#take(sound.slice(0, mostSeconds * sampleRate));
      return true;
    } catch (error) {
      this.#tell(messageOf(error));
      return false;
    }
  }

  /** Records until `stopRecording`, or as long as a sound may be. @returns whether there is a sound */
  async record(): Promise<boolean> {
    const source = microphone({ sampleRate });
    this.#microphone = source;
    this.stop();
    const chunks: Float32Array[] = [];
    try {
      this.isRecording = true;
      for await (const { data } of source) {
        chunks.push(data as Float32Array); // of sound
        if (chunks.length * source.chunkLength >= mostSeconds * sampleRate) break;
      }
    } catch (error) {
      this.#tell(deviceProblem('microphone', error));
    } finally {
      this.isRecording = false;
    }
    if (chunks.length === 0 || this.#microphone !== source) return false;
    const sound = new Float32Array(chunks.length * source.chunkLength);
    chunks.forEach((chunk, i) => sound.set(chunk, i * source.chunkLength));
    this.#take(sound);
    return true;
  }

  stopRecording(): void {
    this.#microphone?.stop();
  }

  /** Plays one of both; louder than full scale is made softer. */
  play(side: Side): void {
    this.stop();
    const samples = side === 'before' ? this.before : this.after?.samples;
    if (!samples) return;
    const context = new AudioContext();
    const buffer = context.createBuffer(1, samples.length, sampleRate);
    buffer.copyToChannel(samples, 0);
    const source = new AudioBufferSourceNode(context, { buffer });
    const most = samples.reduce((a, b) => Math.max(a, Math.abs(b)), 1);
    source.connect(new GainNode(context, { gain: 1 / most })).connect(context.destination);
    source.onended = () => {
      if (this.#player?.source === source) this.stop();
    };
    source.start();
    this.#player = { context, source };
    this.playing = side;
  }

  stop(): void {
    void this.#player?.context.close();
    this.#player = null;
    this.playing = null;
  }

  close(): void {
    this.stop();
    this.#microphone?.stop();
    this.#microphone = null;
    this.#worker.close();
  }

  #take(sound: Float32Array<ArrayBuffer>): void {
    this.stop();
    this.before = sound;
    this.problem = '';
    void this.#filter();
  }

  async #filter(): Promise<void> {
    this.#again = this.#running;
    if (this.#running || !this.before) return;
    this.#running = true;
    const samples = this.before;
    try {
      const after = await this.#worker.call('filter', { samples, taps: this.#taps });
      if (this.before === samples) this.after = after;
    } catch (error) {
      this.#tell(messageOf(error));
    } finally {
      this.#running = false;
    }
    if (this.#again) await this.#filter();
  }

  #tell(problem: string): void {
    this.problem = problem;
    announce(problem);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
