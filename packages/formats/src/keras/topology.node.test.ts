// Calls of networks within networks, which programs count in different ways.

import { expect, it } from 'vitest';
import { readModel } from './topology.ts';

const layer = (className: string, name: string, calls: unknown[]) => ({
  class_name: className,
  name,
  config: className === 'Sequential' ? { name, layers: [] } : { name },
  inbound_nodes: calls,
});

/** A network `net` that is called so often; a sum and the outputs read those of its calls that are named. */
function read(calls: number, inside: readonly number[], outside: readonly number[]) {
  const to = (name: string, call: number) => [name, call, 0, {}];
  const model = readModel('loadKeras: test', {
    class_name: 'Functional',
    config: {
      name: 'whole',
      layers: [
        layer('InputLayer', 'x', []),
        layer(
          'Sequential',
          'net',
          Array.from({ length: calls }, () => [to('x', 0)]),
        ),
        layer('Add', 'sum', [inside.map((call) => to('net', call))]),
      ],
      input_layers: [['x', 0, 0]],
      output_layers: outside.map((call) => ['net', call, 0]),
    },
  });
  const callsOf = (list: readonly unknown[]) => list.map((reference) => (reference as { call: number }).call);
  return [callsOf(model.layers[2].calls[0]), callsOf(model.outputs)];
}

it.each([
  ['from 0', 2, [0, 1], [0, 1], [0, 1], [0, 1]],
  ['with the call of the network itself', 2, [1, 2], [1, 2], [0, 1], [0, 1]],
  ['with it, once', 1, [1, 1], [1], [0, 0], [0]],
  ['with it among the outputs only', 2, [0, 1], [1], [0, 1], [0]],
  ['where layers do not tell', 2, [1], [0], [1], [0]],
  ['where only the last is read', 3, [3], [2], [2], [1]],
] as const)('counted %s', (_, calls, inside, outside, layers, outputs) => {
  expect(read(calls, inside, outside)).toEqual([layers, outputs]);
});
