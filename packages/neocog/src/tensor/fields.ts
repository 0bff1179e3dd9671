// What arguments take that are tensors, or what tensors are made of.

import { either, type Field, field, instance, isListOf, isSize, oneOf, orNull } from '../arguments/field.ts';
import type { Fields } from '../arguments/options.ts';
import { Generator } from './random.ts';
import type { Shape } from './shape.ts';
import { type DType, Tensor } from './tensor.ts';

export const aDType: Field<DType> = oneOf('float32', 'int32');

const isFloats = (value: unknown): boolean => value instanceof Tensor && value.dtype === 'float32';

export const aTensor: Field<Tensor> = field('a Tensor, such as tensor([1, 2])', (v) => v instanceof Tensor);
export const floatTensor: Field<Tensor> = field('a float32 Tensor, such as tensor([1, 2])', isFloats);
export const intTensor: Field<Tensor> = field(
  "an int32 Tensor, such as tensor([1, 2], [2], { dtype: 'int32' }) or cast(x, 'int32')",
  (v) => v instanceof Tensor && v.dtype === 'int32',
);
export const floatsOrNull: Field<Tensor | null> = orNull(floatTensor);
export const someTensors: Field<readonly Tensor[]> = field(
  'a list of one or more Tensors',
  (v) => isListOf(v, aTensor.ok) && v.length > 0,
);
export const tensors: Field<readonly Tensor[]> = field('a list of Tensors', (v) => isListOf(v, aTensor.ok));

/** A tensor, or a number that broadcasts to any shape; NaN as a number is taken for a fault. */
export const tensorOrNumber: Field<Tensor | number> = field(
  'a float32 Tensor or a number other than NaN',
  (v) => isFloats(v) || (typeof v === 'number' && !Number.isNaN(v)),
);

export const generator: Field<Generator> = instance('a Generator', Generator);

export const aShape: Field<Shape> = field('a list of sizes, each a whole number of at least 0', (v) =>
  isListOf(v, (size) => isSize(size, 0)),
);

/** One axis; whether a tensor has it is for `resolveAxis` to say. */
export const oneAxis: Field<number> = field(
  'a whole number (negative counts from the end)',
  Number.isInteger,
);
const isAxisList = (value: unknown): boolean => isListOf(value, Number.isInteger);
export const axisList: Field<readonly number[]> = field(
  'a list of whole numbers (negative ones count from the end)',
  isAxisList,
);
export const someAxes: Field<number | readonly number[]> = either(
  oneAxis,
  field('a list of them', isAxisList),
);

/** Of operations along one axis. */
/** What works along one axis takes. */
export interface AxisOptions {
  /** Default 0. Negative axes count from the end. */
  axis?: number | undefined;
}

export const axisFields: Fields<AxisOptions> = { axis: oneAxis };
