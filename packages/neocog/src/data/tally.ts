// Loss and accuracy as running means.

import type { Tensor } from '../tensor/tensor.ts';

/** Running means over an epoch. */
export class Tally {
  #lossSum = 0;
  #samples = 0;
  #labels = 0;
  #right = 0;

  /** Counts a batch, and returns the classes its samples were taken for if the labels are classes. */
  add(batchLoss: number, output: Tensor, y: Tensor): Int32Array | null {
    this.#lossSum += batchLoss * y.shape[0];
    this.#samples += y.shape[0];
    if (y.dtype !== 'int32' || output.rank !== y.rank + 1) return null;
    const taken = argmaxOfClasses(output);
    this.#labels += taken.length;
    for (let i = 0; i < taken.length; i++) if (taken[i] === y.data[i]) this.#right++;
    return taken;
  }

  get loss(): number {
    return this.#lossSum / this.#samples;
  }

  get accuracy(): number {
    return this.#right / this.#labels;
  }
}

/** The class of the largest score, axis 1 of `[n, classes, …places]`; the first of equals. */
function argmaxOfClasses(scores: Tensor): Int32Array {
  const [n, classes] = scores.shape;
  const places = scores.size / (n * classes);
  const taken = new Int32Array(n * places);
  for (let i = 0; i < taken.length; i++) {
    const first = Math.floor(i / places) * classes * places + (i % places);
    let best = 0;
    for (let c = 1; c < classes; c++) {
      if (scores.data[first + c * places] > scores.data[first + best * places]) best = c;
    }
    taken[i] = best;
  }
  return taken;
}
