// The weights of a convolution on their way to what its kernels read: with every run, or, if they are constant, once before
// the first.

import type { GraphValue } from '../../graph.ts';
import type { ConvPlan, PrepareStep } from '../kernels/convPlan.ts';
import type { Room } from './arrays.ts';
import type { Lowering, Preparation } from './lowering.ts';

/** Weights are handed over in parts, so that memory need not hold them twice: a share of them, or this if it is more. */
const partShare = 1 / 64;
const leastPart = 2 ** 18;

/** Where prepared weights will be; or the weights as they are. */
export function prepareWeights(l: Lowering, weight: GraphValue, plan: ConvPlan): Room {
  if (plan.prepare.length === 0) return l.asRowMajor(weight);
  const constant = weight.source === 'constant';
  const w = l.arrays.room(plan.weightBytes, constant);
  if (constant) l.preparations.push(...preparationsOf(l, weight.data as Float32Array, { plan, w }));
  else for (const step of placed(plan, { weights: l.asRowMajor(weight), w })) l.step(step.kernel, step.rooms);
  return w;
}

const placed = ({ prepare }: ConvPlan, rooms: Record<'weights' | 'w', Room>): Preparation['steps'] =>
  prepare.map(({ kernel, operands }) => ({ kernel, rooms: operands.map((name) => rooms[name]) }));

function preparationsOf(
  l: Lowering,
  values: Float32Array,
  { plan, w }: { plan: ConvPlan; w: Room },
): Preparation[] {
  const [step, ...others] = plan.prepare;
  const parts =
    l.inParts && others.length === 0 ? partsOf(step, Math.max(leastPart, values.length * partShare)) : [];
  if (parts.length === 0) {
    const source = l.arrays.room(values.length * 4);
    return [{ source, values, whole: values, steps: placed(plan, { weights: source, w }) }];
  }
  return parts.map(({ from, to, start, end }) => {
    const source = l.arrays.room((end - start) * 4);
    const steps = placed(plan, { weights: source, w });
    return { source, values: values.subarray(start, end), whole: values, steps, part: { from, to, start } };
  });
}

/** Stretches of units with the floats that they read, at most `most` if they can; none where nobody knows. */
function partsOf({ kernel: { units }, readsFrom }: PrepareStep, most: number) {
  const parts: { from: number; to: number; start: number; end: number }[] = [];
  for (let from = 0; readsFrom && from < units; from = parts[parts.length - 1].to) {
    const start = readsFrom(from);
    let to = from + 1;
    while (to < units && readsFrom(to + 1) - start <= most) to++;
    parts.push({ from, to, start, end: readsFrom(to) });
  }
  return parts;
}
