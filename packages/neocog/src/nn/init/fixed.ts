// First values that are stated: one value throughout, and weights that pass their input on.

import { anyNumber, count, need } from '../../arguments/field.ts';
import { needOptions } from '../../arguments/options.ts';
import { ShapeError } from '../../errors.ts';
import { floatTensor } from '../../tensor/fields.ts';
import { formatShape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { stopWaiting } from '../parameter.ts';

/** One value throughout. */
export function constant(t: Tensor, value: number): Tensor {
  need('constant', 'value', value, anyNumber);
  return filled('constant', t, value);
}

function filled(fn: string, t: Tensor, value: number): Tensor {
  need(fn, 'weight', t, floatTensor);
  stopWaiting(t);
  t.data.fill(value);
  return t;
}

/** 0 throughout. */
export const zeros = (t: Tensor): Tensor => filled('zeros', t, 0);

/** 1 throughout. */
export const ones = (t: Tensor): Tensor => filled('ones', t, 1);

/** 1 on the diagonal of a matrix, 0 elsewhere: a linear layer that passes its input on. @throws ShapeError for other ranks. */
export function eye(t: Tensor): Tensor {
  need('eye', 'weight', t, floatTensor);
  if (t.rank !== 2) {
    throw new ShapeError(`eye: weight has shape ${formatShape(t.shape)}; give a matrix [out, in]`);
  }
  const columns = t.shape[1];
  zeros(t);
  for (let i = 0; i < Math.min(t.shape[0], columns); i++) t.data[i * columns + i] = 1;
  return t;
}

/** What `dirac` must know of the convolution. */
interface DiracOptions {
  /** Its groups. Default 1. */
  groups?: number | undefined;
}

const diracFields = { groups: count };

/**
 * A convolution that passes as many channels on as it can, unchanged: 1 at the middle tap from channel i to channel i of
 * each group. Weight `[out, in / groups, …kernel]`.
 *
 * @throws ShapeError without a kernel axis, or if groups do not divide the output channels.
 */
export function dirac(t: Tensor, options: DiracOptions = {}): Tensor {
  need('dirac', 'weight', t, floatTensor);
  needOptions('dirac', options, diracFields);
  const { groups = 1 } = options;
  if (t.rank < 3 || t.shape[0] % groups !== 0) {
    throw new ShapeError(
      `dirac: weight has shape ${formatShape(t.shape)} and groups is ${groups}; give [out, in, …kernel], and groups that divide out`,
    );
  }
  const [out, width, ...kernel] = t.shape;
  const perGroup = out / groups;
  const taps = kernel.reduce((a, k) => a * k, 1);
  const middle = kernel.reduce((at, k) => at * k + Math.floor(k / 2), 0);
  zeros(t);
  for (let oc = 0; oc < out; oc++) {
    const ic = oc % perGroup;
    if (ic < width) t.data[(oc * width + ic) * taps + middle] = 1;
  }
  return t;
}
