// Short runs of a small network, and folders for what they write.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import {
  BatchLoader,
  type FitOptions,
  manualSeed,
  nn,
  optim,
  fit as train,
} from '../../packages/neocog/src/index.ts';

/** Of the tests of one file; gone after them. */
export const home = mkdtempSync(join(tmpdir(), 'neocog-fit-'));
afterAll(() => rmSync(home, { recursive: true }));

let folders = 0;
/** A new one, which is yet to be made. */
export const folder = (): string => join(home, `run ${folders++}`, 'deep');

export const points = { shape: [12, 2], data: Float32Array.from({ length: 24 }, (_, i) => Math.sin(i)) };
export const kinds = { shape: [12], data: Uint8Array.from({ length: 12 }, (_, i) => i % 2) };
export const loader = (): BatchLoader => new BatchLoader(points, kinds, { batchSize: 4 });

export async function run(options: Partial<FitOptions> = {}, net = network()) {
  const optimizer = new optim.SGD(net.parameters(), { lr: 0.2 });
  const history = await train(net, loader(), { epochs: 3, optimizer, ...options });
  return { net, optimizer, history };
}

export function network(): nn.Sequential {
  manualSeed(6);
  return new nn.Sequential(new nn.Linear(2, 4), new nn.BatchNorm1d(4), new nn.Linear(4, 2));
}

export const valuesOf = (net: nn.Module): number[] =>
  Object.values(net.stateDict()).flatMap(({ data }) => [...data]);

/** What a monitor is told, epoch after epoch. */
export const told = (values: readonly number[]) => (report: { epoch: number }) => values[report.epoch - 1];
