// Networks that Keras has saved give what Keras gave.

import { readFile } from 'node:fs/promises';
import { compile, NeocogError, nn, Tensor, UnsupportedError } from 'neocog';
import { describe, expect, it } from 'vitest';
import { loadNpz } from '../npz.ts';
import { loadKeras } from './load.ts';

const fixture = (name: string): string => new URL(`../../fixtures/keras/${name}`, import.meta.url).pathname;

const networks = [
  ...['convolutions', 'sequences', 'volumes', 'pools', 'norms', 'activations', 'shapes', 'merges'],
  ...['nested', 'digits', 'words', 'channels_first'],
];
const files = [
  ...networks.map((name) => `${name}.keras`),
  ...['nested', 'digits', 'words', 'convolutions'].map((name) => `${name}.h5`),
];

/** The network of a file, an input, and what Keras gave for it, by the names of the network. */
async function recorded(file: string) {
  const net = await loadKeras(fixture(file));
  const arrays = await loadNpz(fixture(file.replace(/\.\w+$/, '.npz')));
  const inputs = Object.fromEntries(net.inputs.map(({ name }, i) => [name, arrays[`in${i}`]]));
  const outputs = Object.fromEntries(net.outputs.map(({ name }, i) => [name, arrays[`out${i}`]]));
  return { net, inputs, outputs };
}

function expectClose(given: Record<string, Tensor>, wanted: Record<string, Tensor>): void {
  expect(Object.keys(given)).toEqual(Object.keys(wanted));
  for (const [name, y] of Object.entries(given)) {
    expect(y.shape, name).toEqual(wanted[name].shape);
    const far = y.data.findIndex(
      (v, i) => !(Math.abs(v - wanted[name].data[i]) <= 1e-5 + 1e-5 * Math.abs(v)),
    );
    expect(far, `${name}: ${y.data[far]} instead of ${wanted[name].data[far]}`).toBe(-1);
  }
}

describe('loadKeras', () => {
  it.each(files)('computes what Keras does: %s', async (file) => {
    const { net, inputs, outputs } = await recorded(file);
    expectClose(net.run(inputs), outputs);
    for (const { name, shape } of net.outputs)
      expect(shape).toEqual(['batch', ...outputs[name].shape.slice(1)]);
  });

  it.each(networks)('compiles: %s', async (name) => {
    const { net, inputs, outputs } = await recorded(`${name}.keras`);
    const shapes = Object.fromEntries(Object.entries(inputs).map(([key, x]) => [key, x.shape]));
    const program = await compile(net, { input: shapes, threads: 1 });
    expectClose(await program.run(inputs), outputs);
    program.dispose();
  });

  it('takes weights alone with the network beside them', async () => {
    const config = await readFile(fixture('digits.config'), 'utf8');
    const { inputs, outputs } = await recorded('digits.keras');
    const net = await loadKeras(fixture('digits.weights.h5'), { config });
    expectClose(net.run(inputs), outputs);
    await expect(loadKeras(fixture('digits.weights.h5'))).rejects.toThrow(/pass \{ config \}/);
  });

  it.each(['digits_numbered', 'nested_numbered', 'digits_plain'])(
    'finds weights by their order under any name: %s',
    async (name) => {
      const { inputs, outputs } = await recorded(`${name.split('_')[0]}.keras`);
      const net = await loadKeras(fixture(`${name}.h5`));
      expectClose(net.run(inputs), outputs);
    },
  );

  it('gives parts with names that train', async () => {
    const { net, inputs } = await recorded('digits.keras');
    expect(Object.keys(net.stateDict())).toEqual([
      'conv1.weight',
      'conv1.bias',
      'conv2.weight',
      'conv2.bias',
      'out.weight',
      'out.bias',
    ]);
    expect(net.children().map(([name, part]) => `${name} ${part.constructor.name}`)).toContain(
      'conv1 Conv2d',
    );
    net.forward(inputs.image).backward(new Tensor(new Float32Array(20).fill(1), [2, 10]));
    expect(net.parameters().every((parameter) => parameter.grad !== null)).toBe(true);
  });

  it('shares the parameters of layers that are called twice', async () => {
    const { net } = await recorded('nested.keras');
    const parameters = net.namedParameters().map(([name]) => name);
    expect(parameters.filter((name) => name.includes('conv.weight'))).toEqual([
      'tower.conv.weight',
      'branch.inner.conv.weight',
      'branch.conv.weight',
    ]);
  });

  it('fixes open sizes', async () => {
    const net = await loadKeras(fixture('digits.keras'), { shapes: { image: [4, 12, 12, 1] } });
    expect(net.inputs[0].shape).toEqual([4, 12, 12, 1]);
    expect(net.outputs[0].shape).toEqual([4, 10]);
    expect((await loadKeras(fixture('digits.keras'), { shapes: { batch: 3 } })).outputs[0].shape).toEqual([
      3, 10,
    ]);
    await expect(loadKeras(fixture('digits.keras'), { shapes: { image: [1, 13, 12, 1] } })).rejects.toThrow(
      /needs/,
    );
    await expect(loadKeras(fixture('digits.keras'), { shapes: { x: 1 } })).rejects.toThrow(
      /choose from image, batch/,
    );
  });

  it('names every layer that it does not have, unless they are given', async () => {
    const config = JSON.parse(await readFile(fixture('digits.config'), 'utf8'));
    for (const layer of config.config.layers) {
      if (layer.class_name === 'Rescaling') layer.class_name = 'Brighten';
      if (layer.class_name === 'Flatten') layer.class_name = 'Lambda';
    }
    const load = (customLayers = {}) => loadKeras(fixture('digits.weights.h5'), { config, customLayers });
    await expect(load()).rejects.toThrow(UnsupportedError);
    await expect(load()).rejects.toThrow(/2 layers .*: Brighten "scale"; Lambda "flat"/);
    const { inputs, outputs } = await recorded('digits.keras');
    const net = await load({
      Brighten:
        ({ scale }: { scale: number }) =>
        (x: Tensor) =>
          new Tensor(
            x.data.map((v) => v * scale),
            x.shape,
          ),
      flat: () => new nn.Flatten(),
    });
    expectClose(net.run(inputs), outputs);
  });
});

describe('a damaged Keras file', () => {
  it('is refused', async () => {
    await expect(loadKeras(new Uint8Array(100))).rejects.toThrow(/neither a .keras archive nor an HDF5 file/);
    const bytes = await readFile(fixture('digits.h5'));
    for (const length of [9, 100, 1000, 5000, bytes.length / 2]) {
      await expect(loadKeras(new Uint8Array(bytes.subarray(0, length)))).rejects.toThrow(NeocogError);
    }
  });

  it('is refused or read, and nothing else, with bytes changed', async () => {
    for (const file of ['digits.h5', 'digits.keras']) {
      const whole = new Uint8Array(await readFile(fixture(file)));
      for (let i = 0; i < 150; i++) {
        const bytes = whole.slice();
        // Most of what matters is in the first part; a fixed walk through it.
        for (let k = 0; k < 3; k++)
          bytes[(i * 37 + k * 1009) % Math.min(bytes.length, 6000)] = (i * 91 + k * 53) % 256;
        await loadKeras(bytes).catch((error) =>
          expect(error, `${file} ${i}: ${error.stack}`).toBeInstanceOf(NeocogError),
        );
      }
    }
  });
});
