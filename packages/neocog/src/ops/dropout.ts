// Dropout (Srivastava et al., 2014), in the inverted form: what is kept is scaled up, so that evaluation needs nothing.

import { effects } from '../backends/current.ts';
import * as e from '../expression/expression.ts';
import { defaultGenerator, type Generator } from '../tensor/random.ts';
import { Tensor } from '../tensor/tensor.ts';
import { floats, needKnown, needNumber } from './check.ts';
import { fuse } from './fuse.ts';

export interface DropoutOptions {
  /** Probability of an element to become 0. Default 0.5. */
  p?: number | undefined;
  /** Off, the input is returned as it is. Default true. */
  training?: boolean | undefined;
  /** The default generator unless given. */
  generator?: Generator | undefined;
}

/** Zeroes each element with probability p and multiplies the others by 1 / (1 − p). @throws ShapeError if p is not in [0, 1]. */
export function dropout(x: Tensor, options: DropoutOptions = {}): Tensor {
  needKnown('dropout', options, ['p', 'training', 'generator']);
  const { p = 0.5, training = true } = options;
  floats('dropout', 'input', x);
  needNumber('dropout', 'p', p, (v) => v >= 0 && v <= 1, 'a probability from 0 to 1');
  if (!training || p === 0) return x;
  const scale = p === 1 ? 0 : 1 / (1 - p);
  const mask = effects().draw(x.size, (values) => {
    const generator = options.generator ?? defaultGenerator();
    for (let i = 0; i < values.length; i++) values[i] = generator.uniform() < p ? 0 : scale;
  });
  return fuse('dropout', e.mul(e.input(0), e.input(1)), [x, new Tensor(mask, x.shape)]);
}
