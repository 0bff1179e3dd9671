// The table of operators.

import type { Operator } from '../node.ts';
import { activationOperators } from './activations.ts';
import { controlOperators } from './control.ts';
import { convOperators } from './conv.ts';
import { deformOperators } from './deform.ts';
import { detectOperators } from './detect.ts';
import { elementwiseOperators } from './elementwise.ts';
import { linearOperators } from './linear.ts';
import { normOperators } from './norm.ts';
import { poolOperators } from './pool.ts';
import { quantisedOperators } from './quantised.ts';
import { recurrentOperators } from './recurrent.ts';
import { reduceOperators } from './reduce.ts';
import { resizeOperators } from './resize.ts';
import { sampleOperators } from './sample.ts';
import { shapeOperators } from './shape.ts';

/** By kind, as the documentation lists them. */
export const operatorGroups: Readonly<Record<string, readonly Operator[]>> = {
  Convolution: [...convOperators, ...deformOperators],
  Pools: poolOperators,
  Normalisation: normOperators,
  Activations: activationOperators,
  'Matrix products': linearOperators,
  'Recurrent layers': recurrentOperators,
  'Each element': elementwiseOperators,
  'Shapes and moves': shapeOperators,
  Reductions: reduceOperators,
  Resizing: [...resizeOperators, ...sampleOperators],
  Boxes: detectOperators,
  'Whole numbers': quantisedOperators,
  Control: controlOperators,
};

export const operators: ReadonlyMap<string, Operator> = new Map(
  Object.values(operatorGroups)
    .flat()
    .map((operator) => [operator.name, operator]),
);
