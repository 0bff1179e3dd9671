// Rearranging values: every operation against its definition written out position by position, on both backends and both
// dtypes, and that reading and adding are adjoint.

import * as neocog from 'neocog';
import { describe, expect, it } from 'vitest';
import { runCompiled, type Tensors } from '../../../../test/compiled.ts';
import { backends } from '../../../../test/conformance/harness.ts';
import { dot, whole } from '../../../../test/samples.ts';

type Tensor = neocog.Tensor;

const { arange, concat, embedding, flip, grad, pad, permute, reshape, slice, transpose, withBackend } =
  neocog;

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** The position of the flat index `i` in a tensor of `shape`. */
function positionOf(i: number, shape: readonly number[]): number[] {
  return shape.map((size, d) => Math.floor(i / sizeOf(shape.slice(d + 1))) % size);
}

const at = (t: Tensor, position: readonly number[]): number =>
  t.data[position.reduce((index, p, d) => index * t.shape[d] + p, 0)];

/** A tensor defined position by position. */
function define(shape: readonly number[], value: (position: number[]) => number): number[] {
  return Array.from({ length: sizeOf(shape) }, (_, i) => value(positionOf(i, shape)));
}

const numbered = (...shape: number[]): Tensor => reshape(arange(sizeOf(shape)), shape);
const integers = (...shape: number[]): Tensor =>
  neocog.tensor(Int32Array.from(numbered(...shape).data), shape);

interface Movement {
  readonly name: string;
  readonly inputs: readonly number[][];
  readonly run: (...inputs: Tensor[]) => Tensor;
  readonly shape: readonly number[];
  readonly value: (position: number[], ...inputs: Tensor[]) => number;
}

const mirrored = (p: number, size: number): number => (p < 0 ? -p : p >= size ? 2 * size - 2 - p : p);
const repeated = (p: number, size: number): number => (p < 0 ? -1 - p : p >= size ? 2 * size - 1 - p : p);
const borders: Record<string, (p: number, size: number) => number> = {
  reflect: mirrored,
  symmetric: repeated,
  replicate: (p, size) => Math.min(Math.max(p, 0), size - 1),
  circular: (p, size) => (p + size) % size,
};

const padding: readonly Movement[] = Object.entries(borders).map(([mode, source]) => ({
  name: `pad ${mode}`,
  inputs: [[2, 4, 5]],
  run: (x) => call(x, mode),
  shape: [2, 9, 8],
  value: ([a, b, c], x) => at(x, [a, source(b - 2, 4), source(c, 5)]),
}));

function call(x: Tensor, mode: string): Tensor {
  return pad(
    x,
    [
      [0, 0],
      [2, 3],
      [0, 3],
    ],
    { mode: mode as neocog.PadOptions['mode'] },
  );
}

const constant = (value: number): Movement => ({
  name: `pad ${value}`,
  inputs: [[2, 3, 4]],
  run: (x) =>
    pad(
      x,
      [
        [1, 0],
        [0, 2],
        [3, 1],
      ],
      { value },
    ),
  shape: [3, 5, 8],
  value: ([a, b, c], x) => (a < 1 || b > 2 || c < 3 || c > 6 ? value : at(x, [a - 1, b, c - 3])),
});

const movements: readonly Movement[] = [
  {
    name: 'permute',
    inputs: [[2, 3, 4, 5]],
    run: (x) => permute(x, [2, 0, -1, 1]),
    shape: [4, 2, 5, 3],
    value: ([c, a, d, b], x) => at(x, [a, b, c, d]),
  },
  {
    name: 'permute of long rows',
    inputs: [[3, 5, 40]],
    run: (x) => permute(x, [1, 0, 2]),
    shape: [5, 3, 40],
    value: ([b, a, c], x) => at(x, [a, b, c]),
  },
  {
    name: 'transpose',
    inputs: [[3, 70, 33]],
    run: (x) => transpose(x),
    shape: [3, 33, 70],
    value: ([a, c, b], x) => at(x, [a, b, c]),
  },
  {
    name: 'flip',
    inputs: [[2, 3, 4]],
    run: (x) => flip(x, [0, -1]),
    shape: [2, 3, 4],
    value: ([a, b, c], x) => at(x, [1 - a, b, 3 - c]),
  },
  {
    name: 'slice of several axes',
    inputs: [[4, 5, 9]],
    run: (x) => slice(x, { start: [1, null, 7], end: [-1, 4, null], step: [1, 2, -3] }),
    shape: [2, 2, 3],
    value: ([a, b, c], x) => at(x, [a + 1, 2 * b, 7 - 3 * c]),
  },
  {
    name: 'slice of one axis',
    inputs: [[2, 7, 2]],
    run: (x) => slice(x, { axis: 1, start: -5, end: 100 }),
    shape: [2, 5, 2],
    value: ([a, b, c], x) => at(x, [a, b + 2, c]),
  },
  {
    name: 'concat',
    inputs: [
      [2, 3, 4],
      [2, 1, 4],
      [2, 2, 4],
    ],
    run: (...inputs) => concat(inputs, { axis: -2 }),
    shape: [2, 6, 4],
    value: ([a, b, c], x, y, z) =>
      b < 3 ? at(x, [a, b, c]) : b < 4 ? at(y, [a, 0, c]) : at(z, [a, b - 4, c]),
  },
  {
    name: 'pixelShuffle',
    inputs: [[2, 18, 2, 3]],
    run: (x) => neocog.pixelShuffle(x, 3),
    shape: [2, 2, 6, 9],
    value: ([n, c, h, w], x) =>
      at(x, [n, c * 9 + (h % 3) * 3 + (w % 3), Math.floor(h / 3), Math.floor(w / 3)]),
  },
  {
    name: 'pixelShuffle, depth before place',
    inputs: [[2, 18, 2, 3]],
    run: (x) => neocog.pixelShuffle(x, 3, { order: 'depth-column-row' }),
    shape: [2, 2, 6, 9],
    value: ([n, c, h, w], x) =>
      at(x, [n, ((h % 3) * 3 + (w % 3)) * 2 + c, Math.floor(h / 3), Math.floor(w / 3)]),
  },
  {
    name: 'pixelUnshuffle, depth before place',
    inputs: [[3, 4, 6]],
    run: (x) => neocog.pixelUnshuffle(x, 2, { order: 'depth-column-row' }),
    shape: [12, 2, 3],
    value: ([c, h, w], x) => at(x, [c % 3, 2 * h + Math.floor(c / 6), 2 * w + (Math.floor(c / 3) % 2)]),
  },
  {
    name: 'pixelUnshuffle',
    inputs: [[3, 4, 6]],
    run: (x) => neocog.pixelUnshuffle(x, 2),
    shape: [12, 2, 3],
    value: ([c, h, w], x) => at(x, [Math.floor(c / 4), 2 * h + (Math.floor(c / 2) % 2), 2 * w + (c % 2)]),
  },
  {
    name: 'expand',
    inputs: [[3, 1]],
    run: (x) => neocog.expand(x, [2, 3, 4]),
    shape: [2, 3, 4],
    value: ([, b], x) => at(x, [b, 0]),
  },
  {
    name: 'tile',
    inputs: [[2, 3]],
    run: (x) => neocog.tile(x, [2, 3]),
    shape: [4, 9],
    value: ([a, b], x) => at(x, [a % 2, b % 3]),
  },
  {
    name: 'stack',
    inputs: [
      [2, 3],
      [2, 3],
    ],
    run: (...inputs) => neocog.stack(inputs, { axis: 1 }),
    shape: [2, 2, 3],
    value: ([a, i, b], ...inputs) => at(inputs[i], [a, b]),
  },
  {
    name: 'indexSelect by numbers',
    inputs: [[2, 4, 3]],
    run: (x) => neocog.indexSelect(x, [3, 0, -4, 1, 3], { axis: 1 }),
    shape: [2, 5, 3],
    value: ([a, i, b], x) => at(x, [a, [3, 0, 0, 1, 3][i], b]),
  },
  {
    name: 'indexSelect by a matrix',
    inputs: [[4, 3]],
    run: (x) =>
      neocog.indexSelect(
        x,
        neocog.tensor(
          [
            [3, 0],
            [-1, 1],
          ],
          [2, 2],
          { dtype: 'int32' },
        ),
      ),
    shape: [2, 2, 3],
    value: ([i, j, b], x) => at(x, [[3, 0, 3, 1][2 * i + j], b]),
  },
  {
    name: 'a part of a split',
    inputs: [[2, 7]],
    run: (x) => neocog.split(x, 3, { axis: 1 })[2],
    shape: [2, 1],
    value: ([a], x) => at(x, [a, 6]),
  },
  {
    name: 'squeeze and unsqueeze',
    inputs: [[2, 1, 3]],
    run: (x) => neocog.unsqueeze(neocog.squeeze(x, { axis: 1 }), [0, -1]),
    shape: [1, 2, 3, 1],
    value: ([, a, b], x) => at(x, [a, 0, b]),
  },
  constant(0),
  constant(7),
  ...padding,
];

describe.each(backends)('%s', (backend) => {
  it.each(movements.map((each) => [each.name, each] as const))('%s', (_, { inputs, run, shape, value }) => {
    for (const make of [numbered, integers]) {
      const given = inputs.map((size) => make(...size));
      const moved = withBackend(backend, () => run(...given));
      expect([moved.shape, moved.dtype]).toEqual([shape, given[0].dtype]);
      expect([...moved.data]).toEqual(define(shape, (position) => value(position, ...given)));
    }
  });

  it.each(movements.map((each) => [each.name, each] as const))(
    '%s: the gradient is the adjoint',
    (_, each) => {
      withBackend(backend, () => {
        const inputs = each.inputs.map((shape, i) => whole(i, shape, true));
        const origin = each.run(...inputs.map(({ shape }) => neocog.zeros(shape)));
        const y = each.run(...inputs);
        const gradient = whole(9, each.shape, true);
        const parts = grad(y, inputs, { gradient, createGraph: true });
        const forwards = dot(neocog.sub(y, origin), gradient);
        expect(inputs.reduce((sum, x, i) => sum + dot(x, parts[i]), 0)).toBe(forwards);
        // The gradient's own gradient moves forwards again.
        const [second] = grad(parts[0], [gradient], { gradient: whole(0, each.inputs[0]) });
        const others = inputs.map((x, i) => (i === 0 ? whole(0, x.shape) : neocog.zeros(x.shape)));
        expect(second.data).toEqual(neocog.sub(each.run(...others), origin).data);
      });
    },
  );

  it('embedding adds up the gradients of a row that is read twice', () => {
    withBackend(backend, () => {
      const weight = numbered(3, 2);
      weight.requiresGrad = true;
      const rows = embedding(neocog.tensor([2, 0, 2, 2], [2, 2], { dtype: 'int32' }), weight);
      expect(rows.shape).toEqual([2, 2, 2]);
      expect([...rows.data]).toEqual([4, 5, 0, 1, 4, 5, 4, 5]);
      rows.backward(reshape(arange(8), [2, 2, 2]));
      expect([...weight.grad!.data]).toEqual([2, 3, 0, 0, 10, 13]);
    });
  });
});

describe('compiled', () => {
  it.each(movements.map((each) => [each.name, each] as const))(
    '%s',
    async (_, { inputs, run, shape, value }) => {
      for (const make of [numbered, integers]) {
        // Negative integers have the bits of NaN: moving must not take them for floats.
        const given = inputs.map((size) => make(...size)).map((t) => turned(t));
        const named = Object.fromEntries(given.map((t, i) => [`x${i}`, t]));
        const found = await runCompiled(named, [], false, (all) => ({ y: run(...Object.values(all)) }));
        expect([...found.y.data]).toEqual(define(shape, (position) => value(position, ...given)));
      }
    },
  );

  const turned = (t: Tensor): Tensor =>
    neocog.tensor(
      t.data.map((v) => -1 - v),
      t.shape,
    );

  it('indexSelect by indices of the run, from either end', async () => {
    const x = numbered(2, 4, 3);
    const i = neocog.tensor([3, -4, 1], [3], { dtype: 'int32' });
    const select = ({ x: t, i: at }: Tensors) => ({ y: neocog.indexSelect(t, at, { axis: 1 }) });
    const { y } = await runCompiled({ x, i }, [], false, select);
    expect(y.shape).toEqual([2, 3, 3]);
    expect(y.data).toEqual(select({ x, i }).y.data);
  });

  it('embedding by words of the run', async () => {
    const weight = numbered(5, 3);
    const words = neocog.tensor([4, 0, 2, 2], [2, 2], { dtype: 'int32' });
    const { y } = await runCompiled({ words }, [], false, (t) => ({ y: embedding(t.words, weight) }));
    expect(y.data).toEqual(embedding(words, weight).data);
  });
});
