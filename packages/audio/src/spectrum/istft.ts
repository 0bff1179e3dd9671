// Back from a short-time Fourier transform to samples: frames are added where they overlap, and divided by how much window
// lies there, which is the least-squares solution. Values are those of torch.istft.
// Source: D. Griffin and J. Lim, "Signal estimation from modified short-time Fourier transform" (1984).

import { convTranspose1d, mul, pad, permute, reshape, ShapeError, slice, Tensor } from 'neocog';
import { type Fields, floatTensor, need, needOptions, whole } from 'neocog/arguments';
import { binsOf, inverseKernel, keptKernel } from './dft.ts';
import { type Framing, framingOf } from './framing.ts';
import { sizeOf } from './rows.ts';
import { type StftOptions, stftDefaults, stftFields } from './stft.ts';

/** Options of `istft`: those of `stft` that made the transform, and the length that is wanted. */
export interface IstftOptions extends StftOptions {
  /** Samples that are wanted. Default: as many as the frames tell, `(frames − 1) · hopLength` for a centred sound. */
  length?: number | undefined;
}

const fields: Fields<IstftOptions> = { ...stftFields, length: whole(0) };

/** Less window than this at a sample, and it cannot be told. */
const leastWindow = 1e-11;

/**
 * Inverse of `stft`: `[…, bins, frames, 2]` → `[…, samples]`. Exact where the windows overlap everywhere, as Hann's do at up
 * to half their length.
 *
 * @throws ShapeError where no window covers a sample, or shapes and options do not fit together.
 * @example istft(stft(sound, { nFft: 512 }), { nFft: 512, length: sound.shape[1] })
 */
export function istft(x: Tensor, options: IstftOptions = {}): Tensor {
  needOptions('istft', options, fields);
  need('istft', 'input', x, floatTensor);
  const { onesided = true, normalized = false } = options;
  const framing = framingOf('istft', options, stftDefaults);
  needPairs(x, binsOf(framing, onesided));
  const [all, frames] = x.shape.slice(-3);
  const rows = sizeOf(x.shape.slice(0, -3));
  // Those above half the rate say the same again.
  const bins = binsOf(framing, true);
  const half = slice(reshape(x, [rows, all, frames, 2]), { axis: 1, end: bins });
  const parts = reshape(permute(half, [0, 3, 1, 2]), [rows, 2 * bins, frames]);
  const kernel = keptKernel(inverseKernel, framing, {
    onesided: true,
    scale: normalized ? Math.sqrt(framing.nFft) : 1,
  });
  const sums = convTranspose1d(parts, kernel, { stride: framing.hopLength });
  return reshape(evened(sums, framing, { frames, length: options.length }), [...x.shape.slice(0, -3), -1]);
}

function needPairs(x: Tensor, bins: number): void {
  const [found, frames, two] = x.shape.slice(-3);
  if (x.rank >= 3 && found === bins && frames > 0 && two === 2) return;
  throw new ShapeError(
    `istft: input has shape [${x.shape}], [… ,${bins},frames,2] is needed; give what stft makes with the same options`,
  );
}

interface Wanted {
  readonly frames: number;
  readonly length: number | undefined;
}

/** `[rows, 1, covered]`, which begin with the first window → `[rows, wanted]`, without the window's weight. */
function evened(sums: Tensor, framing: Framing, { frames, length }: Wanted): Tensor {
  const { nFft, hopLength, center, left } = framing;
  const whole = nFft + (frames - 1) * hopLength;
  const start = center ? Math.floor(nFft / 2) : 0;
  const end =
    length === undefined ? whole - (center ? Math.floor(nFft / 2) : 0) : Math.min(whole, start + length);
  const rows = sums.shape[0];
  const flat = reshape(sums, [rows, sums.shape[2]]);
  const around = pad(flat, [
    [0, 0],
    [left, whole - left - sums.shape[2]],
  ]);
  const weights = inverseWeights(framing, { frames, start, end });
  const even = mul(slice(around, { axis: 1, start, end }), weights);
  const missing = length === undefined ? 0 : start + length - end;
  return missing > 0 ? pad(even, [[0, 0], [0, missing]]) : even; // biome-ignore format: one line
}

/** 1 / Σ w² at each sample from `start` to `end`. */
function inverseWeights(
  { window, left, hopLength }: Framing,
  { frames, start, end }: { readonly frames: number; readonly start: number; readonly end: number },
): Tensor {
  const sums = new Float64Array(Math.max(0, end - start));
  for (let t = 0; t < frames; t++) {
    const first = t * hopLength + left - start;
    for (let i = Math.max(0, -first); i < window.length && first + i < sums.length; i++)
      sums[first + i] += window[i] * window[i];
  }
  const bare = sums.findIndex((sum) => !(sum > leastWindow));
  if (bare >= 0) {
    throw new ShapeError(
      `istft: no window covers sample ${bare}; take a hopLength below winLength, and center: true for windows that begin with 0`,
    );
  }
  return new Tensor(
    Float32Array.from(sums, (sum) => 1 / sum),
    [sums.length],
  );
}
