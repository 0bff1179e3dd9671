// Copies between strided arrays as kernels of programs: changes of layout, concatenation, slices, crops, padding, nearest-
// neighbour resizing, and the adjoints of these, which add. A copy is a map whose formula is its input; where the two sides
// are contiguous along different dimensions, squares are transposed in registers (moveTranspose.ts).

import { add, constant, type Expr, input } from '../../../../expression/expression.ts';
import { engine } from '../../engine.ts';
import type { Kernel, Step } from '../kernel.ts';
import { type GivenAxis, type LoopNest, loopNest, type Table } from '../loops/loopNest.ts';
import { mapKernel } from '../loops/map.ts';
import { floatBytes, lanes } from '../sizes.ts';
import { freeDims, type MoveDim, type PlainDim, type PlainDims, plainDims, stepAt } from './dims.ts';
import { isTransposition, transposeKernel } from './transpose.ts';

export type { MoveDim } from './dims.ts';

export interface MoveTask {
  /** In any order. `add` may reach a place more than once, the others must not. */
  readonly dims: readonly MoveDim[];
  /** Floats. */
  readonly toStart: number;
  readonly fromStart: number;
  /** `fill` writes `value`, and reads nothing. */
  readonly mode: 'copy' | 'add' | 'fill';
  readonly value?: number | undefined;
}

export type MoveOperand = 'from' | 'to' | `table${number}`;

export interface MovePlan {
  readonly description: string;
  readonly workspaces: readonly number[];
  /** What the tables must hold. */
  readonly tables: readonly { readonly operand: MoveOperand; readonly values: Int32Array }[];
  readonly steps: readonly Step<MoveOperand>[];
}

export function movePlan(task: MoveTask): MovePlan {
  if (task.dims.some(({ count }) => count === 0)) return planOf('nothing', null);
  const plain = plainDims(task.dims, task.toStart, task.fromStart);
  if (task.mode === 'fill') return mapPlan('fill', plain, { expr: constant(task.value ?? 0), inputs: [] });
  if (task.mode === 'add') return addPlan(plain);
  const from: Access = { side: 'from', start: plain.fromStart };
  const copied = { expr: input(0), inputs: [from] };
  const { nest, tables } = nestOf(plain, copied);
  if (tables.length === 0 && isTransposition(nest))
    return planOf('transpose', transposeKernel(nest), { inputs: ['from'] });
  return mapPlan('copy', plain, copied);
}

/** What an input of a map reads: one of the two arrays, from some float on. */
interface Access {
  readonly side: 'to' | 'from';
  readonly start: number;
}

/** As many repetitions are added up in one formula. */
const mostTerms = 16;

/** Places that are reached again and again at the same place become terms of one sum; others are added to one by one. */
function addPlan({ dims, toStart, fromStart }: PlainDims): MovePlan {
  const repeats = dims.filter(({ to }) => to === 0);
  const others = dims.filter(({ to }) => to !== 0);
  const starts = repeats.reduce(
    (all, { count, from }) =>
      all.flatMap((start) => Array.from({ length: count }, (_, i) => start + stepAt(from, i))),
    [fromStart],
  );
  const apart = freeDims(others).every((free) => free) && starts.length <= mostTerms;
  const terms = apart ? starts : [fromStart];
  const inputs = terms.map((start): Access => ({ side: 'from', start }));
  const sum = inputs.reduce<Expr>((expr, _, i) => add(expr, input(i + 1)), input(0));
  const plain = { dims: apart ? others : dims, toStart, fromStart };
  return mapPlan('add', plain, { expr: sum, inputs: [{ side: 'to', start: toStart }, ...inputs] });
}

/** What is written, and from where its inputs are read. */
interface Written {
  readonly expr: Expr;
  readonly inputs: readonly Access[];
}

function mapPlan(description: string, plain: PlainDims, written: Written): MovePlan {
  const { nest, tables } = nestOf(plain, written);
  const inputs = written.inputs.map(({ side }) => side);
  return planOf(description, mapKernel(nest, engine()), { inputs, tables });
}

interface NestWithTables {
  readonly nest: LoopNest;
  readonly tables: MovePlan['tables'];
}

/** Where places are added to, dimensions along which they may meet are marked as reduced: a map walks these in order. */
function nestOf(plain: PlainDims, { expr, inputs }: Written): NestWithTables {
  const adds = inputs.some(({ side }) => side === 'to');
  const free = adds ? freeDims(plain.dims) : plain.dims.map(() => true);
  const tables: { operand: MoveOperand; values: Int32Array }[] = [];
  const movers = [
    ...inputs.map(({ side, start }, i) => ({ name: `in${i}`, side, start })),
    { name: 'out0', side: 'to' as const, start: plain.toStart },
  ];
  const listed = (steps: Int32Array): MoveOperand => {
    const operand: MoveOperand = `table${tables.length}`;
    tables.push({ operand, values: steps.map((step) => step * floatBytes) });
    return operand;
  };
  const axes = plain.dims.map((dim, d): GivenAxis => {
    const byLanes = inputs.length === 1 && hasListedLanes(dim);
    const tabled = (['to', 'from'] as const).flatMap((side): Table[] => {
      const users = movers.filter((mover) => mover.side === side);
      const steps = dim[side];
      if (typeof steps === 'number' || users.length === 0 || byLanes) return [];
      const operand = listed(steps);
      return users.map(({ name }) => ({ mover: name, operand }));
    });
    const strides = inputs.map(({ side }) => strideOf(dim[side]));
    const list = byLanes ? listed(dim.from) : undefined;
    return {
      size: dim.count,
      reduced: !free[d],
      strides,
      outStrides: [strideOf(dim.to)],
      tables: tabled,
      list,
    };
  });
  const starts = Object.fromEntries(movers.map(({ name, start }) => [name, start * floatBytes]));
  const inputTypes = inputs.map(() => 'float32' as const);
  return { nest: loopNest([expr], axes, { inputTypes, outputType: 'float32', starts }), tables };
}

/** Whether what lies side by side in the target comes from all over: vectors of it are loaded lane by lane, and stored as they are. */
const hasListedLanes = (dim: PlainDim): dim is PlainDim & { readonly from: Int32Array } =>
  dim.to === 1 && typeof dim.from !== 'number' && dim.count >= lanes;

const strideOf = (steps: PlainDim['to']): number => (typeof steps === 'number' ? steps : 0);

function planOf(
  description: string,
  kernel: Kernel | null,
  { inputs = [], tables = [] }: { inputs?: readonly MoveOperand[]; tables?: MovePlan['tables'] } = {},
): MovePlan {
  const names = Object.fromEntries(inputs.map((name, i) => [`in${i}`, name]));
  const nameOf = (operand: string): MoveOperand =>
    operand === 'out0' ? 'to' : (names[operand] ?? (operand as MoveOperand));
  const steps = kernel ? [{ kernel, operands: kernel.operands.map(nameOf) }] : [];
  return { description, workspaces: [], tables, steps };
}
