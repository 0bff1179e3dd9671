// The model of bench/scale: where a step of many ranks can be told by hand, it says the same.

import { describe, expect, it } from 'vitest';
import {
  fitLine,
  fitMachine,
  predictStep,
  ranksThatPay,
  sumTime,
  throughput,
  travelling,
} from '../bench/scale/model.js';

/** 10 ms and 2 ms for a sample; a message of a million bytes half-way, one at nine tenths. */
const machine = {
  compute: [10, 2] as const,
  messages: [
    { bytes: 1e6, at: 0.5 },
    { bytes: 1e6, at: 0.9 },
  ],
  ...{ latency: 0.05, perByte: 1e-5, handling: 0, waiting: 0 },
};

describe('a sum', () => {
  it('sends each byte nearly twice, and takes 2·log₂ p rounds', () => {
    expect([1, 2, 4].map((ranks) => travelling(1000, ranks))).toEqual([0, 1000, 1500]);
    expect(sumTime(1e6, 4, machine)).toBeCloseTo(4 * 0.05 + 15, 10);
    expect(sumTime(1e6, 5, machine)).toBeCloseTo(6 * 0.05 + 16, 10);
  });
});

describe('a step', () => {
  it('of one rank is computation', () => {
    expect(predictStep({ ranks: 1, batch: 20 }, machine)).toEqual({
      computing: 50,
      handling: 0,
      exposed: 0,
      whole: 50,
    });
  });

  it('hides the messages that leave early, and shows the last one', () => {
    // 10.1 ms each: from 25 to 35.1, and from 45 to 55.1, when 45 are computed.
    const { exposed, whole } = predictStep({ ranks: 2, batch: 20 }, machine);
    expect(exposed).toBeCloseTo(10.1, 10);
    expect(whole).toBeCloseTo(60.1, 10);
  });

  it('keeps messages in line where the wire is slow', () => {
    // 50.1 ms each, one after the other, from 25.
    const { exposed } = predictStep({ ranks: 2, batch: 20 }, { ...machine, perByte: 5e-5 });
    expect(exposed).toBeCloseTo(25 + 2 * 50.1 - 45, 10);
  });

  it('counts what the processor does for messages, shares cores, and waits for the slowest', () => {
    const memory = { ...machine, latency: 0, perByte: 1e-6, handling: 1e-6, waiting: 4, cores: 2 };
    const step = (ranks: number) => predictStep({ ranks, batch: 20 }, memory);
    expect(step(1)).toEqual({ computing: 50, handling: 0, exposed: 0, whole: 50 });
    expect(step(2)).toEqual({ computing: 50, handling: 2, exposed: 0, whole: 56 });
    expect(step(4)).toEqual({ computing: 100, handling: 6, exposed: 0, whole: 110 });
  });

  it('pays for itself as long as computation is the longer part', () => {
    expect(
      throughput({ ranks: 2, batch: 2000 }, machine) / throughput({ ranks: 1, batch: 2000 }, machine),
    ).toBeCloseTo(2, 1);
    expect(ranksThatPay(64, machine)).toBe(4);
    expect(ranksThatPay(64, { ...machine, perByte: 1e-3 })).toBe(1);
    expect(ranksThatPay(1e6, machine)).toBeGreaterThan(256);
  });
});

it('a machine is found from runs of one and two ranks', () => {
  const real = { ...machine, handling: 2e-6, waiting: 3, cores: 2 };
  const run = (ranks: number, batch: number) => {
    const { computing, handling, whole } = predictStep({ ranks, batch }, real);
    return {
      ...{ ranks, batch, alone: computing, fastest: computing, joint: whole, exchange: 0 },
      inCalls: handling,
      rings: [1e5, 1e6].map((bytes) => [bytes, sumTime(bytes, 2, real)] as const),
      messages: real.messages.map(({ bytes, at }) => ({ bytes, ms: at * (computing + handling) })),
    };
  };
  const found = fitMachine([run(1, 4), run(1, 16)], [run(2, 16), run(2, 8)], { cores: 2 });
  const numbers = ['latency', 'perByte', 'handling', 'waiting'] as const;
  for (const name of numbers) expect(found[name] / real[name]).toBeCloseTo(1, 9);
  for (const job of [
    { ranks: 4, batch: 4 },
    { ranks: 4, batch: 16 },
  ])
    expect(predictStep(job, found).whole).toBeCloseTo(predictStep(job, real).whole, 9);
});

it('a line is found from points on it, and does not fall', () => {
  const [start, slope] = fitLine([1, 5, 9].map((x) => [x, 3 + 2 * x] as const));
  expect([start, slope].map((value) => Number(value.toFixed(9)))).toEqual([3, 2]);
  expect(
    fitLine([
      [1, 4],
      [2, 2],
    ])[1],
  ).toBe(0);
  expect(
    fitLine([
      [1, 1],
      [2, 4],
    ])[0],
  ).toBe(0);
});
