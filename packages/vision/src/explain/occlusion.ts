// What a network misses when a part of the picture is hidden (Zeiler and Fergus, 2013): no gradients, and nothing of the network but
// its scores.

import { type nn, noGrad, Tensor } from 'neocog';
import { type Fields, finite, need, needOptions, whole } from 'neocog/arguments';
import { eachChannel, perChannel } from '../tensors/options.ts';
import { aModule, classesOf, likeGiven, needPictures } from './watch.ts';

/** How `occlusion` looks. */
export interface OcclusionOptions {
  /** Which class. Default: of each picture the one with the highest score. */
  class?: number | undefined;
  /** Side of the square that is hidden, in pixels. Default: a quarter of the shorter side. */
  window?: number | undefined;
  /** From one place to the next, in pixels. Default: half of `window`. */
  stride?: number | undefined;
  /** What is put there, one value for all channels or one for each. Default 0, which is the mean of normalised pictures. */
  fill?: number | readonly number[] | undefined;
  /** How many pictures run at a time. Default 32. */
  batchSize?: number | undefined;
}

const occlusionFields: Fields<OcclusionOptions> = {
  class: whole(0),
  window: whole(1),
  stride: whole(1),
  fill: perChannel(finite),
  batchSize: whole(1),
};

/**
 * By how much the score of a class falls where a square of the picture is hidden, for each place of the square: [rows, columns] of one
 * picture [c, h, w], [n, rows, columns] of several. Runs eagerly and in evaluation mode.
 *
 * @throws ShapeError for a class that there is not, and a network that gives no scores [n, classes].
 * @example drawTo(canvas, heatmap(photo, occlusion(net, x, { window: 32, stride: 8 })));
 */
export function occlusion(net: nn.Module, x: Tensor, options: OcclusionOptions = {}): Tensor {
  need('occlusion', 'net', net, aModule);
  const pictures = needPictures('occlusion', x);
  needOptions('occlusion', options, occlusionFields);
  const [n, channels, height, width] = pictures.shape;
  const { window = Math.max(1, Math.floor(Math.min(height, width) / 4)), batchSize = 32 } = options;
  const step = options.stride ?? Math.max(1, Math.floor(window / 2));
  const [rows, columns] = [height, width].map((length) => starts(length, window, step));
  const fill = eachChannel('occlusion', 'fill', options.fill ?? 0, channels);
  const restore = net.evalForNow();
  try {
    const drops = noGrad(() => {
      const whole = net.forward(pictures);
      const ids = classesOf('occlusion', whole, options.class);
      const jobs = ids.flatMap((id, i) =>
        rows.flatMap((top) => columns.map((left) => ({ i, id, top, left }))),
      );
      const base = (job: Job): number => whole.data[job.i * whole.shape[1] + job.id];
      const scores = inBatches(jobs, batchSize, (some) =>
        scoresOf(net, hidden(pictures, some, { window, fill }), some),
      );
      return scores.map((score, k) => base(jobs[k]) - score);
    });
    return likeGiven(x, new Tensor(Float32Array.from(drops), [n, rows.length, columns.length]));
  } finally {
    restore();
  }
}

/** One place of the square on one picture. */
interface Job {
  readonly i: number;
  readonly id: number;
  readonly top: number;
  readonly left: number;
}

/** Places along a side: the last one ends with it. */
function starts(length: number, window: number, step: number): number[] {
  const last = Math.max(0, length - window);
  return Array.from({ length: Math.ceil(last / step) + 1 }, (_, k) => Math.min(k * step, last));
}

function inBatches(jobs: readonly Job[], size: number, run: (some: readonly Job[]) => number[]): number[] {
  const scores: number[] = [];
  for (let from = 0; from < jobs.length; from += size) scores.push(...run(jobs.slice(from, from + size)));
  return scores;
}

/** A picture for each job, with the square on it. */
function hidden(
  { data, shape: [, channels, height, width] }: Tensor,
  jobs: readonly Job[],
  { window, fill }: { readonly window: number; readonly fill: readonly number[] },
): Tensor {
  const length = channels * height * width;
  const values = new Float32Array(jobs.length * length);
  jobs.forEach(({ i, top, left }, k) => {
    values.set(data.subarray(i * length, (i + 1) * length), k * length);
    for (let c = 0; c < channels; c++)
      for (let y = top; y < Math.min(height, top + window); y++) {
        const row = k * length + (c * height + y) * width;
        values.fill(fill[c], row + left, row + Math.min(width, left + window));
      }
  });
  return new Tensor(values, [jobs.length, channels, height, width]);
}

function scoresOf(net: nn.Module, pictures: Tensor, jobs: readonly Job[]): number[] {
  const { data, shape } = net.forward(pictures);
  return jobs.map(({ id }, k) => data[k * shape[1] + id]);
}
