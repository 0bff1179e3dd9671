// A run that is ended anywhere and resumed has the bits of one that was not.

import { describe, expect, it } from 'vitest';
import { callbacksOf, epochs, outcomeOf, storeIn, type Trial, train } from '../../../../test/fit/trials.ts';
import {
  type CheckpointStore,
  checkpoint,
  DataLoader,
  full,
  type Generator,
  manualSeed,
  nn,
  optim,
  readCheckpoint,
  type Tensor,
  tensor,
  fit as trainNetwork,
} from '../index.ts';
import type { FitCallback } from './callback.ts';

const trials: [string, Trial][] = [
  ['at once', { compiled: false, accumulate: 1 }],
  ['at once, two batches a step', { compiled: false, accumulate: 2 }],
  ['compiled', { compiled: true, accumulate: 1 }],
  ['compiled, two batches a step', { compiled: true, accumulate: 2 }],
];

/** Ends the process, as far as a test can: nothing of the run is called any more. */
class Crash extends Error {}

/** Crashes at a batch, before or after checkpoints are made. */
const crashAt = (step: number, rank: number): FitCallback => ({
  name: 'crash',
  rank,
  onBatch: (report) => {
    if (report.step === step) throw new Crash();
  },
});

describe.each(trials)('resume, %s', (_, trial) => {
  it('after a crash at every batch', async () => {
    const whole = await train(trial, { store: storeIn(new Map()) });
    const known = outcomeOf(whole);
    expect(known.losses).toHaveLength(20);
    for (let step = 1; step <= 20; step += 3) {
      const store = storeIn(new Map());
      for (const rank of [1, 3]) {
        const crashing = train(
          trial,
          { store },
          { callbacks: [...callbacksOf({ store }), crashAt(step, rank)] },
        );
        await expect(crashing).rejects.toBeInstanceOf(Crash);
        manualSeed(77);
      }
      expect(outcomeOf(await train(trial, { store }))).toEqual(known);
    }
  });

  it('after its signal and after its end', async () => {
    const known = outcomeOf(await train(trial, { store: storeIn(new Map()) }));
    const store = storeIn(new Map());
    for (let step = 2; step <= 20; step += 5) {
      const controller = new AbortController();
      const onBatch = (report: { step: number }): void =>
        report.step === step ? controller.abort() : undefined;
      const { history } = await train(trial, { store }, { signal: controller.signal, onBatch });
      expect([history.stopped, history.batchLosses.length]).toEqual([true, step]);
    }
    expect(outcomeOf(await train(trial, { store }))).toEqual(known);
    expect(outcomeOf(await train(trial, { store }))).toEqual(known);
  });
});

describe('a checkpoint', () => {
  const trial = { compiled: false, accumulate: 1 };

  it('says what it is of, and is taken as a file, as bytes and as it is', async () => {
    const files = new Map<string, Uint8Array>();
    const controller = new AbortController();
    const onBatch = (report: { step: number }): void => (report.step === 12 ? controller.abort() : undefined);
    await train(trial, { store: storeIn(files) }, { signal: controller.signal, onBatch });
    const bytes = files.get('last.safetensors') as Uint8Array;
    const found = await readCheckpoint(bytes);
    expect(found).toMatchObject({ epoch: 3, batch: 2, step: 12 });
    expect(Object.keys(found.weights)).toEqual(Object.keys(found.averaged ?? {}));
    expect(found.epochs.map(({ epoch, validation }) => [epoch, validation?.predictions.length])).toEqual([
      [1, 0],
      [2, 0],
    ]);
    const known = outcomeOf(await train(trial, { store: storeIn(new Map()) }));
    for (const resume of [bytes, found])
      expect(outcomeOf(await train(trial, { store: storeIn(new Map()) }, { resume }))).toEqual(known);
  });

  it('of a run that goes on for longer', async () => {
    const store = storeIn(new Map());
    await train(trial, { store }, { epochs: 2 });
    const known = outcomeOf(await train(trial, { store: storeIn(new Map()) }));
    expect(outcomeOf(await train(trial, { store }, { epochs }))).toEqual(known);
  });
});

describe('a DataLoader that reads ahead', () => {
  const dataset = {
    length: 23,
    get: async (index: number) => ({ image: full([1, 6, 6], index / 23), label: index % 3 }),
  };
  const noisy = (sample: { image: Tensor; label: number }, random: Generator) => ({
    ...sample,
    image: tensor(
      sample.image.data.map((value) => value + random.normal()),
      sample.image.shape,
    ),
  });
  const loader = () =>
    new DataLoader(dataset, { batchSize: 5, shuffle: true, seed: 3, prefetch: 3, transform: noisy });
  const run = async (store: CheckpointStore, stop = 0) => {
    manualSeed(1);
    const net = new nn.Sequential(new nn.Flatten(), new nn.Dropout(0.3), new nn.Linear(36, 3));
    const optimizer = new optim.SGD(net.parameters(), { lr: 0.1, momentum: 0.9 });
    const callbacks = [checkpoint(store, { every: 2 }), ...(stop > 0 ? [crashAt(stop, 3)] : [])];
    const history = await trainNetwork(net, loader(), { epochs: 3, optimizer, callbacks, resume: true });
    return {
      losses: history.batchLosses,
      weights: Object.values(net.stateDict()).map(({ data }) => [...data]),
    };
  };

  it('goes on in the middle of an epoch with the same bits', async () => {
    const known = await run(storeIn(new Map()));
    expect(known.losses).toHaveLength(15);
    const store = storeIn(new Map());
    for (const stop of [3, 4, 7, 10, 13]) await expect(run(store, stop)).rejects.toBeInstanceOf(Crash);
    expect(await run(store)).toEqual(known);
  });
});
