// What only moves values: changes of arrangement, copies, sums of copies, and the writing of states.

import type { StridedView } from '../../backend.ts';
import type { AssignNode, CopyAddNode, CopyNode, GraphValue } from '../../graph.ts';
import { type MoveDim, type MovePlan, movePlan } from '../kernels/move.ts';
import type { Placed, Room } from './arrays.ts';
import { cutAxis, type Form, floatsOf, formKey, type LoopAxis, locate, pixels } from './form.ts';
import type { Lowering } from './lower.ts';

/** Makes another arrangement of a value. */
export function changeForm(l: Lowering, value: GraphValue, from: Placed, form: Form): Placed {
  const through = from.form && form && formKey(from.form) !== 'row-major' ? l.as(value, null) : from;
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
  move(l, through, { form, room: result.room }, axes, axes);
  return result;
}

function constantIn(l: Lowering, value: GraphValue, form: Form): Room {
  const values = value.data as Float32Array;
  const arranged = new (values.constructor as typeof Float32Array)(floatsOf(form, value.size));
  const { images, channels, plane, pitch } = form as NonNullable<Form>;
  for (let n = 0; n < images; n++)
    for (let c = 0; c < channels; c++)
      for (let p = 0; p < plane; p++)
        arranged[(n * plane + p) * pitch + c] = values[(n * channels + c) * plane + p];
  return l.arrays.put(value, form, l.arrays.constant(arranged)).room;
}

/** Adds the steps that move elements along `fromAxes` of one value to `toAxes` of another, if both forms can be followed. */
function move(
  l: Lowering,
  from: Placed,
  to: Placed,
  fromAxes: readonly LoopAxis[],
  toAxes: readonly LoopAxis[],
  options: { fromStart?: number; toStart?: number; mode?: 'copy' | 'add' } = {},
): boolean {
  const plan = planMove(from.form, to.form, fromAxes, toAxes, options);
  if (!plan) return false;
  addMove(l, plan, from.room, to.room);
  return true;
}

function addMove(l: Lowering, plan: MovePlan, from: Room, to: Room): void {
  const rooms: Record<string, Room> = { from, to };
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

function planMove(
  from: Form,
  to: Form,
  fromAxes: readonly LoopAxis[],
  toAxes: readonly LoopAxis[],
  {
    fromStart = 0,
    toStart = 0,
    mode = 'copy',
  }: { fromStart?: number; toStart?: number; mode?: 'copy' | 'add' },
): MovePlan | null {
  let pairs: Pair[] = fromAxes.map(({ size, step }, d) => ({ size, from: step, to: toAxes[d].step }));
  for (;;) {
    const source = locate(
      from,
      pairs.map((p) => ({ size: p.size, step: p.from })),
      fromStart,
    );
    const target = locate(
      to,
      pairs.map((p) => ({ size: p.size, step: p.to })),
      toStart,
    );
    if (!source || !target) return null;
    if ('steps' in source && 'steps' in target) {
      const dims = pairs.map((p, d) => moveDim(p.size, source.steps[d], target.steps[d]));
      return movePlan({ dims, fromStart: source.start, toStart: target.start, mode });
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

const axesOf = (view: StridedView): LoopAxis[] =>
  view.shape.map((size, d) => ({ size, step: view.strides[d] }));

/** Row-major steps of the array that a view fills or is filled from. */
function denseAxes(shape: readonly number[]): LoopAxis[] {
  let step = 1;
  const axes = new Array<LoopAxis>(shape.length);
  for (let d = shape.length - 1; d >= 0; d--) {
    axes[d] = { size: shape[d], step };
    step *= shape[d];
  }
  return axes;
}

/** Shapes of three axes and more are images, channels and planes, if they are arranged as pixels at all. */
function likelyPixels(shape: readonly number[]): Form {
  if (shape.length < 3) return null;
  const [images, channels, ...space] = shape;
  return pixels(
    images,
    channels,
    space.reduce((a, b) => a * b, 1),
  );
}

const describeView = (view: StridedView): string => `${view.shape.join('×')} from offset ${view.offset}`;

export function lowerCopy(l: Lowering, node: CopyNode): void {
  const { view, inputs, outputs } = node;
  l.begin({ label: node.label, op: 'copy', description: `copy of ${describeView(view)}` });
  const [x] = inputs;
  const [y] = outputs;
  const given = l.arrays.formsOf(x).find(({ form }) => formKey(form) !== 'row-major');
  const shapes = [axesOf(view), denseAxes(view.shape)] as const;
  const tries: [Form, Form][] = given
    ? [
        [given.form, likelyPixels(view.shape)],
        [given.form, null],
        [null, null],
      ]
    : [[null, null]];
  for (const [from, to] of tries) {
    const plan = planMove(from, to, ...shapes, { fromStart: view.offset });
    if (!plan) continue;
    addMove(l, plan, l.as(x, from).room, l.arrays.put(y, to).room);
    return;
  }
}

export function lowerCopyAdd(l: Lowering, node: CopyAddNode): void {
  const { views, inputs, outputs } = node;
  const [y] = outputs;
  const covers = coversOnce(views, y.size);
  const what = covers ? 'concatenation' : 'sum of copies';
  l.begin({
    label: node.label,
    op: 'copyAdd',
    description: `${what}: ${views.map(describeView).join('; ')}`,
  });
  const mode = covers ? 'copy' : 'add';
  const forms = inputs.map(
    (x) => l.arrays.formsOf(x).find(({ form }) => formKey(form) !== 'row-major')?.form ?? null,
  );
  const like = forms.find((form) => form !== null);
  const outForm = like ? pixels(like.images, y.size / (like.images * like.plane), like.plane) : null;
  const exact = outForm && Number.isInteger(outForm.channels) ? outForm : null;
  for (const to of exact ? [exact, null] : [null]) {
    const plans = views.map((view, i) => {
      const options = { toStart: view.offset, mode } as const;
      for (const from of forms[i]
        ? [forms[i], null]
        : to
          ? [to && formOfPart(l, inputs[i], to), null]
          : [null]) {
        const plan = planMove(from, to, denseAxes(view.shape), axesOf(view), options);
        if (plan) return { from, plan };
      }
      return null;
    });
    if (plans.includes(null)) continue;
    const { room } = l.arrays.put(y, to);
    if (!covers)
      addMove(
        l,
        movePlan({
          dims: [{ count: floatsOf(to, y.size), to: 1, from: 0 }],
          fromStart: 0,
          toStart: 0,
          mode: 'fill',
          value: 0,
        }),
        room,
        room,
      );
    plans.forEach((part, i) => {
      if (part) addMove(l, part.plan, l.as(inputs[i], part.from).room, room);
    });
    return;
  }
}

/** A row-major part of a result in pixels is brought to pixels first, if its size says which. */
function formOfPart(_l: Lowering, value: GraphValue, to: NonNullable<Form>): Form {
  const channels = value.size / (to.images * to.plane);
  return Number.isInteger(channels) ? pixels(to.images, channels, to.plane) : null;
}

/** Whether views fill an array, each place once. */
function coversOnce(views: readonly StridedView[], size: number): boolean {
  const total = views.reduce((sum, view) => sum + view.shape.reduce((a, b) => a * b, 1), 0);
  if (total !== size) return false;
  const seen = new Uint8Array(size);
  for (const view of views) mark(seen, axesOf(view), view.offset);
  return seen.every((count) => count === 1);
}

function mark(seen: Uint8Array, [axis, ...inner]: readonly LoopAxis[], at: number): void {
  if (!axis) {
    seen[at] = Math.min(2, seen[at] + 1);
    return;
  }
  for (let i = 0; i < axis.size; i++) {
    mark(seen, inner, at + (typeof axis.step === 'number' ? i * axis.step : axis.step[i]));
  }
}

/** The new values move into the state's room at the end of the step; whoever reads the state later reads them. */
export function lowerAssign(l: Lowering, node: AssignNode): void {
  const [value, state] = node.inputs;
  l.begin({ label: node.label, op: 'assign', description: `${value.size} values kept for the next run` });
  const axes = denseAxes([value.size]);
  move(l, { form: null, room: l.asRowMajor(value) }, { form: null, room: l.asRowMajor(state) }, axes, axes);
}
