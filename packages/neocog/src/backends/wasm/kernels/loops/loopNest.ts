// A loop nest over strided arrays: its axes in the order of memory, merged where they continue each other, and cut up into
// a grid of items, rows and lanes. It emits no arithmetic; loopNestCode.ts walks what is decided here.

import { type Expr, nodesOf } from '../../../../expression/expression.ts';
import { floatBytes } from '../sizes.ts';

export type ElementType = 'float32' | 'int32';

/** Steps of one array along an axis that follow a list: operand `operand` holds them, int32, in bytes from the start. */
export interface Table {
  /** The mover's name. */
  readonly mover: string;
  readonly operand: string;
}

export interface LoopAxis {
  readonly size: number;
  readonly reduced: boolean;
  /** One per mover: bytes from one cell to the next, or counts for a position. */
  readonly steps: readonly number[];
  readonly tables: readonly Table[];
}

/**
 * What moves through the nest: the place in an input or output, a coordinate that the formula reads, or the place in a list of where the
 * lanes of an input lie.
 */
export interface Mover {
  /** `in0`, `out0`, `at2`: for arrays and lists the operand. */
  readonly name: string;
  readonly kind: 'input' | 'output' | 'position' | 'list';
  /** The input's, output's or formula axis' number. */
  readonly index: number;
  readonly type: ElementType;
  /** Bytes from the operand's address to the nest's origin. */
  readonly start: number;
}

export interface LoopNest {
  readonly exprs: readonly Expr[];
  readonly movers: readonly Mover[];
  /** Outermost first, none of size 1. */
  readonly axes: readonly LoopAxis[];
}

/** An axis as a caller states it. */
export interface GivenAxis {
  readonly size: number;
  readonly reduced: boolean;
  /** Floats, one per input; 0 broadcasts. */
  readonly strides: readonly number[];
  /** Floats, one per output; 0 where reduced. */
  readonly outStrides: readonly number[];
  /** The formulas' number of this axis, if one of them reads its coordinate. */
  readonly position?: number | undefined;
  /** In place of strides. */
  readonly tables?: readonly Table[] | undefined;
  /**
   * In place of the stride of the only input: an operand that holds steps as a table does, but by which the lanes of a vector are found, so
   * that they can lie along this axis. They must: the output lies side by side along it.
   */
  readonly list?: string | undefined;
}

/** All distinct nodes of some formulas, operands first. */
export const nodesOfAll = (exprs: readonly Expr[]): Expr[] => [...new Set(exprs.flatMap(nodesOf))];

/** What the arrays of a nest hold, and bytes from a mover's operand to the nest's origin where it is not 0. */
export interface ArrayTypes {
  readonly inputTypes: readonly ElementType[];
  readonly outputType: ElementType;
  readonly starts?: Readonly<Record<string, number>>;
}

export function loopNest(exprs: readonly Expr[], given: readonly GivenAxis[], types: ArrayTypes): LoopNest {
  const lists = given.flatMap(({ list }): Unplaced[] =>
    list === undefined ? [] : [{ name: list, kind: 'list', index: 0, type: 'int32' }],
  );
  const movers = [...moversOf(exprs, types), ...lists].map((m) => ({
    ...m,
    start: types.starts?.[m.name] ?? 0,
  }));
  const axes = given.filter((axis) => axis.size !== 1).map((axis) => stepsAlong(axis, movers));
  return { exprs, movers, axes: merge(axes.sort((a, b) => reach(b) - reach(a))) };
}

type Unplaced = Omit<Mover, 'start'>;

function moversOf(exprs: readonly Expr[], { inputTypes, outputType }: ArrayTypes): Unplaced[] {
  const inputs: Unplaced[] = [];
  const positions: Unplaced[] = [];
  for (const node of nodesOfAll(exprs)) {
    if (node.op === 'input') {
      const { index } = node;
      inputs.push({ name: `in${index}`, kind: 'input', index, type: inputTypes[index] });
    }
    if (node.op === 'position')
      positions.push({ name: `at${node.axis}`, kind: 'position', index: node.axis, type: 'int32' });
  }
  const outputs = exprs.map(
    (_, index): Unplaced => ({ name: `out${index}`, kind: 'output', index, type: outputType }),
  );
  return [...inputs.sort((a, b) => a.index - b.index), ...outputs, ...positions];
}

function stepsAlong(axis: GivenAxis, movers: readonly Mover[]): LoopAxis {
  const { size, reduced, tables = [] } = axis;
  const steps = movers.map(({ name, kind, index }) => {
    if (kind === 'position') return axis.position === index ? 1 : 0;
    if (kind === 'list') return axis.list === name ? floatBytes : 0;
    return floatBytes * (kind === 'input' ? axis.strides : axis.outStrides)[index];
  });
  return { size, reduced, steps, tables };
}

/** How far one step along an axis leads, all arrays together: large steps belong into outer loops. */
const reach = ({ steps }: LoopAxis): number => steps.reduce((sum, step) => sum + Math.abs(step), 0);

function merge(axes: readonly LoopAxis[]): LoopAxis[] {
  const merged: LoopAxis[] = [];
  for (const axis of axes) {
    const outer = merged.at(-1);
    if (outer && continues(outer, axis))
      merged[merged.length - 1] = { ...axis, size: outer.size * axis.size };
    else merged.push(axis);
  }
  return merged;
}

/** Is a step along `outer` the same as `inner.size` steps along `inner`, for all that moves? */
const continues = (outer: LoopAxis, inner: LoopAxis): boolean =>
  outer.reduced === inner.reduced &&
  outer.tables.length + inner.tables.length === 0 &&
  outer.steps.every((step, i) => step === inner.steps[i] * inner.size);

/**
 * A nest cut up for code: lanes are the vectors' axis, the row axis repeats them in the innermost loop, and the outer axes
 * are counted through by items.
 */
export interface Grid {
  readonly outer: readonly LoopAxis[];
  readonly row: LoopAxis;
  readonly lane: LoopAxis;
  /** Cells along the lanes that follow the last row: a long lane axis has been cut into rows. */
  readonly tail: number;
}

/** With longer lanes, a row would be too much for one item. */
const longestLanes = 2048;

/** `width`: cells of a row, where the lanes are cut into rows; `mayBeRow`: which of the other axes can be the row axis. */
export function gridOf(
  { movers, axes }: LoopNest,
  { lane, width }: { lane: LoopAxis | undefined; width: number },
  mayBeRow: (axis: LoopAxis) => boolean,
): Grid {
  const others = axes.filter((axis) => axis !== lane);
  const still = movers.map(() => 0);
  const single: LoopAxis = { size: 1, reduced: lane?.reduced ?? false, steps: still, tables: [] };
  if (!lane) return { outer: others, row: single, lane: single, tail: 0 };
  const row = others.findLast((axis) => axis.tables.length === 0 && mayBeRow(axis));
  if (row && (lane.size <= longestLanes || !mayBeRow(lane)))
    return { outer: others.filter((axis) => axis !== row), row, lane, tail: 0 };
  if (lane.size < width) return { outer: others, row: single, lane, tail: 0 };
  const size = Math.floor(lane.size / width);
  const cut: LoopAxis = { ...lane, size, steps: lane.steps.map((step) => step * width) };
  return { outer: others, row: cut, lane: { ...lane, size: width }, tail: lane.size - size * width };
}

/**
 * The axis whose cells lie side by side in the most of what is read and written, by weight; the last one if there is no such
 * axis. A value for many points counts once; `alike`, every array counts the same, however large.
 */
export function chooseLane(
  { movers, axes }: LoopNest,
  weight: (mover: Mover) => number,
  alike = false,
): LoopAxis | undefined {
  const touched = movers.map((_, i) => (alike ? 1 : cellsOf(axes.filter(({ steps }) => steps[i] !== 0))));
  const score = ({ steps }: LoopAxis): number =>
    steps.reduce((sum, step, i) => sum + (step === floatBytes ? weight(movers[i]) * touched[i] : 0), 0);
  const plain = axes.filter((axis) => axis.tables.length === 0);
  const best = Math.max(...plain.map(score));
  return plain.findLast((axis) => score(axis) === best);
}

export const cellsOf = (axes: readonly LoopAxis[]): number =>
  axes.reduce((cells, axis) => cells * axis.size, 1);

/** The rows of an axis in pieces: an axis of pieces, and how many rows each but the last has. */
export interface Pieces {
  readonly axis: LoopAxis;
  readonly rows: number;
  readonly lastRows: number;
}

export function piecesOf(row: LoopAxis, rows: number): Pieces {
  const size = Math.ceil(row.size / rows);
  const axis = { ...row, size, steps: row.steps.map((step) => step * rows) };
  return { axis, rows, lastRows: row.size - (size - 1) * rows };
}

/** An axis of floats that lie side by side in each of some arrays. */
export const contiguousAxis = (size: number, arrays: number): LoopAxis => ({
  size,
  reduced: false,
  steps: Array(arrays).fill(floatBytes),
  tables: [],
});

/** Names a nest in a kernel's key. */
export function nestKey({ exprs, movers, axes }: LoopNest): string {
  const moving = movers.map(({ name, type, start }) => `${name}${type === 'int32' ? ':int32' : ''}@${start}`);
  const along = axes.map(({ size, reduced, steps, tables }) => {
    const lists = tables.map(({ mover, operand }) => `${mover}:${operand}`);
    return `${reduced ? 'r' : ''}${size}(${[...steps, ...lists]})`;
  });
  return `f${exprs.map((e) => e.id)} ${moving} ${along.join(' ')}`;
}
