// What the reference vectors leave out: defaults, ends, and bad options.

import { describe, expect, it } from 'vitest';
import { optim, ShapeError, schedule, tensor } from '../index.ts';

const baseLr = 1;

describe('schedules', () => {
  it('drive an optimiser', () => {
    const optimizer = new optim.SGD([tensor([1], [1], { requiresGrad: true })], { lr: 0.1, momentum: 0.9 });
    const options = { maxLr: 0.5, totalSteps: 11, pctStart: 0.5 };
    const [rate, momentum] = [schedule.oneCycle(options), schedule.oneCycleMomentum(options)];
    const seen = Array.from({ length: 11 }, (_, step) => {
      optimizer.lr = rate(step);
      optimizer.settings.momentum = momentum(step);
      return optimizer.groups.map((group) => [group.lr, group.momentum])[0];
    });
    expect(seen[0]).toEqual([expect.closeTo(0.02), 0.95]);
    expect(Math.max(...seen.map(([lr]) => lr))).toBeGreaterThan(0.48);
    expect(Math.min(...seen.map(([, m]) => m))).toBeLessThan(0.86);
    expect(seen[10]).toEqual([expect.closeTo(0.02 / 1e4, 9), 0.95]);
  });

  it('have the defaults of PyTorch', () => {
    expect(schedule.step({ baseLr, stepSize: 2 })(4)).toBeCloseTo(0.01);
    expect([4, 5].map(schedule.constant({ baseLr }))).toEqual([1 / 3, 1]);
    expect([0, 2, 5].map(schedule.linear({ baseLr }))).toEqual([1 / 3, expect.closeTo(0.6), 1]);
    expect([2, 4, 5].map(schedule.polynomial({ baseLr }))).toEqual(
      [0.6, 0.2, 0].map((v) => expect.closeTo(v)),
    );
    expect([1, 3].map(schedule.multiStep({ baseLr, milestones: [2] }))).toEqual([1, 0.1]);
  });

  it('change at the steps that are told', () => {
    expect([2, 3].map(schedule.constant({ baseLr, factor: 0.5, totalIters: 3 }))).toEqual([0.5, 1]);
    expect([1, 2, 3, 4].map(schedule.step({ baseLr, stepSize: 2, gamma: 0.5 }))).toEqual([1, 0.5, 0.5, 0.25]);
    expect([1, 2, 3].map(schedule.multiStep({ baseLr, milestones: [2], gamma: 0.5 }))).toEqual([1, 0.5, 0.5]);
    const polynomial = schedule.polynomial({ baseLr, totalIters: 4, power: 2 });
    expect([1, 3, 4].map(polynomial)).toEqual([9 / 16, 1 / 16, 0]);
  });

  it('stay at their end, or rise again', () => {
    expect(schedule.polynomial({ baseLr, totalIters: 4, power: 0.5 })(1000)).toBe(0);
    expect(schedule.linear({ baseLr, endFactor: 0.5 })(1000)).toBe(0.5);
    expect(schedule.cosine({ baseLr, TMax: 10 })(20)).toBe(1);
    expect(schedule.cosineWarmRestarts({ baseLr, T0: 3 })(3e6)).toBe(1);
    expect(schedule.multiStep({ baseLr, milestones: [4, 2, 2], gamma: 0.5 })(2)).toBe(0.25);
  });

  it('take an option that is undefined for one that is not there', () => {
    const options = { maxLr: 1, totalSteps: 9 };
    const bare = schedule.oneCycle({ ...options, divFactor: undefined, pctStart: undefined });
    const [want, got] = [schedule.oneCycle(options), bare].map((rate) => [0, 1, 4, 8].map(rate));
    expect(got).toEqual(want);
  });

  it('keep the momentum still when asked', () => {
    const momentum = schedule.oneCycleMomentum({ maxLr: 1, totalSteps: 9, cycleMomentum: false });
    expect([0, 2, 5, 8].map(momentum)).toEqual([0.95, 0.95, 0.95, 0.95]);
  });

  it.each([0, 1 / 9, 0.2, 1])('reach the top with a rise of %d of the steps', (pctStart) => {
    for (const threePhase of [false, true]) {
      const rate = schedule.oneCycle({ maxLr: 1, totalSteps: 9, pctStart, threePhase });
      const rates = Array.from({ length: 9 }, (_, step) => rate(step));
      expect(rates.every((lr) => lr > 0 && lr <= 1)).toBe(true);
    }
  });

  it('begin at the top where the rise is one step', () => {
    const options = { maxLr: 1, totalSteps: 9, pctStart: 1 / 9 };
    for (const annealStrategy of ['cos', 'linear'] as const) {
      expect(schedule.oneCycle({ ...options, annealStrategy })(0)).toBe(1);
      expect(schedule.oneCycleMomentum({ ...options, annealStrategy })(0)).toBe(0.85);
    }
  });

  it.each([
    ['a step below 0', () => schedule.exponential({ baseLr, gamma: 0.9 })(-1)],
    ['NaN as a step', () => schedule.constant({ baseLr })(Number.NaN)],
    ['a step beyond the cycle', () => schedule.oneCycle({ maxLr: 1, totalSteps: 5 })(5)],
    ['a missing option', () => schedule.cosine({ baseLr } as schedule.CosineOptions)],
    ['a misspelt option', () => schedule.cosine({ baseLr, tMax: 3 } as unknown as schedule.CosineOptions)],
    ['a negative rate', () => schedule.step({ baseLr: -1, stepSize: 2 })],
    ['a fractional step size', () => schedule.step({ baseLr, stepSize: 0.5 })],
    ['a milestone below 0', () => schedule.multiStep({ baseLr, milestones: [-1] })],
    [
      'an unknown curve',
      () => schedule.oneCycle({ maxLr: 1, totalSteps: 5, annealStrategy: 'sine' as 'cos' }),
    ],
  ])('refuse %s', (_, run) => {
    expect(run).toThrow(ShapeError);
  });
});

describe('warmup', () => {
  it('rises along a line, then follows the other schedule', () => {
    const after = schedule.cosine({ baseLr: 0.8, TMax: 10 });
    const rate = schedule.warmup({ steps: 4, startFactor: 0.25, after });
    expect([0, 1, 2, 3].map(rate)).toEqual([0.2, 0.35, 0.5, 0.65].map((v) => expect.closeTo(v, 12)));
    expect([4, 9, 14].map(rate)).toEqual([0, 5, 10].map(after));
    expect(schedule.warmup({ steps: 4, after })(0)).toBeCloseTo(0.008, 12);
  });

  it('refuses what is no schedule', () => {
    expect(() => schedule.warmup({ steps: 0, after: () => 1 })).toThrow('warmup: steps is 0');
    expect(() => schedule.warmup({ steps: 1, after: 1 as never })).toThrow(
      'warmup: after is 1; give a function',
    );
    expect(() => schedule.warmup({ steps: 1, after: () => 1 })(-1)).toThrow('warmup: step is -1');
  });
});
