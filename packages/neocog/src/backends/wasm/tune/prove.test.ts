// Every algorithm is proved right where it is, in every order of arrays and with what follows sums; one that is wrong anywhere is found
// out, whoever judges.

import { describe, expect, it } from 'vitest';
import { inOrders, type PlanCase } from '../../../../../../test/convPlans.ts';
import * as e from '../../../expression/expression.ts';
import { parseConv } from '../../../geometry/text.ts';
import type { ConvKernel } from '../../work.ts';
import { address, f32 } from '../assembler/index.ts';
import { engine } from '../engine.ts';
import type { ConvPlan, ConvTask } from '../kernels/convPlan.ts';
import { type Epilogue, plainEpilogue } from '../kernels/epilogue.ts';
import { type Kernel, unitFunction } from '../kernels/kernel.ts';
import { convPlanners } from '../kernels/planners.ts';
import { Ground } from './ground.ts';
import { prove } from './prove.ts';
import type { Contender } from './trial.ts';

const [sum, extra] = [e.input(0), e.input(1)];
const epilogues: Record<string, Epilogue> = {
  nothing: plainEpilogue,
  'a bias and relu6': { bias: true, formula: e.min(e.max(sum, 0), 6), extras: [] },
  'a residual and gelu': { bias: true, formula: e.mul(e.add(sum, extra), e.erf(sum)), extras: ['pixel'] },
  'a scale and a rounding': { bias: false, formula: e.round(e.mul(sum, extra)), extras: ['channel'] },
};

function tasksOf(text: string, kernel: ConvKernel, epilogue = plainEpilogue): ConvTask[] {
  const geometry = parseConv(text);
  const [xPitch, yPitch] = [geometry.inChannels, geometry.outChannels].map((c) => Math.ceil(c / 4) * 4 + 4);
  return inOrders<Omit<PlanCase, 'ending'>>({ geometry, kernel, xPitch, yPitch })
    .filter(({ xOrder, yOrder }) => xOrder !== 'pairs' && yOrder !== 'pairs')
    .map((each) => ({ ...each, epilogue, engine: engine() }));
}

/** All algorithms that take it. */
const allOf = (tasks: readonly ConvTask[]): Contender[] =>
  tasks.flatMap((task) =>
    convPlanners
      .filter((planner) => planner.computes.includes(task.kernel) && !planner.sumsWhole)
      .filter((planner) => planner.refuse(task) === null)
      .map(({ name, plan }) => ({ name, task, plan: () => plan(task) })),
  );

const plainOf = (contenders: readonly Contender[]): Contender[] =>
  contenders.filter(({ plan }) => plan().exact);

const layers: readonly (readonly [string, ConvKernel])[] = [
  ['n1 g1 c20>24 13x11 k3x3 s1 d1 p1', 'conv'],
  ['n2 g1 c9>12 15x14 k3x3 s2 d1 p1', 'conv'],
  ['n1 g1 c24>17 7x7 k1x1 s1 d1 p0', 'conv'],
  ['n1 g12 c12>12 9x9 k5x5 s1 d1 p2', 'conv'],
  ['n1 g1 c12>10 40 k9 s1 d1 p4', 'conv'],
  ['n1 g1 c8>12 9x10 k3x3 s1 d1 p1', 'inputGrad'],
  ['n2 g1 c16>12 10x10 k3x3 s1 d1 p1', 'weightGrad'],
];

describe.each(layers)('%s, %s', (text, kernel) => {
  it.each(kernel === 'weightGrad' ? ['nothing'] : Object.keys(epilogues))(
    'algorithms that compute it, then %s, are right',
    async (name) => {
      const contenders = allOf(tasksOf(text, kernel, epilogues[name]));
      expect(contenders.length).toBeGreaterThan(1);
      const { trials, refusals } = await prove(contenders, plainOf(contenders), new Ground());
      expect([...refusals.values()]).toEqual([]);
      expect(trials.map(({ contender }) => contender)).toEqual(contenders);
    },
  );
});

describe('an algorithm that is wrong', () => {
  const text = 'n1 g1 c12>16 14x14 k3x3 s1 d1 p1';
  const [task] = tasksOf(text, 'conv');
  const all = allOf([task as ConvTask]);
  const right = all.find(({ name }) => name === 'direct') as Contender;
  const breaking = (name: string, change: (plan: ConvPlan) => ConvPlan): Contender => ({
    ...right,
    name,
    plan: () => change(right.plan()),
  });
  const shifted = { ...(task as ConvTask), geometry: parseConv('n1 g1 c12>16 14x14 k3x3 s1 d1 p2:0x1:1') };
  const [other] = allOf([shifted]).filter(({ name }) => name === 'direct') as [Contender];
  const wrong: Record<string, Contender> = {
    'reads beside its inputs': { ...right, name: 'shifted', plan: other.plan },
    'leaves out a row': breaking('short', (plan) => ({
      ...plan,
      steps: plan.steps.map((step) => ({
        ...step,
        kernel: { ...step.kernel, units: step.kernel.units - 1 },
      })),
    })),
    'forgets its weights': breaking('unprepared', (plan) => ({ ...plan, prepare: [] })),
  };

  it.each(Object.keys(wrong))('because it %s is refused, and others are not', async (how) => {
    const contender = wrong[how] as Contender;
    const fast = all.find(({ name }) => name === 'winograd large') as Contender;
    for (const contenders of [
      [contender, fast],
      [fast, right, contender],
    ]) {
      const { refusals } = await prove(contenders, [right], new Ground());
      expect([...refusals.keys()]).toEqual([contender]);
      expect(refusals.get(contender)).toMatch(
        /^gave \S+ where the definition gives \S+, at \[[\d,]+\] of a result on whole numbers$/,
      );
    }
  });

  it('is found out without a judge', async () => {
    const contender = wrong['reads beside its inputs'] as Contender;
    const { refusals } = await prove([contender, right], [], new Ground());
    expect([...refusals.keys()]).toEqual([contender]);
  });

  /** Writes a wrong value to one float of its result, where no sample is taken. */
  function spoiling(float: number): Contender {
    const spoiler: Kernel = {
      ...{ key: `spoiler ${float}`, operands: ['y'], units: 1, scratchBytes: 0 },
      emit: (scope) =>
        unitFunction(scope, ['y'], (f, p) => f.run(f32.store(address(p.y, 4 * float), f32.const(0.5)))),
    };
    return breaking('spoilt', (plan) => ({
      ...plan,
      steps: [...plan.steps, { kernel: spoiler, operands: ['y'] }],
    }));
  }
  const floats = [(5 * 14 + 9) * 20 + 7, (9 * 14 + 3) * 20 + 11] as const;

  it.each(floats)('is found out by float %i alone', async (float) => {
    const contender = spoiling(float);
    expect([...(await prove([contender], [], new Ground())).refusals]).toEqual([]);
    const { refusals } = await prove([contender, right], [right], new Ground());
    expect([...refusals.keys()]).toEqual([contender]);
    expect(refusals.get(contender)).toMatch(/^gave 0\.5 where/);
  });

  it('is refused as a judge too, and the next one judges', async () => {
    const judge = wrong['reads beside its inputs'] as Contender;
    const [fast, contender] = [
      all.find(({ name }) => name === 'winograd large') as Contender,
      spoiling(floats[0]),
    ];
    const { refusals } = await prove([fast, contender], [judge, right], new Ground());
    expect([...refusals.keys()]).toEqual([judge, contender]);
    const spoilt = await prove([fast], [contender, right], new Ground());
    expect([...spoilt.refusals.keys()]).toEqual([contender]);
  });
});
