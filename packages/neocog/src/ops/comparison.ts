// Comparisons: 1 where they hold and 0 where they do not, as float32. Shapes broadcast; nothing equals NaN, and nothing is
// above or below it. int32 operands are compared as the float32 nearest to them, which is exact up to 2²⁴.

import * as e from '../expression/expression.ts';
import { comparison } from './formula.ts';

const [a, b] = [e.input(0), e.input(1)];

/** a > b: 1 or 0. Shapes broadcast. @throws ShapeError if they do not. @example greater(tensor([1, 2]), 1) // 0, 1 */
export const greater = comparison('greater', e.gt(a, b));
/** a ≥ b: 1 or 0. Shapes broadcast. @throws ShapeError if they do not. */
export const greaterEqual = comparison('greaterEqual', e.ge(a, b));
/** a < b: 1 or 0. Shapes broadcast. @throws ShapeError if they do not. */
export const less = comparison('less', e.gt(b, a));
/** a ≤ b: 1 or 0. Shapes broadcast. @throws ShapeError if they do not. */
export const lessEqual = comparison('lessEqual', e.ge(b, a));
/** a = b: 1 or 0. Shapes broadcast. @throws ShapeError if they do not. */
export const equal = comparison('equal', e.eq(a, b));
/** a ≠ b: 1 or 0. Shapes broadcast. @throws ShapeError if they do not. */
export const notEqual = comparison('notEqual', e.sub(1, e.eq(a, b)));
