import { describe, expect, it } from 'vitest';
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
import { type EvaluateOptions, evaluate, type ForwardPass } from './evaluation.ts';
import { BatchLoader } from './loader.ts';
import { type BatchReport, type EpochReport, type FitOptions, fit } from './training.ts';

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

  it('lets timers run while it works', async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const onBatch = (): void => {
      const start = performance.now();
      while (performance.now() - start < 20);
    };
    await train({ epochs: 2, onBatch }).run;
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(1);
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
  /** The same training as `train`, in compiled steps. */
  async function trainCompiled(options: Partial<FitOptions> = {}) {
    manualSeed(1);
    const module = network();
    const optimizer = new optim.SGD(module.parameters(), { lr: 0.1, momentum: 0.9 });
    const trainer = await compileTraining(module, { input: [5, 2], loss: crossEntropy, optimizer });
    const loader = circle({ shuffle: true, seed: 1 });
    const history = await fit(module, loader, { epochs: 20, optimizer, trainer, ...options });
    trainer.dispose();
    return { module, optimizer, history };
  }
  const weightOf = (module: nn.Module): Float32Array => module.parameters()[0].data.slice() as Float32Array;
  const expectClose = (given: ArrayLike<number>, wanted: ArrayLike<number>): void =>
    Array.from(wanted).forEach((value, i) => {
      expect(given[i]).toBeCloseTo(value, 3);
    });
  const withoutTime = ({ seconds: _, ...report }: EpochReport) => report;

  it('reports what eager steps report, a smaller last batch included', async () => {
    const reports: { eager: BatchReport[]; compiled: BatchReport[] } = { eager: [], compiled: [] };
    const learningRate = (progress: number): number => 0.1 * (1 - progress);
    const options = (into: BatchReport[]) => ({
      epochs: 3,
      learningRate,
      validation: circle(),
      onBatch: (report: BatchReport) => void into.push(report),
    });
    const eager = train(options(reports.eager));
    const wanted = await eager.run;
    const { module, history, optimizer } = await trainCompiled(options(reports.compiled));
    expectClose(history.batchLosses, wanted.batchLosses);
    expect(reports.compiled.map(({ epoch, batch, step, lr }) => [epoch, batch, step, lr])).toEqual(
      reports.eager.map(({ epoch, batch, step, lr }) => [epoch, batch, step, lr]),
    );
    expectClose(
      reports.compiled.map(({ accuracy }) => accuracy),
      reports.eager.map(({ accuracy }) => accuracy),
    );
    expect(history.epochs.map(({ validation }) => validation?.predictions)).toEqual(
      wanted.epochs.map(({ validation }) => validation?.predictions),
    );
    expectClose(weightOf(module), weightOf(eager.module));
    expect(optimizer.stateDict().tensors).toHaveProperty('0.step');
  });

  it('has the weights in the module before validation, at every epoch and after an early end', async () => {
    const seen: Float32Array[] = [];
    const controller = new AbortController();
    const { module, history } = await trainCompiled({
      onEpoch: () => void seen.push(weightOf(module_())),
      validation: circle(),
      signal: controller.signal,
      onBatch: ({ step }) => (step === 12 ? controller.abort() : undefined),
      compileValidation: async () => {
        seen.push(weightOf(module_()));
        return compile(module_(), { input: [5, 2] });
      },
      trainer: await follow(),
    });
    expect(history).toMatchObject({ stopped: true });
    expect(module).toBeDefined();
    expect(seen).toHaveLength(4);
  });
});

describe('evaluate', () => {
  /** Scores that are the input itself. */
  class Echo extends nn.Module {
    seen: boolean[] = [];
    forward(x: Tensor): Tensor {
      this.seen.push(this.training);
      return x;
    }
  }
  const scores = tensor([
    [3, 1, 0],
    [0, 1, 0],
    [0, 2, 1],
    [0, 0, 5],
  ]);
  const labels = tensor(Int32Array.of(0, 1, 2, 2));

  it('counts what was taken for what, in the order of the data set', async () => {
    const loader = new BatchLoader(scores, labels, { batchSize: 3, shuffle: true });
    const result = await evaluate(new Echo(), loader);
    expect(result.accuracy).toBe(0.75);
    expect(result.predictions).toEqual(Int32Array.of(0, 1, 1, 2));
    expect(result.confusion).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [0, 1, 1],
    ]);
    expect(result.confidences[2]).toBeCloseTo(Math.exp(2) / (1 + Math.exp(2) + Math.exp(1)));
    const rows = [0, 1, 2, 3].map((i) => [...scores.data.slice(3 * i, 3 * i + 3)]);
    const losses = rows.map(
      (row, i) => Math.log(row.reduce((sum, v) => sum + Math.exp(v), 0)) - row[labels.data[i]],
    );
    expect(result.loss).toBeCloseTo(losses.reduce((sum, loss) => sum + loss) / 4);
  });

  it('runs in evaluation mode and restores the mode', async () => {
    const module = new Echo();
    await evaluate(module, new BatchLoader(scores, labels));
    expect(module.seen).toEqual([false]);
    expect(module.training).toBe(true);
    module.eval();
    await evaluate(module, new BatchLoader(scores, labels));
    expect(module.training).toBe(false);
  });

  it('leaves a frozen part of a network in evaluation mode', async () => {
    const frozen = new Echo().eval();
    const network = new nn.Sequential(frozen, new Echo());
    await evaluate(network, new BatchLoader(scores, labels));
    expect([network.training, frozen.training]).toEqual([true, false]);
  });

  it('marks samples that the loader leaves out', async () => {
    const result = await evaluate(
      new Echo(),
      new BatchLoader(scores, labels, { batchSize: 3, dropLast: true }),
    );
    expect(result.predictions).toEqual(Int32Array.of(0, 1, 1, -1));
  });
});
