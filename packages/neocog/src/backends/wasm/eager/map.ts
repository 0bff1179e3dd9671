// Elementwise loops over arrays that lie alike, which eager sessions run at ever new sizes. A map's kernel can do any part of
// its work, so one that is made for many cells serves fewer: only as many units run as there are cells.

import { type Expr, nodesOf } from '../../../expression/expression.ts';
import type { FusedLoop, Values } from '../../backend.ts';
import { engine, engineKey } from '../engine.ts';
import { type FusedOperand, fusedManyPlan } from '../kernels/fused.ts';
import { slackBytes } from '../kernels/kernel.ts';
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

/** The formula over `cells` cells. */
export function map(
  expr: Expr,
  cells: number,
  steps: readonly Step[],
  inputs: readonly Values[],
): Float32Array {
  const { call, operands, cellsPerUnit } = routineFor(expr, cells, steps, inputs);
  const units = Math.ceil(cells / cellsPerUnit);
  const addresses = new Map<Values | 'out0', number>();
  let end = slackBytes;
  const place = (array: Values | 'out0', floats: number): number => {
    const address = addresses.get(array) ?? end;
    if (!addresses.has(array)) end += Math.ceil((floats * 4 + slackBytes) / 64) * 64;
    addresses.set(array, address);
    return address;
  };
  const args = operands.map((name) => {
    if (name === 'out0') return place(name, units * cellsPerUnit);
    const index = Number(name.slice('in'.length));
    const { length } = inputs[index];
    return place(inputs[index], length === 1 ? 1 : Math.max(length, units * cellsPerUnit));
  });
  reserve(end);
  for (const [array, address] of addresses) if (array !== 'out0') put(address, array);
  call(...args, 0, units, 0);
  return takeFloats(addresses.get('out0') as number, cells);
}

function routineFor(
  expr: Expr,
  cells: number,
  steps: readonly Step[],
  inputs: readonly Values[],
): MapRoutine {
  const e = engine();
  const size = sizes.find((n) => cells <= n) as number;
  const inputTypes = inputs.map((values) => (values instanceof Int32Array ? 'int32' : 'float32'));
  const key = `f${expr.id} ${size} ${steps} ${inputTypes} ${engineKey(e)}`;
  return routines.get(key, () => {
    const axes = [{ size, reduced: false, strides: steps, outStrides: [1] }];
    const [step] = fusedManyPlan({ exprs: [expr], combine: 'sum', axes, inputTypes, engine: e }).steps;
    const { kernel, operands } = step;
    return { call: compiled(kernel), operands, cellsPerUnit: size / kernel.units };
  });
}
