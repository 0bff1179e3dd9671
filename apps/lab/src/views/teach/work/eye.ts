// The eye: a MobileNetV2 (Sandler et al. 2018, arXiv:1801.04381) up to its 13th block, which stays as it is, and a head of one layer,
// which learns.

import { loadTfjs } from '@neocog/formats';
import type { RawPixels } from '@neocog/vision';
import { compile, manualSeed, nn, noGrad, type Program, type Tensor } from 'neocog';
import { answer, learn } from './learn.ts';
import type { Hooks, Lesson, Sense, Sensed, Whole } from './sense.ts';

const input = [1, 224, 224, 3];
/** Maps of the body's last layer. */
const depth = 576;
const layout = 'channels-last';
/** A head's scores come from the means of maps. */
const mean = (): nn.Module => new nn.Sequential(new nn.GlobalAvgPool({ layout }), new nn.Flatten());

export class Eye implements Sense {
  readonly #body: nn.Module;
  readonly #program: Program;
  #head: nn.Module | null = null;

  private constructor(body: nn.Module, program: Program) {
    this.#body = body;
    this.#program = program;
  }

  /** @param address Of the body's model.json. */
  static async open(address: string): Promise<Eye> {
    const body = await loadTfjs(address);
    const threads = globalThis.crossOriginIsolated ? Math.min(4, navigator.hardwareConcurrency) : 1;
    return new Eye(body, await compile(body, { input, pixels: {}, threads }));
  }

  /** The middle of a frame, as a square. */
  async see(frame: RawPixels, wantsMap: boolean): Promise<Sensed> {
    const maps = (await this.#program.run(frame)) as Tensor; // of one output
    const features = new Float32Array(noGrad(() => mean().forward(maps)).data);
    if (!this.#head) return { features, shares: null, map: null };
    const net = new nn.Sequential({ maps: new nn.Sequential(), mean: mean(), head: this.#head });
    return { features, ...answer(net, maps, wantsMap ? { layer: 'maps', layout } : null) };
  }

  async learn(lesson: Lesson, hooks: Hooks): Promise<boolean> {
    manualSeed(1);
    const head = new nn.Linear(depth, lesson.classes);
    const net = new nn.Sequential(new nn.Dropout(0.2), head);
    const course = { epochs: 50, rate: 1e-2, decay: 0.05, sampleShape: [depth] };
    const done = await learn(net, lesson, course, hooks);
    if (done) this.#head = head;
    return done;
  }

  forget(): void {
    this.#head = null;
  }

  whole(): Whole {
    if (!this.#head) throw new Error('Nothing was learned yet: show two classes first.');
    const net = new nn.Sequential({ body: this.#body, mean: mean(), head: this.#head }).eval();
    return { net, input, page: { pixels: { mean: [0], std: [255] } } };
  }

  close(): void {
    this.#program.dispose();
  }
}
