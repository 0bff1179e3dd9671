// Programs, training steps and eager operations in the checked mode: they reach outside of no array, and give bit for bit what
// the library's own give, although memory is full of NaN and units come in pieces of any size and order.

import * as neocog from 'neocog';
import { afterEach, describe, expect, it } from 'vitest';
import { setBackend } from '../../packages/neocog/src/backends/current.ts';
import { type Engine, overrideEngine } from '../../packages/neocog/src/backends/wasm/engine.ts';
import { Generator } from '../../packages/neocog/src/tensor/random.ts';
import { runCompiled } from '../compiled.ts';
import { exported } from '../conformance/harness.ts';
import { type Example, examples } from '../examples.ts';
import { normal } from '../samples.ts';
import { checkedBackend } from './backend.ts';
import { enginesHere } from './convolutions.ts';

type Tensor = neocog.Tensor;

const library = setBackend(checkedBackend(new Generator(1)));
setBackend(library as NonNullable<typeof library>);
const initial = overrideEngine({});
overrideEngine(initial);

afterEach(() => {
  setBackend(library as NonNullable<typeof library>);
  overrideEngine(initial);
});

/** What a computation gives on the library's backend and in the checked mode. */
async function both<T>(seed: number, body: () => Promise<T>): Promise<[T, T]> {
  const plain = await body();
  setBackend(checkedBackend(new Generator(seed)));
  return [await body(), plain];
}

const bits = (t: Tensor): unknown => [
  t.shape,
  [...new Uint32Array(t.data.buffer, t.data.byteOffset, t.size)],
];

/** The result and all gradients of an example. */
function allOf({ run }: Example, inputs: readonly Tensor[]): Record<string, Tensor> {
  const output = run(...inputs);
  const above = normal(77, output.shape);
  const wanted = output.requiresGrad ? neocog.grad(output, [...inputs], { gradient: above }) : [];
  return Object.fromEntries([['output', output], ...wanted.map((t, i) => [`by input ${i}`, t])]);
}

const bitsOf = (all: Readonly<Record<string, Tensor>>) =>
  Object.fromEntries(Object.entries(all).map(([name, t]) => [name, bits(t)]));

describe('operations', () => {
  const known = examples.filter(({ needs }) => exported(needs) !== undefined);
  it.each(known.map((example, i) => [`${example.needs} ${example.note ?? ''}`, example, i] as const))(
    '%s, at once and as a program',
    async (_, example, i) => {
      const { inputs } = example;
      const given = Object.fromEntries(inputs.map((t, k) => [`x${k}`, t]));
      const compiled = (exact: boolean) =>
        runCompiled(given, [], exact, (values) => allOf(example, Object.values(values)));
      const run = async () =>
        [allOf(example, inputs), await compiled(false), await compiled(true)].map(bitsOf);
      const [checked, plain] = await both(i, run);
      expect(checked).toEqual(plain);
    },
  );
});

it.each([1, 63, 64, 65, 511, 513, 16383, 16384, 16385, 20479, 70000])('maps of %i cells', async (n) => {
  const numbers = neocog.tensor(
    Array.from({ length: n }, (_, i) => i % 5),
    [n],
    { dtype: 'int32' },
  );
  const x = normal(n, [n]);
  const run = async () =>
    [
      neocog.gelu(x),
      neocog.add(neocog.mul(x, normal(5, [1])), x),
      neocog.add(neocog.cast(numbers, 'float32'), 0.5),
      neocog.where(neocog.greater(x, 0), x, neocog.tensor([7])),
    ].map(bits);
  const [checked, plain] = await both(n, run);
  expect(checked).toEqual(plain);
});

/** Networks with every kind of layer, small enough to be trained in the checked mode. */
const networks: readonly { name: string; make: () => neocog.nn.Module; input: readonly number[] }[] = [
  {
    name: 'convolutions of every kind',
    input: [2, 3, 13, 11],
    make: () =>
      new neocog.nn.Sequential(
        new neocog.nn.Conv2d(3, 16, 3, { stride: 2, padding: 1, bias: false }),
        new neocog.nn.BatchNorm2d(16),
        new neocog.nn.ReLU(),
        new neocog.nn.Conv2d(16, 16, 5, { groups: 16, padding: 2 }),
        new neocog.nn.Conv2d(16, 24, 1),
        new neocog.nn.Residual(new neocog.nn.Conv2d(24, 24, 3, { padding: 1 })),
        new neocog.nn.ReLU(),
        new neocog.nn.MaxPool2d(3, { stride: 2, padding: 1 }),
        new neocog.nn.Conv2d(24, 12, 3, { groups: 3, padding: 2, dilation: 2 }),
        new neocog.nn.ConvTranspose2d(12, 6, 7, { stride: 2 }),
        new neocog.nn.AvgPool2d(2),
        new neocog.nn.Flatten(),
        new neocog.nn.LazyLinear(10),
      ),
  },
  {
    name: 'sequences',
    input: [3, 5, 41],
    make: () =>
      new neocog.nn.Sequential(
        new neocog.nn.Conv1d(5, 8, 3, { padding: 'same', dilation: 4 }),
        new neocog.nn.GroupNorm(2, 8),
        new neocog.nn.GELU(),
        new neocog.nn.ConvTranspose1d(8, 4, 31),
        new neocog.nn.Flatten(),
        new neocog.nn.LazyLinear(10),
      ),
  },
];

const labelsFor = (n: number): Tensor =>
  neocog.tensor(
    Array.from({ length: n }, (_, i) => (i * 7) % 10),
    [n],
    { dtype: 'int32' },
  );

describe.each(networks)('$name', ({ make, input }) => {
  const built = (): neocog.nn.Module => {
    neocog.manualSeed(3);
    const net = make();
    net.forward(normal(1, input));
    return net;
  };

  it.each(enginesHere().map((e) => [JSON.stringify(e), e] as const))('%s', async (_, engine: Engine) => {
    overrideEngine(engine);
    const x = normal(2, input);
    const run = async () => {
      const program = await neocog.compile(built(), { input });
      const exact = await neocog.compile(built(), { input, exact: true });
      const outputs = [await program.run(x), await program.run(normal(3, input)), await exact.run(x)];
      program.dispose();
      exact.dispose();
      const net = built();
      const optimizer = new neocog.optim.Adam(net.parameters(), { lr: 0.01 });
      const loss = neocog.crossEntropy;
      const trainer = await neocog.compileTraining(net, { input, loss, optimizer });
      const losses = [
        await trainer.step(x, labelsFor(input[0] as number)),
        await trainer.step(x, labelsFor(input[0] as number)),
      ];
      trainer.sync();
      trainer.dispose();
      return {
        outputs: outputs.map(bits),
        losses: losses.map((l) => l.loss),
        parameters: net.parameters().map(bits),
      };
    };
    const [checked, plain] = await both(5, run);
    expect(checked).toEqual(plain);
  });
});
