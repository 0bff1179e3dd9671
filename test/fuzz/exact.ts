// Exact programs of random networks: one answer, bit for bit, with and without fused multiply-add, on one and two threads, and in
// inference for each sample alone as in its batch.

import type { Tensor } from '../../packages/neocog/src/index.ts';
import * as neocog from '../../packages/neocog/src/index.ts';
import { Disagreement, type FuzzKind, judged } from './kind.ts';
import { answersAtOnce, answersOfProgram, type NetworkCase, networks } from './networks.ts';
import { inWay, type Way } from './ways.ts';

type Answers = Record<string, Tensor>;

const plain: Way = { fma: false, threads: 1, sums: 'exact', checked: false };
const others: readonly Way[] = [
  { ...plain, fma: true },
  { ...plain, fma: true, threads: 2 },
];

/** @throws Disagreement where bits differ; zeros of either sign are two answers, all NaN are one */
function expectBits(got: Answers, want: Answers, what: string): void {
  for (const [name, { data, shape }] of Object.entries(want)) {
    const other = got[name]?.data;
    const at = data.findIndex((v, i) => !Object.is(v, other?.[i]));
    if (at >= 0 || other?.length !== data.length)
      throw new Disagreement(`${what}: ${name} at ${at} of [${shape}] is ${other?.[at]}, not ${data[at]}`);
  }
}

/** Every sample by itself, with an answer of its own. */
async function checkAlone(c: NetworkCase, want: Answers): Promise<void> {
  const [batch = 1, ...sample] = c.input;
  const output = want.output as Tensor;
  for (let i = 0; i < batch; i++) {
    const one = { ...c, ...plain, input: [1, ...sample] };
    const got = await inWay(plain, () => answersOfProgram(one, { sample: i, of: batch }));
    const part = neocog.slice(output, { start: [i], end: [i + 1] });
    expectBits(got, { output: part }, `sample ${i} alone`);
  }
}

export const exact: FuzzKind<NetworkCase> = {
  name: 'exact',
  about: 'exact programs of small networks: the same bits on every engine, thread and batch',
  draw(random) {
    const c = networks.draw(random);
    return c && { ...c, how: c.how === 'trained' ? 'trained' : 'compiled' };
  },
  async check(c) {
    judged(() => neocog.withBackend('reference', () => answersAtOnce(c)));
    const want = await inWay(plain, () => answersOfProgram({ ...c, ...plain }));
    for (const way of others) {
      const got = await inWay(way, () => answersOfProgram({ ...c, ...way }));
      expectBits(got, want, JSON.stringify(way));
    }
    if (c.how === 'compiled') await checkAlone(c, want);
  },
  smaller: (c) => networks.smaller(c),
};
