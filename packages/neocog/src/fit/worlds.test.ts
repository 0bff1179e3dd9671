// A run of several ranks against a run of one with as large batches: weights, reports, decisions, checkpoints.

import { describe, expect, it } from 'vitest';
import { together } from '../../../../test/worlds.ts';
import {
  BatchLoader,
  checkpoint,
  compileTraining,
  crossEntropy,
  type FitCallback,
  type FitHistory,
  type FitOptions,
  fit,
  manualSeed,
  nn,
  optim,
  randn,
  type World,
} from '../index.ts';

const data = (seed: number, size: number) => {
  manualSeed(seed);
  const images = randn([size, 6]);
  const sums = Array.from({ length: size }, (_, i) =>
    Array.from(images.data.subarray(i * 6, i * 6 + 6)).reduce((a, b) => a + b),
  );
  return { images, labels: { shape: [size], data: Int32Array.from(sums, (sum) => (sum > 0 ? 1 : 0)) } };
};

const [training, testing] = [data(1, 26), data(2, 11)];

const network = (): nn.Sequential => {
  manualSeed(3);
  return new nn.Sequential(new nn.Linear(6, 8), new nn.ReLU(), new nn.Dropout(0), new nn.Linear(8, 2));
};

interface Outcome {
  readonly history: FitHistory;
  readonly weights: number[];
}

interface Job {
  readonly batch: number;
  readonly world?: World;
  readonly callbacks?: FitOptions['callbacks'];
  readonly more?: Partial<FitOptions>;
}

async function run({ batch, world, callbacks = [], more = {} }: Job): Promise<Outcome> {
  const module = network();
  const optimizer = new optim.Adam(module.parameters(), { lr: 0.02 });
  const load = ({ images, labels }: typeof training, shuffle: boolean) =>
    new BatchLoader(images, labels, { batchSize: batch, shuffle, seed: 5, world });
  const trainer = await compileTraining(module, { input: [batch, 6], loss: crossEntropy, optimizer, world });
  const history = await fit(module, load(training, true), {
    epochs: 3,
    optimizer,
    trainer,
    validation: load(testing, false),
    callbacks,
    ...more,
  });
  trainer.dispose();
  return { history, weights: module.parameters().flatMap((p) => [...p.data]) };
}

const far = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i])));

describe('fit with a world', () => {
  it('reports, on every rank, what one process with the whole batches reports', async () => {
    const one = await run({ batch: 8 });
    const ranks = await together(4, (world) => run({ batch: 2, world }));
    for (const { history, weights } of ranks) {
      expect(weights).toEqual(ranks[0].weights);
      expect(far(history.batchLosses, one.history.batchLosses)).toBeLessThan(1e-5);
      history.epochs.forEach((epoch, i) => {
        const other = one.history.epochs[i];
        expect(epoch.accuracy).toBe(other.accuracy);
        expect(epoch.loss).toBeCloseTo(other.loss, 5);
        expect(epoch.validation?.accuracy).toBeCloseTo(other.validation?.accuracy ?? 0, 6);
        expect(epoch.validation?.loss).toBeCloseTo(other.validation?.loss ?? 0, 5);
        expect(epoch.validation?.confusion).toEqual(other.validation?.confusion);
        expect(epoch.validation?.predictions).toEqual(other.validation?.predictions);
      });
    }
    expect(far(ranks[0].weights, one.weights)).toBeLessThan(1e-5);
  });

  it('ends on all ranks when one is told to stop', async () => {
    const ranks = await together(3, (world) => {
      const stop: FitCallback = {
        name: 'stop',
        onBatch: ({ step }, run) => {
          if (world.rank === 1 && step === 4) run.stop('rank 1 has enough');
        },
      };
      return run({ batch: 3, world, callbacks: [stop] });
    });
    expect(ranks.map(({ history }) => [history.stopped, history.batchLosses.length])).toEqual([
      [true, 4],
      [true, 4],
      [true, 4],
    ]);
  });

  it('writes on rank 0 alone, and goes on from there with another number of ranks', async () => {
    const kept = new Map<string, Uint8Array>();
    const writers: number[] = [];
    const storeOf = (rank: number) => ({
      read: (name: string) => (rank === 0 ? kept.get(name) : undefined),
      write: (name: string, bytes: Uint8Array) => {
        writers.push(rank);
        kept.set(name, bytes);
      },
    });
    const stop: FitCallback = {
      name: 'stop',
      onBatch: ({ step }, run) => {
        if (step === 6) run.stop('enough');
      },
    };
    await together(4, (world) =>
      run({ batch: 2, world, callbacks: [checkpoint(storeOf(world.rank), { every: 3 }), stop] }),
    );
    expect([...new Set(writers)]).toEqual([0]);
    const rest = await together(2, (world) =>
      run({ batch: 4, world, callbacks: [checkpoint(storeOf(world.rank))], more: { resume: true } }),
    );
    const whole = await run({ batch: 8 });
    for (const { weights, history } of rest) {
      expect(far(weights, whole.weights)).toBeLessThan(1e-5);
      expect(history.batchLosses.length).toBe(whole.history.batchLosses.length);
    }
  });

  it('says what differs between ranks, on all of them', async () => {
    const outcomes = await together(2, (world) =>
      run({ batch: 4, world, more: { epochs: world.rank + 1 } }).catch((error: Error) => error.message),
    );
    expect(outcomes).toEqual(
      [0, 1].map(() => 'fit: rank 1 has epochs 2, rank 0 has 1; give all ranks the same'),
    );
  });

  it('refuses a loader that shares nothing out, or shares without a trainer', async () => {
    const alone = together(2, async (world) => {
      const module = network();
      const optimizer = new optim.SGD(module.parameters(), { lr: 0.1 });
      const loss = crossEntropy;
      const trainer = await compileTraining(module, { input: [4, 6], loss, optimizer, world });
      const loader = new BatchLoader(training.images, training.labels, { batchSize: 4 });
      return fit(module, loader, { epochs: 1, optimizer, trainer }).finally(() => trainer.dispose());
    });
    await expect(alone).rejects.toThrow(/gives each of them all samples; give the loader the world too/);
    const without = together(2, async (world) => {
      const module = network();
      const optimizer = new optim.SGD(module.parameters(), { lr: 0.1 });
      const loader = new BatchLoader(training.images, training.labels, { batchSize: 4, world });
      return fit(module, loader, { epochs: 1, optimizer });
    });
    await expect(without).rejects.toThrow(/give the world to compileTraining/);
  });
});
