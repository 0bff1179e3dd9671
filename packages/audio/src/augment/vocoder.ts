// The phase vocoder: spectra of a sound at other times, with the phases that each bin would have by then, added up to a sound of
// another length. On the host, since lengths are ever new ones. Values are those of torchaudio's phase_vocoder between torch.stft and
// torch.istft.
// Source: J. Flanagan and R. Golden, "Phase vocoder" (1966); M. Dolson, "The phase vocoder: a tutorial" (1986).

import { type Complex, complexOf, Fft } from '../spectrum/fft.ts';
import type { Framing } from '../spectrum/framing.ts';

/** How a sound is stretched. */
export interface Vocoding {
  readonly framing: Framing;
  /** How many times as fast. */
  readonly factor: number;
  /** Samples that are wanted. */
  readonly length: number;
}

/** One channel, `factor` times as fast at the same pitch. */
export function vocode(samples: Float32Array, { framing, factor, length }: Vocoding): Float32Array {
  const fft = new Fft(framing.nFft);
  const spectra = spectraOf(samples, framing, fft);
  return overlapped(factor === 1 ? spectra : stretchedSpectra(spectra, framing, factor), {
    framing,
    fft,
    length,
  });
}

/** Frames around every `hopLength`th sample, the sound mirrored at its ends, or in silence if it is too short for that. */
function spectraOf(samples: Float32Array, framing: Framing, fft: Fft): Complex[] {
  const { nFft, hopLength, left, window } = framing;
  const around = Math.floor(nFft / 2);
  const last = samples.length - 1;
  const mirrored = (i: number): number => samples[i < 0 ? -i : i > last ? 2 * last - i : i];
  const at = last >= around ? mirrored : (i: number): number => samples[i] ?? 0;
  const frame = complexOf(nFft);
  return Array.from({ length: Math.floor((samples.length + 2 * around - nFft) / hopLength) + 1 }, (_, t) => {
    const start = t * hopLength - around + left;
    for (let i = 0; i < window.length; i++) frame.re[left + i] = window[i] * at(start + i);
    const spectrum = complexOf(nFft);
    fft.transform(frame, spectrum);
    return spectrum;
  });
}

/** Spectra at every `factor` frames: magnitudes between those of neighbours, phases that grow by as much as theirs differ. */
function stretchedSpectra(
  spectra: readonly Complex[],
  { nFft, hopLength }: Framing,
  factor: number,
): Complex[] {
  const bins = Math.floor(nFft / 2) + 1;
  const results = Array.from({ length: Math.ceil(spectra.length / factor) }, () => complexOf(nFft));
  const silence = complexOf(nFft);
  for (let k = 0; k < bins; k++) {
    // By how much the phase of a tone in the middle of the bin grows from frame to frame.
    const advance = bins === 1 ? 0 : (Math.PI * hopLength * k) / (bins - 1);
    let phase = Math.atan2(spectra[0].im[k], spectra[0].re[k]);
    results.forEach(({ re, im }, i) => {
      const t = Math.floor(i * factor);
      const [now, next] = [spectra[t] ?? silence, spectra[t + 1] ?? silence];
      const part = i * factor - t;
      const size = part * Math.hypot(next.re[k], next.im[k]) + (1 - part) * Math.hypot(now.re[k], now.im[k]);
      re[k] = size * Math.cos(phase);
      im[k] = size * Math.sin(phase);
      const beyond = Math.atan2(next.im[k], next.re[k]) - Math.atan2(now.im[k], now.re[k]) - advance;
      phase += beyond - 2 * Math.PI * Math.round(beyond / (2 * Math.PI)) + advance;
    });
  }
  return results;
}

/** Frames added where they overlap, divided by how much window lies there. */
function overlapped(
  spectra: readonly Complex[],
  { framing, fft, length }: { readonly framing: Framing; readonly fft: Fft; readonly length: number },
): Float32Array {
  const { nFft, hopLength, left, window } = framing;
  const start = Math.floor(nFft / 2);
  const [sums, weights] = [new Float64Array(length), new Float64Array(length)];
  spectra.forEach((spectrum, t) => {
    const frame = realFrame(spectrum, fft);
    const first = t * hopLength + left - start;
    for (let i = Math.max(0, -first); i < window.length && first + i < length; i++) {
      sums[first + i] += window[i] * frame[left + i];
      weights[first + i] += window[i] * window[i];
    }
  });
  return Float32Array.from(sums, (sum, i) => (weights[i] > leastWindow ? sum / weights[i] : 0));
}

/** Less window than this at a sample, and nothing is known of it. */
const leastWindow = 1e-11;

/** The inverse transform of bins up to half the rate, of which the others are mirror images. */
function realFrame({ re, im }: Complex, fft: Fft): Float64Array {
  const n = fft.length;
  const whole = complexOf(n);
  for (let k = 0; 2 * k <= n; k++) {
    whole.re[k] = re[k] / n;
    whole.im[k] = k === 0 || 2 * k === n ? 0 : im[k] / n;
    if (k === 0) continue;
    whole.re[n - k] = whole.re[k];
    whole.im[n - k] = -whole.im[k];
  }
  const frame = complexOf(n);
  fft.transform({ re: whole.im, im: whole.re }, { re: frame.im, im: frame.re });
  return frame.re;
}
