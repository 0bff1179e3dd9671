// The lower and the upper triangle of matrices, among zeros.

import { field } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { ShapeError } from '../errors.ts';
import * as e from '../expression/expression.ts';
import { formatShape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { needTensor } from './check.ts';
import { fuse } from './fuse.ts';
import { reshape } from './reshape.ts';
import { addViews, readView } from './view.ts';

/** Where `tril` and `triu` cut. */
export interface TriangleOptions {
  /** The outermost diagonal that is kept: 0 (default) is the main one, positive ones lie to its right. */
  diagonal?: number | undefined;
}

const fields: Fields<TriangleOptions> = { diagonal: field('a whole number', Number.isInteger) };

/**
 * The elements on and below a diagonal of the last two axes, zeros elsewhere. Any shape of 2 axes or more, float32 or int32.
 *
 * @throws ShapeError for fewer axes or a diagonal that is no whole number.
 * @example tril(ones([2, 3])) // 1, 0, 0, 1, 1, 0
 */
export const tril = triangle('tril', (column, last) => column <= last);

/**
 * The elements on and above a diagonal of the last two axes, zeros elsewhere. Any shape of 2 axes or more, float32 or int32.
 *
 * @throws ShapeError for fewer axes or a diagonal that is no whole number.
 * @example triu(ones([2, 3]), { diagonal: 1 }) // 0, 1, 1, 0, 0, 1
 */
export const triu = triangle('triu', (column, last) => column >= last);

type Keeps = (column: number, last: number) => boolean;

/* @__NO_SIDE_EFFECTS__ */
function triangle(fn: string, keeps: Keeps): (x: Tensor, options?: TriangleOptions) => Tensor {
  return (x, options = {}) => {
    needTensor(fn, 'input', x);
    needOptions(fn, options, fields);
    const { diagonal = 0 } = options;
    if (x.rank < 2) throw new ShapeError(`${fn}: input has shape ${formatShape(x.shape)}; give […, m, n]`);
    if (x.dtype === 'int32') return triangleOfCells(fn, x, (row, column) => keeps(column, row + diagonal));
    const [column, last] = [e.position(x.rank - 1), e.add(e.position(x.rank - 2), diagonal)];
    const isKept = keeps(0, 1) ? e.ge(last, column) : e.ge(column, last);
    return fuse(fn, e.select(isKept, e.input(0), 0), [x]);
  };
}

/** Formulas give floats: whole numbers are moved cell by cell. */
function triangleOfCells(fn: string, x: Tensor, isKept: (row: number, column: number) => boolean): Tensor {
  const [rows, columns] = x.shape.slice(-2);
  const cells = Int32Array.from({ length: rows * columns }, (_, i) => i).filter((i) =>
    isKept(Math.floor(i / columns), i % columns),
  );
  const matrices = [x.size / Math.max(1, rows * columns), rows * columns];
  const view = { shape: [matrices[0], cells.length], strides: [matrices[1], cells], offset: 0 };
  const kept = readView(fn, reshape(x, matrices), view);
  return reshape(addViews(fn, [{ values: kept, view }], matrices), x.shape);
}
