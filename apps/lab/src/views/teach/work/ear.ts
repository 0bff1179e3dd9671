// The ear: a small convolutional network over the mel spectrogram of a second. It is trained from the start on what was recorded.

import { MelSpectrogram } from '@neocog/audio';
import {
  compile,
  compileTraining,
  crossEntropy,
  manualSeed,
  nn,
  type Program,
  shiftAxes,
  Tensor,
} from 'neocog';
import { bands, hopLength, length, moments, sampleRate } from './heard.ts';
import { answer, learn } from './learn.ts';
import type { Hooks, Lesson, Sense, Sensed, Whole } from './sense.ts';

const input = [1, 1, length];
/** Maps of each stage; a stage halves pitches and moments. */
const widths = [16, 32, 64];
/** Bands of pitch that the head tells apart. */
const heardBands = 4;

/** Decibels of each band at each moment, `[1, 1, bands, moments]`, their mean 0 and deviation 1. */
const spectrum = (): nn.Module =>
  new nn.Sequential(
    new MelSpectrogram({ sampleRate, nFft: 512, hopLength, nMels: bands, decibels: true, topDb: 80 }),
    new nn.InstanceNorm2d(1),
  );

const stage = (inChannels: number, outChannels: number): nn.Module =>
  new nn.Sequential(
    new nn.Conv2d(inChannels, outChannels, 3, { stride: 2, padding: 1, bias: false }),
    new nn.BatchNorm2d(outChannels),
    new nn.ReLU(),
  );

const network = (classes: number): nn.Module =>
  new nn.Sequential({
    maps: new nn.Sequential(...widths.map((width, i) => stage(widths[i - 1] ?? 1, width))),
    // The mean over time; pitches stay apart.
    pool: new nn.AdaptiveAvgPool2d([heardBands, 1]),
    flatten: new nn.Flatten(),
    dropout: new nn.Dropout(0.2),
    head: new nn.Linear(heardBands * widths.at(-1)!, classes),
  });

export class Ear implements Sense {
  readonly #program: Program;
  #network: nn.Module | null = null;

  private constructor(program: Program) {
    this.#program = program;
  }

  static async open(): Promise<Ear> {
    return new Ear(await compile(spectrum(), { input }));
  }

  /** A second of sound, `length` samples. The features are its spectrogram, `[bands, moments]`. */
  async hear(samples: Float32Array, wantsMap: boolean): Promise<Sensed> {
    const seen = (await this.#program.run(new Tensor(samples, input))) as Tensor; // of one output
    const features = new Float32Array(seen.data);
    if (!this.#network) return { features, shares: null, map: null };
    const where = { layer: 'maps', layout: 'channels-first' } as const;
    return { features, ...answer(this.#network, seen, wantsMap ? where : null) };
  }

  async learn(lesson: Lesson, hooks: Hooks): Promise<boolean> {
    manualSeed(1);
    const net = network(lesson.classes);
    const sampleShape = [1, bands, moments];
    const done = await learn(
      net,
      lesson,
      {
        ...{ epochs: 25, rate: 5e-3, decay: 0.05, sampleShape },
        // What is heard may begin earlier or later.
        transform: (sample, random) =>
          shiftAxes(sample, sampleShape, [Math.floor(random.uniform() * 21) - 10]),
        trainer: (optimizer) =>
          compileTraining(net, {
            input: [16, ...sampleShape],
            target: { shape: [16], dtype: 'int32' },
            ...{ loss: crossEntropy, optimizer },
          }),
      },
      hooks,
    );
    if (done) this.#network = net;
    return done;
  }

  forget(): void {
    this.#network = null;
  }

  whole(): Whole {
    if (!this.#network) throw new Error('Nothing was learned yet: let it hear two classes first.');
    const net = new nn.Sequential({ spectrum: spectrum(), network: this.#network }).eval();
    return { net, input, page: { sound: { sampleRate } } };
  }

  close(): void {
    this.#program.dispose();
  }
}
