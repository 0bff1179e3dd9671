// A convolution with everything that the time of its kernels depends on, as text that is the same in every process:
// `conv n1 g1 c64>64 56x56 k3x3 s1 d1 p1, x pixels 64, y pixels 64, bias max(x0, 0), fma`.
// Not with what it does not depend on: kernels are timed on one thread, and exact programs have an engine of their own.

import { formatExpr } from '../../../expression/expression.ts';
import { formatConv } from '../../../geometry/text.ts';
import { engineKey } from '../engine.ts';
import type { ConvTask } from './convPlan.ts';
import type { Epilogue } from './epilogue.ts';

/** Of a formula's text: those that are as long as this have the same sums before them. */
const mostFormula = 300;

export function taskText({
  geometry,
  kernel,
  xPitch,
  yPitch,
  epilogue,
  engine,
  ...orders
}: ConvTask): string {
  const { xOrder = 'pixels', yOrder = 'pixels' } = orders;
  const sides = [`x ${xOrder} ${xPitch}`, `y ${yOrder} ${yPitch}`];
  const end = epilogueText(epilogue);
  return [`${kernel} ${formatConv(geometry)}`, ...sides, ...(end ? [end] : []), engineKey(engine)].join(', ');
}

function epilogueText({ bias, formula, extras }: Epilogue): string {
  const words = [
    bias && 'bias',
    formula && formatExpr(formula, mostFormula).slice(0, mostFormula),
    extras.length > 0 && `with ${extras.join(' and ')}`,
  ];
  return words.filter(Boolean).join(' ');
}
