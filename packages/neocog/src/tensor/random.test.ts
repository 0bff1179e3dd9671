// Random numbers against the published algorithms, worked out apart from this library: xoshiro128** 1.1 with the state that
// splitmix32 makes of a seed, Fisher–Yates, and Marsaglia's polar method.

import { describe, expect, it } from 'vitest';
import { ShapeError } from '../errors.ts';
import { Generator, manualSeed } from './random.ts';
import { rand, randn } from './sampling.ts';

const times = <T>(n: number, draw: () => T): T[] => Array.from({ length: n }, draw);

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

  it('gives normal numbers in pairs', () => {
    const generator = new Generator(5);
    const wanted = [2.423780285806721, 0.8196844189134572, -0.3225548109967843, -0.4523250673873589];
    for (const value of [...wanted, -1.6720497021586709]) expect(generator.normal()).toBeCloseTo(value, 12);
  });
});

it('tensors take their numbers in order, from the default generator unless given', () => {
  const generator = new Generator(7);
  const x = rand([3], { generator });
  expect([...x.data]).toEqual([822244, 2777675, 15600348].map((n) => n / 2 ** 24));
  expect(x.requiresGrad).toBe(false);
  expect(randn([2], { generator: new Generator(5), requiresGrad: true }).requiresGrad).toBe(true);
  manualSeed(5);
  expect([...randn([1, 2]).data]).toEqual([2.423780285806721, 0.8196844189134572].map(Math.fround));
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

  it.each([{ words: [1, 2, 3], spare: null }, { words: [0, 0, 0, 0], spare: null }, { words: [1, 2, 3, 4] }])(
    'refuses %j',
    (state) => {
      expect(() => new Generator(1).restore(state as never)).toThrow('Generator.restore: state is');
    },
  );
});
