// The worker of sounds: a kernel over a sound, and the spectrograms of both.

import { amplitudeToDb, spectrogram } from '@neocog/audio';
import { conv1d, noGrad, tensor } from 'neocog';
import { serve, Transfer } from '../../../work/serve.ts';
import type { Taps } from './kernels.ts';

/** Decibels over pitch and time, the highest pitch in the first row. */
export interface Spectrum {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

export interface FilteredSound {
  readonly samples: Float32Array<ArrayBuffer>;
  readonly spectra: { readonly before: Spectrum; readonly after: Spectrum };
  /** How long the kernel took. */
  readonly milliseconds: number;
}

const nFft = 256;
/** Moments of a spectrogram, whatever the length of the sound. */
const moments = 600;

function filtered(samples: Float32Array, { values, dilation, before }: Taps): Float32Array<ArrayBuffer> {
  const after = (values.length - 1) * dilation - before;
  const y = conv1d(tensor(samples, [1, 1, samples.length]), tensor([...values], [1, 1, values.length]), {
    ...{ dilation, padding: [[before, after]] },
  });
  return new Float32Array(y.data);
}

function spectrumOf(samples: Float32Array): Spectrum {
  const hopLength = Math.max(1, Math.floor(samples.length / moments));
  const power = spectrogram(tensor(samples, [1, samples.length]), { nFft, hopLength });
  const { data, shape } = amplitudeToDb(power, { stype: 'power', topDb: null });
  const [, rows = 1, columns = 1] = shape;
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++)
    values.set(data.subarray(row * columns, (row + 1) * columns), (rows - 1 - row) * columns);
  return { rows, columns, values };
}

export const tasks = serve({
  filter({ samples, taps }: { samples: Float32Array; taps: Taps }): Transfer<FilteredSound> {
    return noGrad(() => {
      const began = performance.now();
      const after = filtered(samples, taps);
      const milliseconds = performance.now() - began;
      const spectra = { before: spectrumOf(samples), after: spectrumOf(after) };
      return new Transfer({ samples: after, spectra, milliseconds }, [after.buffer]);
    });
  },
});
