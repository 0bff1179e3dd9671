// Inputs that come as frames: before everything else, kernels make their values.

import type { FrameInput } from '../../../geometry/frames/picture.ts';
import type { GraphValue } from '../../graph.ts';
import { framesPlan } from '../kernels/frames/frames.ts';
import { headerFields } from '../kernels/frames/shape.ts';
import type { LoweredFrames, Lowering } from './lowering.ts';

export function lowerFrames(l: Lowering, value: GraphValue, input: FrameInput): LoweredFrames {
  const plan = framesPlan(input);
  l.begin({ label: '', op: 'frames', description: plan.description });
  // Before the first frame there is nothing to do.
  const header = l.arrays.constant(new Int32Array(input.images * headerFields.length));
  l.addPlan(plan, { header, frames: l.arrays.growing(), out0: l.asRowMajor(value) });
  return { value, input, header };
}
