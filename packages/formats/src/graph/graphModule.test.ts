import {
  add,
  compile,
  FormatError,
  nn,
  ShapeError,
  summary,
  type Tensor,
  tensor,
  UnsupportedError,
  zeros,
} from 'neocog';
import { describe, expect, it } from 'vitest';
import { Budget, floatBytes, willMake } from '../budget.ts';
import { Block, type Scope, ScopedModule, type Step } from './block.ts';
import { GraphModule } from './graphModule.ts';
import { moduleName, UniqueNames } from './names.ts';
import { operation } from './operation.ts';
import { HostArray, int64s, mapHost, moveHost } from './value.ts';

const sumOf = () => operation('Add', ([a, b]) => add(a as Tensor, b as Tensor));

/** y = relu(conv(x)) + conv(x) */
const small = () =>
  new GraphModule({
    inputs: [{ name: 'x', shape: ['n', 1, 4, 4], dtype: 'float32' }],
    outputs: [{ name: 'y', shape: ['n', 2, 4, 4], dtype: 'float32' }],
    steps: [
      { name: 'conv', module: new nn.Conv2d(1, 2, 3, { padding: 1 }), inputs: ['x'], outputs: ['c'] },
      { name: 'relu', module: new nn.ReLU(), inputs: ['c'], outputs: ['r'] },
      { name: 'add', module: sumOf(), inputs: ['r', 'c'], outputs: ['y'] },
    ],
    constants: new Map(),
  });

describe('GraphModule', () => {
  it('is a module: state, summary, eager and compiled', async () => {
    const net = small();
    expect(Object.keys(net.stateDict())).toEqual(['conv.weight', 'conv.bias']);
    expect(summary(net, [1, 1, 4, 4]).layers.map((layer) => layer.name)).toEqual(['conv', 'relu', 'add']);
    const x = tensor(
      Array.from({ length: 16 }, (_, i) => Math.sin(i)),
      [1, 1, 4, 4],
    );
    const y = net.forward(x);
    const program = await compile(net, { input: [1, 1, 4, 4] });
    const compiled = await program.run(x);
    compiled.data.forEach((v, i) => expect(v).toBeCloseTo(y.data[i], 5));
    program.dispose();
  });

  it('refuses inputs that do not fit', () => {
    const net = small();
    expect(() => net.run({})).toThrow(/input 'x' is missing/);
    expect(() => net.run({ x: zeros([1, 1, 4, 4]), z: zeros([1]) })).toThrow(/no input 'z'/);
    expect(() => net.run({ x: zeros([1, 1, 4, 5]) })).toThrow(ShapeError);
    expect(() => net.run({ x: zeros([1, 1, 4, 4], { dtype: 'int32' }) })).toThrow(/float32/);
  });
});

describe('what fails in a run', () => {
  const fails = (error: Error): Step => ({
    name: 'inner',
    module: operation('Fail', () => {
      throw error;
    }),
    inputs: ['x'],
    outputs: ['y'],
  });

  const run = (step: Step) => (): unknown =>
    new GraphModule({
      inputs: [{ name: 'x', shape: [1], dtype: 'float32' }],
      outputs: [{ name: 'y', shape: [1], dtype: 'float32' }],
      steps: [step],
      constants: new Map(),
    }).run({ x: zeros([1]) });

  /** A step that runs a block of one step. */
  class Around extends ScopedModule {
    readonly block: Block;

    constructor(step: Step) {
      super();
      this.block = new Block([step], ['y'], new Map());
    }

    override get reads() {
      return this.block.reads;
    }

    override runIn(scope: Scope) {
      return this.block.runIn(scope);
    }
  }

  it('is no value that only a block reads after its last step outside', () => {
    const inner = { name: 'inner', module: sumOf(), inputs: ['a', 'b'], outputs: ['y'] };
    const net = new GraphModule({
      inputs: [{ name: 'x', shape: [1], dtype: 'float32' }],
      outputs: [{ name: 'y', shape: [1], dtype: 'float32' }],
      steps: [
        { name: 'twice', module: sumOf(), inputs: ['x', 'x'], outputs: ['a'] },
        { name: 'relu', module: new nn.ReLU(), inputs: ['a'], outputs: ['b'] },
        { name: 'outer', module: new Around(inner), inputs: ['b'], outputs: ['y'] },
      ],
      constants: new Map(),
    });
    expect([...net.run({ x: tensor([3]) }).y.data]).toEqual([12]);
  });

  const sentence = 'run: node inner cannot be computed from its inputs: no';

  it.each([
    [new ShapeError('no'), ShapeError, sentence],
    [new FormatError('no'), FormatError, sentence],
    [new RangeError('no'), ShapeError, sentence],
    [new UnsupportedError('no'), UnsupportedError, 'no'],
  ])('%s is told with the name of its node, once', (error, Kind, message) => {
    const around = { ...fails(error), name: 'outer', module: new Around(fails(error)) };
    for (const step of [fails(error), around]) {
      expect(run(step)).toThrow(Kind);
      expect(run(step)).toThrow(new RegExp(`^${message}$`));
    }
  });
});

describe('a run', () => {
  it('counts what it holds, and not its constants', () => {
    const floats = (count: number) =>
      operation('Floats', () => {
        willMake(count, 'it', floatBytes);
        return zeros([count]);
      });
    const run = (bytes: number): unknown =>
      new GraphModule({
        inputs: [{ name: 'x', shape: [200], dtype: 'float32' }],
        outputs: [{ name: 'y', shape: [200], dtype: 'float32' }],
        steps: [
          { name: 'one', module: floats(1), inputs: ['c'], outputs: ['a'] },
          { name: 'many', module: floats(200), inputs: ['a'], outputs: ['b'] },
          { name: 'last', module: operation('First', ([x]) => x!), inputs: ['x', 'b'], outputs: ['y'] },
        ],
        constants: new Map([['c', zeros([200])]]),
        budget: new Budget('test', 0, { bytes }),
      }).run({ x: zeros([200]) });
    // x, one number, and as many as x has.
    expect(() => run(800 + 4 + 800 - 1)).toThrow(
      'run: it needs 1604 bytes of memory, but limits.bytes is 1603',
    );
    expect(() => run(800 + 4 + 800 + 800)).not.toThrow();
  });

  it('has values of 64 axes at most', () => {
    const run = (rank: number) => () => operation('Wide', () => zeros(new Array(rank).fill(1))).apply([]);
    expect(run(64)()[0].shape).toHaveLength(64);
    expect(run(65)).toThrow(FormatError);
    expect(run(65)).toThrow('Wide: a value has 65 axes, but at most 64 are possible');
  });

  it('gives whole numbers to layers that take them, and floats to others', () => {
    const embedding = new nn.Embedding(3, 2);
    const net = (module: nn.Module): GraphModule =>
      new GraphModule({
        inputs: [{ name: 'x', shape: [2], dtype: 'int32', type: 'int64' }],
        outputs: [{ name: 'y', shape: [2, 2], dtype: module === embedding ? 'float32' : 'int32' }],
        steps: [{ name: 'step', module, inputs: ['x'], outputs: ['y'] }],
        constants: new Map(),
      });
    const x = tensor([2, 0], [2], { dtype: 'int32' });
    const { data } = embedding.weight;
    expect([...net(embedding).run({ x }).y.data]).toEqual([data[4], data[5], data[0], data[1]]);
    const { y } = net(new nn.LeakyReLU()).run({ x: tensor([-100, 5], [2], { dtype: 'int32' }) });
    expect([y.dtype, ...y.data]).toEqual(['int32', -1, 5]);
  });
});

describe('host arrays', () => {
  it('broadcast and wrap', () => {
    const a = new HostArray('uint8', [250, 3], [2, 1]);
    const b = new HostArray('uint8', [10, 20, 30], [3]);
    const sum = mapHost('uint8', [a, b], (x, y) => x + y);
    expect(sum.shape).toEqual([2, 3]);
    expect([...sum.data]).toEqual([4, 14, 24, 13, 23, 33]);
  });

  it('move as tensors do', () => {
    const moved = moveHost([int64s([1, 2 ** 40]), int64s([-3])], ([a, b]) => {
      return tensor(Int32Array.of(b.data[0], a.data[1]));
    });
    expect([...moved.data]).toEqual([-3, 2 ** 40]);
  });
});

describe('names', () => {
  it('are paths with dots, each once', () => {
    expect(moduleName('/layer1/layer1.0/conv:0')).toBe('layer1.layer1.0.conv_0');
    const names = new UniqueNames();
    expect([names.take('a'), names.take('a')]).toEqual(['a', 'a_2']);
    expect([names.take('a_3'), names.take('a'), names.take('a_3')]).toEqual(['a_3', 'a_4', 'a_3_2']);
  });
});
