// Pools, and reading and adding at given positions, as steps.

import { formatPool } from '../../../geometry/text.ts';
import type { PoolGeometry } from '../../../geometry/types.ts';
import { product } from '../../../geometry/window.ts';
import type { NodeOf } from '../../graph.ts';
import type { MaxPoolWork, ScatterAddWork, SumPoolWork, TakeWork } from '../../work.ts';
import { poolPlan, scatterAddPlan, takePlan } from '../kernels/pool/pool.ts';
import type { Room } from './arrays.ts';
import { type Form, type Pixels, pixels } from './form.ts';
import type { Lowering, StepPlan } from './lowering.ts';

const inSide = (g: PoolGeometry) => [g.batch, g.channels, product(g.axes.map((axis) => axis.input))] as const;
const outSide = (g: PoolGeometry) =>
  [g.batch, g.channels, product(g.axes.map((axis) => axis.output))] as const;

function addPlan(
  l: Lowering,
  plan: StepPlan & { readonly description: string },
  rooms: Record<string, Room>,
): void {
  l.describe({ description: plan.description });
  l.addPlan(plan, rooms);
}

export function lowerMaxPool(l: Lowering, node: NodeOf<MaxPoolWork>): void {
  const { geometry: g, inputs, outputs, label } = node;
  l.begin({ label, op: 'maxPool', description: formatPool(g) });
  const x = l.asPixels(inputs[0], inSide(g));
  const form = pixels(...outSide(g));
  const y = l.arrays.put(outputs[0], form);
  const wanted = l.isRead(outputs[1]);
  const op = wanted ? 'maxWithIndices' : 'max';
  const plan = poolPlan({ geometry: g, op, xPitch: x.form.pitch, yPitch: form.pitch, engine: l.engine });
  const rooms: Record<string, Room> = { x: x.room, y: y.room };
  if (wanted) rooms.indices = l.arrays.put(outputs[1], form).room;
  addPlan(l, plan, rooms);
}

export function lowerSumPool(l: Lowering, node: NodeOf<SumPoolWork>): void {
  const { geometry: g, inputs, outputs, label } = node;
  l.begin({ label, op: node.op, description: formatPool(g) });
  const [from, to] = node.op === 'sumPool' ? [inSide(g), outSide(g)] : [outSide(g), inSide(g)];
  const source = l.asPixels(inputs[0], from);
  const form = pixels(...to);
  const result = l.arrays.put(outputs[0], form);
  const [x, y] = node.op === 'sumPool' ? [source, { ...result, form }] : [{ ...result, form }, source];
  const op = node.op === 'sumPool' ? 'sum' : 'sumGrad';
  const plan = poolPlan({ geometry: g, op, xPitch: x.form.pitch, yPitch: y.form.pitch, engine: l.engine });
  addPlan(l, plan, { x: x.room, y: y.room, scale: l.asRowMajor(inputs[1]) });
}

/** Planes of images and channels as the indices have them; without that knowledge every plane is an image of its own. */
export function lowerGather(l: Lowering, node: NodeOf<TakeWork> | NodeOf<ScatterAddWork>): void {
  const { planes, inputs, outputs, label } = node;
  l.begin({ label, op: node.op, description: '' });
  const known = l.arrays
    .formsOf(inputs[1])
    .map(({ form }) => form)
    .find((form): form is Pixels => form !== null && form.images * form.channels === planes);
  const [images, channels] = known ? [known.images, known.channels] : [planes, 1];
  const side = (size: number): [number, number, number] => [images, channels, size / planes];
  const indices = l.asPixels(inputs[1], side(inputs[1].size));
  const source = l.asPixels(inputs[0], side(inputs[0].size));
  const form: Form & object = pixels(...side(outputs[0].size));
  const result = l.arrays.put(outputs[0], form);
  const shared = { images, channels, engine: l.engine };
  if (node.op === 'take') {
    const cells = { inCells: inputs[0].size / planes, outCells: outputs[0].size / planes };
    const plan = takePlan({ ...shared, ...cells, xPitch: source.form.pitch, yPitch: form.pitch });
    addPlan(l, plan, { x: source.room, indices: indices.room, y: result.room });
    return;
  }
  const cells = { inCells: outputs[0].size / planes, outCells: inputs[0].size / planes };
  const plan = scatterAddPlan({ ...shared, ...cells, xPitch: form.pitch, yPitch: source.form.pitch });
  addPlan(l, plan, { y: source.room, indices: indices.room, x: result.room });
}
