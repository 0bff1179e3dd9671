// The option `outputs` of loadTfjs and loadKeras: networks that end elsewhere.

import { compile, rand, type Tensor, zeros } from 'neocog';
import { describe, expect, it } from 'vitest';
import { loadKeras } from '../keras/load.ts';
import { loadTfjs } from '../tfjs/load.ts';

const path = (name: string): string => new URL(`../../fixtures/${name}`, import.meta.url).pathname;

const attribute = (value: object) => value;
const node = (name: string, op: string, input: string[] = []) => ({ name, op, input, attr: {} });

/** relu(x), its negative, and a node that nobody knows behind it. */
const graph = {
  modelTopology: {
    node: [
      {
        ...node('x', 'Placeholder'),
        attr: {
          dtype: attribute({ type: 'DT_FLOAT' }),
          shape: attribute({ shape: { dim: [{ size: '2' }, { size: '3' }] } }),
        },
      },
      node('rectified', 'Relu', ['x']),
      node('negative', 'Neg', ['rectified']),
      node('odd', 'NobodyKnowsThis', ['negative']),
    ],
  },
  weightsManifest: [],
};
const load = (outputs?: readonly string[]) =>
  loadTfjs({ modelJson: graph, weights: [] }, { ...(outputs && { outputs }) });

describe('outputs', () => {
  it('are nodes of a graph, of which the rest is not read', async () => {
    await expect(load()).rejects.toThrow('NobodyKnowsThis');
    const net = await load(['negative', 'rectified']);
    expect(net.outputs).toEqual([
      { name: 'negative', shape: [2, 3], dtype: 'float32' },
      { name: 'rectified', shape: [2, 3], dtype: 'float32' },
    ]);
    const x = rand([2, 3]);
    const { negative, rectified } = net.run({ x });
    expect(rectified.data).toEqual(x.data);
    expect(negative.data).toEqual(x.data.map((v) => -v));
  });

  it('are layers inside a network, which compiles', async () => {
    const source = path('tfjs/images/model.json');
    const [all, some] = [await loadTfjs(source), await loadTfjs(source, { outputs: ['conv', 'dense'] })];
    expect(some.outputs.map(({ name }) => name)).toEqual(['conv', 'dense']);
    const { name, shape } = all.inputs[0];
    const x = rand(shape.map((size) => (typeof size === 'number' ? size : 2)));
    const [whole, part] = [all.run({ [name]: x }), some.run({ [name]: x })];
    expect(part.dense.data).toEqual(whole.dense.data);
    const program = await compile(some, { input: { [name]: x.shape } });
    const { conv } = await program.run({ [name]: x });
    program.dispose();
    expect(conv.shape).toEqual(part.conv.shape);
    const first = await loadTfjs(source, { outputs: ['conv'] });
    expect(first.parameters().length).toBeLessThan(all.parameters().length);
  });

  it('are the layer that ends a chain', async () => {
    const net = await loadTfjs(path('tfjs/uint8/model.json'), { outputs: ['pool'] });
    expect(net.outputs.map(({ name }) => name)).toEqual(['pool']);
    const whole = await loadKeras(path('keras/digits.keras'));
    const names = whole.children().map(([name]) => name);
    const cut = await loadKeras(path('keras/digits.keras'), { outputs: [names[0]] });
    const x: Tensor = zeros(cut.inputs[0].shape.map((size) => (typeof size === 'number' ? size : 1)));
    expect(Object.keys(cut.run({ [cut.inputs[0].name]: x }))).toEqual([names[0]]);
  });

  it.each<[unknown, string]>([
    [
      ['lost'],
      'loadTfjs: model.json: outputs name "lost", which is no output and no node; choose from odd, or name a node',
    ],
    [[], 'loadTfjs: outputs is an array; give a list of names'],
    ['conv', 'loadTfjs: outputs is "conv"; give a list of names'],
  ])('are refused: %j', async (outputs, message) => {
    await expect(load(outputs as string[])).rejects.toThrow(message);
  });

  it('of a chain are one', async () => {
    await expect(loadTfjs(path('tfjs/uint8/model.json'), { outputs: ['pool', 'conv'] })).rejects.toThrow(
      'outputs name 2 layers of a chain; name one of them',
    );
  });
});
