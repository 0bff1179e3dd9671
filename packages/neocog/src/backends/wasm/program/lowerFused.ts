// Fused loops as steps: their axes follow the arrays' arrangement, and the result is arranged like what it is made of.

import { type Expr, formatExpr, input, nodesOf } from '../../../expression/expression.ts';
import type { GraphValue, NodeOf } from '../../graph.ts';
import type { FusedManyWork, FusedWork, TruncateWork } from '../../work.ts';
import { fusedManyPlan } from '../kernels/loops/fused.ts';
import type { GivenAxis } from '../kernels/loops/loopNest.ts';
import type { Room } from './arrays.ts';
import { cutAxis, type Form, floatsOf, formKey, type LoopAxis, locate } from './form.ts';
import type { Lowering } from './lowering.ts';

/** An axis of the loop with the steps of every array, the result last; in elements of their row-major order. */
interface Axis {
  readonly size: number;
  readonly steps: readonly number[];
  readonly reduced: boolean;
  readonly position: number | undefined;
}

type AnyFused = NodeOf<FusedWork> | NodeOf<FusedManyWork>;

const formulasOf = (node: AnyFused): readonly Expr[] => (node.op === 'fused' ? [node.loop.expr] : node.exprs);

export function lowerFused(l: Lowering, node: AnyFused): void {
  const { loop, inputs, outputs } = node;
  const exprs = formulasOf(node);
  l.begin({ label: node.label, op: 'fused', description: '' });
  const placed = inputs.map((value) => l.arrays.pixelForm(value));
  const { axes, forms, outForm } = arrange(node, placed);
  const named: Record<string, Room> = {};
  inputs.forEach((value, i) => {
    named[`in${i}`] = l.as(value, forms[i]).room;
  });
  const mayReuse = !loop.reduced.includes(true) && outputs.length === 1;
  const inPlace = mayReuse ? inputs.filter((value) => readsOwnPlace(node, value)) : [];
  outputs.forEach((value, i) => {
    named[`out${i}`] = l.result(value, outForm, node, inPlace).room;
  });
  const plan = fusedManyPlan({
    exprs,
    combine: loop.combine,
    axes,
    inputTypes: inputs.map((value) => value.dtype),
    engine: l.engine,
  });
  const formulas = shortened(exprs.map((expr) => formatExpr(expr, mostText + 1)).join('; '));
  l.describe({ description: `${plan.description}: ${formulas}` });
  l.addPlan(plan, named);
}

/** In whatever arrangement the floats have; what lies between them is cut off too. */
export function lowerTruncate(l: Lowering, { label, inputs: [x], outputs: [y] }: NodeOf<TruncateWork>): void {
  const [{ form, room }] = l.arrays.formsOf(x);
  l.begin({ label, op: 'truncate', description: 'floats cut off to whole numbers' });
  const axis = { size: floatsOf(form, x.size), reduced: false, strides: [1], outStrides: [1] };
  const plan = fusedManyPlan({
    exprs: [input(0)],
    combine: 'sum',
    axes: [axis],
    inputTypes: ['float32'],
    outputType: 'int32',
    engine: l.engine,
  });
  l.addPlan(plan, { in0: room, out0: l.arrays.put(y, form).room });
}

const mostText = 80;

const shortened = (text: string): string =>
  text.length > mostText ? `${text.slice(0, mostText - 1)}…` : text;

/** Whether every reading of `value` is at the point's own place, so that the result may overwrite it. */
function readsOwnPlace(node: AnyFused, value: GraphValue): boolean {
  const { loop, inputs } = node;
  const dense = outputSteps(node);
  return inputs.every(
    (other, i) =>
      other !== value || loop.shape.every((size, d) => size === 1 || loop.strides[i][d] === dense[d]),
  );
}

/** Steps of the result in its row-major order; 0 along axes that are combined away. */
function outputSteps({ loop }: AnyFused): number[] {
  const steps = new Array<number>(loop.shape.length).fill(0);
  let step = 1;
  for (let d = loop.shape.length - 1; d >= 0; d--) {
    if (loop.reduced[d]) continue;
    steps[d] = step;
    step *= loop.shape[d];
  }
  return steps;
}

interface Arranged {
  readonly axes: GivenAxis[];
  readonly forms: readonly Form[];
  readonly outForm: Form;
}

/** The loop over the arrays as they lie; arrays that it cannot follow are taken row-major. */
function arrange(node: AnyFused, given: readonly Form[]): Arranged {
  const [output] = node.outputs;
  const like = given.find(
    (form, i) => form && node.inputs[i].size === output.size && formKey(form) !== 'row-major',
  );
  for (const outForm of like ? [like, null] : [null]) {
    // Arrays of the result's size in another order would be read with a jump for every element.
    const forms = given.map((form, i) =>
      outForm && node.inputs[i].size === output.size && reads(node, i) ? outForm : form,
    );
    const arranged = follow(node, forms, outForm);
    if (arranged) return arranged;
  }
  throw new Error('neocog bug, please report it: a loop over row-major arrays that cannot be followed');
}

const reads = (node: AnyFused, i: number): boolean =>
  formulasOf(node).some((expr) => nodesOf(expr).some((e) => e.op === 'input' && e.index === i));

/** Null if the result cannot be arranged so. */
function follow(node: AnyFused, given: readonly Form[], outForm: Form): Arranged | null {
  const forms = [...given];
  for (;;) {
    const located = locateAll(node, [...forms, outForm]);
    if (Array.isArray(located)) return { axes: located, forms, outForm };
    if (located.failed === forms.length) return null;
    if (forms[located.failed] === null) return null;
    forms[located.failed] = null;
  }
}

/** The axes in floats of the arrays' forms, or which array cannot be followed. */
function locateAll(node: AnyFused, forms: readonly Form[]): GivenAxis[] | { failed: number } {
  const { loop } = node;
  const out = outputSteps(node);
  const read = new Set(
    formulasOf(node)
      .flatMap(nodesOf)
      .flatMap((e) => (e.op === 'position' ? [e.axis] : [])),
  );
  let axes: Axis[] = loop.shape.map((size, d) => ({
    size,
    steps: [...loop.strides.map((strides) => (size === 1 ? 0 : strides[d])), out[d]],
    reduced: loop.reduced[d],
    position: read.has(d) ? d : undefined,
  }));
  for (let i = 0; i < forms.length; i++) {
    const along: LoopAxis[] = axes.map((axis) => ({ size: axis.size, step: axis.steps[i] }));
    const found = locate(forms[i], along);
    if (found && 'steps' in found) continue;
    if (!found || axes[found.axis].position !== undefined) return { failed: i };
    axes = cutAxis(axes, found, cutInTwo);
    i = -1;
  }
  const located = forms.map((form, i) =>
    locate(
      form,
      axes.map((axis) => ({ size: axis.size, step: axis.steps[i] })),
    ),
  );
  return axes.map((axis, d) => {
    const steps = located.map((place) => (place && 'steps' in place ? (place.steps[d] as number) : 0));
    return {
      size: axis.size,
      reduced: axis.reduced,
      strides: steps.slice(0, -1),
      outStrides: formulasOf(node).map(() => steps[steps.length - 1]),
      position: axis.position,
    };
  });
}

const cutInTwo = (axis: Axis, inner: number): [Axis, Axis] => [
  { ...axis, size: axis.size / inner, steps: axis.steps.map((step) => step * inner) },
  { ...axis, size: inner },
];
