import { describe, expect, it, vi } from 'vitest';
import type { Evaluation } from '../data/evaluation.ts';
import { BatchLoader } from '../data/loader.ts';
import type { BatchSource } from '../data/source.ts';
import {
  compile,
  compileTraining,
  crossEntropy,
  mse,
  NeocogError,
  nn,
  optim,
  ShapeError,
  type Tensor,
  tensor,
} from '../index.ts';
import { manualSeed } from '../tensor/random.ts';
import { fit } from './fit.ts';
import type { FitOptions } from './options.ts';
import type { BatchReport } from './reports.ts';

/** 24 points on a circle; the class is the third of the circle that a point lies in. */
const angles = Array.from({ length: 24 }, (_, i) => (2 * Math.PI * (i + 0.5)) / 24);
const points = tensor(angles.map((angle) => [Math.cos(angle), Math.sin(angle)]));
const thirds = tensor(Int32Array.from(angles, (_, i) => Math.floor(i / 8)));

const circle = (options = {}): BatchLoader => new BatchLoader(points, thirds, { batchSize: 5, ...options });
const network = (): nn.Sequential =>
  new nn.Sequential(new nn.Linear(2, 16), new nn.ReLU(), new nn.Linear(16, 3));

function train(options: Partial<FitOptions> = {}) {
  manualSeed(1);
  const module = network();
  const optimizer = new optim.SGD(module.parameters(), { lr: 0.1, momentum: 0.9 });
  const loader = circle({ shuffle: true, seed: 1 });
  return { module, run: fit(module, loader, { epochs: 20, optimizer, ...options }) };
}

describe('fit', () => {
  it('reports the seconds of each epoch', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const { run } = train({ epochs: 2, onBatch: ({ epoch }) => void vi.advanceTimersByTime(250 * epoch) });
      expect((await run).epochs.map(({ seconds }) => seconds)).toEqual([1.25, 2.5]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('reports how long it waited for batches', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      async function* slow() {
        for await (const batch of circle()) {
          vi.advanceTimersByTime(100);
          yield batch;
        }
        vi.advanceTimersByTime(20);
      }
      const module = network();
      const optimizer = new optim.SGD(module.parameters(), { lr: 0.1 });
      const onBatch = () => void vi.advanceTimersByTime(400);
      const { epochs } = await fit(
        module,
        { [Symbol.asyncIterator]: slow },
        { epochs: 2, optimizer, onBatch },
      );
      const one = { waited: 0.52, seconds: 2.52 };
      expect(epochs.map(({ waited, seconds }) => ({ waited, seconds }))).toEqual([one, one]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('learns, and reports every batch and epoch in order', async () => {
    const events: string[] = [];
    const { module, run } = train({
      epochs: 30,
      validation: circle(),
      onBatch: ({ epoch, batch }) => void events.push(`${epoch}.${batch}`),
      onEpoch: async ({ epoch }) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        events.push(`end ${epoch}`);
      },
    });
    const history = await run;
    expect(history.epochs.at(-1)?.validation?.accuracy).toBe(1);
    expect(history.epochs.at(-1)?.loss).toBeLessThan(0.2);
    expect(history.epochs).toHaveLength(30);
    expect(history.batchLosses).toHaveLength(150);
    expect(history.stopped).toBe(false);
    expect(events.slice(0, 7)).toEqual(['1.1', '1.2', '1.3', '1.4', '1.5', 'end 1', '2.1']);
    expect(module.training).toBe(true);
  });

  it('gives the same losses for the same seed', async () => {
    const [one, two] = [await train().run, await train().run];
    expect(one.batchLosses).toEqual(two.batchLosses);
  });

  it('sets the learning rate by the fraction of the run', async () => {
    const rates: number[] = [];
    const learningRate = (progress: number): number => 0.1 * (1 - progress);
    await train({ epochs: 2, learningRate, onBatch: ({ lr }) => void rates.push(lr) }).run;
    expect(rates).toHaveLength(10);
    expect(rates[0]).toBe(0.1);
    expect(rates[9]).toBeCloseTo(0.01);
  });

  it('counts a mean over the epoch so far', async () => {
    const reports: BatchReport[] = [];
    await train({ epochs: 1, onBatch: (report) => void reports.push(report) }).run;
    const losses = reports.map(({ batchLoss }) => batchLoss);
    expect(reports[1].loss).toBeCloseTo((losses[0] + losses[1]) / 2);
    expect(reports[4].loss).toBeCloseTo(
      (5 * (losses[0] + losses[1] + losses[2] + losses[3]) + 4 * losses[4]) / 24,
    );
    expect(reports[4]).toMatchObject({ step: 5, steps: 5, batches: 5 });
  });

  it('ends before the next batch when its signal says so', async () => {
    const controller = new AbortController();
    const onBatch = ({ step }: BatchReport): void => (step === 7 ? controller.abort() : undefined);
    const history = await train({ onBatch, signal: controller.signal }).run;
    expect(history.stopped).toBe(true);
    expect(history.epochs).toHaveLength(1);
    expect(history.batchLosses).toHaveLength(7);
  });

  it.each<[string, (net: nn.Module, norm: nn.Module) => void, boolean]>([
    ['leaves frozen batch normalisation as it is', (_, norm) => norm.eval(), true],
    ['trains a module in evaluation mode as a whole', (net) => net.eval(), false],
  ])('%s', async (_what, set, stays) => {
    const norm = new nn.BatchNorm1d(2);
    const net = new nn.Sequential(norm, new nn.Linear(2, 3));
    set(net, norm);
    const optimizer = new optim.SGD(net.parameters(), { lr: 0.1 });
    await fit(net, circle(), { epochs: 1, optimizer });
    expect([norm.training, norm.numBatchesTracked?.item()]).toEqual(stays ? [false, 0] : [true, 5]);
    expect([...(norm.runningMean as Tensor).data].every((v) => v === 0)).toBe(stays);
  });

  it('lets timers run while it works', async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const onBatch = (): void => {
      const start = performance.now();
      // Longer than the loop works on before it lets others run.
      while (performance.now() - start < 20);
    };
    await train({ epochs: 2, onBatch }).run;
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(1);
  });

  it('takes a list of batches, and batches that have to be waited for', async () => {
    const batches = [...circle()];
    const slow = {
      async *[Symbol.asyncIterator]() {
        for (const { x, y } of circle()) {
          await new Promise((resolve) => setTimeout(resolve, 1));
          yield { x, y };
        }
      },
    };
    const learn = async (source: BatchSource) => {
      manualSeed(1);
      const module = network();
      const optimizer = new optim.SGD(module.parameters(), { lr: 0.1 });
      const reports: BatchReport[] = [];
      const onBatch = (report: BatchReport): void => void reports.push(report);
      const history = await fit(module, source, { epochs: 2, optimizer, validation: source, onBatch });
      return { history, last: reports.at(-1) };
    };
    const [loaded, listed, waited] = [await learn(circle()), await learn(batches), await learn(slow)];
    expect(listed.history.batchLosses).toEqual(loaded.history.batchLosses);
    expect(waited.history.batchLosses).toEqual(loaded.history.batchLosses);
    const { predictions } = loaded.history.epochs[1].validation as Evaluation;
    expect(predictions).toHaveLength(24);
    expect(waited.history.epochs[1].validation?.predictions).toEqual(predictions);
    expect(listed.last).toMatchObject({ step: 10, steps: 10, batches: 5 });
    expect(waited.last).toMatchObject({ step: 10, steps: Number.NaN, batches: Number.NaN });
  });

  it.each<[string, () => unknown, object, RegExp]>([
    ['an empty list', () => [], {}, /^fit: the loader has no batch; add data/],
    ['a generator that is spent', () => circle()[Symbol.iterator](), {}, /gave no batch in epoch 2/],
    ['batches without targets', () => [{ x: points }], {}, /^fit: a batch is \{ x \}; give Tensors/],
    [
      'a fraction of an unknown number',
      () => new Set(circle()),
      { learningRate: () => 1 },
      /does not say how many batches/,
    ],
  ])('refuses %s', async (_, source, options, message) => {
    const module = network();
    const optimizer = new optim.SGD(module.parameters(), { lr: 0.1 });
    const run = fit(module, source() as BatchSource, { epochs: 2, optimizer, ...options });
    await expect(run).rejects.toThrow(message);
    await expect(run).rejects.toBeInstanceOf(NeocogError);
  });

  it('trains on targets that are no classes', async () => {
    const module = new nn.Linear(2, 1);
    const sums = tensor(angles.map((angle) => [Math.cos(angle) + 2 * Math.sin(angle)]));
    const loader = new BatchLoader(points, sums, { batchSize: 8 });
    const optimizer = new optim.SGD(module.parameters(), { lr: 0.5 });
    const { epochs } = await fit(module, loader, { epochs: 20, optimizer, loss: mse, validation: loader });
    expect(epochs[19].validation?.loss).toBeLessThan(1e-6);
    expect(epochs[19].accuracy).toBeNaN();
    expect(epochs[19].validation?.confusion).toEqual([]);
  });

  it('stops at a loss that is no number, and says where', async () => {
    const { run } = train({ learningRate: () => 1e30 });
    await expect(run).rejects.toThrow(NeocogError);
    await expect(run).rejects.toThrow(
      /fit: the loss became (NaN|Infinity) at epoch 1, batch \d.*lower the learning rate/,
    );
  });

  it('refuses what cannot be trained', async () => {
    await expect(train({ epochs: 0 }).run).rejects.toThrow(ShapeError);
    const module = network();
    const optimizer = new optim.SGD(module.parameters(), { lr: 0.1 });
    const none = circle({ batchSize: 100, dropLast: true });
    await expect(fit(module, none, { epochs: 1, optimizer })).rejects.toThrow(
      /24 samples, not one batch of 100/,
    );
  });
});

describe('fit with a trainer', () => {
  /** The training of `train`, to be done in compiled steps. */
  async function compiled() {
    manualSeed(1);
    const module = network();
    const optimizer = new optim.SGD(module.parameters(), { lr: 0.1, momentum: 0.9 });
    const trainer = await compileTraining(module, { input: [5, 2], loss: crossEntropy, optimizer });
    const run = (options: Partial<FitOptions>) =>
      fit(module, circle({ shuffle: true, seed: 1 }), { epochs: 3, optimizer, trainer, ...options });
    return { module, optimizer, trainer, run };
  }
  const weightOf = (module: nn.Module): number[] => [...module.parameters()[0].data];

  function expectClose(given: ArrayLike<number>, wanted: ArrayLike<number>): void {
    expect(given).toHaveLength(wanted.length);
    for (let i = 0; i < wanted.length; i++) expect(given[i]).toBeCloseTo(wanted[i], 4);
  }

  it('reports what eager steps report, a smaller last batch included', async () => {
    const reports: BatchReport[][] = [[], []];
    const options = (into: BatchReport[]): Partial<FitOptions> => ({
      epochs: 3,
      learningRate: (progress) => 0.1 * (1 - progress),
      validation: circle(),
      onBatch: (report) => void into.push(report),
    });
    const eager = train(options(reports[0]));
    const wanted = await eager.run;
    const { module, optimizer, run } = await compiled();
    const history = await run(options(reports[1]));
    expectClose(history.batchLosses, wanted.batchLosses);
    const places = reports.map((list) => list.map(({ epoch, batch, step, lr }) => [epoch, batch, step, lr]));
    expect(places[1]).toEqual(places[0]);
    const accuracies = reports.map((list) => list.map(({ accuracy }) => accuracy));
    expect(accuracies[1]).toEqual(accuracies[0]);
    const taken = [history, wanted].map(({ epochs }) => epochs.map((e) => e.validation?.predictions));
    expect(taken[0]).toEqual(taken[1]);
    expectClose(weightOf(module), weightOf(eager.module));
    expect(optimizer.stateDict().tensors['0.step'].item()).toBe(15);
  });

  it('brings the weights back before validation and after an early end', async () => {
    const { module, run } = await compiled();
    const [first, seen] = [weightOf(module), { batch: [] as number[], validation: [] as number[] }];
    let made = 0;
    let freed = 0;
    const controller = new AbortController();
    const history = await run({
      validation: circle(),
      signal: controller.signal,
      onBatch: ({ step }) => {
        if (step === 5) seen.batch = weightOf(module);
        if (step === 7) controller.abort();
      },
      compileValidation: async () => {
        made++;
        seen.validation = weightOf(module);
        const program = await compile(module, { input: [5, 2] });
        const dispose = (): void => {
          freed++;
          program.dispose();
        };
        return { inputShape: program.inputShape, run: (x) => program.run(x), dispose };
      },
    });
    expect([history.stopped, history.epochs.length, made, freed]).toEqual([true, 1, 1, 1]);
    expect(seen.batch).toEqual(first);
    expect(seen.validation).not.toEqual(first);
    expect(weightOf(module)).not.toEqual(seen.validation);
  });

  it('stops at a loss that is no number, with the weights of the last epoch', async () => {
    const { module, run } = await compiled();
    let kept: number[] = [];
    const options: Partial<FitOptions> = {
      learningRate: (progress) => (progress < 0.5 ? 0.1 : 1e30),
      onEpoch: () => {
        kept = weightOf(module);
      },
    };
    await expect(run(options)).rejects.toThrow(/fit: the loss became (NaN|Infinity) at epoch 2/);
    expect(weightOf(module)).toEqual(kept);
  });
});
