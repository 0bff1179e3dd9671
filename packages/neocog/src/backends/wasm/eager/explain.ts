// Why a convolution runs as it does.

import { assert } from '../../../errors.ts';
import { inputShape, outputShape, weightShape } from '../../../geometry/conv.ts';
import { formatConv } from '../../../geometry/text.ts';
import type { ConvGeometry } from '../../../geometry/types.ts';
import { product } from '../../../geometry/window.ts';
import type { ConvKernel, Explanation } from '../../backend.ts';
import { engine } from '../engine.ts';
import { moduleOf } from './compile.ts';
import { convNode } from './conv.ts';
import { graphOf, lowerExactly } from './routine.ts';

const operandShapes = {
  conv: [inputShape, weightShape],
  inputGrad: [outputShape, weightShape],
  weightGrad: [inputShape, outputShape],
};

/** See `Backend.explainConv`. The listing is of the kernels that prepare weights and compute, without changes of layout. */
export function explainConv(g: ConvGeometry, kernel: ConvKernel): Explanation {
  const inputs = operandShapes[kernel].map((shape) => ({
    length: product(shape(g)),
    dtype: 'float32' as const,
  }));
  const { works } = lowerExactly(graphOf(inputs, convNode(kernel, g, false)), engine());
  const choice = works.find((work) => work.choice)?.choice;
  assert(choice, `an algorithm was chosen for ${formatConv(g)}`);
  const { plan, candidates } = choice;
  const steps = [...plan.prepare, ...plan.steps];
  return {
    geometry: formatConv(g),
    candidates,
    chosen: plan.description,
    listing: moduleOf(steps.map((step) => step.kernel)).text(),
  };
}
