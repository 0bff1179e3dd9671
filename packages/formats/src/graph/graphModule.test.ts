import { add, compile, nn, ShapeError, summary, type Tensor, tensor, zeros } from 'neocog';
import { describe, expect, it } from 'vitest';
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
