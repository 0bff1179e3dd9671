// Resizing and adaptive pooling against their definitions, cell by cell, and against numbers from the documentation of
// PyTorch and ONNX.

import * as neocog from 'neocog';
import { describe, expect, it } from 'vitest';
import { backends, call } from '../../../../test/conformance/harness.ts';
import { dot, normal, spread } from '../../../../test/samples.ts';

type Tensor = neocog.Tensor;
type Sizes = readonly number[];

const { arange, grad, reshape, resize, withBackend } = neocog;

const sizeOf = (shape: Sizes): number => shape.reduce((a, b) => a * b, 1);

const positionsOf = (sizes: Sizes): number[][] =>
  sizes.reduce<number[][]>(
    (all, size) => all.flatMap((head) => Array.from({ length: size }, (_, i) => [...head, i])),
    [[]],
  );

/** The value of each output cell of each plane of `x`, where `value` sees the plane as a function of positions. */
function define(
  x: Tensor,
  output: Sizes,
  value: (cell: (position: Sizes) => number, position: Sizes) => number,
): number[] {
  const plane = x.shape.slice(2);
  return Array.from({ length: x.shape[0] * x.shape[1] }, (_, p) => {
    const cell = (position: Sizes) =>
      x.data[p * sizeOf(plane) + position.reduce((index, i, d) => index * plane[d] + i, 0)];
    return positionsOf(output).map((position) => value(cell, position));
  }).flat();
}

/** Cells and weights along one axis. */
type Mixture = (i: number, input: number, output: number) => (readonly [cell: number, weight: number])[];

const clamp = (cell: number, input: number): number => Math.min(Math.max(cell, 0), input - 1);

const linear =
  (centre: (i: number, input: number, output: number) => number): Mixture =>
  (i, input, output) => {
    const at = Math.max(0, centre(i, input, output));
    const share = at % 1;
    return [
      [clamp(Math.floor(at), input), 1 - share],
      [clamp(Math.floor(at) + 1, input), share],
    ];
  };

/** Keys' kernel as his paper states it, with PyTorch's a = −3/4. */
function keys(s: number, a = -0.75): number {
  const t = Math.abs(s);
  if (t < 1) return (a + 2) * t ** 3 - (a + 3) * t ** 2 + 1;
  return t < 2 ? a * t ** 3 - 5 * a * t ** 2 + 8 * a * t - 4 * a : 0;
}

const cubic =
  (centre: (i: number, input: number, output: number) => number): Mixture =>
  (i, input, output) => {
    const at = centre(i, input, output);
    const near = Array.from({ length: input + 8 }, (_, k) => k - 4);
    return near.map((cell) => [clamp(cell, input), keys(at - cell)]);
  };

const halfPixel = (i: number, input: number, output: number): number => ((i + 0.5) * input) / output - 0.5;
const corners = (i: number, input: number, output: number): number =>
  output > 1 ? (i * (input - 1)) / (output - 1) : 0;

const nearest =
  (centre: (i: number, input: number, output: number) => number, round: (at: number) => number): Mixture =>
  (i, input, output) => [[clamp(round(centre(i, input, output)), input), 1]];

/** Every cell near enough to count, with weights that add up to 1. */
const averaged =
  (weigh: (distance: number) => number, stretches: boolean, border: 'counts' | 'is out'): Mixture =>
  (i, input, output) => {
    const at = halfPixel(i, input, output);
    const stretch = stretches ? Math.max(1, input / output) : 1;
    const cells = Array.from({ length: 5 * input + 10 }, (_, k) => k - 2 * input - 5)
      .filter((cell) => border === 'counts' || cell === clamp(cell, input))
      .map((cell) => [clamp(cell, input), weigh((at - cell) / stretch)] as const);
    const total = cells.reduce((sum, [, weight]) => sum + weight, 0);
    return cells.map(([cell, weight]) => [cell, weight / total]);
  };

const tent = (s: number): number => Math.max(0, 1 - Math.abs(s));
const asymmetric = (i: number, input: number, output: number): number => (i * input) / output;

const mixtures: [neocog.ResizeOptions, Mixture][] = [
  [{ mode: 'nearest' }, (i, input, output) => [[Math.floor((i * input) / output), 1]]],
  [{ mode: 'linear' }, linear(halfPixel)],
  [{ mode: 'linear', alignCorners: true }, linear(corners)],
  [{ mode: 'bicubic' }, cubic(halfPixel)],
  [{ mode: 'bicubic', alignCorners: true }, cubic(corners)],
  [{ mode: 'cubic', coordinates: 'asymmetric' }, cubic(asymmetric)],
  [{ mode: 'linear', coordinates: 'asymmetric' }, linear(asymmetric)],
  [{ mode: 'linear', coordinates: 'align-corners' }, linear(corners)],
  [
    { mode: 'linear', coordinates: 'pytorch-half-pixel' },
    linear((i, input, output) => (output === 1 ? 0 : halfPixel(i, input, output))),
  ],
  [
    { mode: 'nearest', coordinates: 'half-pixel', rounding: 'prefer-floor' },
    nearest(halfPixel, (at) => (at % 1 === 0.5 ? Math.floor(at) : Math.round(at))),
  ],
  [{ mode: 'nearest', coordinates: 'half-pixel', rounding: 'prefer-ceil' }, nearest(halfPixel, Math.round)],
  [{ mode: 'nearest', coordinates: 'align-corners', rounding: 'ceil' }, nearest(corners, Math.ceil)],
  [
    { mode: 'nearest', coordinates: 'tf-half-pixel', rounding: 'floor' },
    nearest((i, input, output) => ((i + 0.5) * input) / output, Math.floor),
  ],
  [{ mode: 'linear', antialias: true }, averaged(tent, true, 'is out')],
  [{ mode: 'linear', antialias: true, excludeOutside: false }, averaged(tent, true, 'counts')],
  [{ mode: 'cubic', antialias: true }, averaged((s) => keys(s, -0.5), true, 'is out')],
  [{ mode: 'cubic', antialias: true, cubicCoefficient: -0.75 }, averaged(keys, true, 'is out')],
  [
    { mode: 'cubic', cubicCoefficient: -0.5, excludeOutside: true },
    averaged((s) => keys(s, -0.5), false, 'is out'),
  ],
];

const resized: [input: Sizes, output: Sizes][] = [
  [[5], [9]],
  [[9], [4]],
  [[1], [3]],
  [[4], [1]],
  [[7], [2]],
  [
    [4, 5],
    [7, 11],
  ],
  [
    [7, 6],
    [3, 6],
  ],
  [
    [3, 4],
    [1, 12],
  ],
  [
    [2, 3, 4],
    [3, 2, 5],
  ],
];

describe.each(backends)('%s', (backend) => {
  for (const [options, mixture] of mixtures) {
    for (const [from, to] of resized) {
      if (options.mode === 'bicubic' && from.length !== 2) continue;
      it(`resize ${JSON.stringify(options)} from ${from.join('×')} to ${to.join('×')}`, () => {
        const x = normal(1, [2, 3, ...from], true);
        const y = withBackend(backend, () => resize(x, { ...options, size: to }));
        expect(y.shape).toEqual([2, 3, ...to]);
        const expected = define(x, to, (cell, position) => {
          const axes = position.map((i, d) => mixture(i, from[d], to[d]));
          const walk = (d: number, at: Sizes): number =>
            d === axes.length
              ? cell(at)
              : axes[d].reduce((sum, [c, w]) => sum + (w && w * walk(d + 1, [...at, c])), 0);
          return walk(0, []);
        });
        expected.forEach((value, i) => void expect(y.data[i]).toBeCloseTo(value, 5));
        // Resizing is linear: the gradient is its adjoint.
        const gradient = normal(2, y.shape);
        const [dx] = withBackend(backend, () => grad(y, [x], { gradient }));
        expect(dot(dx, x)).toBeCloseTo(dot(y, gradient), 3);
      });
    }
  }

  // The numbers are those of the cases in ONNX's documentation.
  it('resize as ONNX counts: scales before rounding, middles, parts', () => {
    withBackend(backend, () => {
      const row = neocog.tensor([1, 2, 3, 4], [1, 1, 4]);
      const shrink = (coordinates: neocog.ResizeOptions['coordinates']) =>
        resize(row, { scale: Math.fround(0.6), mode: 'linear', coordinates }).data;
      expect([...shrink('align-corners')].map((v) => v.toFixed(4))).toEqual(['1.0000', '3.1429']);
      expect([...shrink('half-pixel-symmetric')].map((v) => v.toFixed(4))).toEqual(['1.6667', '3.3333']);
      const square = reshape(arange(1, 17), [1, 1, 4, 4]);
      const part = { mode: 'linear', size: 3, extrapolation: 10 } as const;
      const inner = resize(square, {
        ...part,
        crop: [
          [0.4, 0.6],
          [0.6, 0.8],
        ],
      });
      const wanted = [7.6, 7.9, 8.2, 8.8, 9.1, 9.4, 10, 10.3, 10.6];
      wanted.forEach((value, i) => void expect(inner.data[i]).toBeCloseTo(value, 5));
      const beyond = resize(square, {
        ...part,
        crop: [
          [0.4, 1.2],
          [0.6, 1.7],
        ],
      });
      [7.6, 10, 10, 12.4, 10, 10, 10, 10, 10].forEach(
        (value, i) => void expect(beyond.data[i]).toBeCloseTo(value, 5),
      );
    });
  });

  it('a scale beside a size says what distances go by', () => {
    withBackend(backend, () => {
      const y = resize(reshape(arange(5), [1, 1, 5]), { size: 3, scale: 0.5 });
      expect([...y.data]).toEqual([0, 2, 4]);
    });
  });

  it.each([
    [[7], [3]],
    [[4], [7]],
    [
      [5, 6],
      [2, 4],
    ],
    [
      [6, 5],
      [6, 1],
    ],
    [
      [3, 4, 5],
      [2, 2, 3],
    ],
    [
      [4, 4],
      [2, 2],
    ],
  ])('adaptive pooling from %j to %j', (from, to) => {
    const windows = to.map((output, d) =>
      Array.from({ length: output }, (_, i) => {
        const [first, end] = [Math.floor((i * from[d]) / output), Math.ceil(((i + 1) * from[d]) / output)];
        return Array.from({ length: end - first }, (_, k) => first + k);
      }),
    );
    const cellsOf = (position: Sizes): number[][] =>
      positionsOf(position.map((i, d) => windows[d][i].length)).map((tap) =>
        tap.map((k, d) => windows[d][position[d]][k]),
      );
    const flat = (at: Sizes): number => at.reduce((index, i, d) => index * from[d] + i, 0);
    const x = spread(1, [2, 2, ...from]);
    withBackend(backend, () => {
      const mean = call(`adaptiveAvgPool${from.length}d`, x, to);
      const means = define(x, to, (cell, position) => {
        const cells = cellsOf(position).map(cell);
        return cells.reduce((a, b) => a + b) / cells.length;
      });
      means.forEach((value, i) => void expect(mean.data[i]).toBeCloseTo(value, 5));
      const { output, indices } = call<neocog.MaxPoolResult>(
        `adaptiveMaxPool${from.length}dWithIndices`,
        x,
        to,
      );
      expect([...output.data]).toEqual(
        define(x, to, (cell, position) => Math.max(...cellsOf(position).map(cell))),
      );
      expect([...indices.data]).toEqual(
        define(x, to, (cell, position) => {
          const cells = cellsOf(position);
          return flat(cells.reduce((best, at) => (cell(at) > cell(best) ? at : best)));
        }),
      );
    });
  });

  it('adaptive maxima go to the first of equals and to the last NaN, and averages carry infinities', () => {
    const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
    withBackend(backend, () => {
      const x = neocog.tensor([1, 1, nan, nan, -infinity, -infinity, -infinity], [1, 1, 7]);
      const { output, indices } = neocog.adaptiveMaxPool1dWithIndices(x, 3);
      expect([...output.data]).toEqual([nan, nan, -infinity]);
      expect([...indices.data]).toEqual([2, 3, 4]);
      expect([...neocog.adaptiveAvgPool1d(x, 3).data]).toEqual([nan, nan, -infinity]);
      expect([...neocog.globalMaxPool(x).data]).toEqual([nan]);
    });
  });

  it('the global maximum gives its gradient to the first of equals', () => {
    withBackend(backend, () => {
      const x = neocog.tensor([1, 3, 3, 0, 2, 2, 2, 2], [1, 2, 2, 2], { requiresGrad: true });
      const [dx] = grad(neocog.globalMaxPool(x), [x], { gradient: neocog.tensor([5, 7], [1, 2, 1, 1]) });
      expect([...dx.data]).toEqual([0, 5, 0, 0, 7, 0, 0, 0]);
    });
  });
});
