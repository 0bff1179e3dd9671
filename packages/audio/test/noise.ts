// Noise that fixtures/spectra.py makes too: whole numbers of a linear congruence (Numerical Recipes), from −1 to 1.

import { Tensor } from 'neocog';

export function noise(shape: readonly number[], seed = 1): Tensor {
  let state = seed;
  const size = shape.reduce((all, n) => all * n, 1);
  const values = Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
  return new Tensor(values, shape);
}
