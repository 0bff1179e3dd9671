// Resampling piece by piece, for sounds that never end: what comes out of all pieces is what `resample` makes of the whole.
// Only weights that are not 0 are summed, so that rates with nothing in common cost no more than others.

import { Tensor } from 'neocog';
import { type ResampleOptions, type Resampling, resampledLength, resamplingOf } from './sinc.ts';

/** The weights of a phase that are not 0. */
interface Phase {
  /** Of the first weight, from the first input of its block. */
  readonly first: number;
  readonly weights: Float32Array;
}

/** Phases whose weights are kept: 16 MiB. */
const mostKept = 2 ** 22;

/** A resampler that remembers the end of what it has heard. */
export class ResampleStream {
  readonly #resampling: Resampling;
  readonly #phases = new Map<number, Phase>();
  /** Inputs that may still be heard; the first of them is number `#start`. */
  #heard = new Float32Array(0);
  #start = 0;
  #outputs = 0;

  constructor(resampling: Resampling) {
    this.#resampling = resampling;
  }

  /** Takes the next samples and gives those that no later one can change. */
  push(samples: Float32Array): Float32Array {
    const { from, to, width } = this.#resampling;
    const heard = new Float32Array(this.#heard.length + samples.length);
    heard.set(this.#heard);
    heard.set(samples, this.#heard.length);
    this.#heard = heard;
    const settled = this.#start + heard.length - width;
    const result = this.#until(Math.max(this.#outputs, Math.floor((settled * to) / from)));
    this.#forget();
    return result;
  }

  /** The last samples, after which there is silence. */
  flush(): Float32Array {
    return this.#until(resampledLength(this.#resampling, this.#start + this.#heard.length));
  }

  /** One channel from beginning to end, after which the stream begins anew. */
  whole(samples: Float32Array): Float32Array {
    [this.#heard, this.#start, this.#outputs] = [samples as Float32Array<ArrayBuffer>, 0, 0]; // only read
    const result = this.flush();
    [this.#heard, this.#outputs] = [new Float32Array(0), 0];
    return result;
  }

  #until(end: number): Float32Array {
    const first = this.#outputs;
    this.#outputs = end;
    const values = new Float32Array(end - first);
    for (let i = 0; i < values.length; i++) values[i] = this.#output(first + i);
    return values;
  }

  #output(index: number): number {
    const { from, to } = this.#resampling;
    const { first, weights } = this.#phase(index % to);
    const at = Math.floor(index / to) * from + first - this.#start;
    const heard = this.#heard;
    const last = Math.min(weights.length, heard.length - at);
    let sum = 0;
    for (let i = Math.max(0, -at); i < last; i++) sum += weights[i] * heard[at + i];
    return sum;
  }

  #phase(phase: number): Phase {
    const kept = this.#phases.get(phase);
    if (kept) return kept;
    const made = phaseOf(this.#resampling, phase);
    if ((this.#phases.size + 1) * made.weights.length <= mostKept) this.#phases.set(phase, made);
    return made;
  }

  #forget(): void {
    const { from, to, width } = this.#resampling;
    const needed = Math.floor((this.#outputs * from) / to) - width;
    const drop = Math.max(0, Math.min(this.#heard.length, needed - this.#start));
    this.#heard = this.#heard.slice(drop);
    this.#start += drop;
  }
}

function phaseOf({ from, to, width, weight }: Resampling, phase: number): Phase {
  const middle = (phase * from) / to;
  const first = Math.ceil(middle - width);
  const count = Math.floor(middle + width) - first + 1;
  const weights = new Float32Array(count);
  for (let i = 0; i < count; i++) weights[i] = weight(first + i - middle);
  return { first, weights };
}

/** The last few, whose weights serve for the next sound of the same rate. */
const kept = new Map<string, ResampleStream>();
const mostStreams = 2;

function keptStream(from: number, to: number, options: ResampleOptions): ResampleStream {
  const resampling = resamplingOf(from, to, options);
  const { lowpassFilterWidth, rolloff, window, beta } = options;
  const key = [resampling.from, resampling.to, lowpassFilterWidth, rolloff, window, beta].join();
  const stream = kept.get(key) ?? new ResampleStream(resampling);
  kept.delete(key);
  kept.set(key, stream);
  for (const oldest of kept.keys()) if (kept.size > mostStreams) kept.delete(oldest);
  return stream;
}

/**
 * Every row of a tensor `[…, samples]` at another rate, on the host: for sounds of ever new lengths, each of which would need
 * kernels of its own.
 */
export function resampledRows(x: Tensor, from: number, to: number, options: ResampleOptions = {}): Tensor {
  if (from === to || x.size === 0) return x;
  const samples = x.shape[x.rank - 1];
  const stream = keptStream(from, to, options);
  const rows = Array.from(
    { length: x.size / samples },
    (_, row) => stream.whole(x.data.subarray(row * samples, (row + 1) * samples) as Float32Array), // float32, as callers check
  );
  const length = rows[0].length;
  const values = new Float32Array(rows.length * length);
  rows.forEach((row, i) => values.set(row, i * length));
  return new Tensor(values, [...x.shape.slice(0, -1), length]);
}
