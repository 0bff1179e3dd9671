// Random numbers against the published algorithms, worked out apart from this library: xoshiro128** 1.1 with the state that
// splitmix32 makes of a seed, Fisher–Yates, and the ziggurat of Marsaglia and Tsang.

import { describe, expect, it } from 'vitest';
import { ShapeError } from '../errors.ts';
import { Generator, manualSeed } from './random.ts';
import { rand, randn } from './sampling.ts';

const times = <T>(n: number, draw: () => T): T[] => Array.from({ length: n }, draw);

const normals = new Float32Array(1_000_000);
new Generator(9).fillNormal(normals);

describe('Generator', () => {
  it.each([
    [0, [1789933344, 44971166, 2521387044, 3848737593]],
    [1, [393288148, 2174103013, 3814759091, 2092745082]],
    [-1, [4104197751, 1825856343, 1152209388, 2427537429]],
    [12345, [1093274547, 203003357, 3741353573, 3803725158]],
    [2 ** 32 + 5, [3299909738, 132165825, 3074683814, 2157033132]],
    [2 ** 40, [432357561, 3208322440, 2848248390, 1652890584]],
  ])('has the bits of seed %d', (seed, bits) => {
    const generator = new Generator(seed);
    expect(times(4, () => generator.bits())).toEqual(bits);
  });

  it('takes the upper 24 bits for uniform numbers', () => {
    const generator = new Generator(7);
    expect(times(3, () => generator.uniform())).toEqual([822244, 2777675, 15600348].map((n) => n / 2 ** 24));
  });

  it('rejects what would make some numbers likelier', () => {
    const generator = new Generator(3);
    expect(times(6, () => generator.integer(3 * 2 ** 30))).toEqual([
      1889578042, 1432038310, 1957488807, 992151881, 2209757518, 3161141507,
    ]);
    expect(generator.integer(1)).toBe(0);
    expect(new Generator(0).integer(2 ** 32)).toBe(1789933344);
    for (const n of [0, 2 ** 32 + 1, 1.5]) expect(() => generator.integer(n)).toThrow(ShapeError);
  });

  it('shuffles from the last place', () => {
    expect([...new Generator(4).permutation(10)]).toEqual([4, 5, 7, 3, 0, 1, 2, 9, 6, 8]);
    expect(new Generator(4).permutation(0)).toHaveLength(0);
  });

  it.each([
    [5, [0.15548392364856484, 0.059321624920072126, -0.8631747218926861, -0.6914094669829624]],
    [1109, [-0.10103346734413383, 3.877154279027582, -0.8753808827181698]],
  ])('gives the normal numbers of seed %d, also beyond the last layer', (seed, wanted) => {
    const generator = new Generator(seed);
    for (const value of wanted) expect(generator.normal()).toBeCloseTo(value, 12);
  });

  it('draws again where a point lies above the bell', () => {
    const generator = new Generator(5);
    const values = times(3000, () => generator.normal());
    expect(values[363]).toBeCloseTo(4.557142937440935, 12);
    expect(values[2999]).toBeCloseTo(-0.6247911064709625, 12);
    expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(15.155494442246876, 9);
  });

  // Shares of the normal distribution from its table, of a million: each within five deviations of its count.
  it.each([
    [-Infinity, -3.6541528853610088, 129.0],
    [-3.6541528853610088, -2, 22621.1],
    [-2, -1, 135905.1],
    [-1, -0.2, 262085.0],
    [-0.2, 0, 79259.7],
    [0, 0.2, 79259.7],
    [0.2, 1, 262085.0],
    [1, 2, 135905.1],
    [2, 3.6541528853610088, 22621.1],
    [3.6541528853610088, Infinity, 129.0],
  ])('has its share of normal numbers from %d to %d', (low, high, wanted) => {
    const count = normals.filter((value) => value >= low && value < high).length;
    expect(Math.abs(count - wanted)).toBeLessThan(5 * Math.sqrt(wanted));
  });

  it.each([0, 1, 1023, 1024, 2500])('fills %d places with what it would give one by one', (size) => {
    const [bulk, single] = [new Generator(size), new Generator(size)];
    const data = new Float32Array(size);
    bulk.fillNormal(data, 3, 0.5);
    expect(data).toEqual(data.map(() => 3 + 0.5 * single.normal()));
    bulk.fillUniform(data, -1, 3);
    expect(data).toEqual(data.map(() => -1 + 4 * single.uniform()));
    expect(bulk.state()).toEqual(single.state());
  });
});

it('tensors take their numbers in order, from the default generator unless given', () => {
  const generator = new Generator(7);
  const x = rand([3], { generator });
  expect([...x.data]).toEqual([822244, 2777675, 15600348].map((n) => n / 2 ** 24));
  expect(x.requiresGrad).toBe(false);
  expect(randn([2], { generator: new Generator(5), requiresGrad: true }).requiresGrad).toBe(true);
  manualSeed(5);
  expect([...randn([1, 2]).data]).toEqual([0.15548392364856484, 0.059321624920072126].map(Math.fround));
  expect([...rand([2]).data]).not.toEqual([...rand([2]).data]);
  expect(manualSeed(7).uniform()).toBe(822244 / 2 ** 24);
});

describe('a place in a stream', () => {
  it.each([0, 1, 2, 3])('goes on exactly after %i normal numbers', (drawn) => {
    const one = new Generator(7);
    for (let i = 0; i < drawn; i++) one.normal();
    const other = new Generator(1);
    other.normal();
    other.restore(JSON.parse(JSON.stringify(one.state())));
    const next = (from: Generator) => [from.normal(), from.uniform(), from.normal(), from.bits()];
    expect(next(other)).toEqual(next(one));
  });

  it.each([{ words: [1, 2, 3] }, { words: [0, 0, 0, 0] }, { words: [1, 2, 3, 2 ** 32] }])(
    'refuses %j',
    (state) => {
      expect(() => new Generator(1).restore(state as never)).toThrow('Generator.restore: state is');
    },
  );
});
