// What callbacks do in runs: early stopping, averages, checkpoints and logs in real files; and rates, gathering and freezing in fit.

import { describe, expect, it } from 'vitest';
import { loader, network, run, told, valuesOf } from '../../../../test/fit/smallRuns.ts';
import {
  compile,
  compileTraining,
  crossEntropy,
  earlyStopping,
  ema,
  type FitCallback,
  type FitOptions,
  NeocogError,
  nn,
  optim,
  tensor,
  fit as train,
} from '../index.ts';

describe('earlyStopping', () => {
  it('ends a run after as many epochs as it has patience', async () => {
    const monitor = told([3, 2, 2, 1.9, 5, 1.85, 1]);
    const { history } = await run({
      epochs: 9,
      callbacks: [earlyStopping({ patience: 3, minDelta: 0.15, monitor })],
    });
    expect(history.epochs).toHaveLength(5);
    expect(history).toMatchObject({ stopped: true, reason: '3 epochs were no better than epoch 2, with 2' });
  });

  it('looks for the most of an accuracy, and the least of a loss', async () => {
    const validation = loader();
    for (const monitor of [
      'loss',
      'accuracy',
      'validation.loss',
      'validation.accuracy',
      undefined,
    ] as const) {
      const seen: number[] = [];
      const stop = earlyStopping({ monitor, patience: 1 });
      const onEpoch = (report: Parameters<NonNullable<FitCallback['onEpoch']>>[0]): void => {
        const from = monitor === 'loss' || monitor === 'accuracy' ? report : report.validation;
        seen.push(
          (monitor?.endsWith('accuracy') ? -1 : 1) *
            (from?.[monitor?.endsWith('accuracy') ? 'accuracy' : 'loss'] ?? 0),
        );
      };
      const { history } = await run({ epochs: 40, callbacks: [stop], validation, onEpoch });
      const end = seen.findIndex((value, i) => i > 0 && !(value < Math.min(...seen.slice(0, i))));
      expect(history.epochs).toHaveLength(end < 0 ? 40 : end + 1);
    }
  });

  it('gives back the weights of the best epoch', async () => {
    const kept: number[][] = [];
    const net = network();
    const onEpoch = (): void => void kept.push(valuesOf(net));
    const callbacks = [earlyStopping({ patience: 2, restoreBest: true, monitor: told([3, 1, 2, 2]) })];
    await run({ epochs: 9, callbacks, onEpoch }, net);
    expect(kept).toHaveLength(4);
    expect(valuesOf(net)).toEqual(kept[1]);
  });

  it('takes a mode, and says what is not measured', async () => {
    const rising = [earlyStopping({ patience: 1, mode: 'max', monitor: told([1, 2, 3]) })];
    expect((await run({ callbacks: rising })).history.stopped).toBe(false);
    await expect(run({ callbacks: [earlyStopping({ monitor: 'validation.loss' })] })).rejects.toThrow(
      'earlyStopping: validation.loss is not measured; give fit a validation',
    );
  });
});

describe('ema', () => {
  it.each<[string, object, (n: number) => number]>([
    ['with its decay', { decay: 0.75 }, () => 0.75],
    ['with a decay that rises', { decay: 0.3, warmup: true }, (n) => Math.min(0.3, (1 + n) / (10 + n))],
  ])('averages weights and statistics %s', async (_, options, decay) => {
    const net = network();
    const known: number[] = [];
    let trained: number[] = [];
    let updates = 0;
    const watch: FitCallback = {
      name: 'watch',
      onBatch: () => {
        trained = valuesOf(net);
        const kept = updates === 0 ? 0 : decay(updates);
        trained.forEach((value, i) => {
          known[i] = Math.fround((known[i] ?? 0) * kept + value * (1 - kept));
        });
        updates++;
      },
    };
    await run({ callbacks: [watch, ema(options)] }, net);
    const counts = valuesOf(net).map((value, i) => (Number.isInteger(value) && value === 9 ? 9 : known[i]));
    expect(valuesOf(net)).toEqual(counts.map((value) => expect.closeTo(value, 6)));
    expect(net.stateDict()['1.num_batches_tracked'].item()).toBe(9);
    expect(valuesOf(net)).not.toEqual(trained);
  });

  it('stands for the weights in validation, and not in training', async () => {
    const [net, losses] = [network(), [] as number[]];
    const { history } = await run(
      { callbacks: [ema({ decay: 1, apply: false })], validation: loader() },
      net,
    );
    // A decay of 1 keeps the weights after the first step.
    const first = history.epochs.map(({ validation }) => validation?.loss);
    expect(new Set(first).size).toBe(1);
    const { history: plain } = await run({}, network());
    expect(history.batchLosses).toEqual(plain.batchLosses);
    expect(losses).toEqual([]);
  });

  it('counts steps, not batches, and only every so many', async () => {
    const seen: unknown[] = [];
    const average = ema({ every: 2 });
    const watch: FitCallback = { name: 'watch', onBatch: () => void seen.push(average.state?.().values) };
    await run({ epochs: 1, accumulate: 2, callbacks: [average, watch] });
    expect(seen).toEqual([
      { updates: 0, waiting: 0 },
      { updates: 0, waiting: 1 },
      { updates: 1, waiting: 0 },
    ]);
  });

  it('follows a trainer, and is what a compiled validation runs', async () => {
    const results = [];
    for (const compiled of [false, true]) {
      const net = network();
      const optimizer = new optim.SGD(net.parameters(), { lr: 0.2 });
      const trainer = compiled
        ? await compileTraining(net, { input: [4, 2], loss: crossEntropy, optimizer })
        : undefined;
      const validation = loader();
      const compileValidation = compiled ? () => compile(net, { input: [4, 2] }) : undefined;
      const callbacks = [ema({ decay: 0.5 })];
      const history = await train(net, loader(), {
        epochs: 2,
        optimizer,
        trainer,
        validation,
        compileValidation,
        callbacks,
      });
      trainer?.dispose();
      results.push([
        ...valuesOf(net),
        ...history.epochs.map(({ validation: measured }) => measured?.loss as number),
      ]);
    }
    expect(results[1]).toEqual(results[0].map((value) => expect.closeTo(value, 5)));
  });
});

describe('a run', () => {
  it('tells callbacks in the order of their ranks', async () => {
    const events: string[] = [];
    const note = (name: string, rank?: number): FitCallback => ({
      name,
      rank,
      onStart: () => void events.push(`${name} start`),
      beforeValidation: () => void events.push(`${name} before`),
      afterValidation: () => void events.push(`${name} after`),
      onEpoch: () => void events.push(`${name} epoch`),
      onEnd: () => void events.push(`${name} end`),
    });
    await run({ epochs: 1, callbacks: [note('b', 1), note('a')], validation: loader() });
    const parts = ['start', 'before', 'after', 'epoch', 'end'];
    expect(events).toEqual(parts.flatMap((part) => [`a ${part}`, `b ${part}`]));
  });

  it('puts trained weights back where validation fails', async () => {
    const net = network();
    const failing = { *[Symbol.iterator]() { yield { x: tensor([1]), y: tensor([1]) }; } }; // biome-ignore format: one line
    const kept: number[][] = [];
    const onBatch = (): void => void kept.push(valuesOf(net));
    await expect(
      run({ callbacks: [ema({ decay: 1 })], validation: failing, onBatch }, net),
    ).rejects.toThrow();
    expect(valuesOf(net)).toEqual(kept.at(-1));
  });

  it('ends where a callback says so', async () => {
    const after: FitCallback = {
      name: 'after',
      onBatch: ({ step }, now) => (step === 5 ? now.stop('enough') : undefined),
    };
    const { history } = await run({ callbacks: [after] });
    expect(history).toMatchObject({ stopped: true, reason: 'enough' });
    expect([history.epochs.length, history.batchLosses.length]).toEqual([1, 5]);
  });

  it('keeps the ratio of rates, and follows a schedule by batches', async () => {
    const net = network();
    const [body, head] = [net.parameters().slice(0, 4), net.parameters().slice(4)];
    const optimizer = new optim.SGD([{ parameters: body, lr: 0.01 }, { parameters: head }], { lr: 0.1 });
    const seen: number[][] = [];
    const onBatch = (): void => void seen.push(optimizer.groups.map(({ lr }) => lr));
    await train(net, loader(), { epochs: 2, optimizer, schedule: (step) => 0.2 / (step + 1), onBatch });
    expect(seen).toEqual(
      [1, 2, 3, 4, 5, 6].map((n) => [0.02 / n, 0.2 / n].map((v) => expect.closeTo(v, 12))),
    );
  });

  it('leaves frozen parts as they are', async () => {
    const net = network();
    nn.freeze(net, ['0', '1']);
    const before = valuesOf(net);
    const optimizer = new optim.SGD(
      net.parameters().filter((p) => p.requiresGrad),
      { lr: 0.2 },
    );
    await train(net.eval(), loader(), { epochs: 2, optimizer, clipNorm: 1 });
    const moved = valuesOf(net).flatMap((value, i) => (value === before[i] ? [] : [i]));
    expect(moved).toEqual(Array.from({ length: 10 }, (_, i) => before.length - 10 + i));
  });

  it.each<[string, Partial<FitOptions>, string]>([
    ['two rates', { schedule: () => 1, learningRate: () => 1 }, 'learningRate and schedule are both given'],
    ['two kinds of clipping', { clipNorm: 1, clipValue: 1 }, 'clipNorm and clipValue are both given'],
    ['two callbacks of a name', { callbacks: [ema(), ema()] }, 'each with a name of its own'],
    ['no callback', { callbacks: [{}] as never }, 'give a list of callbacks'],
    ['a number to resume', { resume: 1 as never }, 'resume is 1; give true, the path of a checkpoint'],
    [
      'clipping beside a trainer',
      { clipNorm: 1, trainer: { step: async () => ({ loss: 0, output: tensor([0]) }), sync() {} } },
      'clipNorm is given, and a trainer that takes the steps; give it to compileTraining',
    ],
  ])('refuses %s', async (_, options, message) => {
    await expect(run(options)).rejects.toThrow(message);
    await expect(run(options)).rejects.toBeInstanceOf(NeocogError);
  });

  it('refuses to gather over a source of unknown length', async () => {
    const net = network();
    const optimizer = new optim.SGD(net.parameters(), { lr: 0.1 });
    const source = new Set(loader());
    await expect(train(net, source, { epochs: 1, optimizer, accumulate: 2 })).rejects.toThrow(
      'give it a length',
    );
  });
});
