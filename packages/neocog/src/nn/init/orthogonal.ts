// Random matrices with rows or columns at right angles. Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear
// dynamics of learning in deep linear neural networks", 2014.

import { need } from '../../arguments/field.ts';
import { needOptions } from '../../arguments/options.ts';
import { ShapeError } from '../../errors.ts';
import { floatTensor } from '../../tensor/fields.ts';
import { defaultGenerator, type Generator } from '../../tensor/random.ts';
import { formatShape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { RandomOptions } from './random.ts';
import { xavierFields } from './variance.ts';

/** Scale and source of `orthogonal`. */
export interface OrthogonalOptions extends RandomOptions {
  /** Length of every row or column. Default 1; see `gain`. */
  gain?: number | undefined;
}

/**
 * A random matrix `[out, in · kernel]` whose rows, or columns if those are fewer, are at right angles and `gain` long.
 *
 * @throws ShapeError for fewer than 2 axes.
 */
export function orthogonal(t: Tensor, options: OrthogonalOptions = {}): Tensor {
  need('orthogonal', 'weight', t, floatTensor);
  needOptions('orthogonal', options, xavierFields);
  const { gain: length = 1, generator: source = defaultGenerator() } = options;
  if (t.rank < 2) {
    throw new ShapeError(`orthogonal: weight has shape ${formatShape(t.shape)}; give [out, in, …]`);
  }
  const rows = t.shape[0];
  const columns = t.size / rows;
  const [count, size] = [Math.min(rows, columns), Math.max(rows, columns)];
  const [across, along] = rows <= columns ? [columns, 1] : [1, columns];
  orthonormal(count, size, source).forEach((vector, v) => {
    for (let i = 0; i < size; i++) t.data[v * across + i * along] = length * vector[i];
  });
  return t;
}

/** Vectors of length 1 at right angles: random ones, each freed of what lies along those before (Gram and Schmidt). */
function orthonormal(count: number, size: number, generator: Generator): Float64Array[] {
  const done: Float64Array[] = [];
  const free = (vector: Float64Array): void => {
    for (const other of done) addScaled(vector, other, -dot(vector, other));
  };
  while (done.length < count) {
    const vector = Float64Array.from({ length: size }, () => generator.normal());
    free(vector);
    // Where less than a tenth of the length is left, rounding errors weigh; once more is enough.
    if (dot(vector, vector) < size / 100) free(vector);
    const length = Math.sqrt(dot(vector, vector));
    done.push(vector.map((x) => x / length));
  }
  return done;
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i] * b[i];
  return total;
}

function addScaled(to: Float64Array, what: Float64Array, scale: number): void {
  for (let i = 0; i < to.length; i++) to[i] += scale * what[i];
}
