// Learning-rate schedules against the reference vectors. A schedule is made from the options that the vectors name and
// gives the rate of a step; oneCycle's momentum is a schedule of its own.

import { expect, it } from 'vitest';
import { loadSuite } from '../golden.ts';
import { call, exported } from './harness.ts';

type Schedule = (step: number) => number;

function expectRates(schedule: Schedule, wanted: readonly number[]): void {
  wanted.forEach((want, step) => {
    const got = schedule(step);
    expect(Math.abs(got - want), `step ${step}: ${got}, not ${want}`).toBeLessThanOrEqual(
      1e-9 * Math.abs(want),
    );
  });
}

const suite = await loadSuite('schedule');

for (const { id, op, params } of suite.cases) {
  const { values, momentum, ...options } = params;
  const check = (needs: string, wanted: unknown) => {
    if (exported(needs) === undefined)
      it(`${op} ${id}`, () => expect.fail(`neocog does not export ${needs}`));
    else it(`${needs} ${id}`, () => expectRates(call<Schedule>(needs, options), wanted as number[]));
  };
  check(`schedule.${op}`, values);
  if (momentum) check(`schedule.${op}Momentum`, momentum);
}
