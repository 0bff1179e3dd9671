// Gaussian blur, along the rows and then along the columns, with edges reflected.

import { Tensor } from 'neocog';

/** Weights of an odd number of cells that sum to 1. */
function bell(length: number, sigma: number): number[] {
  const half = (length - 1) / 2;
  const weights = Array.from({ length }, (_, i) => Math.exp(-0.5 * ((i - half) / sigma) ** 2));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

/** An index beyond an edge comes back, the edge itself once. */
function reflect(i: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const at = ((i % period) + period) % period;
  return at < length ? at : period - at;
}

/** Along one axis, of which the cells are `step` apart. */
function along(
  data: Float32Array,
  { length, step }: { readonly length: number; readonly step: number },
  weights: readonly number[],
): Float32Array {
  const result = new Float32Array(data.length);
  const half = (weights.length - 1) / 2;
  // Whole lines at a time: a line of cells gets each of the lines around it.
  for (let line = 0; line < data.length; line += step) {
    const cell = (line / step) % length;
    const first = line - cell * step;
    for (let k = 0; k < weights.length; k++) {
      const from = first + reflect(cell + k - half, length) * step;
      const weight = weights[k];
      for (let i = 0; i < step; i++) result[line + i] += weight * data[from + i];
    }
  }
  return result;
}

/** All channels, of `kernel` cells each way. */
export function blurImage(image: Tensor, kernel: number, sigma: number): Tensor {
  const [, height, width] = image.shape;
  const weights = bell(kernel, sigma);
  const rows = along(image.data as Float32Array, { length: width, step: 1 }, weights);
  return new Tensor(along(rows, { length: height, step: width }, weights), image.shape);
}
