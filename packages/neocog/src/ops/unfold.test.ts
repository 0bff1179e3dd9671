// unfold and fold over random geometries: the definition as loops, the adjoint identity, convolution as a matrix product
// with its gradients, and programs. On whole numbers, where all of it holds bit for bit.

import * as neocog from 'neocog';
import { describe, expect, it } from 'vitest';
import { runCompiled, type Tensors } from '../../../../test/compiled.ts';
import { backends, call } from '../../../../test/conformance/harness.ts';
import { draws } from '../../../../test/draws.ts';
import { dot, whole } from '../../../../test/samples.ts';

type Tensor = neocog.Tensor;

const { fold, grad, matmul, nn, reshape, tensor, transpose, unfold, withBackend, zeros } = neocog;

interface Case {
  readonly shape: readonly number[];
  readonly kernel: readonly number[];
  readonly options: {
    readonly stride: readonly number[];
    readonly dilation: readonly number[];
    readonly padding: [number, number][];
    readonly paddingMode: neocog.PaddingMode;
  };
}

const modes = ['zeros', 'reflect', 'symmetric', 'replicate', 'circular'] as const;

/** A geometry in which at least one window fits, of any rank. */
function drawCase(seed: number): Case {
  const generator = new neocog.Generator(seed);
  const rank = 1 + (seed % 3);
  const mode = modes[seed % modes.length] as neocog.PaddingMode;
  const list = (low: number, count: number): number[] =>
    Array.from({ length: rank }, () => low + generator.integer(count));
  const [size, kernel, stride, dilation] = [list(3, 8 - rank), list(1, 3), list(1, 3), list(1, 2)];
  const padding = size.map((): [number, number] => [generator.integer(3), generator.integer(3)]);
  const fits = size.every((n, d) => n + padding[d][0] + padding[d][1] > (kernel[d] - 1) * dilation[d]);
  if (!fits) return drawCase(seed + 1000);
  const shape = [1 + generator.integer(2), 1 + generator.integer(3), ...size];
  return { shape, kernel, options: { stride, dilation, padding, paddingMode: mode } };
}

/** Where position i of an axis of n cells lies in a mode; −1 for zero. */
const sources: Record<neocog.PaddingMode, (i: number, n: number) => number> = {
  zeros: (i, n) => (i < 0 || i >= n ? -1 : i),
  reflect: (i, n) => (i < 0 ? -i : i >= n ? 2 * n - 2 - i : i),
  symmetric: (i, n) => (i < 0 ? -1 - i : i >= n ? 2 * n - 1 - i : i),
  replicate: (i, n) => Math.min(Math.max(i, 0), n - 1),
  circular: (i, n) => (i + n) % n,
};

const grid = (sizes: readonly number[]): number[][] =>
  sizes.reduce<number[][]>(
    (all, n) => all.flatMap((head) => Array.from({ length: n }, (_, i) => [...head, i])),
    [[]],
  );

function define(x: Tensor, { shape, kernel, options }: Case): { windows: number; values: number[] } {
  const { stride, dilation, padding, paddingMode } = options;
  const size = shape.slice(2);
  const outs = size.map(
    (n, d) =>
      Math.floor((n + padding[d][0] + padding[d][1] - (kernel[d] - 1) * dilation[d] - 1) / stride[d]) + 1,
  );
  const cells = size.reduce((a, b) => a * b);
  const windows = grid(outs);
  const values = Array.from({ length: shape[0] * shape[1] }, (_, plane) =>
    grid(kernel).flatMap((tap) =>
      windows.map((window) => {
        const at = window.map((o, d) =>
          sources[paddingMode](o * stride[d] - padding[d][0] + tap[d] * dilation[d], size[d]),
        );
        if (at.includes(-1)) return 0;
        return x.data[plane * cells + at.reduce((flat, i, d) => flat * size[d] + i, 0)];
      }),
    ),
  );
  return { windows: windows.length, values: values.flat() };
}

const cases = Array.from({ length: draws(60) }, (_, seed) => drawCase(seed));
const titled = cases.map((each) => [JSON.stringify(each), each] as const);

describe.each(backends)('on %s', (backend) => {
  it.each(titled)('%s', (_, each) => {
    withBackend(backend, () => {
      const x = whole(1, each.shape, true);
      const columns = unfold(x, each.kernel, each.options);
      const { windows, values } = define(x, each);
      const taps = each.kernel.reduce((a, b) => a * b);
      expect(columns.shape).toEqual([each.shape[0], each.shape[1] * taps, windows]);
      expect([...columns.data]).toEqual(values);
      const y = whole(2, columns.shape, true);
      const back = fold(y, each.shape.slice(2), each.kernel, each.options);
      expect(back.shape).toEqual(each.shape);
      expect(dot(columns, y)).toBe(dot(x, back));
      const above = whole(3, each.shape);
      const byY = grad(back, [y], { gradient: above })[0];
      expect(byY.data).toEqual(unfold(above, each.kernel, each.options).data);
      expect(grad(columns, [x], { gradient: y.detach() })[0].data).toEqual(back.data);
    });
  });

  it('is convolution as a matrix product, gradients too', () => {
    withBackend(backend, () => {
      for (const each of cases) {
        const rank = each.kernel.length;
        const shape = [1, ...each.shape.slice(1)];
        const x = whole(1, shape, true);
        const w = whole(2, [4, each.shape[1], ...each.kernel], true);
        const y = call(`conv${rank}d`, x, w, each.options);
        const columns = unfold(x, each.kernel, each.options);
        const [, rows, windows] = columns.shape as [number, number, number];
        const [matrix, weights] = [reshape(columns, [rows, windows]), reshape(w, [4, rows])];
        expect(matmul(weights, matrix).data).toEqual(y.data);
        const dy = whole(3, y.shape);
        const [dx, dw] = grad(y, [x, w], { gradient: dy }) as [Tensor, Tensor];
        const above = reshape(dy, [4, windows]);
        expect(matmul(above, transpose(matrix)).data).toEqual(dw.data);
        const dColumns = reshape(matmul(transpose(weights), above), [1, rows, windows]);
        expect(fold(dColumns, each.shape.slice(2), each.kernel, each.options).data).toEqual(dx.data);
      }
    });
  });
});

it('compiled, the same', async () => {
  for (const each of cases) {
    const x = whole(1, each.shape);
    const y = whole(2, unfold(x, each.kernel, each.options).shape);
    const run = (t: Tensors): Tensors => ({
      columns: unfold(t.x as Tensor, each.kernel, each.options),
      image: fold(t.y as Tensor, each.shape.slice(2), each.kernel, each.options),
    });
    const [eager, found] = [run({ x, y }), await runCompiled({ x, y }, [], false, run)];
    for (const name of ['columns', 'image'])
      expect(found[name].data, JSON.stringify(each)).toEqual(eager[name].data);
  }
});

it('takes numbers, names and whole numbers', () => {
  const x = tensor(
    Int32Array.from({ length: 12 }, (_, i) => 2 ** 24 + 1 + i),
    [1, 1, 3, 4],
  );
  const columns = unfold(x, [1, 2], { stride: [2, 1], padding: 'causal' });
  expect(columns.dtype).toBe('int32');
  expect([...columns.data].map((v) => (v === 0 ? 0 : v - 2 ** 24))).toEqual([
    ...[0, 1, 2, 3, 0, 9, 10, 11],
    ...[1, 2, 3, 4, 9, 10, 11, 12],
  ]);
  expect(unfold(zeros([2, 3, 9]), 3, { padding: 'same' }).shape).toEqual([2, 9, 9]);
  expect(unfold(zeros([2, 3, 4, 4, 4]), 2, { stride: 2 }).shape).toEqual([2, 24, 8]);
});

describe('layers', () => {
  it('are the operations', () => {
    const x = whole(1, [2, 3, 6, 5]);
    const options = { stride: 2, padding: 1 } as const;
    const columns = unfold(x, 3, options);
    expect(new nn.Unfold(3, options).forward(x).data).toEqual(columns.data);
    const folded = new nn.Fold([6, 5], 3, options).forward(columns);
    expect(folded.data).toEqual(fold(columns, [6, 5], 3, options).data);
    const plain = whole(2, [2, 4, 5]);
    const normed = neocog.localResponseNorm(plain, 3, { alpha: 0.5, k: 2 });
    expect(new nn.LocalResponseNorm(3, { alpha: 0.5, k: 2 }).forward(plain).data).toEqual(normed.data);
    const standard = neocog.localResponseNorm(plain, 4, { alpha: 1e-4, beta: 0.75, k: 1 });
    expect(new nn.LocalResponseNorm(4).forward(plain).data).toEqual(standard.data);
    expect(neocog.localResponseNorm(plain, 4).data).toEqual(standard.data);
  });

  it('compile, train and tell what they are', async () => {
    const net = new nn.Sequential(
      new nn.Conv2d(2, 3, 3, { padding: 1 }),
      new nn.LocalResponseNorm(3),
      new nn.Unfold([2, 3], { dilation: 2, padding: 'valid' }),
      new nn.Fold([5, 6], [2, 3], { dilation: 2 }),
      new nn.AvgPool2d(2, { dilation: 3 }),
    );
    const types = neocog.summary(net, [2, 2, 5, 6]).layers.map((layer) => layer.type);
    expect(types.slice(1)).toEqual([
      'LocalResponseNorm(3, alpha 0.0001, beta 0.75, k 1)',
      'Unfold([2,3], dilation 2, padding valid)',
      'Fold(to [5,6], [2,3], dilation 2)',
      'AvgPool2d(2, dilation 3)',
    ]);
    const x = whole(1, [2, 2, 5, 6]);
    const target = whole(2, net.forward(x).shape);
    const program = await neocog.compile(net, { input: x.shape });
    const [found, eager] = [await program.run(x), net.forward(x)];
    found.data.forEach((v, i) => void expect(v).toBeCloseTo(eager.data[i], 4));
    program.dispose();
    const optimizer = new neocog.optim.SGD(net.parameters(), { lr: 0.01 });
    const trainer = await neocog.compileTraining(net, { input: x.shape, loss: neocog.mse, optimizer });
    const { loss } = await trainer.step(x, target);
    const eagerLoss = neocog.mse(net.forward(x), target);
    expect(loss).toBeCloseTo(eagerLoss.item(), 3);
    eagerLoss.backward();
    const before = net.parameters().map((p) => [...p.data]);
    trainer.sync();
    trainer.dispose();
    net.parameters().forEach((p, i) => {
      p.data.forEach((v, k) => {
        const moved = before[i][k] - 0.01 * (p.grad as Tensor).data[k];
        expect(v).toBeCloseTo(moved, 4);
      });
    });
  });
});

it.each([0, 5])('columns of %d rows are refused with the number of taps', (rows) => {
  expect(() => neocog.fold(neocog.zeros([1, rows, 4]), [3, 3], [2, 2])).toThrow(
    `columns have ${rows} rows, which is no multiple of 4 taps`,
  );
});

it('columns of another number of windows are refused with both numbers', () => {
  const columns = neocog.ones([1, 4, 3]);
  expect(() => neocog.fold(columns, [3, 3], [2, 2])).toThrow(
    'columns hold 3 windows, but outputSize [3,3] has 2 × 2 = 4',
  );
});
