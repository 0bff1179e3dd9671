import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manualSeed, nn } from 'neocog';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { refuseDifference } from '../commands/build.ts';
import { type Comparison, compareWithSource } from './compare.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'neocog-compare-'));
});
beforeEach(() => void manualSeed(4));
afterAll(() => rm(folder, { recursive: true }));

let count = 0;

/** A ReLU of `[2, 3]` beside a module whose answer for `x` is this expression. */
async function compareWith(expression: string, runs = 2): Promise<Comparison> {
  const place = await mkdtemp(join(folder, `${count++}-`));
  await writeFile(join(place, 'package.json'), '{"type":"module"}');
  const text = `let run_ = 0; export const run = async ({ input: x }) => { run_++; return { output: ${expression} }; };`;
  await writeFile(join(place, 'index.js'), text);
  return compareWithSource(place, new nn.ReLU(), { input: [2, 3], runs, onProgress: () => {} });
}

describe('compareWithSource', () => {
  it('finds equal answers equal', async () => {
    const found = await compareWith('x.map((v) => Math.max(v, 0))');
    expect(found).toMatchObject({ runs: 2, equal: true, faithful: true, largest: 0, rms: 0 });
    expect(found.top).toEqual({ same: 4, of: 4 });
    expect(() => refuseDifference(found, 'float32')).not.toThrow();
  });

  it.each([
    ['one bit', 'x.map((v, i) => Math.max(v, 0) * (i === 5 || v > 0 ? 1 + 2 ** -23 : 1))'],
    ['the sign of a zero', 'x.map((v) => (v > 0 ? v : -0))'],
    ['one value more', 'Float32Array.of(...x.map((v) => Math.max(v, 0)), 1)'],
    ['the second run only', 'x.map((v) => Math.max(v, 0) + (run_ === 2 ? 1e-3 : 0))'],
  ])('refuses a difference of %s, which smaller weights may have', async (_, expression) => {
    const found = await compareWith(expression);
    expect(found).toMatchObject({ equal: false, faithful: false });
    expect(() => refuseDifference(found, 'float32')).toThrow(/differ from those of the source by up to/);
    expect(() => refuseDifference(found, 'int8')).not.toThrow();
  });

  it('refuses NaN and infinity with any weights', async () => {
    for (const value of ['NaN', 'Infinity']) {
      const found = await compareWith(`x.map((v, i) => (i === 3 ? ${value} : Math.max(v, 0)))`);
      for (const weights of ['float32', 'float16', 'int8'] as const)
        expect(() => refuseDifference(found, weights)).toThrow(/differ/);
    }
  });

  it('measures how far answers are apart', async () => {
    const found = await compareWith('x.map((v, i) => Math.max(v, 0) + [0, 0, 5, 0, 0, 0][i])', 1);
    expect(found.largest).toBeCloseTo(5, 5);
    expect(found.rms).toBeCloseTo(5 / Math.sqrt(6), 5);
    expect(found.top?.of).toBe(2);
  });
});
