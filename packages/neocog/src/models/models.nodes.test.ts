// Large networks: published parameter counts, torchvision's keys and numbers; and the table of docs/models.md.
//
// Keys, shapes and numbers of torchvision are those of version 0.14.1, computed in float64.

import { readFileSync } from 'node:fs';
import { init, models, type nn, summary } from 'neocog';
import { describe, expect, it } from 'vitest';
import {
  countParameters,
  expectValues,
  hash,
  keyLines,
  type Values,
  values,
} from '../../../../test/models.samples.ts';

/** Documented input, parameters and multiply-adds by name. */
function documented(): Map<string, string[]> {
  const text = readFileSync(new URL('../../../../docs/models.md', import.meta.url), 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('| `'));
  const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()));
  return new Map(cells.map(([, name, , ...numbers]) => [name.replaceAll('`', ''), numbers.slice(0, 3)]));
}

function documentedAs(net: nn.Module, input: readonly number[]): string[] {
  const { parameters, multiplyAdds } = summary(net, input);
  const millions = (multiplyAdds / 1e6).toLocaleString('en', { maximumSignificantDigits: 4 });
  return [input.slice(1).join('×'), parameters.toLocaleString('en'), `${millions} M`];
}

describe('parameters, torchvision’s keys and shapes in its order, and docs/models.md', () => {
  type Published = { parameters: number; keys?: [count: number, hash: string] };
  const published: Record<models.ModelName, Published> = {
    lenet5: { parameters: 61_706 },
    alexnet: { parameters: 61_100_840, keys: [16, '479d2034'] },
    vgg11: { parameters: 132_863_336, keys: [22, 'ccfe94a1'] },
    vgg16: { parameters: 138_357_544, keys: [32, '5db1a5ec'] },
    googlenet: { parameters: 6_624_904, keys: [344, 'edf5f5d7'] },
    resnet18: { parameters: 11_689_512, keys: [122, 'e4b28eb2'] },
    resnet34: { parameters: 21_797_672, keys: [218, 'b3236a22'] },
    resnet50: { parameters: 25_557_032, keys: [320, '6bfe60a0'] },
    resnext50: { parameters: 25_028_904, keys: [320, '148735cd'] },
    mobilenetV1: { parameters: 4_231_976 },
    mobilenetV2: { parameters: 3_504_872, keys: [314, '80674337'] },
    squeezenet: { parameters: 1_235_496, keys: [52, '2b347cac'] },
    efficientnetB0: { parameters: 5_288_548, keys: [360, 'bcde4437'] },
    unet: { parameters: 31_030_658 },
    deeplabHead: { parameters: 16_130_837, keys: [44, '5c6fac2e'] },
    deeplabV3: { parameters: 39_638_869, keys: [362, '9bcd4594'] },
    dcganGenerator: { parameters: 3_576_704 },
    dcganDiscriminator: { parameters: 2_765_568 },
    wavenet: { parameters: 556_864 },
    textCnn: { parameters: 360_902 },
    c3d: { parameters: 79_991_015 },
  };
  const table = documented();

  it.each(Object.entries(published))('%s', (name, { parameters, keys }) => {
    const net = init.skip(() => models[name as models.ModelName]());
    expect(countParameters(net)).toBe(parameters);
    const lines = keyLines(net);
    if (keys) expect([lines.length, hash(lines.join('\n'))]).toEqual(keys);
    expect(table.get(name)).toEqual(documentedAs(net, models.inputShapes[name as models.ModelName]));
  });

  it('alexnet in two groups', () => {
    expect(countParameters(init.skip(() => models.alexnet({ groups: 2 })))).toBe(60_965_224);
  });

  it('vgg16 with batchNorm', () => {
    const lines = keyLines(models.vgg16({ batchNorm: true, hidden: 32, classes: 10 }));
    expect([lines.length, hash(lines.join('\n'))]).toEqual([97, '62c9fbd2']);
  });

  it('has no row for anything else', () => {
    expect([...table.keys()].sort()).toEqual(Object.keys(models.inputShapes).sort());
  });
});

describe('results and gradients are torchvision’s', () => {
  const images = [2, 3, 64, 64];
  const narrow = { classes: 10, hidden: 32 };
  const check = (build: () => nn.Module, input: number[], want: Values): void =>
    expectValues(values(init.skip(build), input), want);

  it('alexnet', () =>
    check(() => models.alexnet(narrow), images, {
      shape: [2, 10],
      result: [-2.267165, -2.363007, 2.715966],
      gradient: 2421.943,
    }));

  it('vgg16 with batchNorm', () =>
    check(() => models.vgg16({ ...narrow, batchNorm: true }), images, {
      shape: [2, 10],
      result: [8.750778, 8.767698, -6.752201],
      gradient: 734.8642,
    }));

  it('resnext50', () =>
    check(() => models.resnext50({ classes: 10 }), images, {
      shape: [2, 10],
      result: [-1974.829, -1847.155, -236.5331],
      gradient: 543724.8,
    }));

  it('deeplabV3', () =>
    check(() => models.deeplabV3({ classes: 5 }), [1, 3, 33, 40], {
      shape: [1, 5, 33, 40],
      result: [-194.4235, -79.11215, -269.4194],
      gradient: 2389410,
    }));
});
