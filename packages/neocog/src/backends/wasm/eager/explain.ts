// Why a convolution runs as it does.

import { assert } from '../../../errors.ts';
import { inputShape, outputShape, weightShape } from '../../../geometry/conv.ts';
import { formatConv } from '../../../geometry/text.ts';
import { product } from '../../../geometry/window.ts';
import type { Explanation } from '../../backend.ts';
import type { Graph } from '../../graph.ts';
import type { ConvWork, WeightGradWork } from '../../work.ts';
import { engine } from '../engine.ts';
import { moduleOf } from './compile.ts';
import { graphOf, lowerExactly } from './routine.ts';

const operandShapes = {
  conv: [inputShape, weightShape],
  inputGrad: [outputShape, weightShape],
  weightGrad: [inputShape, outputShape],
};

/** The graph of a convolution alone. */
export const graphOfConv = (work: ConvWork | WeightGradWork): Graph =>
  graphOf(
    work,
    operandShapes[work.op].map((shape) => ({ size: product(shape(work.geometry)), dtype: 'float32' })),
  );

/** See `Backend.explain`. The listing is of the kernels that prepare weights and compute, without changes of layout. */
export function explain(work: ConvWork | WeightGradWork): Explanation {
  const { entries } = lowerExactly(graphOfConv(work), engine());
  const choice = entries.find((each) => each.choice)?.choice;
  assert(choice, `an algorithm was chosen for ${formatConv(work.geometry)}`);
  const { plan, candidates } = choice;
  const steps = [...plan.prepare, ...plan.steps];
  return {
    geometry: formatConv(work.geometry),
    candidates,
    chosen: plan.description,
    listing: moduleOf(steps.map((step) => step.kernel)).text(),
  };
}
