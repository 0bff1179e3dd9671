// Convolutions and their gradients as steps.

import { multiplyAdds } from '../../../geometry/conv.ts';
import type { ConvGeometry } from '../../../geometry/types.ts';
import { product } from '../../../geometry/window.ts';
import type { ConvNode, GraphValue, WeightGradNode } from '../../graph.ts';
import type { ConvPlan, ConvTask } from '../kernels/convPlan.ts';
import { isLate, plainEpilogue } from '../kernels/epilogue.ts';
import type { Placed, Room } from './arrays.ts';
import type { Pixels } from './form.ts';
import type { Lowering } from './lowering.ts';

/** Both sides of a convolution as pixels without their pitch. */
const sidesOf = (g: ConvGeometry) => ({
  x: [g.batch, g.inChannels, product(g.axes.map((axis) => axis.input))] as const,
  y: [g.batch, g.outChannels, product(g.axes.map((axis) => axis.output))] as const,
});

export function lowerConv(l: Lowering, node: ConvNode): void {
  const { geometry: g, op: kernel, finish, bias } = node;
  const [from, to] = kernel === 'conv' ? (['x', 'y'] as const) : (['y', 'x'] as const);
  const sides = sidesOf(g);
  begin(l, node);
  const [input, weight] = node.inputs;
  const source = l.asPixels(input, ...sides[from]);
  const form = l.pixelsFor(node.outputs[0], ...sides[to]);
  const extras = node.inputs.slice(bias ? 3 : 2);
  const extraRooms = extras.map((value, i) =>
    finish.extras[i] === 'channel' ? l.asRowMajor(value) : l.as(value, form).room,
  );
  // A residual may be overwritten by the sum that it is added to, unless neighbours are still to be read from it.
  const pixelExtras = isLate(finish)
    ? []
    : extras.filter((value, i) => finish.extras[i] === 'pixel' && value !== input);
  const result = l.result(node.outputs[0], form, node, pixelExtras);
  const task: ConvTask = {
    geometry: g,
    kernel,
    xPitch: from === 'x' ? source.form.pitch : form.pitch,
    yPitch: from === 'y' ? source.form.pitch : form.pitch,
    epilogue: { bias, formula: finish.formula, extras: finish.extras },
    engine: l.engine,
  };
  const choice = choose(l, task);
  const rooms: Record<string, Room> = {
    [from]: source.room,
    [to]: result.room,
    w: prepareWeights(l, weight, choice.plan),
  };
  if (bias) rooms.bias = l.asRowMajor(node.inputs[2]);
  extraRooms.forEach((room, i) => {
    rooms[`extra${i}`] = room;
  });
  l.addPlan(choice.plan, rooms);
}

export function lowerWeightGrad(l: Lowering, node: WeightGradNode): void {
  const { geometry: g } = node;
  const sides = sidesOf(g);
  begin(l, node);
  const x = l.asPixels(node.inputs[0], ...sides.x);
  const y = l.asPixels(node.inputs[1], ...sides.y);
  const result = l.result(node.outputs[0], null, node);
  const task: ConvTask = {
    geometry: g,
    kernel: 'weightGrad',
    xPitch: pitchOf(x),
    yPitch: pitchOf(y),
    epilogue: plainEpilogue,
    engine: l.engine,
  };
  const choice = choose(l, task);
  l.addPlan(choice.plan, { x: x.room, y: y.room, w: result.room });
}

const pitchOf = (placed: Placed & { form: Pixels }): number => placed.form.pitch;

function begin(l: Lowering, node: ConvNode | WeightGradNode): void {
  l.begin({ label: node.label, op: node.op, description: '', multiplyAdds: multiplyAdds(node.geometry) });
}

/** Chooses, and tells it in the work that has begun. */
function choose(l: Lowering, task: ConvTask) {
  const choice = l.chooser.choose(task);
  l.describe({ choice, description: choice.plan.description });
  return choice;
}

/** Prepared weights: once if they are constant, else with every run. */
function prepareWeights(l: Lowering, weight: GraphValue, plan: ConvPlan): Room {
  const constant = weight.source === 'constant';
  const prepared = l.arrays.room(plan.weightBytes, constant);
  const source = constant ? l.arrays.room(weight.size * 4) : l.asRowMajor(weight);
  const rooms = { weights: source, w: prepared };
  const steps = plan.prepare.map(({ kernel, operands }) => ({
    kernel,
    rooms: operands.map((name) => rooms[name]),
  }));
  if (constant) l.preparations.push({ source, values: weight.data as Float32Array, steps });
  else for (const step of steps) l.step(step.kernel, step.rooms);
  return prepared;
}
