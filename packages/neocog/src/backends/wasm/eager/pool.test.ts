import { expect, test } from 'vitest';
import { poolGeometry, poolInputShape, poolOutputShape, poolScales } from '../../../geometry/pool.ts';
import { formatPool } from '../../../geometry/text.ts';
import type { PoolGeometry, WindowAxis } from '../../../geometry/types.ts';
import type { Values } from '../../work.ts';
import { overrideEngine } from '../engine.ts';
import { scatterAdd, take } from './gather.ts';
import { carryOut } from './routine.ts';

const maxPool = (geometry: PoolGeometry, x: Float32Array): Values[] =>
  carryOut({ op: 'maxPool', geometry }, [x]);
const sumPool = (geometry: PoolGeometry, x: Float32Array, scale: Float32Array): Float32Array =>
  carryOut({ op: 'sumPool', geometry }, [x, scale])[0] as Float32Array;
const sumPoolGrad = (geometry: PoolGeometry, y: Float32Array, scale: Float32Array): Float32Array =>
  carryOut({ op: 'sumPoolGrad', geometry }, [y, scale])[0] as Float32Array;

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

let seed = 3;
/** Numbers in ±½, the same in every run. */
const floats = (length: number): Float32Array =>
  Float32Array.from({ length }, () => {
    seed = (seed * 48271) % 2147483647;
    return seed / 2147483647 - 0.5;
  });

/** Per output cell of a plane: the real cells of its window, in row-major order. */
function windows(g: PoolGeometry): number[][] {
  const axisWindows = ({ input, kernel, stride, dilation, padBefore, output }: WindowAxis): number[][] =>
    Array.from({ length: output }, (_, o) =>
      Array.from({ length: kernel }, (_, k) => o * stride - padBefore + k * dilation).filter(
        (i) => i >= 0 && i < input,
      ),
    );
  return g.axes.reduce<number[][]>(
    (outer, axis) =>
      outer.flatMap((cells) =>
        axisWindows(axis).map((along) => cells.flatMap((cell) => along.map((i) => cell * axis.input + i))),
      ),
    [[0]],
  );
}

function eachWindow(g: PoolGeometry, visit: (output: number, cells: number[], plane: number) => void): void {
  const all = windows(g);
  const inputCells = size(g.axes.map((a) => a.input));
  for (let p = 0; p < g.batch * g.channels; p++)
    all.forEach((cells, o) => {
      visit(p * all.length + o, cells, p * inputCells);
    });
}

function expectedMax(g: PoolGeometry, x: Float32Array): { output: number[]; indices: number[] } {
  const [output, indices]: number[][] = [[], []];
  eachWindow(g, (o, cells, plane) => {
    let best = cells[0];
    for (const cell of cells)
      if (x[plane + cell] > x[plane + best] || Number.isNaN(x[plane + cell])) best = cell;
    output[o] = x[plane + best];
    indices[o] = best;
  });
  return { output, indices };
}

function checkMax(g: PoolGeometry, x: Float32Array): void {
  const [[output, indices], expected] = [maxPool(g, x), expectedMax(g, x)];
  expect([...indices], formatPool(g)).toEqual(expected.indices);
  expect([...output], formatPool(g)).toEqual(expected.output);
}

const close = (actual: Float32Array, expected: readonly number[], name: string): void => {
  expect(actual.length, name).toBe(expected.length);
  const wrong = expected.findIndex((y, i) => !(Math.abs(actual[i] - y) < 1e-4));
  expect(wrong, `${name} at ${wrong}: ${actual[wrong]}, expected ${expected[wrong]}`).toBe(-1);
};

function checkSum(g: PoolGeometry): void {
  const [x, y] = [floats(size(poolInputShape(g))), floats(size(poolOutputShape(g)))];
  const scale = poolScales(g, { countIncludePad: false });
  const sums = new Array<number>(y.length).fill(0);
  const spread = new Array<number>(x.length).fill(0);
  eachWindow(g, (o, cells, plane) => {
    const s = scale[o % scale.length];
    for (const cell of cells) {
      sums[o] += s * x[plane + cell];
      spread[plane + cell] += s * y[o];
    }
  });
  close(sumPool(g, x, scale), sums, `sum ${formatPool(g)}`);
  close(sumPoolGrad(g, y, scale), spread, `gradient ${formatPool(g)}`);
}

const geometries: PoolGeometry[] = [];
for (const width of [1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 20]) {
  for (const kernel of [1, 2, 3, 5]) {
    for (const stride of [1, 2, 3, 5]) {
      for (const dilation of kernel === 1 ? [1] : [1, 2]) {
        for (const padding of kernel === 1 ? [0] : [0, 1]) {
          for (const ceilMode of [false, true]) {
            if ((kernel - 1) * dilation + 1 > width + 2 * padding) continue;
            try {
              const options = { stride, dilation, padding, ceilMode };
              geometries.push(
                poolGeometry({ fn: 'pool', rank: 1 }, { input: [2, 3, width], kernel }, options),
              );
            } catch {
              // A window of padding only, which the geometry refuses.
            }
          }
        }
      }
    }
  }
}
const make = (
  rank: 1 | 2 | 3,
  input: number[],
  kernel: number[],
  options: Parameters<typeof poolGeometry>[2],
): void => {
  geometries.push(poolGeometry({ fn: 'pool', rank }, { input, kernel }, options));
};
make(2, [2, 3, 28, 28], [2, 2], {});
make(2, [2, 3, 9, 11], [3, 3], { stride: 2, padding: 1 });
make(2, [1, 2, 7, 6], [3, 2], { stride: [1, 2], padding: [1, 0], dilation: [2, 1], ceilMode: true });
make(2, [3, 1, 10, 13], [2, 3], {
  stride: [3, 1],
  padding: [
    [0, 1],
    [1, 0],
  ],
});
make(2, [1, 2, 15, 15], [3, 3], { stride: 2, padding: 1, dilation: 2, ceilMode: true });
make(2, [2, 5, 7, 7], [7, 7], {});
make(2, [1, 2, 13, 14], [9, 9], { stride: 1, padding: 4 });
make(2, [1, 2, 13, 14], [6, 6], { stride: 2, padding: 3, ceilMode: true });
make(2, [1, 2, 9, 13], [3, 5], { stride: [2, 1], padding: [1, 2] });
make(3, [1, 2, 5, 6, 7], [2, 3, 2], { stride: [1, 2, 2], padding: [1, 1, 0] });
make(3, [2, 1, 6, 7, 9], [3, 3, 3], { stride: 2, padding: 1, ceilMode: true });
make(3, [1, 1, 9, 8, 7], [4, 4, 4], { stride: 3, padding: 2 });

test(`maxima of ${geometries.length} geometries`, () => {
  for (const g of geometries) checkMax(g, floats(size(poolInputShape(g))));
});

test('maxima without relaxed SIMD', () => {
  const before = overrideEngine({ fma: false });
  for (const g of geometries.slice(-12)) checkMax(g, floats(size(poolInputShape(g))));
  overrideEngine(before);
});

test('ties go to the first, NaN to the last, −inf to the first real cell', () => {
  const values = [0, 1, -1, Number.NaN, -Infinity, Infinity];
  for (const g of geometries) {
    const length = size(poolInputShape(g));
    for (const rare of [0, 0.05]) {
      const pick = (r: number) => values[Math.floor((r + 0.5) * (rare ? values.length : 3))];
      checkMax(
        g,
        floats(length).map((r, i) => (rare && i % 7 ? -Infinity : pick(r))),
      );
    }
    checkMax(g, new Float32Array(length).fill(-Infinity));
    checkMax(g, new Float32Array(length).fill(Number.NaN));
  }
});

test('sums and their gradients', () => {
  for (const g of geometries) checkSum(g);
});

test('an empty batch', () => {
  const g = poolGeometry({ fn: 'pool', rank: 2 }, { input: [1, 3, 4, 4], kernel: 2 });
  const none = { ...g, batch: 0 };
  const [x, scale] = [new Float32Array(0), poolScales(g)];
  expect(maxPool(none, x)).toEqual([x, new Int32Array(0)]);
  expect(sumPool(none, x, scale)).toEqual(x);
  expect(sumPoolGrad(none, x, scale)).toEqual(x);
});

test('take and scatterAdd', () => {
  const indices = Int32Array.of(2, 0, 2, 1, 1, 1);
  expect([...take(2, Float32Array.of(1, 2, 3, 4, 5, 6), indices)]).toEqual([3, 1, 3, 5, 5, 5]);
  expect([...scatterAdd(2, 3, Float32Array.of(1, 2, 3, 4, 5, 6), indices)]).toEqual([2, 0, 4, 0, 15, 0]);
  expect(() => take(1, Float32Array.of(1), Int32Array.of(1))).toThrow('outside of its plane');
  expect(() => scatterAdd(1, 2, Float32Array.of(1), Int32Array.of(-1))).toThrow('outside of its plane');
  expect([...take(0, new Float32Array(0), new Int32Array(0))]).toEqual([]);
  expect([...scatterAdd(0, 3, new Float32Array(0), new Int32Array(0))]).toEqual([]);
});
