// A convolution, its input gradient or its weight gradient as steps of a program, and the algorithms that make them.
//
// There is no border: kernels leave out the taps that fall outside the input.

import type { ConvGeometry } from '../../../geometry/types.ts';
import type { ConvKernel, Whole } from '../../work.ts';
import type { Engine } from '../engine.ts';
import type { Epilogue } from './epilogue.ts';
import type { Step } from './kernel.ts';

/**
 * How x or y lies: as `pixels`, [image][…space][channel], `pitch` floats per pixel, all groups of channels in one pixel; or
 * as `planes`, row-major like the tensor, [image][channel][…space]; or, only to be read, as `pairs`: pixels of whole numbers of 16 bits,
 * two channels to a word.
 */
export type Order = 'pixels' | 'planes' | 'pairs';

export interface ConvTask {
  /** Zero padding; other modes have become copies before. */
  readonly geometry: ConvGeometry;
  readonly kernel: ConvKernel;
  /** Pixels unless said otherwise. */
  readonly xOrder?: Order;
  readonly yOrder?: Order;
  /**
   * Floats per pixel of x, at least its channels; words where that is pairs. Lanes beyond the channels hold anything, and may be written.
   * The number of channels where x is planes.
   */
  readonly xPitch: number;
  readonly yPitch: number;
  /** As of the work. */
  readonly whole?: Whole | undefined;
  /** For the result of conv (y) and inputGrad (x); plain for weightGrad. */
  readonly epilogue: Epilogue;
  readonly engine: Engine;
}

/**
 * `x`, `y`: pixels or planes. `w`: what `prepare` made of the weights, or they themselves if it has no steps; for weightGrad
 * the result, row-major as the tensor [out, in / groups, …kernel]. `bias`: row-major, one value per result channel.
 */
export type ConvOperand = 'x' | 'y' | 'w' | 'bias' | `extra${number}` | `workspace${number}`;

export interface PrepareStep extends Step<'weights' | 'w'> {
  /**
   * The first float of the weights that unit `unit` reads, if units read stretches one after the other: then large weights can be
   * handed over in parts. For `units` of the kernel, the number of all.
   */
  readonly readsFrom?: ((unit: number) => number) | undefined;
}

export interface ConvPlan {
  /** In words: the algorithm with its parameters. */
  readonly description: string;
  /** Sums of plain products in the order of the definition, as opposed to a transform with rounding of its own. */
  readonly exact: boolean;
  /** Its code is large for what it gains: not for a program that is sent as a file. */
  readonly bulky?: boolean;
  /** Multiplications that are done, for `explain`: fewer than the definition's for Winograd. */
  readonly multiplications: number;
  /** Bytes of prepared weights. */
  readonly weightBytes: number;
  /** From the row-major weight tensor to what the steps read. Once for constant weights, before each run for others. */
  readonly prepare: readonly PrepareStep[];
  /** Bytes of arrays that threads share while the steps run. */
  readonly workspaces: readonly number[];
  readonly steps: readonly Step<ConvOperand>[];
}

export interface ConvPlanner {
  readonly name: string;
  /** It is asked for these alone. */
  readonly computes: readonly ConvKernel[];
  /** It adds whole numbers in 32 bits, where others add floats. */
  readonly sumsWhole?: true;
  /** Its results may be pairs, where the epilogue says so. */
  readonly writesPairs?: true;
  /** Why this algorithm does not take the task, or null if it does. */
  refuse(task: ConvTask): string | null;
  /** Estimated time on one thread, in units of one multiply-add of the engine's best direct kernel. */
  cost(task: ConvTask): number;
  /**
   * So many times as much must others take before it runs: for rounding or much code. A factor of the cost, and of measured times. 1 if it is
   * left out.
   */
  reluctance?(task: ConvTask): number;
  plan(task: ConvTask): ConvPlan;
}

/** For algorithms that sum over taps. */
export const sumsOverTaps: readonly ConvKernel[] = ['conv', 'inputGrad'];

/** A refusal for algorithms that know one order only. */
export function needsOrder(order: Order, { xOrder = 'pixels', yOrder = 'pixels' }: ConvTask): string | null {
  if (xOrder === order && yOrder === order) return null;
  return order === 'pixels'
    ? 'reads and writes pixels with their channels side by side'
    : 'reads and writes whole planes, as in tensors; for programs of this convolution alone';
}
