// Cases that the fuzzer found once stay right, and the fuzzer itself finds what is planted.

import { describe, expect, it } from 'vitest';
import { Generator, type Tensor, tensor } from '../../packages/neocog/src/index.ts';
import { expectAnswers, nothing } from './compare.ts';
import { found } from './found.ts';
import { Disagreement, type FuzzKind, InvalidCase } from './kind.ts';
import { kinds } from './kinds.ts';
import { faultOf, shrink } from './shrink.ts';

describe('found by the fuzzer', () => {
  it.each(found.map(([name, c], i) => [`${name} ${i}`, name, c] as const))('%s', async (_title, name, c) => {
    await (kinds.get(name) as FuzzKind).check(c);
  });
});

/** Lists of numbers, of which one larger than 9 is at fault. */
const planted: FuzzKind<readonly number[]> = {
  name: 'planted',
  about: '',
  draw: () => null,
  check(list) {
    if (list.length === 0) throw new InvalidCase('empty');
    if (list.some((n) => n > 9)) throw new Disagreement(`${list}`);
  },
  *smaller(list) {
    for (const i of list.keys()) yield list.filter((_, k) => k !== i);
    for (const [i, n] of list.entries()) if (n > 0) yield list.map((m, k) => (k === i ? n - 1 : m));
  },
};

describe('the fuzzer', () => {
  it('shrinks what fails to the smallest case, and says what is wrong with it', async () => {
    const { smallest, fault } = await shrink(planted, [3, 40, 7, 12], 10);
    expect(smallest).toEqual([10]);
    expect(fault).toEqual(new Disagreement('10'));
  });

  it('takes what the library refuses as no fault', async () => {
    expect(await faultOf(planted, [])).toBeNull();
    expect(await faultOf(planted, [1])).toBeNull();
  });

  it('sees a value, a shape and a tensor that are not as they should be', () => {
    const want = { y: tensor([1, Number.NaN, -0]) };
    expectAnswers({ y: tensor([1, Number.NaN, 0]) }, want, nothing);
    const wrong = (y: Tensor) => () => expectAnswers({ y }, want, nothing);
    expect(wrong(tensor([1, 2, 0]))).toThrow('y at 1 of [3] is 2, not NaN');
    expect(wrong(tensor([1.0000001, Number.NaN, 0]))).toThrow('y at 0');
    expect(wrong(tensor([[1, Number.NaN, 0]]))).toThrow('y has shape [1,3], not [3]');
    expect(() => expectAnswers({}, want, nothing)).toThrow('y is missing');
  });

  it.each([...kinds.values()].map((kind) => [kind.name, kind] as const))(
    'draws and checks %s',
    async (_, kind) => {
      let drawn = 0;
      for (let seed = 0; drawn < 3; seed++) {
        const c = kind.draw(new Generator(seed));
        if (c === null) continue;
        drawn++;
        expect(JSON.parse(JSON.stringify(c)), 'cases are plain data').toEqual(c);
        expect(await faultOf(kind, c)).toBeNull();
      }
    },
  );
});
