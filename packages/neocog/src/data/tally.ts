// Loss and accuracy as running means.

import type { Tensor } from '../tensor/tensor.ts';

/** Sums and counts, as values that JSON keeps. */
export interface TallyState {
  /** Of losses, each as often as its batch has samples. */
  readonly lossSum: number;
  /** Samples. */
  readonly samples: number;
  /** Labels that are classes. */
  readonly labels: number;
  /** Labels that were taken for what they are. */
  readonly right: number;
}

/** What is counted of a batch. */
export type Counts = Omit<TallyState, 'lossSum'>;

/** What a network said of a batch. */
interface Judged extends Counts {
  /** The class each sample was taken for; null where labels are no classes. */
  readonly taken: Int32Array | null;
}

/** Counts a batch. */
export function judge(output: Tensor, y: Tensor): Judged {
  const [samples] = y.shape;
  if (y.dtype !== 'int32' || output.rank !== y.rank + 1) return { samples, labels: 0, right: 0, taken: null };
  const taken = argmaxOfClasses(output);
  let [labels, right] = [0, 0];
  for (let i = 0; i < taken.length; i++) {
    if (y.data[i] < 0) continue; // of no class, as losses have it
    labels++;
    if (taken[i] === y.data[i]) right++;
  }
  return { samples, labels, right, taken };
}

/** Running means over an epoch. */
export class Tally {
  #state: TallyState;

  constructor(state: TallyState = { lossSum: 0, samples: 0, labels: 0, right: 0 }) {
    this.#state = state;
  }

  state(): TallyState {
    return this.#state;
  }

  /** @param loss the mean over the samples */
  add(loss: number, { samples, labels, right }: Counts): void {
    const before = this.#state;
    this.#state = {
      lossSum: before.lossSum + loss * samples,
      samples: before.samples + samples,
      labels: before.labels + labels,
      right: before.right + right,
    };
  }

  get loss(): number {
    return this.#state.lossSum / this.#state.samples;
  }

  get accuracy(): number {
    return this.#state.right / this.#state.labels;
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
