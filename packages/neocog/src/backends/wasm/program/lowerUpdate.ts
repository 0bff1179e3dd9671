// The optimiser's step: one loop over all parameters of a group, which lie side by side, as do their gradients and what is
// remembered of them.

import type { GraphValue, Update } from '../../graph.ts';
import { fusedManyPlan } from '../kernels/loops/fused.ts';
import type { Room } from './arrays.ts';
import type { Lowering } from './lowering.ts';

export interface PlacedUpdate {
  readonly update: Update;
  readonly parameters: Room;
  readonly gradients: Room;
  readonly memory: readonly Room[];
}

/** Makes the rooms, so that whoever computes a gradient leaves it in its place. */
export function prepareUpdate(l: Lowering, update: Update): PlacedUpdate {
  const { arrays } = l;
  return {
    update,
    parameters: arrays.region(update.parameters),
    gradients: arrays.region(update.gradients),
    memory: update.memory.map((list) => arrays.region(list)),
  };
}

export function lowerUpdate(l: Lowering, { update, parameters, gradients, memory }: PlacedUpdate): void {
  const { parameters: moved, scalars, formulas } = update;
  const what = `${moved.length} parameters side by side, ${update.memory.length} values remembered of each`;
  l.begin({ label: 'optimizer', op: 'update', description: what });
  // A gradient that came out as pixels is brought into its place.
  for (const gradient of update.gradients) l.asRowMajor(gradient);
  const size = parameters.bytes / 4;
  const still = scalars.map(() => 0);
  const plan = fusedManyPlan({
    exprs: formulas,
    combine: 'sum',
    axes: [
      {
        size,
        reduced: false,
        strides: [1, 1, ...still, ...memory.map(() => 1)],
        outStrides: formulas.map(() => 1),
      },
    ],
    inputTypes: [parameters, gradients, ...scalars, ...memory].map(() => 'float32'),
    engine: l.engine,
  });
  const rooms: Record<string, Room> = {};
  const inputs = [
    parameters,
    gradients,
    ...scalars.map((value: GraphValue) => l.asRowMajor(value)),
    ...memory,
  ];
  inputs.forEach((room, i) => {
    rooms[`in${i}`] = room;
  });
  [parameters, ...memory].forEach((room, i) => {
    rooms[`out${i}`] = room;
  });
  l.addPlan(plan, rooms);
}
