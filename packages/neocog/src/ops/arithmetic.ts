// add, sub, mul, div with broadcasting.

import * as e from '../expression/expression.ts';
import { binary } from './formula.ts';

/** a + b. Shapes broadcast. @throws ShapeError if they do not. */
export const add = binary('add', e.add(e.input(0), e.input(1)));
/** a − b. Shapes broadcast. @throws ShapeError if they do not. */
export const sub = binary('sub', e.sub(e.input(0), e.input(1)));
/** a · b, element by element. Shapes broadcast. @throws ShapeError if they do not. */
export const mul = binary('mul', e.mul(e.input(0), e.input(1)));
/** a / b, element by element. Shapes broadcast. @throws ShapeError if they do not. */
export const div = binary('div', e.div(e.input(0), e.input(1)));
