// Kernels of many cells, whose weights are packed in loops instead of tap by tap: transposed convolutions and the gradients of
// convolutions equal the reference backend exactly on whole numbers, eagerly, compiled and in training.

import * as neocog from 'neocog';
import { describe, expect, it } from 'vitest';
import { runCompiled } from '../../../../test/compiled.ts';
import { call } from '../../../../test/conformance/harness.ts';
import { draws } from '../../../../test/draws.ts';
import { whole } from '../../../../test/samples.ts';

type Tensor = neocog.Tensor;
type Options = Readonly<Record<string, unknown>>;

interface Layer {
  readonly fn: string;
  readonly x: readonly number[];
  /** For a convolution `[out, in, …kernel]`, for a transposed one `[in, out, …kernel]`. */
  readonly w: readonly number[];
  readonly options?: Options;
}

const transposed = (x: readonly number[], w: readonly number[], options: Options = {}): Layer => ({
  ...{ fn: `convTranspose${x.length - 2}d`, x, w, options },
});
const conv = (x: readonly number[], w: readonly number[], options: Options = {}): Layer => ({
  ...{ fn: `conv${x.length - 2}d`, x, w, options },
});

const layers: readonly Layer[] = [
  transposed([1, 1, 1], [1, 4, 28]),
  transposed([2, 3, 5], [3, 2, 61], { dilation: 2 }),
  transposed([1, 4, 8, 8], [4, 4, 7, 7]),
  transposed([1, 1, 1, 1], [1, 4, 7, 5]),
  transposed([1, 2, 4, 5], [2, 3, 5, 6]),
  transposed([2, 1, 3, 3], [1, 1, 3, 10]),
  transposed([1, 1, 6, 4], [1, 5, 28, 1]),
  transposed([1, 4, 5, 6], [4, 3, 6, 7], { groups: 2, dilation: [1, 2] }),
  transposed([1, 8, 5, 6], [8, 1, 6, 7], { groups: 8 }),
  transposed([1, 4, 7, 6], [4, 2, 9, 8], { stride: [2, 1], padding: 2, outputPadding: [1, 0] }),
  transposed([1, 1, 2, 3, 3], [1, 2, 3, 3, 4]),
  transposed([1, 2, 2, 2, 3], [2, 2, 4, 4, 4]),
  transposed([1, 2, 3, 2, 2], [2, 1, 3, 4, 5], { groups: 2, stride: [1, 2, 1] }),
  conv([1, 7, 16, 16], [7, 7, 7, 7], { padding: 3 }),
  conv([1, 6, 40], [4, 3, 29], { groups: 2, padding: 7 }),
  conv([2, 3, 9, 11], [5, 3, 6, 5], { padding: 3, paddingMode: 'reflect' }),
  conv([1, 2, 5, 6, 6], [3, 2, 4, 4, 4], { padding: 2 }),
];

const named = layers.map((layer) => [JSON.stringify(layer).replaceAll('"', ''), layer] as const);

type Operation = (x: Tensor, w: Tensor) => Tensor;

/** The result and both gradients, for a gradient of the result that is whole numbers. */
function everything(operation: Operation, x: Tensor, w: Tensor): Record<'y' | 'dx' | 'dw', Tensor> {
  const y = operation(x, w);
  const [dx, dw] = neocog.grad(y, [x, w], { gradient: whole(3, y.shape) });
  return { y, dx, dw } as Record<'y' | 'dx' | 'dw', Tensor>;
}

const numbers = (results: Readonly<Record<string, Tensor>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(results).map(([name, t]) => [name, [t.shape, [...t.data]]]));

const inputsOf = ({ x, w }: Layer): [Tensor, Tensor] => [whole(1, x, true), whole(2, w, true)];

const expected = (operation: Operation, layer: Layer): Record<string, unknown> =>
  neocog.withBackend('reference', () => numbers(everything(operation, ...inputsOf(layer))));

describe.each(named)('%s', (_, layer) => {
  const operation: Operation = (x, w) => call(layer.fn, x, w, layer.options);
  const rank = layer.x.length;
  const axes = Array.from({ length: rank - 2 }, (_, d) => d + 2);
  const toLast = (t: Tensor): Tensor => neocog.permute(t, [0, ...axes, 1]);
  const weightToLast = (t: Tensor): Tensor => neocog.permute(t, [...axes, 1, 0]);
  const channelsLast: Operation = (x, w) =>
    call(layer.fn, toLast(x), weightToLast(w), { ...layer.options, layout: 'channels-last' });

  it('eagerly, in both layouts', () => {
    for (const each of [operation, channelsLast])
      expect(numbers(everything(each, ...inputsOf(layer)))).toEqual(expected(each, layer));
  });

  it.each([false, true])('compiled, with plain sums only: %s', async (exact) => {
    for (const each of [operation, channelsLast]) {
      const [x, w] = inputsOf(layer);
      const run = ({ x, w }: Readonly<Record<string, Tensor>>) => everything(each, x as Tensor, w as Tensor);
      expect(numbers(await runCompiled({ x, w }, [], exact, run))).toEqual(expected(each, layer));
    }
  });
});

describe('a network of one layer', () => {
  const make = (): neocog.nn.Sequential => {
    const layer = new neocog.nn.ConvTranspose2d(1, 1, 7);
    layer.weight.data.set(whole(4, layer.weight.shape).data);
    layer.bias?.data.fill(1);
    return new neocog.nn.Sequential(layer);
  };
  const [x, target] = [whole(5, [1, 1, 6, 4]), whole(6, [1, 1, 12, 10])];
  // Powers of two, so that every product is exact.
  const loss = (y: Tensor, t: Tensor): Tensor => neocog.mul(neocog.sum(neocog.mul(y, t)), 2 ** -6);

  it('with its weights as constants', async () => {
    const program = await neocog.compile(make(), { input: x.shape });
    const y = await program.run(x);
    program.dispose();
    const want = neocog.withBackend('reference', () => make().forward(x) as Tensor);
    expect([...y.data]).toEqual([...want.data]);
  });

  it('trained as a program', async () => {
    const net = make();
    const optimizer = new neocog.optim.SGD(net.parameters(), { lr: 2 ** -4 });
    const trainer = await neocog.compileTraining(net, { input: x.shape, loss, optimizer });
    const got = await trainer.step(x, target);
    trainer.sync();
    trainer.dispose();
    const want = neocog.withBackend('reference', () => {
      const other = make();
      const eager = new neocog.optim.SGD(other.parameters(), { lr: 2 ** -4 });
      const value = loss(other.forward(x) as Tensor, target);
      value.backward();
      eager.step();
      return { loss: value.item(), parameters: other.parameters().map((p) => [...p.data]) };
    });
    expect({ loss: got.loss, parameters: net.parameters().map((p) => [...p.data]) }).toEqual(want);
  });
});

describe.each([1, 2, 3] as const)('kernels drawn at random, of rank %i', (rank) => {
  it('transposed with any stride, dilation, groups and padding', () => {
    const random = new neocog.Generator(rank);
    const most = { 1: 70, 2: 12, 3: 6 }[rank];
    const perAxis = (make: () => number): number[] => Array.from({ length: rank }, make);
    for (let tried = 0; tried < draws(40); ) {
      const kernel = perAxis(() => 1 + random.integer(most));
      if (kernel.reduce((a, b) => a * b, 1) <= 27) continue;
      tried++;
      const groups = 1 + random.integer(3);
      const [ins, outs] = [groups * (1 + random.integer(3)), 1 + random.integer(6)];
      const options = {
        groups,
        stride: random.integer(2) === 0 ? 1 : perAxis(() => 1 + random.integer(2)),
        dilation: perAxis(() => 1 + random.integer(2)),
      };
      const layer = transposed(
        [1, ins, ...perAxis(() => 1 + random.integer(5))],
        [ins, outs, ...kernel],
        options,
      );
      const operation: Operation = (x, w) => call(layer.fn, x, w, layer.options);
      const got = numbers(everything(operation, ...inputsOf(layer)));
      expect(got, JSON.stringify(layer)).toEqual(expected(operation, layer));
    }
  });
});
