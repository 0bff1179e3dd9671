// Every operator of TensorFlow graphs that is read, by name.

import type { Operators } from '../node.ts';
import { arithmeticOperators } from './arithmetic.ts';
import { blockOperators } from './blocks.ts';
import { convolutionOperators } from './convolution.ts';
import { detectionOperators } from './detection.ts';
import { movementOperators } from './movement.ts';
import { placeOperators } from './places.ts';
import { reductionOperators } from './reduction.ts';
import { sizeOperators } from './sizes.ts';
import { sliceOperators } from './slices.ts';

export const graphOperators: Operators = {
  ...convolutionOperators,
  ...arithmeticOperators,
  ...reductionOperators,
  ...movementOperators,
  ...placeOperators,
  ...detectionOperators,
  ...sliceOperators,
  ...sizeOperators,
  ...blockOperators,
};
