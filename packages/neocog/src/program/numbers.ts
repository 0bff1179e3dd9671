// Inputs of a run as arrays of numbers without a tensor: of bytes, halves or whole numbers, which become what the program computes
// with while they are copied into its memory.

import { counted, show } from '../arguments/show.ts';
import type { Numbers } from '../backends/frames.ts';
import { ShapeError } from '../errors.ts';
import { formatShape, type Shape, sizeOf } from '../tensor/shape.ts';
import type { DType } from '../tensor/tensor.ts';

const wholeKinds = ['Int8', 'Uint8', 'Uint8Clamped', 'Int16', 'Uint16', 'Int32'];
const kinds = {
  float32: ['Float16', 'Float32', 'Float64', ...wholeKinds, 'Uint32'],
  int32: wholeKinds,
};

const kindOf = (value: object): string => Object.prototype.toString.call(value).slice(8, -'Array]'.length);

/** Whether something is an array of numbers, and not a tensor, a frame or inputs by name. */
export const isNumbers = (value: unknown): value is Numbers =>
  ArrayBuffer.isView(value) && kinds.float32.includes(kindOf(value));

/** What is known of an input. */
interface Input {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** As many numbers as the input has, of a type that its own has room for. @throws ShapeError for others */
export function needNumbers(fn: string, { name, shape, dtype }: Input, given: Numbers): Numbers {
  const needed = `but the program needs ${counted(sizeOf(shape), 'number')} for ${dtype} ${formatShape(shape)}`;
  if (!kinds[dtype].includes(kindOf(given)))
    throw new ShapeError(
      `${fn}: ${name} is ${show(given)}, ${needed}; give an Int32Array, or a smaller type`,
    );
  if (given.length === sizeOf(shape)) return given;
  throw new ShapeError(
    `${fn}: ${name} has ${counted(given.length, 'number')}, ${needed}; give so many, or compile again for another shape`,
  );
}
