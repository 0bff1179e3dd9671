// Pooling over channels-last pixels as kernels of programs: which kernel, and what it works on.

import { formatPool } from '../../../../geometry/text.ts';
import type { PoolGeometry } from '../../../../geometry/types.ts';
import type { Scope } from '../../assembler/index.ts';
import { type Engine, engineKey } from '../../engine.ts';
import type { Kernel, KernelFunction, Step } from '../kernel.ts';
import { emitMaxPool, emitSumPool } from './forward.ts';
import { emitSumGrad } from './grad.ts';
import { type PoolCode, planeOf } from './plane.ts';

export {
  type IndexOperand,
  type IndexPlan,
  type IndexTask,
  scatterAddPlan,
  takePlan,
} from './indices.ts';

export type PoolOp = 'max' | 'maxWithIndices' | 'sum' | 'sumGrad';

export interface PoolTask {
  readonly geometry: PoolGeometry;
  /** `sumGrad` makes x of y, the others y of x. */
  readonly op: PoolOp;
  /** Floats per pixel, at least the channels. Only the channels are written. */
  readonly xPitch: number;
  readonly yPitch: number;
  readonly engine: Engine;
}

/**
 * `indices`: int32, laid out as y: the flat position of the maximum in the unpadded plane of its channel. `scale`: one
 * float per output cell of a plane.
 */
export type PoolOperand = 'x' | 'y' | 'indices' | 'scale';

export interface PoolPlan {
  readonly description: string;
  readonly workspaces: readonly number[];
  readonly steps: readonly Step<PoolOperand>[];
}

const operandsOf: Record<PoolOp, readonly PoolOperand[]> = {
  max: ['x', 'y'],
  maxWithIndices: ['x', 'y', 'indices'],
  sum: ['x', 'y', 'scale'],
  sumGrad: ['x', 'y', 'scale'],
};

/** Max, sum and the sum's adjoint, with the semantics of `Backend`. A unit is a row of results. */
export function poolPlan(task: PoolTask): PoolPlan {
  const { geometry, op, engine } = task;
  const plane = planeOf(geometry, task.xPitch, task.yPitch);
  const operands = operandsOf[op];
  const size = op === 'sumGrad' ? 'input' : 'output';
  const [depth, height] = plane.axes;
  const kernel: Kernel = {
    key: `pool ${op} ${formatPool(geometry)} pitch ${task.xPitch} ${task.yPitch} ${engineKey(engine)}`,
    operands,
    units: geometry.batch * depth[size] * height[size],
    scratchBytes: 0,
    emit: (scope) => emitters[op](scope, { plane, operands, engine }),
  };
  const steps = geometry.channels === 0 || kernel.units === 0 ? [] : [{ kernel, operands }];
  return { description: op, workspaces: [], steps };
}

const emitters: Record<PoolOp, (scope: Scope, code: PoolCode) => KernelFunction> = {
  max: emitMaxPool,
  maxWithIndices: emitMaxPool,
  sum: emitSumPool,
  sumGrad: emitSumGrad,
};
