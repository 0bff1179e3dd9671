// What only moves values: copies, sums of copies, and the writing of states.

import { product, rowMajor } from '../../../geometry/window.ts';
import type { AssignNode, GraphValue, NodeOf } from '../../graph.ts';
import type { CopyAddWork, CopyWork } from '../../work.ts';
import type { StridedView } from '../../workParts.ts';
import { movePlan } from '../kernels/moves/move.ts';
import { type Form, floatsOf, type LoopAxis, pixels } from './form.ts';
import type { Lowering } from './lowering.ts';
import { addMove, move, planMove } from './moves.ts';

const axesOf = (view: StridedView): LoopAxis[] =>
  view.shape.map((size, d) => ({ size, step: view.strides[d] }));

/** Row-major steps of the array that a view fills or is filled from. */
const denseAxes = (shape: readonly number[]): LoopAxis[] =>
  rowMajor(shape, 1).map((step, d) => ({ size: shape[d], step }));

/** Shapes of three axes and more are images, channels and planes, if they are arranged as pixels at all. */
function likelyPixels(shape: readonly number[]): Form {
  if (shape.length < 3) return null;
  const [images, channels, ...space] = shape;
  return pixels(images, channels, product(space));
}

const describeView = (view: StridedView): string => `${view.shape.join('×')} from offset ${view.offset}`;

export function lowerCopy(l: Lowering, node: NodeOf<CopyWork>): void {
  const { view, inputs, outputs } = node;
  l.begin({ label: node.label, op: 'copy', description: `copy of ${describeView(view)}` });
  const [x] = inputs;
  const [y] = outputs;
  const given = l.arrays.pixelForm(x);
  const tries: [Form, Form][] = given
    ? [
        [given, likelyPixels(view.shape)],
        [given, null],
        [null, null],
      ]
    : [[null, null]];
  // Another order of axes may be what lies there already: channels-last images are pixels. What has its place is brought there.
  const aliases: readonly (readonly [Form, Form])[] = l.arrays.isReserved(y)
    ? []
    : [...tries, [null, likelyPixels(view.shape)]];
  const planFor = (from: Form, to: Form) =>
    planMove(
      { form: from, axes: axesOf(view), start: view.offset },
      { form: to, axes: denseAxes(view.shape) },
    );
  for (const [from, to] of aliases) {
    const plan = planFor(from, to);
    if (!plan?.isIdentity || floatsOf(to, y.size) !== floatsOf(from, x.size)) continue;
    l.alias(y, to, l.as(x, from).room);
    return;
  }
  for (const [from, to] of tries) {
    const plan = planFor(from, to);
    if (!plan) continue;
    addMove(l, plan, { from: l.as(x, from).room, to: l.arrays.put(y, to).room });
    return;
  }
}

export function lowerCopyAdd(l: Lowering, node: NodeOf<CopyAddWork>): void {
  const { views, inputs, outputs } = node;
  const [y] = outputs;
  const { covers, apart } = coverageOf(views, y.size);
  const what = covers && apart ? 'concatenation' : apart ? 'copies among zeros' : 'sum of copies';
  l.begin({
    label: node.label,
    op: 'copyAdd',
    description: `${what}: ${views.map(describeView).join('; ')}`,
  });
  const mode = apart ? 'copy' : 'add';
  const forms = inputs.map((x) => l.arrays.pixelForm(x));
  const like = forms.find((form) => form !== null);
  const outForm = like ? pixels(like.images, y.size / (like.images * like.plane), like.plane) : null;
  const exact = outForm && Number.isInteger(outForm.channels) ? outForm : null;
  for (const to of exact ? [exact, null] : [null]) {
    const plans = views.map((view, i) => {
      const part = { form: to, axes: axesOf(view), start: view.offset };
      for (const from of [forms[i] ?? (to && formOfPart(inputs[i], to)), null]) {
        const plan = planMove({ form: from, axes: denseAxes(view.shape) }, part, mode);
        if (plan) return { from, plan };
      }
      return null;
    });
    if (plans.includes(null)) continue;
    const { room } = l.arrays.put(y, to);
    if (!(covers && apart))
      addMove(
        l,
        movePlan({
          dims: [{ count: floatsOf(to, y.size), to: 1, from: 0 }],
          fromStart: 0,
          toStart: 0,
          mode: 'fill',
          value: 0,
        }),
        { from: room, to: room },
      );
    plans.forEach((part, i) => {
      if (part) addMove(l, part.plan, { from: l.as(inputs[i], part.from).room, to: room });
    });
    return;
  }
}

/** A row-major part of a result in pixels is brought to pixels first, if its size says which. */
function formOfPart(value: GraphValue, to: NonNullable<Form>): Form {
  const channels = value.size / (to.images * to.plane);
  return Number.isInteger(channels) ? pixels(to.images, channels, to.plane) : null;
}

/** Whether views fill an array, and whether they reach no place twice. */
function coverageOf(views: readonly StridedView[], size: number): { covers: boolean; apart: boolean } {
  const seen = new Uint8Array(size);
  for (const view of views) mark(seen, axesOf(view), view.offset);
  return { covers: !seen.includes(0), apart: !seen.includes(2) };
}

/** Counts to 2 at each place; the places of the last axis one after the other, without a call for each. */
function mark(seen: Uint8Array, [axis = oneStep, ...inner]: readonly LoopAxis[], at: number): void {
  const { size, step } = axis;
  for (let i = 0; i < size; i++) {
    const place = at + (typeof step === 'number' ? i * step : step[i]);
    if (inner.length > 0) mark(seen, inner, place);
    else if (seen[place] < 2) seen[place]++;
  }
}

const oneStep: LoopAxis = { size: 1, step: 0 };

/** The new values move into the state's room at the end of the step; whoever reads the state later reads them. */
export function lowerAssign(l: Lowering, node: AssignNode): void {
  const [value, state] = node.inputs;
  l.begin({ label: node.label, op: 'assign', description: `${value.size} values kept for the next run` });
  const axes = denseAxes([value.size]);
  const [from, to] = [value, state].map((of) => ({ form: null, room: l.asRowMajor(of) }));
  move(l, { from, to }, axes);
}
