// What operations check of tensors before they compute a geometry.

import { need } from '../arguments/field.ts';
import { ShapeError } from '../errors.ts';
import { aTensor, floatTensor, intTensor } from '../tensor/fields.ts';
import { formatShape, type Shape, sameShape } from '../tensor/shape.ts';
import { needWhole, type Tensor } from '../tensor/tensor.ts';

/** Refuses what is no tensor, and one whose memory is gone; any dtype will do. */
export function needTensor(fn: string, name: string, t: Tensor): void {
  need(fn, name, t, aTensor);
  needWhole(fn, name, t);
}

/** The values of a float32 tensor. @throws ShapeError if it is something else. */
export function floats(fn: string, name: string, t: Tensor): Float32Array {
  need(fn, name, t, floatTensor);
  needWhole(fn, name, t);
  return t.data as Float32Array;
}

/** The values of an int32 tensor. @throws ShapeError if it is something else. */
export function ints(fn: string, name: string, t: Tensor): Int32Array {
  need(fn, name, t, intTensor);
  needWhole(fn, name, t);
  return t.data as Int32Array;
}

/** The shape that a tensor must have, and in an error's words what it is for: `input [2,3]`. */
export interface NeededShape {
  readonly shape: Shape;
  readonly to: string;
}

/** Refuses tensors, given by their names, whose shape is not the one needed. */
export function needShape(fn: string, named: Record<string, Tensor>, { shape, to }: NeededShape): void {
  for (const name in named) {
    const t = named[name];
    if (sameShape(t.shape, shape)) continue;
    throw new ShapeError(
      `${fn}: ${name} has shape ${formatShape(t.shape)} for ${to}; give ${formatShape(shape)}`,
    );
  }
}
