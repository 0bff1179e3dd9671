// What convolutions and pooling offer beside their arithmetic: layouts, turned kernels, inputs without a batch, transposed
// convolution in every padding mode, wanted output sizes. Compared with the same operation put differently, exactly, on
// whole numbers and with gradients.

import * as neocog from 'neocog';
import { describe, expect, it } from 'vitest';
import { backends, call } from '../../../../test/conformance/harness.ts';
import { dot, normal, spread, whole } from '../../../../test/samples.ts';

type Tensor = neocog.Tensor;
type Options = Readonly<Record<string, unknown>>;
type Operation = (...inputs: Tensor[]) => Tensor;

const { add, flip, grad, permute, reshape, withBackend } = neocog;

const ranks = [1, 2, 3] as const;
const spatial = (rank: number, ...sizes: number[]): number[] => sizes.slice(0, rank);

/** `[n, c, …spatial]` → `[n, …spatial, c]`, and weights `[out, in, …kernel]` → `[…kernel, in, out]`. */
const toLast = (x: Tensor): Tensor => permute(x, [0, ...x.shape.map((_, d) => d).slice(2), 1]);
const toFirst = (x: Tensor): Tensor => permute(x, [0, x.rank - 1, ...x.shape.map((_, d) => d).slice(1, -1)]);
const weightToLast = (w: Tensor): Tensor => permute(w, [...w.shape.map((_, d) => d).slice(2), 1, 0]);

/** The result of an operation and the gradients of all inputs, as plain arrays. */
function everything(run: Operation, inputs: readonly Tensor[]): unknown[] {
  const y = run(...inputs);
  const gradients = grad(y, inputs, { gradient: whole(77, y.shape) });
  return [y, ...gradients].map(({ shape, data }) => [shape, [...data]]);
}

const same = (a: Operation, b: Operation, inputs: readonly Tensor[]): void =>
  expect(everything(a, inputs)).toEqual(everything(b, inputs));

describe.each(backends)('%s', (backend) => {
  const on = (body: () => void) => () => withBackend(backend, body);

  describe.each(ranks)('of rank %i', (rank) => {
    const [conv, transposed] = [`conv${rank}d`, `convTranspose${rank}d`];
    const x = () => whole(1, [2, 4, ...spatial(rank, 7, 6, 5)], true);
    const bias = () => whole(3, [6], true);
    const options: Options = { stride: 2, groups: 2, padding: 1 };
    const weights: [string, string, Tensor][] = [
      ['convolution', conv, whole(2, [6, 2, ...spatial(rank, 3, 2, 3)], true)],
      ['transposed convolution', transposed, whole(2, [4, 3, ...spatial(rank, 3, 2, 3)], true)],
    ];

    it.each(weights)('%s of channels-last data', (_, fn, w) => {
      on(() => {
        const plain: Operation = (t, u, b) => call(fn, t, u, { ...options, bias: b });
        const last: Operation = (t, u, b) =>
          toFirst(call(fn, toLast(t), weightToLast(u), { ...options, bias: b, layout: 'channels-last' }));
        same(plain, last, [x(), w, bias()]);
      })();
    });

    it.each(weights)('%s with a turned kernel', (_, fn, w) => {
      on(() => {
        const axes = w.shape.map((_, d) => d).slice(2);
        const turned: Operation = (t, u) => call(fn, t, u, { ...options, flipKernel: true });
        const plain: Operation = (t, u) => call(fn, t, flip(u, axes), options);
        same(turned, plain, [x(), w]);
      })();
    });

    it.each(weights)('%s of a single sample', (_, fn, w) => {
      on(() => {
        const single: Operation = (t, u, b) => call(fn, t, u, { ...options, bias: b });
        const batch: Operation = (t, u, b) => {
          const y = call(fn, reshape(t, [1, ...t.shape]), u, { ...options, bias: b });
          return reshape(y, y.shape.slice(1));
        };
        const sample = whole(1, [4, ...spatial(rank, 7, 6, 5)], true);
        same(single, batch, [sample, w, bias()]);
        const last: Operation = (t, u, b) => {
          const given = permute(t, [...t.shape.map((_, d) => d).slice(1), 0]);
          const y = call(fn, given, weightToLast(u), { ...options, bias: b, layout: 'channels-last' });
          return permute(y, [rank, ...y.shape.map((_, d) => d).slice(0, -1)]);
        };
        same(single, last, [sample, w, bias()]);
      })();
    });

    it(
      'true convolution commutes',
      on(() => {
        const [a, b] = [
          [5, 4, 3],
          [3, 2, 4],
        ].map((sizes, i) => whole(i, [1, 1, ...spatial(rank, ...sizes)]));
        const full = (t: Tensor, u: Tensor) => call(conv, t, u, { padding: 'full', flipKernel: true });
        expect(full(a, b).data).toEqual(full(b, a).data);
      }),
    );

    it.each(['zeros', 'reflect', 'symmetric', 'replicate', 'circular'])(
      'transposed convolution is the adjoint of convolution with %s padding',
      (paddingMode) => {
        on(() => {
          const settings = { stride: 2, groups: 2, padding: spatial(rank, 2, 1, 1), paddingMode };
          const [input, w] = [x(), whole(2, [6, 2, ...spatial(rank, 3, 4, 2)])];
          const y: Tensor = call(conv, input, w, settings);
          const dy = whole(5, y.shape, true);
          const outputSize = input.shape.slice(2);
          const back: Tensor = call(transposed, dy, w, { ...settings, outputSize });
          expect(back.data).toEqual(grad(y, [input], { gradient: dy })[0].data);
          const [again] = grad(back, [dy], { gradient: input.detach() });
          expect(again.data).toEqual(y.data);
          // The bias counts once for each cell, also for those that padding repeats.
          const b = whole(6, [4]);
          const shifted: Tensor = call(transposed, dy, w, { ...settings, outputSize, bias: b });
          expect(shifted.data).toEqual(add(back, reshape(b, [1, 4, ...outputSize.map(() => 1)])).data);
        })();
      },
    );

    it(
      'every wanted output size within reach comes out',
      on(() => {
        const w = whole(2, [2, 3, ...spatial(rank, 3, 3, 3)]);
        const y = whole(1, [1, 2, ...spatial(rank, 4, 3, 2)]);
        for (const extra of [0, 1, 2]) {
          const outputSize = y.shape.slice(2).map((size) => (size - 1) * 3 - 2 + 3 + extra);
          const wanted: Tensor = call(transposed, y, w, { stride: 3, padding: 1, outputSize });
          const padded: Tensor = call(transposed, y, w, { stride: 3, padding: 1, outputPadding: extra });
          expect(wanted.shape).toEqual([1, 3, ...outputSize]);
          expect(wanted.data).toEqual(padded.data);
        }
      }),
    );

    const pools: [string, unknown, Options][] = [
      [`maxPool${rank}d`, 3, { stride: 2, padding: 1 }],
      [`avgPool${rank}d`, 2, { stride: 2 }],
      [`adaptiveAvgPool${rank}d`, spatial(rank, 3, 4, 5), {}],
      [`adaptiveMaxPool${rank}d`, spatial(rank, 3, 4, 5), {}],
      ...(rank < 3 ? [[`lpPool${rank}d`, 2, { normType: 2 }] as [string, unknown, Options]] : []),
    ];

    it.each(pools)('%s of channels-last data and of a single sample', (fn, size, settings) => {
      on(() => {
        const input = spread(1, [2, 3, ...spatial(rank, 7, 6, 5)]);
        const plain: Operation = (t) => call(fn, t, size, settings);
        const last: Operation = (t) =>
          toFirst(call(fn, toLast(t), size, { ...settings, layout: 'channels-last' }));
        same(plain, last, [input]);
        const sample = spread(1, [3, ...spatial(rank, 7, 6, 5)]);
        const single: Operation = (t) => call(fn, t, size, settings);
        const batch: Operation = (t) => {
          const y = plain(reshape(t, [1, ...t.shape]));
          return reshape(y, y.shape.slice(1));
        };
        same(single, batch, [sample]);
      })();
    });

    it.each(['globalAvgPool', 'globalMaxPool'])('%s of channels-last data', (fn) => {
      on(() => {
        // As many cells as a power of two, so that means are exact.
        const input = whole(1, [2, 3, ...spatial(rank, 8, 4, 2)], true);
        const plain: Operation = (t) => call(fn, t);
        const last: Operation = (t) => toFirst(call(fn, toLast(t), { layout: 'channels-last' }));
        same(plain, last, [input]);
      })();
    });

    it(
      'pooling with positions and back, in both layouts',
      on(() => {
        const input = spread(1, [2, 3, ...spatial(rank, 7, 6, 5)], [1, 2]);
        const back = (t: Tensor, layout: string): Tensor => {
          const { output, indices } = call<neocog.MaxPoolResult>(`maxPool${rank}dWithIndices`, t, 2, {
            layout,
          });
          const outputSize = spatial(rank, 7, 6, 5);
          return call(`maxUnpool${rank}d`, output, indices, 2, { outputSize, layout });
        };
        const plain: Operation = (t) => back(t, 'channels-first');
        same(plain, (t) => toFirst(back(toLast(t), 'channels-last')), [input]);
        const kept = plain(input);
        kept.data.forEach((value, i) => void expect([0, input.data[i]]).toContain(value));
        expect(dot(kept, input)).toBe(dot(kept, kept));
      }),
    );
  });
});

describe('maxUnpool', () => {
  const values = neocog.tensor([5, 7, 7, 6], [1, 1, 4], { requiresGrad: true });
  const at = (...indices: number[]) => neocog.tensor(Int32Array.from(indices), [1, 1, indices.length]);

  it('keeps the last of values that windows share, and its gradient', () => {
    const y = neocog.maxUnpool1d(values, at(0, 3, 3, 6), 3, { stride: 2, outputSize: [9] });
    expect([...y.data]).toEqual([5, 0, 0, 7, 0, 0, 6, 0, 0]);
    const [gradient] = grad(y, [values], { gradient: neocog.reshape(neocog.arange(1, 10), [1, 1, 9]) });
    expect([...gradient.data]).toEqual([1, 0, 4, 7]);
    const first = neocog.maxUnpool1d(values, at(0, 0, 2, 2), 3, { stride: 2, outputSize: [9] });
    expect([...first.data]).toEqual([7, 0, 6, 0, 0, 0, 0, 0, 0]);
  });

  it('keeps the last one in every sample, however many there are', () => {
    const x = neocog.tensor([1, 2, 3, 4, 5, 6], [3, 1, 2]);
    const places = neocog.tensor(Int32Array.of(0, 1, 2, 2, 1, 1), [3, 1, 2]);
    const y = neocog.maxUnpool1d(x, places, 3, { stride: 1, outputSize: [4] });
    expect([...y.data]).toEqual([1, 2, 0, 0, 0, 0, 4, 0, 0, 6, 0, 0]);
  });

  it('is compiled where windows do not overlap along any axis', async () => {
    class Unpool extends neocog.nn.Module {
      readonly window: readonly [kernel: number | number[], stride: number | number[] | undefined];

      constructor(kernel: number | number[], stride?: number | number[]) {
        super();
        this.window = [kernel, stride];
      }

      forward(x: neocog.Tensor): neocog.Tensor {
        const [kernel, stride] = this.window;
        const { output, indices } = neocog.maxPool2dWithIndices(x, kernel, { stride });
        const outputSize = x.shape.slice(2);
        return neocog.maxUnpool2d(output, indices, kernel, { stride, outputSize });
      }
    }
    const input = [1, 1, 6, 6];
    for (const [kernel, stride] of [
      [2, undefined],
      [2, 2],
      [
        [2, 3],
        [2, 3],
      ],
      [2, [2, 3]],
    ] as const) {
      const net = new Unpool(kernel as number, stride as number);
      const program = await neocog.compile(net, { input });
      const x = normal(1, input);
      expect((await program.run(x)).data).toEqual(net.forward(x).data);
      program.dispose();
    }
    for (const [kernel, stride] of [
      [3, 2],
      [[1, 3], 2],
      [[3, 1], 2],
      [2, [2, 1]],
    ] as const) {
      const compiling = neocog.compile(new Unpool(kernel as number, stride as number), { input });
      await expect(compiling).rejects.toThrow('overlapping windows may name a cell twice');
    }
  });

  it('refuses positions outside, and positions that are no integers', () => {
    expect(() => neocog.maxUnpool1d(values, at(0, 1, 2, 8), 2)).toThrow('positions from 0 to 7');
    expect(() => neocog.maxUnpool1d(values, at(0, -1, 2, 3), 2)).toThrow('positions from 0 to 7');
    expect(() => neocog.maxUnpool1d(values, neocog.zeros([1, 1, 4]), 2)).toThrow('float32');
    expect(() => neocog.maxUnpool1d(values, at(0, 1), 2)).toThrow('indices');
    expect(() => neocog.maxUnpool1d(values, at(0, 1, 2, 3), 2, { outputSize: [10] })).toThrow('7 to 9');
    const one = { stride: 3, padding: 1, outputSize: [4] };
    expect(() => neocog.maxUnpool1d(neocog.ones([1, 1, 1]), at(0), 2, one)).toThrow('allow length 1 to 2');
  });
});
