// The network that is open and the pictures that it sees: what all tasks of the worker share.

import { fromPixels, toPixels } from '@neocog/vision';
import { type nn, noGrad, type Shape, softmax, stack, Tensor } from 'neocog';
import type { PixelData } from '../../../work/pictures.ts';
import { describe } from './describe.ts';
import type { NetworkFacts, Origin, PixelRule, Seeing, WeightsFacts } from './facts.ts';
import { networksFor, openOrigin, type Subject } from './open.ts';

export class Session {
  #subject: Subject | null = null;
  #facts: NetworkFacts | null = null;
  #pictures: Tensor[] = [];

  async open(origin: Origin, seeing: Seeing): Promise<NetworkFacts | WeightsFacts> {
    const opened = await openOrigin(origin);
    if (!('module' in opened)) {
      const tensors = Object.entries(opened.tensors).map(([name, { shape }]) => ({ name, shape }));
      return { format: opened.format, tensors, fits: networksFor(opened.tensors) };
    }
    const facts = describe(opened, seeing);
    this.#subject = opened;
    this.#facts = facts;
    this.#pictures = [];
    return facts;
  }

  /** The same network for pictures of another size. */
  resize(seeing: Seeing): NetworkFacts {
    this.#facts = describe(this.#need(), seeing);
    this.#pictures = [];
    return this.#facts;
  }

  #need(): Subject {
    if (this.#subject) return this.#subject;
    throw new Error('No network is open.');
  }

  /** As a function of pictures, where it is one. */
  get net(): nn.Module {
    const { seen, module } = this.#need();
    return seen?.net ?? module;
  }

  get module(): nn.Module {
    return this.#need().module;
  }

  get facts(): NetworkFacts {
    this.#need();
    return this.#facts!;
  }

  get inputShape(): Shape {
    return [1, ...this.#size()];
  }

  #size(): readonly [number, number, number] {
    const { picture, whyNoPicture } = this.facts;
    if (picture) return picture;
    throw new Error(whyNoPicture ?? 'The network takes no pictures.');
  }

  /** Makes tensors of pictures. @returns what the network sees of them */
  look(pictures: readonly PixelData[], rule: PixelRule): PixelData[] {
    const [channels, height, width] = this.#size();
    const kind = channels === 1 || channels === 4 ? channels : 3;
    const options = {
      channels: kind as 1 | 3 | 4,
      size: [height, width] as const,
      fit: this.facts.fit,
      ...valuesOf(rule, channels),
    };
    this.#pictures = pictures.map((picture) => widened(fromPixels(picture, options), channels));
    return this.#pictures.map((x) =>
      toPixels(kind === channels ? x : narrowed(x, 3), valuesOf(rule, channels)),
    );
  }

  get count(): number {
    return this.#pictures.length;
  }

  /** [c, h, w] */
  picture(index: number): Tensor {
    const found = this.#pictures[index];
    if (found) return found;
    throw new Error('There is no picture to look at. Choose one, or drop one.');
  }

  /** The first pictures as one batch. */
  batch(most: number): Tensor {
    this.picture(0);
    return stack(this.#pictures.slice(0, most), { axis: 0 });
  }

  /** What the network gives for a picture: scores as shares of classes, or something else. */
  answer(index: number): { shape: Shape; shares: Float32Array | null; values: Float32Array } {
    const x = this.picture(index);
    const y = noGrad(() => this.net.forward(new Tensor(x.data, [1, ...x.shape])));
    const values = Float32Array.from(y.data);
    if (this.facts.classes === null) return { shape: y.shape, shares: null, values };
    return { shape: y.shape, shares: sharesOf(y), values };
  }
}

/** Scores that are no shares yet go through softmax. */
function sharesOf(scores: Tensor): Float32Array {
  const values = Float32Array.from(scores.data);
  const sum = values.reduce((all, value) => all + value, 0);
  const areShares = values.every((value) => value >= 0) && Math.abs(sum - 1) < 1e-3;
  return areShares ? values : Float32Array.from(softmax(scores, { axis: 1 }).data);
}

/** One value of a rule for each channel. */
function valuesOf({ mean, std, top }: PixelRule, channels: number) {
  const each = (values: readonly number[]): number[] =>
    Array.from({ length: channels }, (_, c) => values[c % values.length] ?? 0);
  return { mean: each(mean), std: each(std), scale: top / 255 };
}

/** Pictures have 1, 3 or 4 channels; of a network with others, what is missing is 0. */
function widened(x: Tensor, channels: number): Tensor {
  const [c = 0, h = 0, w = 0] = x.shape;
  if (c === channels) return x;
  const data = new Float32Array(channels * h * w);
  data.set(x.data.subarray(0, Math.min(c, channels) * h * w));
  return new Tensor(data, [channels, h, w]);
}

function narrowed(x: Tensor, channels: number): Tensor {
  const [c = 0, h = 0, w = 0] = x.shape;
  const data = new Float32Array(channels * h * w);
  data.set(x.data.subarray(0, Math.min(c, channels) * h * w));
  return new Tensor(data, [channels, h, w]);
}
