// Dropout (Srivastava et al., 2014), in the inverted form: what is kept is scaled up, so that evaluation needs nothing.

import { between, flag } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { effects } from '../backends/current.ts';
import * as e from '../expression/expression.ts';
import { generator } from '../tensor/fields.ts';
import { defaultGenerator, type Generator } from '../tensor/random.ts';
import { Tensor } from '../tensor/tensor.ts';
import { floats } from './check.ts';
import { fuse } from './fuse.ts';

/** How `dropout` chooses what to zero. */
export interface DropoutOptions {
  /** Probability of an element to become 0. Default 0.5. */
  p?: number | undefined;
  /** Off, the input is returned as it is. Default true. */
  training?: boolean | undefined;
  /** The default generator unless given. */
  generator?: Generator | undefined;
}

const fields: Fields<DropoutOptions> = { p: between(0, 1), training: flag, generator };

/** Zeroes each element with probability p and multiplies the others by 1 / (1 − p). @throws ShapeError if p is not in [0, 1]. */
export function dropout(x: Tensor, options: DropoutOptions = {}): Tensor {
  needOptions('dropout', options, fields);
  const { p = 0.5, training = true } = options;
  floats('dropout', 'input', x);
  if (!training || p === 0) return x;
  const scale = p === 1 ? 0 : 1 / (1 - p);
  const mask = effects().draw(x.size, (values) => {
    const source = options.generator ?? defaultGenerator();
    for (let i = 0; i < values.length; i++) values[i] = source.uniform() < p ? 0 : scale;
  });
  return fuse('dropout', e.mul(e.input(0), e.input(1)), [x, new Tensor(mask, x.shape)]);
}
