// The classical filters: what their matrices sum to, what they do to flat, sloping and striped images, and
// every one of them against its definition written as loops, for each padding mode.

import {
  type filters as Filters,
  filters,
  gradcheck,
  type PaddingMode,
  sum,
  type Tensor,
  withBackend,
  zeros,
} from 'neocog';
import { describe, expect, it } from 'vitest';
import { backends } from '../../../../test/conformance/harness.ts';
import { draw, rows } from '../../../../test/pictures.ts';
import { normal } from '../../../../test/samples.ts';

const { kernels } = filters;

type Matrix = Filters.Matrix;

const total = (matrix: Matrix): number => matrix.flat().reduce((a, b) => a + b, 0);

const modes: readonly PaddingMode[] = ['zeros', 'reflect', 'symmetric', 'replicate', 'circular'];

/**
 * The cell of a row of `n` that stands at position `i`, also outside; null for nothing. Any distance away.
 */
const cellAt: Record<PaddingMode, (i: number, n: number) => number | null> = {
  zeros: (i, n) => (i < 0 || i >= n ? null : i),
  replicate: (i, n) => Math.min(Math.max(i, 0), n - 1),
  circular: (i, n) => ((i % n) + n) % n,
  reflect: (i, n) => (n === 1 ? 0 : fold(i, 2 * n - 2, (at) => 2 * n - 2 - at, n)),
  symmetric: (i, n) => fold(i, 2 * n, (at) => 2 * n - 1 - at, n),
};

function fold(i: number, period: number, back: (at: number) => number, n: number): number {
  const at = ((i % period) + period) % period;
  return at < n ? at : back(at);
}

interface Laid {
  readonly mode?: PaddingMode;
  readonly anchor?: readonly [number, number];
  readonly flip?: boolean;
}

/** The definition, in float64: a sum over the matrix's cells for each pixel of each plane. */
function define(
  image: Tensor,
  matrix: Matrix,
  { mode = 'replicate', anchor, flip = false }: Laid = {},
): number[] {
  const [h, w] = image.shape.slice(-2);
  const [atRow, atColumn] = anchor ?? [matrix.length, matrix[0].length].map((n) => Math.floor((n - 1) / 2));
  const sign = flip ? -1 : 1;
  return Array.from({ length: image.size }, (_, i) => {
    const [plane, y, x] = [Math.floor(i / (h * w)), Math.floor(i / w) % h, i % w];
    let answer = 0;
    matrix.forEach((row, u) => {
      row.forEach((weight, v) => {
        const r = cellAt[mode](y + sign * (u - atRow), h);
        const c = cellAt[mode](x + sign * (v - atColumn), w);
        if (r !== null && c !== null) answer += weight * image.data[(plane * h + r) * w + c];
      });
    });
    return answer;
  });
}

function expectClose(got: Tensor, wanted: readonly number[], tolerance = 2e-6): void {
  expect(got.size).toBe(wanted.length);
  const scale = Math.max(1, ...wanted.map(Math.abs));
  const worst = Math.max(...wanted.map((value, i) => Math.abs(value - got.data[i])));
  expect(worst / scale).toBeLessThan(tolerance);
}

const settingsOfAll: readonly (readonly [string, Filters.FilterSettings])[] = [
  ...filters.catalogue.map(({ name }) => [name, {}] as const),
  ['sobel', { direction: 'x' }],
  ['scharr', { direction: 'y' }],
  ['prewitt', { direction: 'x' }],
  ['laplacian', { neighbours: 8 }],
  ['gaussianBlur', { sigma: 0.4 }],
  ['gaussianBlur', { sigma: 3, size: 5 }],
  ['boxBlur', { size: 1 }],
  ['boxBlur', { size: 4 }],
  ['motionBlur', { length: 1 }],
  ['motionBlur', { length: 4.5, angle: 30 }],
  ['motionBlur', { length: 6, angle: -90 }],
  ['sharpen', { amount: 0.3 }],
  ['unsharp', { sigma: 1, amount: 2, size: 3 }],
  ['emboss', { angle: 20, amount: 2 }],
  ['gabor', { wavelength: 4, angle: 30, sigma: 1, aspect: 1, phase: -90 }],
];

const find = (name: string): Filters.Filter => filters.catalogue.find((filter) => filter.name === name)!;

/** The whole filter as one matrix, or two of which the length of (x, y) is taken. */
function wholeMatrices(name: string, settings: Filters.FilterSettings): readonly Matrix[] {
  const whole: Record<string, (s: Filters.FilterSettings) => Matrix> = {
    gaussianBlur: kernels.gaussianBlur,
    boxBlur: kernels.boxBlur,
    unsharp: kernels.unsharp,
  };
  return whole[name] ? [whole[name](settings)] : find(name).passes(settings);
}

const defined = new Map<string, { image: Tensor; answers: number[] }>();

/** What a filter must make of a random image; computed once for all backends. */
function defineFilter(name: string, settings: Filters.FilterSettings, mode: PaddingMode) {
  const key = `${name} ${JSON.stringify(settings)} ${mode}`;
  let known = defined.get(key);
  if (!known) {
    const matrices = wholeMatrices(name, settings);
    // A mirror has no more to offer than the image, so the image is just larger than the matrix reaches.
    const [h, w] = [0, 1].map(
      (axis) => 5 + axis + Math.max(...matrices.map((m) => [m.length, m[0].length][axis] >> 1)),
    );
    const image = normal(1, h * w > 300 ? [1, h, w] : [2, 3, h, w]);
    const parts = matrices.map((matrix) => define(image, matrix, { mode }));
    const answers = parts.length === 1 ? parts[0] : parts[0].map((x, i) => Math.hypot(x, parts[1][i]));
    known = { image, answers };
    defined.set(key, known);
  }
  return known;
}

describe('matrices', () => {
  it('are those of the textbooks', () => {
    expect(kernels.sobelX).toEqual([
      [-1, 0, 1],
      [-2, 0, 2],
      [-1, 0, 1],
    ]);
    expect(kernels.sobelY).toEqual([
      [-1, -2, -1],
      [0, 0, 0],
      [1, 2, 1],
    ]);
    expect(kernels.scharrX[1]).toEqual([-10, 0, 10]);
    expect(kernels.scharrY[0]).toEqual([-3, -10, -3]);
    expect(kernels.prewittY[2]).toEqual([1, 1, 1]);
    expect(kernels.sharpen()).toEqual([
      [0, -1, 0],
      [-1, 5, -1],
      [0, -1, 0],
    ]);
    expect(kernels.emboss()).toEqual([
      [-2, -1, 0],
      [-1, 1, 1],
      [0, 1, 2],
    ]);
    expect(kernels.motionBlur({ length: 5 })).toEqual([[0.2, 0.2, 0.2, 0.2, 0.2]]);
    expect(kernels.boxBlur({ size: 2 })).toEqual([
      [0.25, 0.25],
      [0.25, 0.25],
    ]);
  });

  it.each(settingsOfAll)('of %s %o sum to 1, or to 0 where signed', (name, settings) => {
    for (const matrix of [...wholeMatrices(name, settings), ...find(name).passes(settings)]) {
      expect(total(matrix)).toBeCloseTo(find(name).signed ? 0 : 1, 10);
    }
  });

  it('cannot be changed', () => {
    expect(Object.isFrozen(kernels.sobelX) && kernels.sobelX.every(Object.isFrozen)).toBe(true);
  });

  it('of a Gaussian have its variance, and are the outer product of rows', () => {
    const row = kernels.gaussianRow({ sigma: 2, size: 41 });
    const variance = row.reduce((sum, weight, i) => sum + weight * (i - 20) ** 2, 0);
    expect(variance).toBeCloseTo(4, 6);
    expect(row.length).toBe(41);
    expect(kernels.gaussianRow({ sigma: 2 }).length).toBe(13);
    const plane = kernels.gaussianBlur({ sigma: 2, size: 41 });
    expect(plane[3][30]).toBe(row[3] * row[30]);
  });

  it('of motion lie along their angle: 45 rises to the right', () => {
    const path = kernels.motionBlur({ length: 5, angle: 45 });
    expect(path[0][path.length - 1]).toBeGreaterThan(0.03);
    expect(path[0][0]).toBe(0);
    const upright = kernels.motionBlur({ length: 5, angle: 90 });
    expect([upright.length, upright[0].length]).toEqual([5, 1]);
  });
});

describe.each(backends)('%s', (backend) => {
  const run = <T>(body: () => T): T => withBackend(backend, body);

  describe.each(modes)('filters with %s padding', (mode) => {
    it.each(settingsOfAll)('%s %o is its definition', (name, settings) => {
      const { image, answers } = defineFilter(name, settings, mode);
      const got = run(() => find(name).run(image, { ...settings, paddingMode: mode }));
      expect(got.shape).toEqual(image.shape);
      expectClose(got, answers);
    });
  });

  it.each(modes)('apply: any matrix, anchor and orientation, %s padding', (mode) => {
    const image = normal(3, [2, 6, 7]);
    const shapes = [
      [1, 1],
      [2, 2],
      [3, 3],
      [1, 4],
      [4, 3],
      [5, 2],
    ] as const;
    for (const [i, shape] of shapes.entries()) {
      const kernel = normal(10 + i, shape);
      const matrix = rows(kernel);
      const anchors = [undefined, [0, 0], [shape[0] - 1, shape[1] - 1]] as const;
      for (const anchor of anchors) {
        for (const flip of [false, true]) {
          const options = { paddingMode: mode, flipKernel: flip, anchor };
          const wanted = define(image, matrix, { mode, flip, ...(anchor && { anchor }) });
          expectClose(
            run(() => filters.apply(image, matrix, options)),
            wanted,
          );
          expectClose(
            run(() => filters.apply(image, kernel, options)),
            wanted,
          );
        }
      }
    }
  });

  it.each(settingsOfAll)('%s %o leaves flat images flat', (name, settings) => {
    const flat = draw(5, 8, () => 0.7);
    const got = run(() => find(name).run(flat, settings));
    for (const value of got.data) expect(value).toBeCloseTo(find(name).signed ? 0 : 0.7, 5);
  });
});

describe('gradients', () => {
  it('flow to the image through every filter', () => {
    for (const { run } of filters.catalogue) gradcheck((x) => run(x), [normal(5, [2, 4, 5], true)]);
  });

  it('flow to a matrix, turned or not', () => {
    const inputs = [normal(6, [2, 4, 5], true), normal(7, [2, 3], true)];
    for (const flipKernel of [false, true]) gradcheck((x, w) => filters.apply(x, w, { flipKernel }), inputs);
  });

  it('of a magnitude are 0 where the image is flat', () => {
    const flat = zeros([1, 4, 4], { requiresGrad: true });
    sum(filters.sobel(flat)).backward();
    expect(flat.grad?.data).toEqual(new Float32Array(16));
  });
});
