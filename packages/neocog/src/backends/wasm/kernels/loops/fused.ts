// Fused loops as steps of a program: formulas over strided arrays, as a map or combined along some axes, in one pass.

import { assert } from '../../../../errors.ts';
import { constant, type Expr } from '../../../../expression/expression.ts';
import type { Combine } from '../../../workParts.ts';
import type { Engine } from '../../engine.ts';
import type { Kernel, Step } from '../kernel.ts';
import { type ElementType, type GivenAxis, loopNest } from './loopNest.ts';
import { mapKernel } from './map.ts';
import { reduceKernels } from './reduce.ts';

/** Axes come in any order. The strides of the inputs may be anything; those of an output reach each element once. */
export interface FusedManyTask {
  /** Each with an output of its own, all over the same inputs. */
  readonly exprs: readonly Expr[];
  readonly combine: Combine;
  readonly axes: readonly GivenAxis[];
  /** int32 elements become floats. */
  readonly inputTypes: readonly ElementType[];
  /** What the results of a map are; `int32` cuts floats off. Default float32. */
  readonly outputType?: ElementType;
  readonly engine: Engine;
}

/** Inputs that no formula reads are no operands. An output of a map may be an input that has the same strides. */
export type FusedOperand = `in${number}` | `out${number}` | `workspace${number}` | `table${number}`;

export interface FusedPlan {
  readonly description: string;
  /** Bytes of arrays that threads share while the steps run. */
  readonly workspaces: readonly number[];
  readonly steps: readonly Step<FusedOperand>[];
}

/** Operands `in0` …, `out0` …, `workspace0`: one output per formula. */
export function fusedManyPlan(task: FusedManyTask): FusedPlan {
  const { exprs, combine, axes, inputTypes, outputType = 'float32', engine } = task;
  if (axes.some(({ size }) => size === 0)) return emptyPlan(task);
  const nest = loopNest(exprs, axes, { inputTypes, outputType });
  if (nest.axes.every((axis) => !axis.reduced)) return planOf('map', 0, [mapKernel(nest, engine)]);
  const { partial, workspaceBytes, finish } = reduceKernels(nest, combine, engine);
  const parts = finish ? `, ${partial.units} parts` : '';
  return planOf(`${combine}${parts}`, workspaceBytes, finish ? [partial, finish] : [partial]);
}

/** A sum of nothing is 0, a mean of nothing NaN. */
function emptyPlan({ axes, exprs, combine, ...task }: FusedManyTask): FusedPlan {
  const kept = axes.filter((axis) => !axis.reduced);
  if (kept.some(({ size }) => size === 0)) return planOf('nothing', 0, []);
  assert(combine !== 'max', 'the largest of no values');
  return fusedManyPlan({
    ...task,
    combine,
    exprs: exprs.map(() => constant(combine === 'mean' ? Number.NaN : 0)),
    axes: kept,
  });
}

const planOf = (description: string, workspaceBytes: number, kernels: readonly Kernel[]): FusedPlan => ({
  description,
  workspaces: workspaceBytes > 0 ? [workspaceBytes] : [],
  // The kernels name their operands as this plan does.
  steps: kernels.map((kernel) => ({ kernel, operands: kernel.operands as FusedOperand[] })),
});
