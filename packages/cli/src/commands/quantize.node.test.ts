// `neocog quantize` as a shell runs it, on networks of which nobody knows the right answers; trainFolder.node.test.ts has one that does.

import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadOnnx, saveNpy, saveNpz, saveOnnx } from '@neocog/formats';
import { Generator, nn, randn, type Shape, type Tensor } from 'neocog';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCommand, expectRefused, neocog, type Outcome, removeCommand } from '../../test/command.ts';
import { spread } from '../quantize/samples.ts';

let folder = '';
const at = (...names: string[]): string => join(folder, ...names);
const run = (...args: string[]): Promise<Outcome> => neocog(folder, ['quantize', ...args]);
const expectRefusal = (args: string[], sentence: RegExp): Promise<void> =>
  expectRefused(run(...args), sentence);

const random = (shape: Shape, seed: number): Tensor => randn(shape, { generator: new Generator(seed) });

async function output(...args: string[]): Promise<string> {
  const { code, out, err } = await run(...args);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'neocog-quantize-'));
  const classify = new nn.Sequential(
    new nn.Conv2d(3, 64, 3),
    new nn.ReLU(),
    new nn.Conv2d(64, 64, 1),
    new nn.GlobalAvgPool(),
    new nn.Flatten(),
    new nn.Linear(64, 4),
  );
  await writeFile(at('classes.onnx'), saveOnnx(classify, { input: [1, 3, 12, 12] }));
  const draw = new nn.Sequential(new nn.Conv2d(3, 8, 1), new nn.Conv2d(8, 3, 1));
  await writeFile(at('draws.onnx'), saveOnnx(draw, { input: [1, 3, 12, 12] }));
  await writeFile(at('nothing.onnx'), saveOnnx(new nn.ReLU(), { input: [1, 3, 12, 12] }));
  await mkdir(at('arrays'));
  for (let i = 0; i < 5; i++) await writeFile(at('arrays', `${i}.npy`), saveNpy(random([1, 3, 12, 12], i)));
  await writeFile(at('one.npz'), saveNpz({ input: random([1, 3, 12, 12], 9) }));
  await mkdir(at('pictures'));
  const pixels = Buffer.from(Uint8Array.from({ length: 3 * 400 }, (_, i) => (i * 37) % 256));
  for (let i = 0; i < 3; i++)
    await sharp(pixels.subarray(0), { raw: { width: 20, height: 20, channels: 3 } })
      .modulate({ brightness: 0.5 + i / 4 })
      .png()
      .toFile(at('pictures', `${i}.png`));
  await mkdir(at('empty'));
  await buildCommand();
});
afterAll(async () => {
  await removeCommand();
  await rm(folder, { recursive: true });
});

describe('neocog quantize', () => {
  it('writes a smaller network, and tells how answers change', async () => {
    const out = await output('classes.onnx', 'arrays', 'small.onnx');
    expect(out).toMatch(/^small\.onnx: \S+ bytes, [23]\.\d times smaller than \S+\n/);
    expect(out).toMatch(
      /^the likeliest class stays for \S+ % of 5 samples; outputs differ by [0-5]\.\d\d %\n$/m,
    );
    expect((await stat(at('small.onnx'))).size).toBeLessThan((await stat(at('classes.onnx'))).size / 2);
    const [net, before] = await Promise.all(
      ['small.onnx', 'classes.onnx'].map(async (name) => loadOnnx(await readFile(at(name)))),
    );
    const x = random([1, 3, 12, 12], 0);
    const [now, then] = [net, before].map((each) => each?.forward(x).data as Float32Array);
    expect(now).not.toEqual(then);
    now?.forEach((value, i) => expect(Math.abs(value - (then?.[i] ?? 0))).toBeLessThan(0.05));
  });

  it('takes pictures as neocog run does, and gives figures as JSON', async () => {
    const words = ['--fit', '--mean', '0.5', '--std', '0.25', '--samples', '2', '--json'];
    const figures = JSON.parse(await output('classes.onnx', 'pictures', 'small.onnx', ...words));
    expect(figures).toMatchObject({ samples: 2, same: expect.any(Number) });
    expect(figures.bytes).toBe((await stat(at('small.onnx'))).size);
    expect(figures.before).toBeGreaterThan(2 * figures.bytes);
    expect(figures.difference).toBeGreaterThan(0);
  });

  it('takes one file of inputs by name, and speaks of no classes where there are none', async () => {
    expect(await output('draws.onnx', 'one.npz', 'small.onnx')).toMatch(
      /\noutputs differ by \d\.\d\d % on 1 sample\n$/,
    );
  });

  it('refuses what it cannot do, and writes nothing then', async () => {
    await expectRefusal(['classes.onnx', 'arrays', 'x.npz'], /written as \.onnx; name such a file$/m);
    await expectRefusal(
      ['classes.onnx', 'nowhere', 'x.onnx'],
      /cannot read the sample nowhere: there is no such/,
    );
    await expectRefusal(
      ['classes.onnx', 'empty', 'x.onnx'],
      /empty holds no sample \(PNG, JPEG, WebP, or inputs/,
    );
    await expectRefusal(['nothing.onnx', 'arrays', 'x.onnx'], /has no convolution or linear layer/);
    await expectRefusal(['classes.onnx', 'arrays', 'x.onnx', '--std', '0'], /--std cannot be 0/);
    await expectRefusal(['classes.onnx', 'arrays', 'x.onnx', '--samples', '0'], /--samples/);
    await expect(stat(at('x.onnx'))).rejects.toThrow(/ENOENT/);
  });
});

it('samples are spread over all there are', () => {
  const all = Array.from({ length: 10 }, (_, i) => i);
  expect(spread(all, 3)).toEqual([0, 3, 6]);
  expect(spread(all, 10)).toEqual(all);
  expect(spread(all, 99)).toEqual(all);
});
