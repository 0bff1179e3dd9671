// The model of bench/scale: where a step of many ranks can be told by hand, it says the same.

import { describe, expect, it } from 'vitest';
import {
  fitLine,
  predictStep,
  ranksThatPay,
  ringTime,
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
  ...{ latency: 0.05, bandwidth: 1e5, handling: 0 },
};

describe('a ring', () => {
  it('sends each byte nearly twice, and begins 2(p − 1) rounds', () => {
    expect([1, 2, 4].map((ranks) => travelling(1000, ranks))).toEqual([0, 1000, 1500]);
    expect(ringTime(1e6, 4, machine)).toBeCloseTo(6 * 0.05 + 15, 10);
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
    const { exposed } = predictStep({ ranks: 2, batch: 20 }, { ...machine, bandwidth: 2e4 });
    expect(exposed).toBeCloseTo(25 + 2 * 50.1 - 45, 10);
  });

  it('counts what the processor does for messages, and shares cores', () => {
    const memory = { ...machine, latency: 0, bandwidth: Number.POSITIVE_INFINITY, handling: 1e-6, cores: 2 };
    expect(predictStep({ ranks: 2, batch: 20 }, memory)).toEqual({
      computing: 50,
      handling: 2,
      exposed: 0,
      whole: 52,
    });
    expect(predictStep({ ranks: 4, batch: 20 }, memory)).toEqual({
      computing: 100,
      handling: 6,
      exposed: 0,
      whole: 106,
    });
  });

  it('pays for itself as long as computation is the longer part', () => {
    expect(
      throughput({ ranks: 2, batch: 2000 }, machine) / throughput({ ranks: 1, batch: 2000 }, machine),
    ).toBeCloseTo(2, 1);
    expect(ranksThatPay(64, machine)).toBe(4);
    expect(ranksThatPay(64, { ...machine, bandwidth: 1e3 })).toBe(1);
    expect(ranksThatPay(1e6, machine)).toBeGreaterThan(256);
  });
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
