// The discrete Fourier transform of windowed frames as the kernels of a convolution: a row of cosines and a row of sines for
// each bin, times the window. Its inverse as those of a transposed convolution, which adds the frames where they overlap.

import { Tensor } from 'neocog';
import type { Framing } from './framing.ts';
import { cosOfTurn, sinOfTurn } from './turn.ts';

/** Bins of a spectrum: up to half the rate, or all of them. */
export const binsOf = ({ nFft }: Framing, onesided: boolean): number =>
  onesided ? Math.floor(nFft / 2) + 1 : nFft;

/** How a kernel is scaled, and which bins it has. */
export interface KernelOptions {
  readonly onesided: boolean;
  /** Times every value. */
  readonly scale: number;
}

interface Turns {
  readonly cos: Float64Array;
  readonly sin: Float64Array;
}

/** All multiples of 1/n of a turn. */
const turnsOf = (n: number): Turns => ({
  cos: Float64Array.from({ length: n }, (_, i) => cosOfTurn(i / n)),
  sin: Float64Array.from({ length: n }, (_, i) => sinOfTurn(i / n)),
});

/** Weight of a bin: those between 0 and half the rate stand for their mirror images too. */
type BinWeight = (bin: number) => number;

/** `[2·bins, 1, winLength]`: weight · w[i]·cos(2π·k·n/N), then its −sin, with n = left + i. */
function waves(framing: Framing, bins: number, weight: BinWeight): Tensor {
  const { nFft, winLength, left, window } = framing;
  const turns = turnsOf(nFft);
  const values = new Float32Array(2 * bins * winLength);
  for (let k = 0; k < bins; k++) {
    const scale = weight(k);
    for (let i = 0; i < winLength; i++) {
      const turn = (k * (left + i)) % nFft;
      values[k * winLength + i] = scale * window[i] * turns.cos[turn];
      values[(bins + k) * winLength + i] = -scale * window[i] * turns.sin[turn];
    }
  }
  return new Tensor(values, [2 * bins, 1, winLength]);
}

/** Kernels of a convolution from samples to real and imaginary parts. */
export const forwardKernel = (framing: Framing, { onesided, scale }: KernelOptions): Tensor =>
  waves(framing, binsOf(framing, onesided), () => scale);

/** Kernels of a transposed convolution from real and imaginary parts, of bins up to half the rate, to windowed samples. */
export function inverseKernel(framing: Framing, { scale }: KernelOptions): Tensor {
  const { nFft } = framing;
  const weight: BinWeight = (k) => (scale / nFft) * (k === 0 || 2 * k === nFft ? 1 : 2);
  return waves(framing, binsOf(framing, true), weight);
}

const kept = new Map<string, Tensor>();
/** Kernels that are kept: values in all, 64 MiB. */
const mostKept = 2 ** 24;

/** A kernel as it was made before, where the window has a name; the one that was used longest ago is let go. */
export function keptKernel(make: typeof forwardKernel, framing: Framing, options: KernelOptions): Tensor {
  if (framing.windowName === null) return make(framing, options);
  const { nFft, winLength, windowName } = framing;
  const key = [make.name, nFft, winLength, windowName, options.onesided, options.scale].join();
  const kernel = kept.get(key) ?? make(framing, options);
  kept.delete(key);
  kept.set(key, kernel);
  let size = [...kept.values()].reduce((sum, each) => sum + each.size, 0);
  for (const [oldest, each] of kept) {
    if (size <= mostKept) break;
    kept.delete(oldest);
    size -= each.size;
  }
  return kernel;
}
