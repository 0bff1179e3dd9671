// `neocog bench` as a shell runs it. Times are checked for their order, never for their size.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { features } from 'neocog';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCommand, expectRefused, neocog, type Outcome, removeCommand } from '../../test/command.ts';
import { writeDataset } from '../../test/data.ts';
import { percentile } from '../bench/measure.ts';

let folder = '';
const run = (...args: string[]): Promise<Outcome> => neocog(folder, ['bench', ...args]);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'neocog-bench-'));
  await buildCommand();
  await writeFile(join(folder, 'package.json'), '{ "name": "other", "version": "0.1.0" }');
  await writeFile(join(folder, 'text.txt'), 'no JSON');
});
afterAll(async () => {
  await removeCommand();
  await rm(folder, { recursive: true });
});

async function output(...args: string[]): Promise<string> {
  const { code, out, err } = await run(...args);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out;
}

const expectRefusal = (args: string[], sentence: RegExp): Promise<void> =>
  expectRefused(run(...args), sentence);

describe('neocog bench', () => {
  it('prints times, throughput and needs', async () => {
    const out = await output('lenet5', '--runs', '7', '--threads', '2');
    expect(out).toMatch(/^lenet5, input 1×1×28×28\n\n/);
    expect(out).toMatch(/^compile +\S+ ms, in a fresh process$/m);
    expect(out).toMatch(/^median +\S+ ms of 7 runs, after \S+ to warm up$/m);
    expect(out).toMatch(/^multiply-adds +416,520$/m);
    expect(out).toMatch(/^threads +2$/m);
    expect(out).toMatch(/^memory +\S+ MiB: weights \S+ MiB, activations /m);
    expect(out).not.toContain('what runs');
  });

  it('gives all figures as JSON', async () => {
    const args = ['lenet5', '--input', '3x1x28x28', '--threads', '1', '--seconds', '0.05', '--json'];
    const figures = JSON.parse(await output(...args));
    expect(figures).toMatchObject({ network: 'lenet5', input: [3, 1, 28, 28], threads: 1, note: null });
    expect(figures.multiplyAdds).toBe(3 * 416_520);
    const { minimum, percentile5, median, percentile95 } = figures.milliseconds;
    const ascending = [0, minimum, percentile5, median, percentile95];
    expect(ascending.toSorted((a, b) => a - b)).toEqual(ascending);
    expect(figures.imagesPerSecond).toBeCloseTo(3000 / median);
    expect(figures.gflops).toBeCloseTo((2 * figures.multiplyAdds) / median / 1e6);
    expect(figures.runs).toBeGreaterThanOrEqual(5);
    expect(figures.memory.total).toBeGreaterThan(4 * 61_706);
    expect(figures).not.toHaveProperty('steps');
  });

  it('explains what runs each layer, with times', async () => {
    const out = await output('lenet5', '--runs', '1', '--explain');
    expect(out).toMatch(/^part +operation .* ms +% +GFLOP\/s +what runs$/m);
    expect(out).toMatch(/^conv1 +conv /m);
    const { steps } = JSON.parse(await output('lenet5', '--runs', '1', '--explain', '--json'));
    expect(steps[0]).toMatchObject({ label: 'conv1', milliseconds: expect.any(Number) });
  });

  it('times algorithms, keeps what it measured, and measures nothing twice', async () => {
    const small = ['squeezenet', '--input', '1x3x32x32', '--runs', '1', '--threads', '1', '--tune'];
    expect(await output(...small, '--explain')).toMatch(
      /^tuned: [1-9]\d* convolutions? timed in .*, 0 known/m,
    );
    expect(await output(...small, 'choices.json')).toMatch(/^tuning +\S+ ms$/m);
    const kept = await readFile(join(folder, 'choices.json'), 'utf8');
    expect(Object.keys(JSON.parse(kept))).toEqual(['format', 'version', 'milliseconds']);
    const again = await output(...small, 'choices.json', '--explain');
    expect(again).toMatch(/^tuned: 0 convolutions timed, [1-9]\d* known, 0 left to estimates$/m);
    expect(again).toMatch(/^ {4}timed: .* ms; /m);
    expect(await readFile(join(folder, 'choices.json'), 'utf8')).toBe(kept);
    await expectRefusal(
      ['lenet5', '--tune', 'package.json'],
      /^neocog bench: package\.json holds no choices that neocog has measured; name another file/,
    );
    await expectRefusal(['lenet5', '--tune', 'text.txt'], /text\.txt holds no choices/);
  });

  it('takes a name with dashes, and the weights of a training', async () => {
    const small = ['--input', '1x3x32x32', '--runs', '1', '--json'];
    expect(JSON.parse(await output('mobilenet-v2', ...small)).network).toBe('mobilenetV2');
    await writeDataset(join(folder, 'data'), 40, 10);
    await neocog(folder, ['train', 'mnist', '--data', 'data', '--epochs', '1', '--out', 'out']);
    const figures = JSON.parse(await output('out/weights.safetensors', '--runs', '1', '--json'));
    expect(figures).toMatchObject({
      network: 'LeNet-5 of out/weights.safetensors',
      input: [1, 1, 28, 28],
      multiplyAdds: 416_520,
    });
  });

  it('goes without wide SIMD where it is told to', async () => {
    const { simd } = JSON.parse(await output('lenet5', '--wide-simd', 'off', '--runs', '1', '--json'));
    expect(simd).toBe(features().simd);
    expect(simd).not.toContain('wide');
  });

  it('refuses in one sentence', async () => {
    await expectRefusal(
      ['resnet'],
      /^neocog bench: there is no network and no weights file resnet; did you mean resnet18/,
    );
    await expectRefusal(['lenet5', '--input', '1x3x28x28'], /^neocog bench: conv2d: input has 3 channels/);
    await expectRefusal(['lenet5', '--threads', '0'], /a whole number from 1/);
    await expectRefusal(['lenet5', '--seconds', '0'], /a number above 0/);
    await expectRefusal(['lenet5', '--wide-simd', 'maybe'], /Allowed choices are off, auto, on/);
    await expectRefusal(['.'], /cannot read the weights \.: it is a folder/);
  });
});

describe('percentile', () => {
  it('is the nearest rank', () => {
    const times = Float64Array.from({ length: 20 }, (_, i) => i + 1);
    expect([0, 0.05, 0.5, 0.95, 1].map((share) => percentile(times, share))).toEqual([1, 1, 10, 19, 20]);
    expect(percentile(Float64Array.of(7), 0.05)).toBe(7);
  });
});
