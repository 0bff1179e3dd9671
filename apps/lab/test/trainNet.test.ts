// The networks of Train here, without a page: lists of layers as text, their arithmetic, and networks as links and files.

import { nn, noGrad, randn, type Tensor } from 'neocog';
import { describe, expect, it } from 'vitest';
import { type LayerSpec, layersField, readLayers, writeLayers } from '../src/views/train/net/layers.ts';
import { measure } from '../src/views/train/net/measure.ts';
import { namesOf } from '../src/views/train/net/names.ts';
import type { Recipe } from '../src/views/train/recipe.ts';
import { buildNet, seededNet } from '../src/views/train/work/build.ts';
import type { Description } from '../src/views/train/work/facts.ts';
import { openFile, weightsFile } from '../src/views/train/work/files.ts';
import { pack, unpack } from '../src/views/train/work/link.ts';

const ends = { channels: 3, side: 20, classes: ['a', 'b', 'c'] };
const lists = [
  '',
  'conv_8_5_1_relu_norm,max_2,conv_16_3_1_relu_norm,max_2',
  'conv_6_3_2_gelu_norm_skip,conv_6_3_1_silu_skip,mean_2,dropout_20,conv_5_4_2_tanh,global,linear_9_leakyRelu',
  'linear_7_sigmoid,dropout_50,linear_4_none',
  'conv_3_1_3_none_skip,max_7',
];

const recipe = (text: string): Recipe => ({
  layers: readLayers(text) as readonly LayerSpec[],
  optimiser: 'adam',
  batch: 32,
  seed: 3,
  augmentation: { shift: 1, turn: 0, zoom: 0, flip: false },
});
const describing = (text: string): Description => ({
  ...{ ...ends, recipe: recipe(text), data: 'folders' },
  ...{ mean: [0.1, 0.2, 0.3], std: [1, 0.5, 0.25] },
});

describe('layers', () => {
  it.each(lists)('are the same after the way through text: %s', (text) => {
    expect(writeLayers(readLayers(text) ?? [])).toBe(text);
  });

  it.each([
    'conv',
    'conv_8_5_1',
    'conv_0_5_1_relu',
    'conv_8_5_1_relu_other',
    'max_1',
    'toString_1',
    'global_2',
    'linear_4',
    Array.from({ length: 17 }, () => 'global').join(','),
  ])('are refused: %s', (text) => {
    expect(readLayers(text)).toBeUndefined();
  });

  it.each(lists)('have the shapes and parameters of the network that is built: %s', (text) => {
    const layers = readLayers(text) ?? [];
    const { layers: sizes, parameters, problem } = measure(layers, [3, 20, 20], 3);
    const net = buildNet(layers, ends).eval();
    expect(problem).toBeNull();
    expect(net.parameters().reduce((sum, { size }) => sum + size, 0)).toBe(parameters);
    const names = [...namesOf(layers), 'answer'];
    let x: Tensor = randn([2, 3, 20, 20]);
    for (const [name, part] of net.children()) {
      x = noGrad(() => part.forward(x));
      expect([name, ...x.shape.slice(1)]).toEqual([name, ...(sizes[names.indexOf(name)]?.out ?? [])]);
    }
  });

  it.each([
    ['max_8,max_8', 'Layer 2: A window of 8×8 does not fit into maps of 2×2'],
    ['global,conv_8_3_1_relu', 'Layer 2: A convolution needs maps, and here come 3 values'],
    ['conv_8_4_1_relu_skip', 'Layer 1: Adding the input needs maps of one size'],
    ['conv_128_11_1_relu,conv_128_11_1_relu', 'at most 1 M are trained here'],
    ['conv_128_5_1_relu,conv_16_5_1_relu', 'multiply-adds; at most 20 M'],
  ])('that do not go together are told in words: %s', (text, words) => {
    expect(measure(readLayers(text) ?? [], [3, 20, 20], 3).problem).toContain(words);
  });
});

const flat = (net: nn.Module): number[] => Object.values(net.stateDict()).flatMap(({ data }) => [...data]);

describe('links', () => {
  it.each([8, 16] as const)('give the network back, rounded to %i bits', async (bits) => {
    const description = describing(lists[2] ?? '');
    const net = seededNet(description.recipe, description);
    const found = await unpack(await pack(net, { description, passes: 4, bits }));
    expect([found.description, found.passes, found.bits]).toEqual([description, 4, bits]);
    for (const [key, { data, shape }] of Object.entries(net.stateDict())) {
      const got = found.net.stateDict()[key] as Tensor;
      const most = Math.max(...Array.from(data, Math.abs));
      const step = shape.length < 2 ? 0 : most / (2 ** bits - 2);
      for (const [i, value] of data.entries())
        expect(Math.abs(value - (got.data[i] ?? 0))).toBeLessThanOrEqual(step + 1e-7);
    }
  });

  it('that were changed or cut are refused', async () => {
    const description = describing(lists[1] ?? '');
    const text = await pack(seededNet(description.recipe, description), { description, passes: 1, bits: 8 });
    const refused = (changed: string) =>
      expect(unpack(changed)).rejects.toThrow('The network in the link is damaged');
    for (let i = 0; i < 40; i++) {
      const at = Math.floor((i * text.length) / 40);
      const letter = text[at] === 'A' ? 'B' : 'A';
      await refused(text.slice(0, at) + letter + text.slice(at + 1));
      await refused(text.slice(0, at));
    }
    await refused(`${text.slice(0, 50)}%${text.slice(51)}`);
    await refused('1'.padEnd(200_000, 'A'));
  });
});

describe('files', () => {
  it('of weights alone give the network back', async () => {
    const description = describing(lists[1] ?? '');
    const net = seededNet(description.recipe, description);
    const found = await openFile(weightsFile(net, description), 'net.safetensors');
    const again = buildNet(found.description.recipe.layers, found.description);
    again.loadStateDict(found.weights);
    expect([found.description, found.checkpoint, flat(again)]).toEqual([description, null, flat(net)]);
  });

  it('of other kinds are refused in words', async () => {
    const other = weightsFile(new nn.Linear(2, 2), { ...describing(''), classes: ['one'] });
    await expect(openFile(other, 'other.safetensors')).rejects.toThrow(
      'other.safetensors is no network that was saved here',
    );
    await expect(openFile(new Uint8Array(20), 'zeros.safetensors')).rejects.toThrow('zeros.safetensors');
  });
});

it('the network that stands at first fits into a link in 16 bits too', async () => {
  const description = { ...describing(''), channels: 1, side: 28, mean: [0], std: [1] };
  const first = { ...description, recipe: { ...description.recipe, layers: layersField.initial } };
  const net = seededNet(first.recipe, first);
  expect((await pack(net, { description: first, passes: 1, bits: 16 })).length).toBeLessThan(32_000);
});
