// Where a program of several ranks begins its sums and waits for them: early, in messages of some megabytes, the same on all ranks.

import { describe, expect, it } from 'vitest';
import { together } from '../../../../../../test/worlds.ts';
import { compileTraining, crossEntropy, manualSeed, nn, optim, randn, tensor } from '../../../index.ts';
import { Exchanges, type Transfer } from './exchanges.ts';

const value = (id: number) => ({ id, size: 4, dtype: 'float32', source: 'node', data: null }) as const;

let rooms = 0;
const room = (megabytes: number) => ({ id: rooms++, bytes: megabytes * 2 ** 20, lasting: true });

function transfer(megabytes: number, bulk: Transfer['bulk'] = 'gradient'): Transfer {
  const place = room(megabytes);
  return { way: 'sum', ranks: 2, bulk, from: place, to: place, sizes: [4, 4], moves: null };
}

describe('Exchanges', () => {
  it('begins sums when some megabytes have come together, others at once', () => {
    const exchanges = new Exchanges();
    const transfers = [1, 2, 2, 1].map((megabytes) => transfer(megabytes));
    transfers.forEach((each, i) => {
      exchanges.add(value(i), each, 10 * i);
    });
    const statistics = transfer(0.1, null);
    exchanges.add(value(9), statistics, 35);
    exchanges.settle([value(0)], 36);
    expect(exchanges.stops).toEqual([
      { at: 20, begins: transfers.slice(0, 3), awaits: [] },
      { at: 35, begins: [statistics], awaits: [] },
    ]);
  });

  it('waits once, before the first reader, and begins what has to be there', () => {
    const exchanges = new Exchanges();
    const [early, late] = [value(1), value(2)];
    const [first, second] = [transfer(1), transfer(1)];
    exchanges.add(early, first, 3);
    exchanges.add(late, second, 4);
    expect(exchanges.isPending(early)).toBe(true);
    exchanges.settle([early, early], 7);
    exchanges.settle([early], 8);
    exchanges.settle([late], 9);
    expect(exchanges.isPending(late)).toBe(false);
    expect(exchanges.stops).toEqual([
      { at: 7, begins: [first, second], awaits: [first] },
      { at: 9, begins: [], awaits: [second] },
    ]);
  });
});

describe('a training step of two ranks', () => {
  /** Seven layers of 1 MiB, and the sums in the order in which they began, by their size. */
  const sumsOf = (compress?: 'float16') =>
    together(2, async (world) => {
      manualSeed(1);
      const layers = Array.from({ length: 7 }, () => new nn.Linear(512, 512, { bias: false }));
      const net = new nn.Sequential(new nn.BatchNorm1d(512), ...layers);
      const trainer = await compileTraining(net, {
        input: [2, 512],
        loss: crossEntropy,
        optimizer: new optim.SGD(net.parameters(), { lr: 0.1 }),
        world,
        compress,
      });
      const before = world.sums.length;
      await trainer.step(randn([2, 512]), tensor([1, 2], [2], { dtype: 'int32' }));
      trainer.dispose();
      return world.sums.slice(before);
    });

  it('asks how many samples there are, then begins messages of 4 MiB, with the rest at the end', async () => {
    const [first, second] = await sumsOf();
    // Running statistics and the loss lie apart from the gradients, and travel with the first of them.
    expect(first).toEqual(['1', `${4 * 512 * 512}`, '1025', `${3 * 512 * 512 + 1024}`]);
    expect(second).toEqual(first);
  });

  it('compresses gradients alone', async () => {
    const [sums] = await sumsOf('float16');
    expect(sums?.map((sum) => sum.includes('float16'))).toEqual([false, true, false, true]);
  });
});
