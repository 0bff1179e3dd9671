// Every network of the library through `neocog build`, as small as it can be. Those with hundreds of megabytes of weights are
// stored as int8, and only where all tests run in full: what they are made of is in the others.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { models } from 'neocog';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { buildCommand, neocog, removeCommand } from '../../test/command.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'neocog-build-all-'));
  await buildCommand();
});
afterAll(async () => {
  await removeCommand();
  await rm(folder, { recursive: true });
});

const names = Object.keys(models.inputShapes) as models.ModelName[];

/** Inputs that are smaller than the usual ones, where the network takes them. */
const small: Partial<Record<models.ModelName, string>> = {
  alexnet: '1x3x64x64',
  vgg11: '1x3x32x32',
  vgg16: '1x3x32x32',
  unet: '1x1x188x188',
  deeplabHead: '1x2048x7x7',
  dcganGenerator: '1x100x1x1',
  dcganDiscriminator: '1x3x64x64',
  wavenet: '1x256x2000',
  textCnn: '1x300x56',
  lenet5: '1x1x28x28',
  c3d: '1x3x16x112x112',
};
const large: readonly models.ModelName[] = ['alexnet', 'vgg11', 'vgg16', 'c3d'];
const inFull = inject('part') === 1;

it.skipIf(!inFull).each(large)(
  'builds %s with small weights (in full runs only: hundreds of megabytes)',
  async (name) => {
    const args = [
      'build',
      name,
      '-o',
      name,
      '--input',
      small[name] ?? '',
      '--runs',
      '1',
      '--weights',
      'int8',
    ];
    const { code, out } = await neocog(folder, args);
    await rm(join(folder, name), { recursive: true, force: true });
    expect(out).toMatch(/int8 changes answers by .*% \(rms; /);
    expect(code).toBe(0);
  },
);

/** In other engines: without and with layers that a program runs by Winograd's algorithm. */
const few: readonly models.ModelName[] = ['lenet5', 'resnet18', 'squeezenet'];

it.each(inFull ? names.filter((name) => !large.includes(name)) : few)(
  'builds %s, and its answers are those of its source',
  async (name) => {
    const args = ['build', name, '-o', name, '--input', small[name] ?? '1x3x64x64', '--runs', '1'];
    const { code, out, err } = await neocog(folder, args);
    await rm(join(folder, name), { recursive: true, force: true });
    expect(err).toBe(`neocog: ${name} was written with random weights; name a weights file for others\n`);
    expect(out).toMatch(
      /answers are the source's, bit for bit|some layers are summed in another order, which changes answers by \d\.\d+ %/,
    );
    expect(code).toBe(0);
  },
);
