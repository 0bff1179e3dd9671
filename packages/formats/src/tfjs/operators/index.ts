// Every operator of TensorFlow graphs that is read, by name.

import type { Operators } from '../node.ts';
import { arithmeticOperators } from './arithmetic.ts';
import { convolutionOperators } from './convolution.ts';
import { movementOperators } from './movement.ts';
import { reductionOperators } from './reduction.ts';

export const graphOperators: Operators = {
  ...convolutionOperators,
  ...arithmeticOperators,
  ...reductionOperators,
  ...movementOperators,
};
