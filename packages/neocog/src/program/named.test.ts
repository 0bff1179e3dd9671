// compile: networks with named inputs and outputs, compiled and interpreted, against the same networks run eagerly.

import { describe, expect, it } from 'vitest';
import {
  add,
  argMax,
  type CompileOptions,
  cast,
  compile,
  compileTraining,
  embedding,
  indexSelect,
  matmul,
  mse,
  mul,
  nn,
  optim,
  randn,
  relu,
  reshape,
  ShapeError,
  sub,
  type Tensor,
  tensor,
  withBackend,
  zeros,
} from '../index.ts';

type Named = Readonly<Record<string, Tensor>>;
type Values = readonly nn.NamedValue[];

const float = (name: string, ...shape: (number | string)[]): nn.NamedValue => ({
  name,
  shape,
  dtype: 'float32',
});
const whole = (name: string, ...shape: (number | string)[]): nn.NamedValue => ({
  name,
  shape,
  dtype: 'int32',
});

/** Any function of named tensors as a network. */
class Computed extends nn.NamedModule {
  readonly inputs: Values;
  readonly outputs: Values;
  readonly body: (inputs: Named) => Record<string, Tensor>;
  readonly weight: nn.Parameter | null;

  constructor(
    inputs: Values,
    outputs: Values,
    body: (inputs: Named) => Record<string, Tensor>,
    weight?: nn.Parameter,
  ) {
    super();
    this.inputs = inputs;
    this.outputs = outputs;
    this.body = body;
    this.weight = weight ?? null;
  }

  override run(inputs: Named): Record<string, Tensor> {
    return this.body(inputs);
  }
}

const table = randn([7, 4]);

const twoInputs = new Computed(
  [float('image', 'batch', 2, 5), whole('word', 'batch')],
  [float('sum', 'batch', 2, 5), whole('best', 'batch', 2), float('vector', 'batch', 4)],
  ({ image, word }) => ({
    sum: relu(add(image, reshape(cast(word, 'float32'), [-1, 1, 1]))),
    best: argMax(image, { axis: 2 }),
    vector: embedding(word, table),
  }),
);

const image = randn([3, 2, 5]);
const word = tensor(Int32Array.of(6, 0, 2));

describe.each(['wasm', 'reference'] as const)('compile on %s', (backend) => {
  const compiled = (module: nn.Module, options?: CompileOptions) =>
    withBackend(backend, () => compile(module, options));

  it('runs inputs of both types to all outputs', async () => {
    const program = await compiled(twoInputs, { input: { image: [3, 2, 5], word: [3] } });
    const results = await program.run({ image, word });
    const expected = twoInputs.run({ image, word });
    expect(Object.keys(results)).toEqual(['sum', 'best', 'vector']);
    for (const [name, y] of Object.entries(expected)) {
      expect([results[name].shape, results[name].dtype]).toEqual([y.shape, y.dtype]);
      expect(results[name].data).toEqual(y.data);
    }
    expect(program.inputs).toEqual([
      { name: 'image', shape: [3, 2, 5], dtype: 'float32' },
      { name: 'word', shape: [3], dtype: 'int32' },
    ]);
    expect(program.outputs).toEqual([
      { name: 'sum', shape: [3, 2, 5], dtype: 'float32' },
      { name: 'best', shape: [3, 2], dtype: 'int32' },
      { name: 'vector', shape: [3, 4], dtype: 'float32' },
    ]);
    program.dispose();
  });

  it('writes results into the tensors that are given for them', async () => {
    const program = await compiled(twoInputs, { input: { image: [3, 2, 5], word: [3] } });
    const into = { best: zeros([3, 2], { dtype: 'int32' }), vector: zeros([3, 4]) };
    const results = await program.run({ image, word }, { into });
    const expected = twoInputs.run({ image, word });
    expect([results.best, results.vector]).toEqual([into.best, into.vector]);
    expect(results.best).toBe(into.best);
    for (const [name, y] of Object.entries(expected)) expect(results[name].data).toEqual(y.data);
    await expect(program.run({ image, word }, { into: { sum: zeros([3, 2, 4]) } })).rejects.toThrow(
      'Program.run: sum is float32 [3,2,4], but the program needs float32 [3,2,5]',
    );
    await expect(program.run({ image, word }, { into: { total: into.best } })).rejects.toThrow(
      'there is a tensor for total, but the outputs are sum, best, vector',
    );
    program.dispose();
  });

  it('refuses an index that is none before it runs', async () => {
    const program = await compiled(twoInputs, { input: { image: [3, 2, 5], word: [3] } });
    const stray = tensor(Int32Array.of(0, 7, 0));
    await expect(program.run({ image, word: stray })).rejects.toThrow('embedding: index 7 is outside weight');
    program.dispose();
  });

  it('gives inputs, constants, values twice, and values that others read', async () => {
    const constant = tensor([1, 2, 3]);
    const net = new Computed(
      [float('x', 2, 3), float('unread', 4)],
      ['again', 'constant', 'middle', 'same', 'shaped', 'end', 'unread', 'numbers'].map((name) =>
        float(name),
      ),
      ({ x, unread }) => {
        const middle = relu(mul(x, 2));
        return {
          again: x,
          constant,
          middle,
          same: middle,
          shaped: reshape(middle, [3, 2]),
          end: sub(relu(add(middle, 1)), x),
          unread,
          numbers: cast(x, 'int32'),
        };
      },
    );
    const program = await compiled(net);
    // No sum of these is rounded, so that the order and the fusion of operations do not show.
    const inputs = {
      x: tensor([
        [-1.5, -0.25, 0],
        [0.5, 1, 3],
      ]),
      unread: randn([4]),
    };
    for (let time = 0; time < 2; time++) {
      const results = await program.run(inputs);
      for (const [name, y] of Object.entries(net.run(inputs))) expect(results[name]).toEqual(y);
    }
    program.dispose();
  });

  it('takes one tensor for one input, and gives the first output', async () => {
    const net = new Computed([float('x', 2, 3)], [float('y', 2, 3), float('z', 2, 3)], ({ x }) => ({
      z: mul(x, 3),
      y: mul(x, 2),
    }));
    const program = await compiled(net);
    const x = randn([2, 3]);
    expect((await program.run(x)).data).toEqual(mul(x, 2).data);
    expect((await program.run({ x })).z.data).toEqual(mul(x, 3).data);
    expect([program.inputShape, program.outputShape]).toEqual([
      [2, 3],
      [2, 3],
    ]);
    program.dispose();
  });

  it('carries state from call to call by its caller', async () => {
    const step = new Computed(
      [float('x', 1), float('state', 1)],
      [float('y', 1), float('next', 1)],
      ({ x, state }) => ({ y: add(x, state), next: mul(add(x, state), 0.5) }),
    );
    const program = await compiled(step);
    let state: Tensor = tensor([0]);
    for (const wanted of [1, 1.5, 1.75]) {
      const { y, next } = await program.run({ x: tensor([1]), state });
      expect(y.item()).toBe(wanted);
      state = next;
    }
    program.dispose();
  });

  it('names the ends of an ordinary module input and output', async () => {
    const program = await compiled(new nn.ReLU(), { input: [2] });
    expect([program.inputs[0].name, program.outputs[0].name]).toEqual(['input', 'output']);
    expect((await program.run({ input: tensor([-1, 2]) })).output.data).toEqual(Float32Array.of(0, 2));
    program.dispose();
  });
});

it('bounds indices that are computed on the way', async () => {
  const net = new Computed([float('x', 3), whole('i', 2)], [float('y', 2)], ({ x, i }) => ({
    y: indexSelect(x, cast(mul(cast(i, 'float32'), 2), 'int32')),
  }));
  const program = await compile(net);
  const { y } = await program.run({ x: tensor([5, 6, 7]), i: tensor(Int32Array.of(1, 1000)) });
  expect([...y.data]).toEqual([7, 7]);
  program.dispose();
});

it('trains a network of one named input', async () => {
  const weight = new nn.Parameter(randn([4, 2]));
  const net = new Computed(
    [float('x', 'n', 4)],
    [float('y', 'n', 2)],
    ({ x }) => ({ y: matmul(x, weight) }),
    weight,
  );
  const before = weight.data.slice();
  const optimizer = new optim.SGD(net.parameters(), { lr: 0.1 });
  const trainer = await compileTraining(net, { input: [3, 4], loss: mse, optimizer });
  const [x, y] = [randn([3, 4]), randn([3, 2])];
  const first = (await trainer.step(x, y)).loss;
  expect((await trainer.step(x, y)).loss).toBeLessThan(first);
  trainer.sync();
  expect(weight.data).not.toEqual(before);
  trainer.dispose();
});

describe('refusals', () => {
  const [given, program] = [
    { image: [3, 2, 5], word: [3] },
    async () => compile(twoInputs, { input: given }),
  ];

  it.each([
    [undefined, 'compile: image [batch,2,5] leaves batch open'],
    [[3, 2, 5], 'compile: input is one shape, but the network has 2 inputs (image, word)'],
    [{ image: [3, 2, 5] }, 'compile: word [batch] leaves batch open'],
    [{ ...given, sound: [1] }, 'compile: there is a shape for sound, but the inputs are image, word'],
    [{ ...given, word: [-1] }, 'compile: shape is [-1]; give a list of sizes'],
  ])('shapes %j', async (input, message) => {
    const attempt = compile(twoInputs, { input } as object);
    await expect(attempt).rejects.toThrow(ShapeError);
    await expect(attempt).rejects.toThrow(message);
  });

  it.each<[string, Tensor | Named, string]>([
    ['one tensor', image, 'Program.run: one tensor is given for 2 inputs; give { image, word }'],
    ['too few', { image }, 'Program.run: word is undefined, but the program needs int32 [3]'],
    ['too many', { image, word, sound: word }, 'Program.run: there is a tensor for sound'],
    [
      'another type',
      { image, word: randn([3]) },
      'Program.run: word is float32 [3], but the program needs int32 [3]',
    ],
    [
      'another shape',
      { image: word, word },
      'Program.run: image is int32 [3], but the program needs float32 [3,2,5]',
    ],
  ])('%s', async (_, inputs, message) => {
    const made = await program();
    await expect(made.run(inputs as Named)).rejects.toThrow(message);
    made.dispose();
  });

  it('a module without a shape', async () => {
    await expect(compile(new nn.ReLU())).rejects.toThrow('compile: input [n,c,…] leaves n, c, … open');
  });

  it('an output that is missing', async () => {
    const net = new Computed([float('x', 1)], [float('y', 1)], () => ({}));
    await expect(compile(net)).rejects.toThrow('output y of the module is undefined');
  });
});
