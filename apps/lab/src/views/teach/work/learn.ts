// How classes are learned from what was recorded: each class as often as the others, in a few seconds.

import { gradCam } from '@neocog/vision';
import {
  BatchLoader,
  type BatchLoaderOptions,
  fit,
  type nn,
  noGrad,
  optim,
  softmax,
  type Tensor,
  type Trainer,
  tensor,
} from 'neocog';
import type { Hooks, Lesson, Sensed } from './sense.ts';

export interface Course {
  readonly epochs: number;
  readonly rate: number;
  readonly decay: number;
  /** Of the features of one sample. */
  readonly sampleShape: readonly number[];
  /** Changes a sample in place, so that no two epochs see the same. */
  readonly transform?: BatchLoaderOptions['transform'];
  /** What takes the steps; the network itself unless given. */
  readonly trainer?: (optimizer: optim.AdamW) => Promise<Trainer>;
}

const batchSize = 16;
/** How often a sample may be repeated where its class has few. */
const mostRepeats = 8;

/** @returns false where the signal ended it before its end */
export async function learn(net: nn.Module, lesson: Lesson, course: Course, hooks: Hooks): Promise<boolean> {
  const { epochs, rate, decay, sampleShape, transform } = course;
  const { images, labels } = balanced(lesson);
  const order = { batchSize, shuffle: true, seed: 1 };
  const loader = new BatchLoader(images, labels, { ...order, sampleShape, transform });
  const optimizer = new optim.AdamW(net.parameters(), { lr: rate, weightDecay: decay });
  const trainer = await course.trainer?.(optimizer);
  try {
    const { stopped } = await fit(net, loader, {
      ...{ epochs, optimizer, trainer, signal: hooks.signal },
      // Fast at first, then ever more careful.
      learningRate: (progress) => rate * (0.5 + 0.5 * Math.cos(Math.PI * progress)),
      onEpoch: ({ epoch }) => hooks.report(epoch / epochs),
    });
    net.eval();
    return !stopped;
  } finally {
    trainer?.dispose();
  }
}

/** Classes with few samples come with theirs several times. */
function balanced({ features, labels, classes }: Lesson): { images: Tensor; labels: Tensor } {
  const size = features.length / labels.length;
  const places = Array.from({ length: classes }, (_, id) =>
    [...labels.keys()].filter((i) => labels[i] === id),
  );
  const most = Math.max(...places.map(({ length }) => length));
  const order = places.flatMap((own) =>
    Array.from({ length: Math.min(most, mostRepeats * own.length) }, (_, i) => own[i % own.length]!),
  );
  const values = new Float32Array(order.length * size);
  order.forEach((from, to) => values.set(features.subarray(from * size, (from + 1) * size), to * size));
  return {
    images: tensor(values, [order.length, size]),
    labels: tensor(
      order.map((from) => labels[from]!),
      [order.length],
      { dtype: 'int32' },
    ),
  };
}

/** Which layer's maps are looked into, and the order of their axes. */
export interface Where {
  readonly layer: string;
  readonly layout: 'channels-first' | 'channels-last';
}

/** What a network says of maps `[1, …]`, and where in them it is that speaks for the likeliest class, if that is asked for. */
export function answer(net: nn.Module, maps: Tensor, where: Where | null): Omit<Sensed, 'features'> {
  const shares = new Float32Array(noGrad(() => softmax(net.forward(maps))).data);
  if (!where) return { shares, map: null };
  const { data, shape } = gradCam(net, maps, where);
  const [, height = 1, width = 1] = shape;
  return { shares, map: { values: new Float32Array(data), height, width } };
}
