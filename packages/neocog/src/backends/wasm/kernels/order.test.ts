// Every algorithm that is a plain sum adds in the same order on the engine of exact programs: the same bits whichever of them
// a program chooses, in whatever order its arrays lie, and for one image as for several.

import { expect, it } from 'vitest';
import { pick, randomGeometry, runPlan } from '../../../../../../test/convPlans.ts';
import { inputShape, outputShape, weightShape } from '../../../geometry/conv.ts';
import { formatConv } from '../../../geometry/text.ts';
import type { ConvGeometry } from '../../../geometry/types.ts';
import { product } from '../../../geometry/window.ts';
import { Generator } from '../../../index.ts';
import { commonEngine } from '../engine.ts';
import type { ConvTask } from './convPlan.ts';
import { plainEpilogue } from './epilogue.ts';
import { convPlanners } from './planners.ts';

const orders = ['pixels', 'planes'] as const;

interface Arrays {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly w: Float32Array;
}

/** What each algorithm gives in each order of arrays that it takes. */
function resultsOf(
  geometry: ConvGeometry,
  kernel: 'conv' | 'inputGrad',
  arrays: Arrays,
): [string, Float32Array][] {
  const pitches = { xPitch: geometry.inChannels, yPitch: geometry.outChannels };
  const tasks = orders.flatMap((xOrder) =>
    orders.map((yOrder): ConvTask => {
      const form = { geometry, kernel, xOrder, yOrder, ...pitches };
      return { ...form, epilogue: plainEpilogue, engine: commonEngine };
    }),
  );
  return convPlanners.flatMap((planner) =>
    tasks
      .filter((task) => planner.computes.includes(kernel) && planner.refuse(task) === null)
      .filter((task) => planner.plan(task).exact)
      .map((task): [string, Float32Array] => [
        `${planner.name} ${task.xOrder}>${task.yOrder}`,
        runPlan(planner, task, { ...arrays, bias: null, extras: [] }, new Generator(2)),
      ]),
  );
}

const normal = (random: Generator, shape: readonly number[]): Float32Array =>
  Float32Array.from({ length: product(shape) }, () => random.normal());

it.each(['conv', 'inputGrad'] as const)('%s', (kernel) => {
  const random = new Generator(31);
  let compared = 0;
  for (let i = 0; i < 60; i++) {
    const depthwise = random.integer(2) === 0;
    const channels = depthwise
      ? { groups: pick(random, [3, 8, 17]), perIn: 1, perOut: pick(random, [1, 1, 2]) }
      : {
          groups: pick(random, [1, 1, 2, 3]),
          perIn: pick(random, [1, 3, 4, 16]),
          perOut: pick(random, [1, 4, 6]),
        };
    const g = randomGeometry(random, channels);
    if (!g) continue;
    const arrays = {
      x: normal(random, inputShape(g)),
      y: normal(random, outputShape(g)),
      w: normal(random, weightShape(g)),
    };
    const [[, first], ...others] = resultsOf(g, kernel, arrays) as [
      [string, Float32Array],
      ...[string, Float32Array][],
    ];
    for (const [name, values] of others) expect(values, `${name} ${formatConv(g)}`).toEqual(first);
    const alone = { ...g, batch: 1 };
    const part = (values: Float32Array) => values.subarray(0, values.length / g.batch);
    const single = resultsOf(alone, kernel, { x: part(arrays.x), y: part(arrays.y), w: arrays.w });
    for (const [name, values] of single) expect(values, `${name} ${formatConv(alone)}`).toEqual(part(first));
    compared += others.length + single.length;
  }
  expect(compared).toBeGreaterThan(50);
});
