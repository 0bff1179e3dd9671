// Convolutions and their gradients as steps.

import { multiplyAdds } from '../../../geometry/conv.ts';
import type { ConvGeometry } from '../../../geometry/types.ts';
import { product } from '../../../geometry/window.ts';
import type { GraphValue, NodeOf } from '../../graph.ts';
import type { ConvKernel, ConvWork, WeightGradWork } from '../../work.ts';
import type { Engine } from '../engine.ts';
import type { ConvTask, Order } from '../kernels/convPlan.ts';
import { type Epilogue, isLate, plainEpilogue } from '../kernels/epilogue.ts';
import type { Placed, Room } from './arrays.ts';
import type { Arrangement } from './choose.ts';
import { type Form, formKey, type Pixels, pairedPixels } from './form.ts';
import { type Lowering, readsPairs } from './lowering.ts';
import { prepareWeights } from './prepareWeights.ts';

/** Both sides of a convolution as pixels without their pitch. */
const sidesOf = (g: ConvGeometry) => ({
  x: [g.batch, g.inChannels, product(g.axes.map((axis) => axis.input))] as const,
  y: [g.batch, g.outChannels, product(g.axes.map((axis) => axis.output))] as const,
});

export function lowerConv(l: Lowering, node: NodeOf<ConvWork>): void {
  const { op: kernel, finish, bias } = node;
  const [from, to] = endsOf(kernel);
  begin(l, node);
  const { task, plan } = choose(l, arrangementsOf(l, node));
  const [input, weight] = node.inputs;
  const forms = formsOf(l, node, { ...task, pairs: task.epilogue.pairs === true });
  const source = l.as(input, forms[from]);
  const form = forms[to];
  const extras = node.inputs.slice(bias ? 3 : 2);
  const extraRooms = extras.map((value, i) =>
    finish.extras[i] === 'channel' ? l.asRowMajor(value) : l.as(value, form).room,
  );
  // A residual may be overwritten by the sum that it is added to, unless neighbours are still to be read from it.
  const pixelExtras = isLate(finish)
    ? []
    : extras.filter((value, i) => finish.extras[i] === 'pixel' && value !== input);
  const result = l.result(node.outputs[0], form, node, pixelExtras);
  const rooms: Record<string, Room> = {
    [from]: source.room,
    [to]: result.room,
    w: prepareWeights(l, weight, plan),
  };
  if (bias) rooms.bias = l.asRowMajor(node.inputs[2]);
  extraRooms.forEach((room, i) => {
    rooms[`extra${i}`] = room;
  });
  l.addPlan(plan, rooms);
}

/** What a convolution reads and what it writes. */
const endsOf = (kernel: ConvKernel) => (kernel === 'conv' ? (['x', 'y'] as const) : (['y', 'x'] as const));

/** How both sides lie in a task's orders. */
function formsOf(l: Lowering, node: NodeOf<ConvWork>, task: Orders): Record<'x' | 'y', Form> {
  const sizes = sidesOf(node.geometry);
  const [from, to] = endsOf(node.op);
  const formOf = (side: 'x' | 'y'): Form => {
    const order = task[`${side}Order`];
    if (order === 'planes') return null;
    if (side === to) return task.pairs ? pairedPixels(sizes[to], 1) : l.pixelsFor(node.outputs[0], sizes[to]);
    if (order === 'pairs') return pairedPixels(sizes[from], node.geometry.groups);
    return l.pixelFormOf(node.inputs[0], sizes[from]);
  };
  return { x: formOf('x'), y: formOf('y') };
}

/** The orders of both sides; whether results are pairs. */
type Orders = Pick<ConvTask, 'xOrder' | 'yOrder'> & Pick<Epilogue, 'pairs'>;

/**
 * The orders in which both sides may lie: pixels always, planes where a tensor comes in or the result goes out as one, pairs where whole
 * numbers come in, or go to somebody who reads them as such. Arrays that are not yet or must not stay in an order are moved.
 */
function arrangementsOf(l: Lowering, node: NodeOf<ConvWork>): Arrangement[] {
  const { geometry, op: kernel, finish, bias, whole } = node;
  const [from, to] = endsOf(kernel);
  const [input, result] = [node.inputs[0], node.outputs[0]];
  const extras = node.inputs.slice(bias ? 3 : 2).filter((_, i) => finish.extras[i] === 'pixel');
  const floats: Order[] = l.arrays.find(input, null) ? ['pixels', 'planes'] : ['pixels'];
  const sources: Order[] = readsPairs(node) ? ['pairs'] : whole ? [...floats, 'pairs'] : floats;
  const results: Order[] = [
    'pixels',
    ...(l.isResultOnly(result) ? (['planes'] as const) : []),
    ...(l.isPairsOnly(result) ? (['pairs'] as const) : []),
  ];
  return sources.flatMap((source) =>
    results.map((order) => {
      const pairs = order === 'pairs';
      const written = pairs ? 'pixels' : order;
      const orders: Orders = {
        ...(from === 'x' ? { xOrder: source, yOrder: written } : { yOrder: source, xOrder: written }),
        pairs,
      };
      const forms = formsOf(l, node, orders);
      const { pairs: _, ...sides } = orders;
      const task = {
        ...{ geometry, kernel, whole, engine: l.engine, ...sides },
        xPitch: forms.x?.pitch ?? geometry.inChannels,
        yPitch: forms.y?.pitch ?? geometry.outChannels,
        epilogue: { bias, formula: finish.formula, extras: finish.extras, pairs },
      };
      const read = [
        { value: input, form: forms[from] },
        ...extras.map((value) => ({ value, form: forms[to] })),
      ];
      const missing = read.filter(({ value, form }) => !l.isThere(value, form)).map(({ value }) => value);
      const mustMove = results.length > 1 && order === 'pixels' && formKey(forms[to]) !== formKey(null);
      const leaving = mustMove ? [result] : [];
      return { task, moving: movingCost([...missing, ...leaving], l.engine) };
    }),
  );
}

/** Cycles to move a float to another order: reading, transposing and writing it, beyond the second cache. */
const cyclesPerFloat = 1.8;

const movingCost = (values: readonly GraphValue[], e: Engine): number =>
  values.reduce((sum, value) => sum + value.size, 0) * cyclesPerFloat * (e.wide ? 16 : 8);

export function lowerWeightGrad(l: Lowering, node: NodeOf<WeightGradWork>): void {
  const { geometry: g } = node;
  const sides = sidesOf(g);
  begin(l, node);
  const x = l.asPixels(node.inputs[0], sides.x);
  const y = l.asPixels(node.inputs[1], sides.y);
  const result = l.result(node.outputs[0], null, node);
  const task: ConvTask = {
    geometry: g,
    kernel: 'weightGrad',
    xPitch: pitchOf(x),
    yPitch: pitchOf(y),
    epilogue: plainEpilogue,
    engine: l.engine,
  };
  const choice = choose(l, [{ task, moving: 0 }]);
  l.addPlan(choice.plan, { x: x.room, y: y.room, w: result.room });
}

const pitchOf = (placed: Placed & { form: Pixels }): number => placed.form.pitch;

function begin(l: Lowering, node: NodeOf<ConvWork> | NodeOf<WeightGradWork>): void {
  l.begin({ label: node.label, op: node.op, description: '', multiplyAdds: multiplyAdds(node.geometry) });
}

/** Chooses, and tells it in the work that has begun. */
function choose(l: Lowering, arrangements: readonly Arrangement[]) {
  const choice = l.chooser.choose(arrangements);
  l.describe({ choice, description: choice.plan.description });
  return choice;
}
