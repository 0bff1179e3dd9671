// Why a convolution runs as it does.

import { either, type Field, field, isListOf, isRecord, need, oneOf, text } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import type { Explanation } from '../backends/backend.ts';
import { backend } from '../backends/current.ts';
import { type ConvKernel, convWork } from '../backends/work.ts';
import { aConvGeometry } from '../geometry/given.ts';
import { parseConv } from '../geometry/text.ts';
import type { ConvGeometry } from '../geometry/types.ts';

const convOrText: Field<ConvGeometry | string> = either(text, aConvGeometry);
const kernelName: Field<ConvKernel> = oneOf('conv', 'inputGrad', 'weightGrad');

/** Which kernel of a geometry `explainPlan` looks at. */
export interface PlanOptions {
  /**
   * `conv`: the convolution, the default. `inputGrad`: its gradient by the input, which is transposed convolution. `weightGrad`:
   * its gradient by the weights.
   */
  kernel?: ConvKernel | undefined;
}

const planFields: Fields<PlanOptions> = { kernel: kernelName };

/**
 * The algorithm that eager operations of the current backend take for a geometry, what the others would cost or why they
 * refused, and the generated code. What a compiled program takes, its own `explain` says.
 *
 * @param geometry A geometry, or its text such as `n1 g1 c64>64 56x56 k3x3 s1 d1 p1`.
 * @param options Which of the geometry's three kernels; its name alone will do.
 * @throws FormatError for text that is no geometry. @throws ShapeError for another kernel.
 * @example explainPlan('n1 g1 c64>64 56x56 k3x3 s1 d1 p1').chosen // 'direct 6x2, fma, …'
 * @example explainPlan('n1 g1 c64>64 56x56 k3x3 s1 d1 p1', { kernel: 'weightGrad' }).chosen
 */
export function explainPlan(
  geometry: ConvGeometry | string,
  options: PlanOptions | ConvKernel = {},
): Explanation {
  need('explainPlan', 'geometry', geometry, convOrText);
  const given = typeof options === 'string' ? { kernel: options } : options;
  needOptions('explainPlan', given, planFields);
  const { kernel = 'conv' } = given;
  const g = typeof geometry === 'string' ? parseConv(geometry) : geometry;
  return backend().explain(convWork(kernel, g));
}

/** An explanation as lines of text, without the listing. */
export function formatExplanation(e: Explanation): string {
  need('formatExplanation', 'explanation', e, anExplanation);
  const judged = (cost: number | null): string => (cost === null ? 'takes it' : `cost ${millions(cost)}`);
  const lines = e.candidates.map(({ name, cost, refusal }) => `  ${name}: ${refusal ?? judged(cost)}`);
  return [e.geometry, ...lines, `  runs as ${e.chosen}`].join('\n');
}

const anExplanation: Field<Explanation> = field(
  'the result of explainPlan(…)',
  (v) => isRecord(v) && isListOf(v.candidates, isRecord),
);

const millions = (cost: number): string => `${(cost / 1e6).toPrecision(3)} M`;
