// A convolution, its input gradient or its weight gradient as steps of a program, and the algorithms that make them.
//
// Data is channels-last: [image][…space][channel], `pitch` floats per pixel, all groups of channels in one pixel. There is
// no border: kernels leave out the taps that fall outside the input.

import type { ConvGeometry } from '../../../geometry/types.ts';
import type { ConvKernel } from '../../backend.ts';
import type { Engine } from '../engine.ts';
import type { Epilogue } from './epilogue.ts';
import type { Step } from './kernel.ts';

export interface ConvTask {
  /** Zero padding; other modes have become copies before. */
  readonly geometry: ConvGeometry;
  readonly kernel: ConvKernel;
  /** Floats per pixel of x, at least its channels. Lanes beyond the channels hold anything, and may be written. */
  readonly xPitch: number;
  readonly yPitch: number;
  /** For the result of conv (y) and inputGrad (x); plain for weightGrad. */
  readonly epilogue: Epilogue;
  readonly engine: Engine;
}

/**
 * `x`, `y`: packed pixels. `w`: what `prepare` made of the weights; for weightGrad the result, row-major as the tensor
 * [out, in / groups, …kernel]. `bias`: row-major, one value per result channel.
 */
export type ConvOperand = 'x' | 'y' | 'w' | 'bias' | `extra${number}` | `workspace${number}`;

export interface ConvPlan {
  /** In words: the algorithm with its parameters. */
  readonly description: string;
  /** Sums of plain products in the order of the definition, as opposed to a transform with rounding of its own. */
  readonly exact: boolean;
  /** Multiplications that are done, for `explain`: fewer than the definition's for Winograd. */
  readonly multiplications: number;
  /** Bytes of prepared weights. */
  readonly weightBytes: number;
  /** From the row-major weight tensor to what the steps read. Once for constant weights, before each run for others. */
  readonly prepare: readonly Step<'weights' | 'w'>[];
  /** Bytes of arrays that threads share while the steps run. */
  readonly workspaces: readonly number[];
  readonly steps: readonly Step<ConvOperand>[];
}

export interface ConvPlanner {
  readonly name: string;
  /** Why this algorithm does not take the task, or null if it does. */
  refuse(task: ConvTask): string | null;
  /** Estimated time on one thread, in units of one multiply-add of the engine's best direct kernel. */
  cost(task: ConvTask): number;
  plan(task: ConvTask): ConvPlan;
}
