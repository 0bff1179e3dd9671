// Moving values from one arrangement to another.

import type { GraphValue } from '../../graph.ts';
import type { Kernel } from '../kernels/kernel.ts';
import { type MoveDim, type MovePlan, movePlan } from '../kernels/moves/move.ts';
import type { Arrays, Placed, Room } from './arrays.ts';
import { cutAxis, type Form, floatsOf, formKey, type LoopAxis, locate, samePixels } from './form.ts';

/** Where the steps of a move go. */
export interface MoveSink {
  readonly arrays: Arrays;
  step(kernel: Kernel, rooms: readonly Room[]): void;
}

/** Makes another arrangement of a value. */
export function changeForm(l: MoveSink, value: GraphValue, form: Form): Placed {
  const [from] = l.arrays.formsOf(value);
  const direct = !from.form || !form || formKey(from.form) === 'row-major' || samePixels(from.form, form);
  const through = direct ? from : changeForm(l, value, null);
  const result = l.arrays.put(value, form);
  if (value.source === 'constant') {
    // Known before the first run: laid out then.
    return { form, room: constantIn(l, value, form) };
  }
  const { images, channels, plane } = (form ?? through.form) as NonNullable<Form>;
  const axes = [
    { size: images, step: channels * plane },
    { size: channels, step: plane },
    { size: plane, step: 1 },
  ];
  move(l, { from: through, to: { form, room: result.room } }, axes);
  return result;
}

function constantIn(l: MoveSink, value: GraphValue, form: Form): Room {
  const values = value.data as Float32Array;
  const arranged = new (values.constructor as typeof Float32Array)(floatsOf(form, value.size));
  const { images, channels, plane, pitch } = form as NonNullable<Form>;
  for (let n = 0; n < images; n++)
    for (let c = 0; c < channels; c++)
      for (let p = 0; p < plane; p++)
        arranged[(n * plane + p) * pitch + c] = values[(n * channels + c) * plane + p];
  return l.arrays.put(value, form, l.arrays.constant(arranged)).room;
}

/** Adds the steps that move elements to their places in another arrangement, if both can be followed. */
export function move(l: MoveSink, { from, to }: Ends<Placed>, axes: readonly LoopAxis[]): void {
  const plan = planMove({ form: from.form, axes }, { form: to.form, axes });
  if (plan) addMove(l, plan, { from: from.room, to: to.room });
}

interface Ends<T> {
  readonly from: T;
  readonly to: T;
}

export function addMove(l: MoveSink, plan: MovePlan, ends: Ends<Room>): void {
  const rooms: Record<string, Room> = { ...ends };
  for (const { operand, values } of plan.tables) rooms[operand] = l.arrays.constant(values);
  for (const { kernel, operands } of plan.steps)
    l.step(
      kernel,
      operands.map((name) => rooms[name]),
    );
}

interface Pair {
  readonly size: number;
  readonly from: number | Int32Array;
  readonly to: number | Int32Array;
}

export interface PlannedMove extends MovePlan {
  /** Every element stays at its place. */
  readonly isIdentity: boolean;
}

/** Elements along some axes of a value, in an arrangement. */
export interface Elements {
  readonly form: Form;
  readonly axes: readonly LoopAxis[];
  readonly start?: number;
}

export function planMove(from: Elements, to: Elements, mode: 'copy' | 'add' = 'copy'): PlannedMove | null {
  let pairs: Pair[] = from.axes.map(({ size, step }, d) => ({ size, from: step, to: to.axes[d].step }));
  for (;;) {
    const along = (end: 'from' | 'to') => pairs.map((pair) => ({ size: pair.size, step: pair[end] }));
    const source = locate(from.form, along('from'), from.start);
    const target = locate(to.form, along('to'), to.start);
    if (!source || !target) return null;
    if ('steps' in source && 'steps' in target) {
      const dims = pairs.map((p, d) => moveDim(p.size, source.steps[d], target.steps[d]));
      const stays = dims.every(
        (dim) => !dim.fromTable && !dim.toTable && (dim.count === 1 || dim.from === dim.to),
      );
      const plan = movePlan({ dims, fromStart: source.start, toStart: target.start, mode });
      return { ...plan, isIdentity: stays && source.start === target.start };
    }
    const cut = 'steps' in source ? target : source;
    if ('steps' in cut) return null;
    const { from: a, to: b } = pairs[cut.axis];
    if (typeof a !== 'number' || typeof b !== 'number') return null;
    pairs = cutAxis(pairs, cut, (pair, inner) => [
      { size: pair.size / inner, from: a * inner, to: b * inner },
      { ...pair, size: inner },
    ]);
  }
}

const moveDim = (count: number, from: number | Int32Array, to: number | Int32Array): MoveDim => ({
  count,
  ...(typeof from === 'number' ? { from } : { from: 0, fromTable: from }),
  ...(typeof to === 'number' ? { to } : { to: 0, toTable: to }),
});
