// Padding of any axes. A mode that repeats cells of the input is a view of it; a constant border is what the input is
// added into, or joined with.

import { anyNumber, isListOf, isSize, oneOf, refuseValue } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { counted, show } from '../arguments/show.ts';
import { ShapeError } from '../errors.ts';
import { paddingModes } from '../geometry/options.ts';
import { paddedCells } from '../geometry/padding.ts';
import type { PaddingMode } from '../geometry/types.ts';
import { padLimits } from '../geometry/window.ts';
import { formatShape } from '../tensor/shape.ts';
import { full, type Tensor } from '../tensor/tensor.ts';
import { needTensor } from './check.ts';
import { concat } from './move.ts';
import { addViews, readView, viewOfAxes } from './view.ts';

/** How `pad` fills the border. */
export interface PadOptions {
  /** How the border is filled. 'constant' (default) takes `value`; the others are those of convolution. */
  mode?: PaddingMode | 'constant' | undefined;
  /** Of the border in mode 'constant'. Default 0. */
  value?: number | undefined;
}

const fields: Fields<PadOptions> = { mode: oneOf('constant', ...paddingModes), value: anyNumber };

type Pads = readonly (readonly [before: number, after: number])[];

/**
 * Adds cells around a tensor, `pads[d] = [before, after]` on axis d: any shape, a pair for every axis.
 *
 * 'reflect' mirrors without repeating the edge, 'symmetric' repeats it, 'replicate' goes on with it, 'circular' takes
 * the other end.
 *
 * @throws ShapeError for pads that are no pairs of whole numbers, or more than the mode can take from the axis.
 * @example pad(zeros([1, 3, 8, 8]), [[0, 0], [0, 0], [1, 1], [2, 0]], { mode: 'reflect' }).shape // [1, 3, 10, 10]
 */
export function pad(x: Tensor, pads: Pads, options: PadOptions = {}): Tensor {
  needTensor('pad', 'input', x);
  needOptions('pad', options, fields);
  const { mode = 'constant', value = 0 } = options;
  if (x.dtype === 'int32' && value !== (value | 0))
    refuseValue('pad', 'value', value, 'a whole number for int32 input');
  checkPads(x, pads);
  if (mode !== 'constant' && value !== 0) {
    throw new ShapeError(`pad: value is ${value} in mode '${mode}'; leave value out, or use mode 'constant'`);
  }
  if (mode !== 'constant' && mode !== 'zeros') return padFromInput(x, pads, mode);
  return value === 0 ? padZeros(x, pads) : padValue(x, pads, value);
}

function checkPads(x: Tensor, pads: Pads): void {
  const isPair = (pair: unknown): boolean => isListOf(pair, (n) => isSize(n, 0)) && pair.length === 2;
  if (isListOf(pads, isPair) && pads.length === x.rank) return;
  throw new ShapeError(
    `pad: pads are ${show(pads)} for input ${formatShape(x.shape)}; give ${counted(x.rank, 'pair')} [before, after] of whole numbers of at least 0, or use slice to crop`,
  );
}

function padZeros(x: Tensor, pads: Pads): Tensor {
  const cells = pads.map(([start], d) => ({ count: x.shape[d], start, step: 1 }));
  const shape = pads.map(([before, after], d) => before + x.shape[d] + after);
  return addViews('pad', [{ values: x, view: viewOfAxes(shape, cells) }], shape);
}

/** Axis after axis between two blocks of the value. */
function padValue(x: Tensor, pads: Pads, value: number): Tensor {
  return pads.reduce((inner, [before, after], axis) => {
    const block = (cells: number): Tensor => full(inner.shape.with(axis, cells), value, { dtype: x.dtype });
    const parts = [before > 0 && block(before), inner, after > 0 && block(after)];
    return concat(
      parts.filter((part) => part !== false),
      { axis },
    );
  }, x);
}

function padFromInput(x: Tensor, pads: Pads, mode: PaddingMode): Tensor {
  const cells = pads.map(([padBefore, padAfter], d) => {
    const input = x.shape[d];
    const most = input === 0 ? 0 : padLimits[mode](input);
    if (Math.max(padBefore, padAfter) > most) {
      throw new ShapeError(
        `pad: pads are [${padBefore},${padAfter}] for axis ${d} of ${formatShape(x.shape)}, but mode '${mode}' allows at most ${most}; pad less, or use mode 'replicate'`,
      );
    }
    return padBefore + padAfter > 0 ? paddedCells({ input, padBefore, padAfter }, mode) : undefined;
  });
  return readView('pad', x, viewOfAxes(x.shape, cells));
}
