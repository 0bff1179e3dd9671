// Checkpoints of runs, in real files: what is kept, what goes on from there, and what is refused.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folder, loader, network, run, told, valuesOf } from '../../../../test/fit/smallRuns.ts';
import {
  checkpoint,
  ema,
  type FitOptions,
  FormatError,
  NeocogError,
  nn,
  optim,
  readCheckpoint,
  fit as train,
} from '../index.ts';

describe('checkpoint', () => {
  it('keeps the last and the best epoch in a folder', async () => {
    const [at, net] = [folder(), network()];
    const kept: number[][] = [];
    const keep = checkpoint(at, { monitor: told([3, 1, 2]) });
    await run({ callbacks: [keep], onEpoch: () => void kept.push(valuesOf(net)) }, net);
    expect(readdirSync(at).sort()).toEqual(['best.safetensors', 'last.safetensors']);
    const [last, best] = [await keep.load(), await keep.loadBest()];
    const flat = (weights: nn.StateDict = {}) => Object.values(weights).flatMap(({ data }) => [...data]);
    expect(flat(last?.weights)).toEqual(kept[2]);
    expect(flat(best?.weights)).toEqual(kept[1]);
    expect([last?.epoch, best?.epoch]).toEqual([4, 3]);
    expect((await readCheckpoint(join(at, 'best.safetensors'))).step).toBe(6);
  });

  it('keeps no best where none is wanted, and averages beside the weights', async () => {
    const [at, net] = [folder(), network()];
    const keep = checkpoint(at, { best: false });
    await run({ callbacks: [keep, ema({ decay: 0.9 })] }, net);
    expect(readdirSync(at)).toEqual(['last.safetensors']);
    expect(await keep.loadBest()).toBeNull();
    const last = await keep.load();
    net.loadStateDict(last?.averaged ?? {});
    expect(last?.averaged).not.toEqual(last?.weights);
  });

  it('keeps where a run was stopped, but for gradients that wait', async () => {
    for (const [accumulate, kept] of [
      [1, 5],
      [2, 3],
    ]) {
      const controller = new AbortController();
      const onBatch = ({ step }: { step: number }): void =>
        step === (accumulate === 1 ? 5 : 4) ? controller.abort() : undefined;
      const keep = checkpoint(folder());
      await run({ accumulate, onBatch, signal: controller.signal, callbacks: [keep] });
      expect((await keep.load())?.step).toBe(kept);
    }
  });

  it('takes the place of no other run', async () => {
    const at = folder();
    await run({ callbacks: [checkpoint(at)] });
    const before = readFileSync(join(at, 'last.safetensors'));
    await expect(run({ callbacks: [checkpoint(at)] })).rejects.toThrow(
      `checkpoint: ${at}/last.safetensors of another run is there; go on from it with resume: true`,
    );
    expect(readFileSync(join(at, 'last.safetensors'))).toEqual(before);
    const { history } = await run({ epochs: 1, callbacks: [checkpoint(at, { overwrite: true })] });
    expect(history.epochs).toHaveLength(1);
    expect((await readCheckpoint(join(at, 'last.safetensors'))).step).toBe(3);
  });

  it('refuses what it cannot go on from', async () => {
    const at = folder();
    await run({ callbacks: [checkpoint(at)] });
    const file = join(at, 'last.safetensors');
    const bytes = new Uint8Array(readFileSync(file));
    for (const cut of [0, 7, 20, bytes.length - 1])
      await expect(readCheckpoint(bytes.slice(0, cut))).rejects.toBeInstanceOf(FormatError);
    for (let i = 0; i < 200; i++) {
      const damaged = bytes.slice();
      damaged[(i * 37) % 1500] ^= 1 << (i % 8);
      await readCheckpoint(damaged).catch((error) => expect(error).toBeInstanceOf(NeocogError));
    }
    await expect(readCheckpoint(join(at, 'none'))).rejects.toThrow('is not there; give the path of a file');
    await expect(run({ resume: true })).rejects.toThrow(
      'no callback keeps checkpoints; add checkpoint(folder)',
    );
    await expect(run({ resume: file }, new nn.Sequential(new nn.Linear(2, 2)))).rejects.toThrow(
      'loadStateDict',
    );
    const own = { lr: 1, step() {}, zeroGrad() {} };
    await expect(run({ optimizer: own, callbacks: [checkpoint(folder())] })).rejects.toThrow(
      'has no stateDict',
    );
  });

  it('passes over batches of a source that does not say where it stands', async () => {
    const at = folder();
    const list = [...loader()];
    const controller = new AbortController();
    const options = { epochs: 2, callbacks: [checkpoint(at)] };
    const whole = network();
    const go = (net: nn.Module, more: Partial<FitOptions>) =>
      train(net, list, { ...options, optimizer: new optim.SGD(net.parameters(), { lr: 0.1 }), ...more });
    await go(whole, { callbacks: [] });
    const onBatch = ({ step }: { step: number }): void => (step === 4 ? controller.abort() : undefined);
    await go(network(), { signal: controller.signal, onBatch });
    const other = network();
    await go(other, { resume: true, callbacks: [checkpoint(at)] });
    expect(valuesOf(other)).toEqual(valuesOf(whole));
    const short = train(network(), list.slice(0, 0).concat(list[0]), {
      epochs: 2,
      optimizer: new optim.SGD(network().parameters(), { lr: 0.1 }),
      resume: { ...(await readCheckpoint(join(at, 'last.safetensors'))), epoch: 2, batch: 2 },
    });
    await expect(short).rejects.toThrow(
      'gave 1 batches in epoch 2, of which 2 were done before; resume with the same data',
    );
  });
});
