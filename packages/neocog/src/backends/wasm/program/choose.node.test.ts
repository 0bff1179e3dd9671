// The choice of algorithms: the cheapest with its arrays brought there, within limits; and what is given up to save memory.

import { describe, expect, it } from 'vitest';
import { parseConv } from '../../../geometry/text.ts';
import { Measured } from '../../tuning.ts';
import type { ConvPlan, ConvTask } from '../kernels/convPlan.ts';
import { plainEpilogue } from '../kernels/epilogue.ts';
import { taskText } from '../kernels/taskText.ts';
import { type Arrangement, Chooser, type ConvChoice, type Limits } from './choose.ts';

const engine = { fma: true, wide: false, keepsOrder: true };

function task(text: string, kernel: ConvTask['kernel'] = 'conv'): ConvTask {
  const geometry = parseConv(text);
  const { inChannels: xPitch, outChannels: yPitch } = geometry;
  return { geometry, kernel, epilogue: plainEpilogue, engine, xPitch, yPitch };
}

const planes = (of: ConvTask): ConvTask => ({ ...of, xOrder: 'planes', yOrder: 'planes' });

const [small, large] = ['n1 g1 c64>64 28x28 k3x3 s1 d1 p1', 'n1 g1 c128>128 28x28 k3x3 s1 d1 p1'].map((t) =>
  task(t),
) as [ConvTask, ConvTask];

const bytesOf = ({ weightBytes, workspaces }: ConvPlan): number =>
  workspaces.reduce((sum, bytes) => sum + bytes, weightBytes);

const choose = (arrangements: readonly Arrangement[], limits: Limits = { exact: false }): ConvChoice =>
  new Chooser(limits).choose(arrangements);

const costs = ({ candidates }: ConvChoice): number[] => candidates.flatMap(({ cost }) => cost ?? []);

describe('a choice', () => {
  it('is the cheapest of all, with the estimates of all', () => {
    const choice = choose([{ task: small, moving: 0 }]);
    expect(choice.geometry).toBe('n1 g1 c64>64 28x28 k3x3 s1 d1 p1');
    expect(choice.algorithm).toMatch(/^winograd/);
    expect(costs(choice).length).toBeGreaterThan(2);
    expect(choice.cost).toBe(Math.min(...costs(choice)));
    for (const { cost, refusal } of choice.candidates) expect(cost === null).toBe(refusal !== null);
  });

  it('counts what it costs to bring arrays there', () => {
    const free = choose([
      { task: small, moving: 0 },
      { task: planes(small), moving: 1e12 },
    ]);
    expect(free.task).toBe(small);
    const moved = choose([
      { task: small, moving: 1e12 },
      { task: planes(small), moving: 0 },
    ]);
    expect(moved.task.xOrder).toBe('planes');
    const dear = choose([{ task: small, moving: 1e6 }]);
    expect(dear.cost).toBe(choose([{ task: small, moving: 0 }]).cost + 1e6);
  });

  it('is a plain sum where sums are to be exact', () => {
    const choice = choose([{ task: small, moving: 0 }], { exact: true });
    expect(choice.plan.exact).toBe(true);
    const refused = choice.candidates.filter(({ refusal }) => refusal?.startsWith('is no plain sum'));
    expect(refused.map(({ name }) => /^winograd/.test(name))).toContain(true);
    expect(choose([{ task: small, moving: 0 }]).plan.exact).toBe(false);
  });

  it('is none of much code where a file is to be small', () => {
    const strided = task('n1 g1 c64>64 28x28 k3x3 s2 d1 p1');
    const bulky = (limits: Limits): (string | null)[] =>
      choose([{ task: strided, moving: 0 }], limits)
        .candidates.filter(({ name }) => /^winograd/.test(name))
        .map(({ refusal }) => refusal);
    expect(bulky({ exact: false })).toContain(null);
    const refusals = bulky({ exact: false, compact: true });
    expect(refusals).not.toContain(null);
    expect(refusals).toContain('takes too much code for a file');
    // Of stride 1 it is worth its code.
    const usual = { exact: false, compact: true };
    expect(choose([{ task: large, moving: 0 }], usual).algorithm).toMatch(/^winograd/);
  });

  it('asks only those who compute such a thing', () => {
    const { candidates } = choose([{ task: task('n1 g1 c8>8 9x9 k3x3 s1 d1 p1', 'weightGrad'), moving: 0 }]);
    const names = candidates.map(({ name }) => name);
    expect(names).toContain('winograd small weight gradient');
    expect(names).not.toContain('direct');
  });
});

describe('a choice by what was measured', () => {
  const free = choose([{ task: small, moving: 0 }]);
  const [cheapest, second, third] = free.candidates
    .filter(({ refusal }) => refusal === null)
    .sort((a, b) => (a.cost as number) - (b.cost as number)) as ConvChoice['candidates'];
  /** A choice where the first two have these times. */
  function timed(first: number, other: number, moving = 0): ConvChoice {
    const measured = new Measured(true);
    measured.record(taskText(small), cheapest.name, { milliseconds: first });
    measured.record(taskText(small), second.name, { milliseconds: other });
    return new Chooser({ exact: false }, { measured }).choose([{ task: small, moving }]);
  }

  it('is the fastest, and tells the estimates and the times', () => {
    const choice = timed(2, 1);
    expect(choice.algorithm).toBe(second.name);
    const told = choice.candidates.filter(({ milliseconds }) => milliseconds !== null);
    expect(told.map(({ name, cost, milliseconds }) => [name, cost, milliseconds]).sort()).toEqual(
      [
        [cheapest.name, cheapest.cost, 2],
        [second.name, second.cost, 1],
      ].sort(),
    );
  });

  it('is the cheapest estimate where times are equal, nearly', () => {
    expect(timed(1.04, 1).algorithm).toBe(cheapest.name);
    expect(timed(1.06, 1).algorithm).toBe(second.name);
  });

  it('compares times with estimates by what estimates are on average', () => {
    const mean = Math.sqrt((cheapest.cost as number) * (second.cost as number));
    // Twice as slow as each other: costs are the mean of both, divided and multiplied by the root of two.
    expect(timed(2, 1).cost).toBeCloseTo(mean / Math.SQRT2, 3);
    expect(timed(200, 100).cost).toBeCloseTo(mean / Math.SQRT2, 3);
    expect(timed(2, 1, 1e6).cost).toBeCloseTo(mean / Math.SQRT2 + 1e6, 3);
    expect(third.milliseconds).toBeNull();
  });

  it('is reluctant to take what rounds more or has much code, however it was measured', () => {
    const names = ['winograd large', 'winograd largest'] as const;
    const timed = (largest: number): string => {
      const measured = new Measured(true);
      [1, largest].forEach((milliseconds, i) => measured.record(taskText(small), names[i], { milliseconds }));
      for (const { name } of free.candidates)
        if (!(names as readonly string[]).includes(name))
          measured.record(taskText(small), name, { refusal: 'x' });
      return new Chooser({ exact: false }, { measured }).choose([{ task: small, moving: 0 }]).algorithm;
    };
    expect([timed(0.8), timed(0.65)]).toEqual(names);
  });

  it('is never what was found to be wrong', () => {
    const measured = new Measured(true);
    measured.record(taskText(small), cheapest.name, { refusal: 'gave 1 where the definition gives 2' });
    const choice = new Chooser({ exact: false }, { measured }).choose([{ task: small, moving: 0 }]);
    expect(choice.algorithm).not.toBe(cheapest.name);
    const { refusal, cost } = choice.candidates.find(({ name }) => name === cheapest.name) ?? {};
    expect([refusal, cost]).toEqual(['gave 1 where the definition gives 2', null]);
  });

  it('gives up for memory what costs least by times', () => {
    const layers = [small, large];
    const given = (slow: ConvTask): boolean[] => {
      const measured = new Measured(true);
      const names = (task: ConvTask) => choose([{ task, moving: 0 }]).candidates.map(({ name }) => name);
      // Of one layer nothing is slower than anything, of the other one all but the first choice is.
      for (const task of layers)
        for (const name of names(task)) {
          const isFirst = name === choose([{ task, moving: 0 }]).algorithm;
          measured.record(taskText(task), name, { milliseconds: isFirst || task !== slow ? 1 : 1000 });
        }
      const first = new Chooser({ exact: false }, { measured });
      const all = (chooser: Chooser) => layers.map((task) => chooser.choose([{ task, moving: 0 }]));
      const before = all(first);
      const after = all(first.cheaper(1) as Chooser);
      return after.map(({ algorithm }, i) => algorithm !== before[i]?.algorithm);
    };
    expect([given(small), given(large)]).toEqual([
      [false, true],
      [true, false],
    ]);
  });
});

describe('what is given up for memory', () => {
  /** The plans for some tasks after `excess` bytes are to be saved; null if that is impossible. */
  function after(excess: number | null, tasks: readonly ConvTask[]): ConvChoice[] | null {
    const first = new Chooser({ exact: false });
    const all = (chooser: Chooser) => tasks.map((t) => chooser.choose([{ task: t, moving: 0 }]));
    const free = all(first);
    if (excess === null) return free;
    const next = first.cheaper(excess);
    return next && all(next);
  }
  const total = (choices: readonly ConvChoice[] | null): number =>
    (choices ?? []).reduce((sum, { plan }) => sum + bytesOf(plan), 0);
  const tasks = [small, large, small];
  const free = after(null, tasks) as ConvChoice[];
  const least = after(Infinity, tasks) as ConvChoice[];

  it('saves what is asked for, and no choice costs less than before', () => {
    expect(total(least)).toBeLessThan(total(free));
    for (const share of [0.01, 0.2, 0.5, 0.9, 1]) {
      const excess = share * (total(free) - total(least));
      const choices = after(excess, tasks) as ConvChoice[];
      expect(total(choices)).toBeLessThanOrEqual(total(free) - excess);
      choices.forEach(({ cost }, i) => {
        expect(cost).toBeGreaterThanOrEqual(free[i].cost);
      });
    }
  });

  it('gives up no more than it must', () => {
    const choices = after(1, tasks) as ConvChoice[];
    const changed = choices.filter(
      ({ algorithm, plan }, i) => algorithm !== free[i].algorithm || bytesOf(plan) !== bytesOf(free[i].plan),
    );
    expect(changed.length).toBe(1);
    expect(total(choices)).toBeGreaterThan(total(least));
  });

  it('gives back what was given up beyond need', () => {
    let returned = 0;
    for (let share = 0.02; share < 1; share += 0.02) {
      const excess = share * (total(free) - total(least));
      const choices = after(excess, tasks) as ConvChoice[];
      const spare = total(free) - total(choices) - excess;
      choices.forEach(({ plan, cost }, i) => {
        if (cost === free[i].cost) return;
        returned++;
        expect(bytesOf(free[i].plan) - bytesOf(plan), `share ${share}`).toBeGreaterThan(spare);
      });
    }
    expect(returned).toBeGreaterThan(50);
  });

  it('gives back first what gains most', () => {
    const some = ['c32>256 14x14', 'c64>64 28x28', 'c128>128 28x28'].map((text) =>
      task(`n1 g1 ${text} k3x3 s1 d1 p1`),
    );
    const fastest = after(null, some) as ConvChoice[];
    const [first, second, third] = some.map((each, i) => {
      const [given] = after(1, [each]) as ConvChoice[];
      const bytes = bytesOf(fastest[i].plan) - bytesOf(given.plan);
      const gain = given.cost - fastest[i].cost;
      return { bytes, gain, price: gain / bytes };
    });
    // All three are given up in this order, for a byte more than the last one saves; what they save beyond would pay for the
    // first or the second, a byte short of both.
    expect(first.price).toBeLessThan(second.price);
    expect(second.price).toBeLessThan(third.price);
    expect(first.gain).toBeGreaterThan(second.gain);
    expect(first.bytes + second.bytes).toBeLessThan(third.bytes);
    const choices = after(third.bytes + 1, some) as ConvChoice[];
    expect(choices.map(({ cost }, i) => cost === fastest[i].cost)).toEqual([true, false, false]);
  });

  it('gives up first what costs least per byte', () => {
    const costOf = (choices: readonly ConvChoice[]): number =>
      choices.reduce((sum, { cost }) => sum + cost, 0);
    const priceOf = (...some: ConvTask[]): number => {
      const [before, then] = [null, 1].map((excess) => after(excess, some) as ConvChoice[]);
      return (costOf(then) - costOf(before)) / (total(before) - total(then));
    };
    const layers = ['c16>16 56x56', 'c32>256 14x14', 'c64>64 28x28', 'c128>128 28x28', 'c512>512 7x7'];
    const alone = layers.map((text) => task(`n1 g1 ${text} k3x3 s1 d1 p1`));
    const prices = alone.map((each) => priceOf(each));
    expect(new Set(prices).size).toBe(prices.length);
    for (const [i, one] of alone.entries())
      for (const [j, other] of alone.entries())
        if (i !== j) expect(priceOf(one, other)).toBeCloseTo(Math.min(prices[i], prices[j]), 9);
  });

  it('says of what was given up that it takes too much memory', () => {
    const [{ candidates }] = least;
    const word = candidates.find(({ name }) => name === free[0].algorithm)?.refusal;
    expect(word).toBe('takes more memory than the program may use');
    for (const { candidates: own } of free) expect(own.map(({ refusal }) => refusal)).not.toContain(word);
  });

  it('is nothing where nothing is left to give up', () => {
    const chooser = new Chooser({ exact: false });
    chooser.choose([{ task: small, moving: 0 }]);
    const modest = chooser.cheaper(Infinity) as Chooser;
    modest.choose([{ task: small, moving: 0 }]);
    expect(modest.cheaper(1)).toBeNull();
    expect(new Chooser({ exact: false }).cheaper(1)).toBeNull();
  });
});
