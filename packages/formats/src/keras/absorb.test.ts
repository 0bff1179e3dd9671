import { expect, it } from 'vitest';
import { absorbPadding } from './absorb.ts';
import { readModel } from './topology.ts';

const layer = (name: string, class_name: string, from: string[], config: object = {}) => ({
  class_name,
  name,
  config: { name, ...config },
  inbound_nodes: from.length > 0 ? [from.map((source) => [source, 0, 0, {}])] : [],
});

/** An input, zeros around it, a convolution, and what else reads. */
const network = (conv: object = {}, ...others: object[]) =>
  readModel('test', {
    class_name: 'Functional',
    config: {
      name: 'net',
      layers: [
        layer('x', 'InputLayer', []),
        layer('pad', 'ZeroPadding2D', ['x'], {
          padding: [
            [0, 1],
            [2, 3],
          ],
        }),
        layer('conv', 'Conv2D', ['pad'], conv),
        ...others,
      ],
      input_layers: [['x', 0, 0]],
      output_layers: [['conv', 0, 0]],
    },
  });

const names = (conv?: object, ...others: object[]): string[] =>
  absorbPadding(network(conv, ...others)).layers.map(({ name }) => name);

it('zeros become padding of the only convolution that reads them', () => {
  const { layers } = absorbPadding(network());
  expect(layers.map(({ name }) => name)).toEqual(['x', 'conv']);
  expect(layers[1].calls).toEqual([[{ layer: 'x', call: 0, tensor: 0 }]]);
  expect(layers[1].config.absorbed_padding).toEqual([
    [0, 1],
    [2, 3],
  ]);
});

it('zeros stay where another layer reads them, or the convolution pads or orders axes differently', () => {
  expect(names({}, layer('sum', 'Add', ['pad', 'conv']))).toEqual(['x', 'pad', 'conv', 'sum']);
  expect(names({ padding: 'same' })).toContain('pad');
  expect(names({ data_format: 'channels_first' })).toContain('pad');
});
