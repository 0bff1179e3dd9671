// Every network of the library through `neocog build`, as small as it can be. Those with hundreds of megabytes of weights, most of
// them between two hidden layers, are built from weights with few hidden units.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { saveSafetensors } from '@neocog/formats';
import { manualSeed, models } from 'neocog';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isFirst } from '../../../../test/draws.ts';
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
const large = ['alexnet', 'vgg11', 'vgg16', 'c3d'] as const;
it.each(isFirst ? large : (['alexnet'] as const))('builds %s with few hidden units', async (name) => {
  const file = `${name}.safetensors`;
  manualSeed(1);
  await writeFile(join(folder, file), saveSafetensors(models[name]({ hidden: 16 }).stateDict()));
  const where = ['-o', name, '--input', small[name] ?? '', '--runs', '1'];
  const { code, out } = await neocog(folder, ['build', file, '--model', name, ...where, '--weights', 'int8']);
  await rm(join(folder, name), { recursive: true, force: true });
  expect(out).toMatch(/int8 changes answers by .*% \(rms; /);
  expect(code).toBe(0);
});

/** In other engines: without and with layers that a program runs by Winograd's algorithm. */
const few: readonly models.ModelName[] = ['resnet18', 'squeezenet'];

it.each(isFirst ? names.filter((name) => !(large as readonly string[]).includes(name)) : few)(
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
