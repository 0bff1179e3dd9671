// Elementwise loops over arrays that lie alike, which eager sessions run at ever new sizes. A map's kernel can do any part of
// its work, so one that is made for many cells serves fewer: only as many units run as there are cells.

import { type Expr, nodesOf } from '../../../expression/expression.ts';
import type { Values } from '../../work.ts';
import type { FusedLoop } from '../../workParts.ts';
import { engine, engineKey } from '../engine.ts';
import { slackBytes } from '../kernels/kernel.ts';
import { type FusedOperand, fusedManyPlan } from '../kernels/loops/fused.ts';
import type { ElementType } from '../kernels/loops/loopNest.ts';
import { Cache } from './cache.ts';
import { type Call, compiled } from './compile.ts';
import { put, reserve, takeFloats } from './memory.ts';

/** What kernels are made for. Their units have 64, 512 and 4096 cells; cells of the last unit are computed for nothing. */
const sizes = [64, 16384, 2 ** 30];

/** How an input moves along the loop: with it, or not at all. */
type Step = 0 | 1;

interface MapRoutine {
  readonly call: Call;
  readonly operands: readonly FusedOperand[];
  readonly cellsPerUnit: number;
}

const routines = new Cache<MapRoutine>(2048);

/** The step of each input, or null for a loop that is more than one pass over arrays in order. */
export function stepsOfMap({ expr, shape, strides, reduced }: FusedLoop): Step[] | null {
  if (reduced.includes(true) || nodesOf(expr).some((node) => node.op === 'position')) return null;
  const steps = strides.map((own) => stepOf(shape, own));
  return steps.includes(null) ? null : (steps as Step[]);
}

function stepOf(shape: readonly number[], strides: readonly number[]): Step | null {
  let [dense, still, step] = [true, true, 1];
  for (let d = shape.length - 1; d >= 0; d--) {
    if (shape[d] === 1) continue;
    dense &&= strides[d] === step;
    still &&= strides[d] === 0;
    step *= shape[d];
  }
  return dense && !still ? 1 : still ? 0 : null;
}

const sizeFor = (cells: number): number => sizes.find((n) => cells <= n) as number;

const typeOf = (values: Values): ElementType => (values instanceof Int32Array ? 'int32' : 'float32');

/** A formula over `cells` cells, and how its inputs move along. */
export interface MapCall {
  readonly expr: Expr;
  readonly cells: number;
  readonly steps: readonly Step[];
  readonly inputs: readonly Values[];
}

export function map(wanted: MapCall): Float32Array {
  const { cells, inputs } = wanted;
  const { call, operands, cellsPerUnit } = routineFor(wanted);
  const units = Math.ceil(cells / cellsPerUnit);
  const { arrays, addresses, end } = placeMap(operands, inputs, units * cellsPerUnit);
  reserve(end);
  for (const [array, { address }] of arrays) if (array !== 'out0') put(address, array);
  call(...addresses, 0, units, 0);
  return takeFloats(arrays.get('out0')?.address as number, cells);
}

/** Where the arrays lie, and so many of their floats that `cells` cells are there. One that is given twice lies once. */
export function placeMap(operands: readonly FusedOperand[], inputs: readonly Values[], cells: number) {
  const arrays = new Map<Values | 'out0', { readonly address: number; readonly floats: number }>();
  let end = slackBytes;
  const addresses = operands.map((name) => {
    const array = name === 'out0' ? name : inputs[Number(name.slice('in'.length))];
    const known = arrays.get(array);
    if (known) return known.address;
    const address = end;
    const floats = array === 'out0' ? cells : array.length === 1 ? 1 : Math.max(array.length, cells);
    arrays.set(array, { address, floats });
    end += Math.ceil((floats * 4 + slackBytes) / 64) * 64;
    return address;
  });
  return { arrays, addresses, end };
}

function routineFor(wanted: MapCall): MapRoutine {
  const { expr, cells, steps, inputs } = wanted;
  const key = `f${expr.id} ${sizeFor(cells)} ${steps} ${inputs.map(typeOf)} ${engineKey(engine())}`;
  return routines.get(key, () => {
    const { kernel, operands, cellsPerUnit } = planMap(wanted);
    return { call: compiled(kernel), operands, cellsPerUnit };
  });
}

/** A kernel for at least so many cells, of which any number can be done. */
export function planMap({ expr, cells, steps, inputs }: MapCall) {
  const size = sizeFor(cells);
  const axes = [{ size, reduced: false, strides: steps, outStrides: [1] }];
  const task = {
    exprs: [expr],
    combine: 'sum',
    axes,
    inputTypes: inputs.map(typeOf),
    engine: engine(),
  } as const;
  const [{ kernel, operands }] = fusedManyPlan(task).steps;
  return { kernel, operands, cellsPerUnit: size / kernel.units };
}
