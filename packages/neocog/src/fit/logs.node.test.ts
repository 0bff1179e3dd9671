// The logs of runs, in real files: CSV, JSON, and TensorBoard's records.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { readEvents, readRecords, slowCrc32c } from '../../../../test/fit/eventReader.ts';
import { folder, home, loader, points, run } from '../../../../test/fit/smallRuns.ts';
import {
  BatchLoader,
  checkpoint,
  crossEntropy,
  csvLog,
  jsonLog,
  NeocogError,
  nn,
  optim,
  readCheckpoint,
  tensorBoard,
  fit as train,
} from '../index.ts';
import { crc32c, recordOf } from './events.ts';

describe('logs', () => {
  it('are lines of CSV and of JSON', async () => {
    const at = folder();
    const callbacks = [csvLog(join(at, 'log.csv')), jsonLog(join(at, 'log.jsonl'), { every: 2 })];
    const { history } = await run({ epochs: 2, callbacks, validation: loader() });
    const [names, first, second, end] = readFileSync(join(at, 'log.csv'), 'utf8').split('\n');
    expect(names).toBe('epoch,step,loss,accuracy,validation_loss,validation_accuracy,lr,seconds,waited');
    const { loss, accuracy, validation, lr, seconds, waited } = history.epochs[0];
    expect(first).toBe(
      [1, 3, loss, accuracy, validation?.loss, validation?.accuracy, lr, seconds, waited].join(','),
    );
    expect([second.split(',')[0], end]).toEqual(['2', '']);
    const lines = readFileSync(join(at, 'log.jsonl'), 'utf8').trim().split('\n');
    const events = lines.map((line) => JSON.parse(line));
    expect(events.map(({ event, epoch, step }) => [event, epoch, step])).toEqual([
      ['batch', 1, 2],
      ['epoch', 1, 3],
      ['batch', 2, 4],
      ['batch', 2, 6],
      ['epoch', 2, 6],
    ]);
    expect(events[1].validation).toEqual({ loss: validation?.loss, accuracy: validation?.accuracy });
  });

  it('write to whatever has write, and leave out what is not measured', async () => {
    const texts: string[] = [];
    const net = new nn.Linear(2, 1);
    const targets = { shape: [12, 1], data: new Float32Array(12) };
    const optimizer = new optim.SGD(net.parameters(), { lr: 0.1 });
    const write = async (text: string) => void texts.push(text);
    await train(net, new BatchLoader(points, targets), {
      epochs: 1,
      optimizer,
      loss: (y, t) => crossEntropy(y, t),
      callbacks: [csvLog({ write })],
    });
    expect(texts[0]).toMatch(/^epoch,.*\n$/);
    expect(texts[1]).toMatch(/^1,1,[^,]+,,,,0.1,[^,]+,[^,]+\n$/);
  });

  it('for TensorBoard are records with checksums', async () => {
    const at = folder();
    const { history } = await run({
      epochs: 2,
      callbacks: [tensorBoard(at, { every: 2 })],
      validation: loader(),
    });
    const [version, ...events] = readEvents(readFileSync(join(at, 'events.out.tfevents.neocog')));
    expect(version).toMatchObject({ version: 'brain.Event:2', step: 0, scalars: {} });
    expect(Math.abs(version.wallTime - Date.now() / 1000)).toBeLessThan(3600);
    expect(events.map(({ step, scalars }) => [step, Object.keys(scalars).join()])).toEqual([
      [2, 'loss/batch,learning rate'],
      [3, 'loss/training,accuracy/training,loss/validation,accuracy/validation'],
      [4, 'loss/batch,learning rate'],
      [6, 'loss/batch,learning rate'],
      [6, 'loss/training,accuracy/training,loss/validation,accuracy/validation'],
    ]);
    expect(events[1].scalars['loss/training']).toBe(Math.fround(history.epochs[0].loss));
    expect(events[2].scalars['loss/batch']).toBe(history.batchLosses[3]);
  });

  it('have the checksums of RFC 3720', () => {
    const texts = ['', '123456789'].map((text) => new TextEncoder().encode(text));
    const others = [
      new Uint8Array(32),
      new Uint8Array(32).fill(255),
      Uint8Array.from({ length: 32 }, (_, i) => i),
    ];
    const known = [0, 0xe3069283, 0x8a9136aa, 0x62a8ab43, 0x46dd794e];
    expect([...texts, ...others].map(crc32c)).toEqual(known);
    expect([...texts, ...others].map(slowCrc32c)).toEqual(known);
    const record = recordOf(texts[1]);
    expect(readRecords(record)).toEqual([texts[1]]);
    expect(() => readRecords(record.with(13, 0))).toThrow('a checksum is wrong');
  });

  it('take the place of no other file', async () => {
    const at = folder();
    await run({ callbacks: [tensorBoard(at), csvLog(join(at, 'a.csv')), jsonLog(join(at, 'a.json'))] });
    for (const make of [
      () => tensorBoard(at),
      () => csvLog(join(at, 'a.csv')),
      () => jsonLog(join(at, 'a.json')),
    ])
      await expect(run({ callbacks: [make()] })).rejects.toThrow(
        'of another run is there; name another file',
      );
    await run({ epochs: 1, callbacks: [csvLog(join(at, 'a.csv'), { overwrite: true })] });
    expect(readFileSync(join(at, 'a.csv'), 'utf8').trim().split('\n')).toHaveLength(2);
  });

  it('say where they cannot be written', async () => {
    const at = folder();
    await run({ callbacks: [csvLog(join(at, 'log'))] });
    await expect(run({ callbacks: [csvLog(join(at, 'log', 'log.csv'))] })).rejects.toThrow(NeocogError);
    await expect(run({ callbacks: [checkpoint(join(at, 'log'))] })).rejects.toThrow(NeocogError);
  });

  it('refuse a path where there are no files', async () => {
    const spy = vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never);
    try {
      for (const [name, callback] of Object.entries({
        checkpoint: checkpoint('folder'),
        csvLog: csvLog('log.csv'),
        jsonLog: jsonLog('log.jsonl'),
        tensorBoard: tensorBoard('folder'),
      }))
        await expect(run({ callbacks: [callback] })).rejects.toThrow(
          new RegExp(`^${name}: there are no files here`),
        );
      const files = new Map<string, Uint8Array>();
      const store = {
        read: (key: string) => files.get(key),
        write: (key: string, value: Uint8Array) => files.set(key, value),
      };
      await run({ callbacks: [checkpoint(store)] });
      expect([...files.keys()].sort()).toEqual(['best.safetensors', 'last.safetensors']);
    } finally {
      spy.mockRestore();
    }
    expect(existsSync('folder')).toBe(false);
  });
});

it('has an empty file for nothing', () => {
  const path = join(home, 'empty.safetensors');
  writeFileSync(path, '');
  return expect(readCheckpoint(path)).rejects.toThrow('it is shorter than its header');
});
