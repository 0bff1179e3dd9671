// docs/from-other-frameworks.md, row by row: each claim has a number there and a test of that number here. What other
// frameworks compute is written out as plain loops over their layouts, or as numbers computed by hand.

import * as neocog from 'neocog';
import {
  add,
  avgPool1d,
  conv1d,
  conv2d,
  convTranspose1d,
  convTranspose2d,
  crossEntropy,
  flatten,
  gelu,
  globalAvgPool,
  init,
  klDiv,
  leakyRelu,
  maxPool1d,
  mul,
  nn,
  optim,
  pad,
  permute,
  pixelShuffle,
  reshape,
  resize,
  schedule,
  softmax,
  sum,
  tensor,
  transpose,
} from 'neocog';
import { describe, expect, it } from 'vitest';
import { whole } from './samples.ts';

type Tensor = neocog.Tensor;

const listed: string[] = [];

/** A row of the page: `id` stands in its last column. */
function row(id: string, title: string, body: () => void): void {
  listed.push(id);
  it(`${id}: ${title}`, body);
}

/** Shapes as plain lists: editors know literal ones, and would refuse what these tests try. */
const of = (data: ArrayLike<number>, shape: readonly number[]): Tensor => tensor(data, shape);
const line = (...cells: number[]): Tensor => of(cells, [1, 1, cells.length]);
const list = (t: Tensor): number[] => Array.from(t.data);

function near(got: Tensor | readonly number[], want: readonly number[], digits = 5): void {
  const values = got instanceof neocog.Tensor ? list(got) : got;
  expect(values.length).toBe(want.length);
  values.forEach((value, i) => expect(value, `at ${i}`).toBeCloseTo(want[i], digits));
}

/** Fills an array in row-major order from its indices. */
function generate(shape: readonly number[], cell: (...index: number[]) => number): number[] {
  const values: number[] = [];
  const visit = (index: number[]): void => {
    if (index.length === shape.length) values.push(cell(...index));
    else for (let i = 0; i < shape[index.length]; i++) visit([...index, i]);
  };
  visit([]);
  return values;
}

/** The value at an index, 0 outside. */
function at(t: Tensor, ...index: number[]): number {
  if (index.some((i, d) => i < 0 || i >= t.shape[d])) return 0;
  return t.data[index.reduce((flat, i, d) => flat * t.shape[d] + i, 0)];
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** TensorFlow's cells before an axis, and its outputs, for 'SAME'. */
function tfSame(input: number, kernel: number, stride: number): { before: number; out: number } {
  const out = Math.ceil(input / stride);
  return { before: Math.floor(Math.max((out - 1) * stride + kernel - input, 0) / 2), out };
}

/** TensorFlow's convolution: x `[n, h, w, c]`, kernel `[kh, kw, c / groups, out]`, padding 'SAME'. */
function tfConv2d(x: Tensor, kernel: Tensor, stride = 1, groups = 1): number[] {
  const [n, h, w] = x.shape;
  const [kh, kw, perGroup, filters] = kernel.shape;
  const [rows, columns] = [tfSame(h, kh, stride), tfSame(w, kw, stride)];
  return generate([n, rows.out, columns.out, filters], (b, i, j, o) => {
    const first = Math.floor(o / (filters / groups)) * perGroup;
    const terms = generate([kh, kw, perGroup], (u, v, c) => {
      const cell = at(x, b, i * stride + u - rows.before, j * stride + v - columns.before, first + c);
      return cell * at(kernel, u, v, c, o);
    });
    return total(terms);
  });
}

/** TensorFlow's transposed convolution: x `[n, h, w, c]`, kernel `[kh, kw, out, c]`, padding 'VALID', kernel ≥ stride. */
function tfConv2dTranspose(x: Tensor, kernel: Tensor, stride: number): number[] {
  const [n, h, w, channels] = x.shape;
  const [kh, kw, filters] = kernel.shape;
  const shape = [n, (h - 1) * stride + kh, (w - 1) * stride + kw, filters];
  return generate(shape, (b, y, z, o) =>
    total(
      generate([h, w, channels], (i, j, c) => {
        const tap = at(kernel, y - i * stride, z - j * stride, o, c);
        return at(x, b, i, j, c) * tap;
      }),
    ),
  );
}

/** JAX's fractionally strided correlation of x `[c, w]` with a kernel `[k, c, out]`: → `[out, w′]`. */
function jaxDilated(x: Tensor, kernel: Tensor, stride: number, [low, high]: readonly [number, number]) {
  const [channels, w] = x.shape;
  const [k, , filters] = kernel.shape;
  const spread = (c: number, i: number): number => (i % stride === 0 ? at(x, c, i / stride) : 0);
  const size = low + (w - 1) * stride + 1 + high - k + 1;
  return generate([filters, size], (o, i) =>
    total(generate([k, channels], (u, c) => spread(c, i + u - low) * at(kernel, u, c, o))),
  );
}

const toFirst = (x: Tensor): Tensor => permute(x, [0, 3, 1, 2]);
const toLast = (x: Tensor): Tensor => permute(x, [0, 2, 3, 1]);
const oihw = [3, 2, 0, 1];
/** An option object that no editor would let pass. */
const wrong = (options: object): object => options;

describe('convolution', () => {
  row('F01', 'filters and kernel size suffice', () => {
    const layer = new nn.LazyConv2d(4, 3);
    expect(layer.forward(whole(1, [2, 5, 8, 8])).shape).toEqual([2, 4, 6, 6]);
    expect(layer.weight.shape).toEqual([4, 5, 3, 3]);
    expect(new nn.Conv2d(5, 4, 3).weight.shape).toEqual([4, 5, 3, 3]);
  });

  row('F02', 'what follows the weight has names', () => {
    const options = { bias: of([100], [1]), stride: 2, padding: 1, dilation: 1, groups: 1 };
    expect(list(conv1d(line(1, 2, 3, 4), line(1, 1, 1), options))).toEqual([103, 109]);
  });

  row('F03', 'unknown names are refused; stride and dilation combine', () => {
    const [x, w] = [line(1, 2, 3, 4, 5, 6, 7), line(1, 10, 100)];
    for (const name of ['strides', 'dilationRate', 'dilation_rate', 'feature_group_count', 'pad']) {
      expect(() => conv1d(x, w, wrong({ [name]: 2 }))).toThrow(name);
    }
    // Taps 0, 2, 4 from cell 0, then from cell 2.
    expect(list(conv1d(x, w, { stride: 2, dilation: 2 }))).toEqual([1 + 30 + 500, 3 + 50 + 700]);
  });

  row('F04', 'HWIO becomes OIHW', () => {
    const [x, kernel] = [whole(1, [2, 5, 6, 3]), whole(2, [3, 2, 3, 4])];
    const y = conv2d(toFirst(x), permute(kernel, oihw), { padding: 'same' });
    expect(list(toLast(y))).toEqual(tfConv2d(x, kernel));
    const grouped = whole(3, [3, 3, 2, 6]);
    const z = conv2d(toFirst(whole(4, [1, 4, 4, 4])), permute(grouped, oihw), { padding: 'same', groups: 2 });
    expect(list(toLast(z))).toEqual(tfConv2d(whole(4, [1, 4, 4, 4]), grouped, 1, 2));
    const sequence = conv1d(line(1, 2, 3), permute(of([1, 10], [2, 1, 1]), [2, 1, 0]));
    expect(list(sequence)).toEqual([21, 32]);
  });

  row('F05', 'channels-last operations take HWIO kernels', () => {
    const [x, kernel] = [whole(1, [2, 5, 6, 3]), whole(2, [3, 2, 3, 4])];
    const y = conv2d(x, kernel, { padding: 'same', stride: 2, layout: 'channels-last' });
    expect(y.shape).toEqual([2, 3, 3, 4]);
    expect(list(y)).toEqual(tfConv2d(x, kernel, 2));
    expect(() => conv2d(x, kernel, wrong({ layout: 'channels_last' }))).toThrow("'channels-last'");
  });

  row('F06', 'layers keep their weight in one layout', () => {
    const [x, kernel] = [whole(1, [1, 4, 5, 3]), whole(2, [3, 3, 3, 2])];
    const layer = new nn.Conv2d(3, 2, 3, { padding: 'same', layout: 'channels-last', bias: false });
    expect(layer.weight.shape).toEqual([2, 3, 3, 3]);
    layer.loadStateDict({ weight: permute(kernel, oihw) });
    expect(list((layer as neocog.nn.Module).forward(x))).toEqual(tfConv2d(x, kernel));
  });

  row('F07', 'lax pairs are pairs here', () => {
    // 0 0 1 2 3 0 under 1 10 100, by two.
    const y = conv1d(line(1, 2, 3), line(1, 10, 100), { stride: 2, padding: [[2, 1]] });
    expect(list(y)).toEqual([100, 1 + 20 + 300]);
  });

  row('F08', 'flipKernel is numpy.convolve', () => {
    const [x, w] = [line(1, 2, 3), line(0, 1, 0.5)];
    expect(list(conv1d(x, w, { flipKernel: true, padding: 'full' }))).toEqual([0, 1, 2.5, 4, 1.5]);
    expect(list(conv1d(x, w, { flipKernel: true, padding: 'valid' }))).toEqual([2.5]);
  });

  row('F09', 'a dense kernel is transposed', () => {
    const kernel = of([1, 2, 3, 4, 5, 6], [2, 3]);
    const layer = new nn.Linear(2, 3, { bias: false });
    layer.loadStateDict({ weight: transpose(kernel) });
    expect(list(layer.forward(of([1, 10], [1, 2]) as neocog.Tensor<[1, 2]>))).toEqual([41, 52, 63]);
  });

  row('F10', 'dense after flatten', () => {
    const [h, w, c, out] = [2, 3, 4, 5];
    const [x, kernel] = [whole(1, [1, h, w, c]), whole(2, [h * w * c, out])];
    const there = range(out).map((o) => total(range(x.size).map((i) => x.data[i] * at(kernel, i, o))));
    const weight = reshape(permute(reshape(kernel, [h, w, c, out]), oihw), [out, c * h * w]);
    expect(list(neocog.linear(flatten(toFirst(x), { startAxis: 1 }), weight))).toEqual(there);
  });
});

describe('padding', () => {
  row('F11', "'same' is TensorFlow's", () => {
    for (const [size, kernel, stride] of [
      [4, 3, 2],
      [5, 2, 1],
      [7, 4, 3],
      [6, 3, 1],
    ]) {
      const [x, w] = [whole(size, [1, size, size, 1]), whole(kernel, [kernel, kernel, 1, 1])];
      const y = conv2d(x, w, { padding: 'same', stride, layout: 'channels-last' });
      expect(list(y)).toEqual(tfConv2d(x, w, stride));
    }
  });

  row('F12', "'same-lower' has the odd cell at the start", () => {
    const [x, w] = [line(1, 2, 3), line(1, 10)];
    expect(list(conv1d(x, w, { padding: 'same-lower' }))).toEqual([10, 21, 32]);
    expect(list(conv1d(x, w, { padding: 'same' }))).toEqual([21, 32, 3]);
  });

  row('F13', "PyTorch's padding 1 is not 'same' with stride 2", () => {
    const [x, w] = [line(1, 2, 3, 4), line(1, 1, 1)];
    expect(list(conv1d(x, w, { padding: 1, stride: 2 }))).toEqual([3, 9]);
    expect(list(conv1d(x, w, { padding: 'same', stride: 2 }))).toEqual([6, 7]);
    expect(list(conv1d(x, w, { padding: 'same' }))).toEqual([3, 6, 9, 7]);
    // Even kernels: PyTorch, too, puts the odd cell at the end.
    expect(list(conv1d(x, line(1, 10), { padding: 'same' }))).toEqual([21, 32, 43, 4]);
  });

  row('F14', 'causal sees no later cell', () => {
    const y = conv1d(line(1, 2, 3, 4), line(1, 10), { padding: 'causal', dilation: 2 });
    expect(list(y)).toEqual([10, 20, 30 + 1, 40 + 2]);
    expect(conv2d(whole(1, [1, 1, 4, 4]), whole(2, [1, 1, 2, 2]), { padding: 'causal' }).shape).toEqual([
      1, 1, 4, 4,
    ]);
  });

  row('F15', 'F.pad names the last axis first', () => {
    const [left, right, top, bottom] = [1, 0, 2, 0];
    const padded = pad(of([7, 8], [1, 1, 1, 2]), [
      [0, 0],
      [0, 0],
      [top, bottom],
      [left, right],
    ]);
    expect(padded.shape).toEqual([1, 1, 3, 3]);
    expect(list(padded)).toEqual([0, 0, 0, 0, 0, 0, 0, 7, 8]);
  });

  row('F16', 'pairs per spatial axis, first axis first', () => {
    const one = of([1], [1, 1, 1, 1]);
    const padding = [
      [1, 2],
      [0, 3],
    ] as const;
    const y = conv2d(of([5], [1, 1, 1, 1]), one, { padding });
    expect(y.shape).toEqual([1, 1, 4, 4]);
    expect(list(y).indexOf(5)).toBe(4);
  });

  const modes = {
    F17: { name: "'edge' is 'replicate'", mode: 'replicate', cells: [1, 1, 1, 2, 3, 3, 3] },
    F18: { name: "'wrap' is 'circular'", mode: 'circular', cells: [2, 3, 1, 2, 3, 1, 2] },
    F19: { name: "'symmetric' repeats the edge", mode: 'symmetric', cells: [2, 1, 1, 2, 3, 3, 2] },
    F20: { name: "'reflect' does not", mode: 'reflect', cells: [3, 2, 1, 2, 3, 2, 1] },
  } as const;
  for (const [id, { name, mode, cells }] of Object.entries(modes)) {
    row(id, name, () => {
      expect(list(pad(tensor([1, 2, 3]), [[2, 2]], { mode }))).toEqual([...cells]);
      expect(list(conv1d(line(1, 2, 3), line(1), { padding: 2, paddingMode: mode }))).toEqual([...cells]);
    });
  }

  row('F21', "Flax's circular padding does not depend on the stride", () => {
    const [x, w] = [line(1, 2, 3, 4), line(1, 1, 1)];
    const paddingMode = 'circular';
    expect(list(conv1d(x, w, { padding: [[1, 1]], paddingMode, stride: 2 }))).toEqual([4 + 1 + 2, 2 + 3 + 4]);
    expect(list(conv1d(x, w, { padding: 'same', paddingMode, stride: 2 }))).toEqual([1 + 2 + 3, 3 + 4 + 1]);
    const even = line(1, 10, 100, 1000);
    const there = [4 + 10 + 200 + 3000, 1 + 20 + 300 + 4000, 2 + 30 + 400 + 1000, 3 + 40 + 100 + 2000];
    expect(list(conv1d(x, even, { padding: [[1, 2]], paddingMode }))).toEqual(there);
    expect(list(conv1d(x, even, { padding: 'same', paddingMode }))).toEqual(there);
  });
});

describe('transposed convolution', () => {
  row('F22', 'kernels of Keras', () => {
    const [x, kernel] = [whole(1, [2, 3, 2, 3]), whole(2, [3, 2, 4, 3])];
    const there = tfConv2dTranspose(x, kernel, 2);
    const y = convTranspose2d(toFirst(x), permute(kernel, oihw), { stride: 2 });
    expect(list(toLast(y))).toEqual(there);
    expect(list(convTranspose2d(x, kernel, { stride: 2, layout: 'channels-last' }))).toEqual(there);
  });

  row('F23', 'outputPadding and outputSize', () => {
    const [x, w] = [line(1, 2, 3), line(1, 10, 100)];
    const want = [10, 102, 20, 203, 30, 300];
    expect(list(convTranspose1d(x, w, { stride: 2, padding: 1, outputPadding: 1 }))).toEqual(want);
    expect(list(convTranspose1d(x, w, { stride: 2, padding: 1, outputSize: [6] }))).toEqual(want);
    expect(() => convTranspose1d(x, w, { stride: 2, padding: 1, outputPadding: 1, outputSize: [6] })).toThrow(
      'give one of them',
    );
  });

  row('F24', "Keras 'same' is not PyTorch's padding 1, outputPadding 1", () => {
    const [x, w] = [line(1, 2, 3), line(1, 10, 100)];
    const same = convTranspose1d(x, w, { stride: 2, padding: 'same' });
    // The gradient of a 'same' convolution of 6 cells, which has no padding before them.
    expect(tfSame(6, 3, 2)).toEqual({ before: 0, out: 3 });
    expect(list(same)).toEqual([1, 10, 102, 20, 203, 30]);
    const torch = convTranspose1d(x, w, { stride: 2, padding: 1, outputPadding: 1 });
    expect(list(torch)).toEqual([10, 102, 20, 203, 30, 300]);
  });

  row('F25', "Keras 'valid' fills up to the stride", () => {
    const [x, w] = [line(1, 2), line(1)];
    expect(list(convTranspose1d(x, w, { stride: 3 }))).toEqual([1, 0, 0, 2]);
    expect(list(convTranspose1d(x, w, { stride: 3, outputPadding: 2 }))).toEqual([1, 0, 0, 2, 0, 0]);
  });

  row('F26', "Keras 'same' with output_padding", () => {
    const x = line(1, 2, 3);
    const run = (w: Tensor, p: number): number[] => {
      const k = w.size;
      return list(
        convTranspose1d(x, w, { stride: 2, padding: 'same', outputSize: [(3 - 1) * 2 + (k % 2) + p] }),
      );
    };
    // Keras drops ⌊(k − k mod 2 − p) / 2⌋ cells before.
    expect(run(line(1, 10, 100), 0)).toEqual([10, 102, 20, 203, 30]);
    expect(run(line(1, 10, 100), 1)).toEqual([1, 10, 102, 20, 203, 30]);
    expect(run(line(1, 10, 100, 1000), 1)).toEqual([10, 102, 1020, 203, 2030]);
  });

  row('F27', 'JAX does not turn the kernel around', () => {
    const [x, kernel] = [whole(1, [2, 4]), whole(2, [3, 2, 3])];
    const weight = permute(kernel, [1, 2, 0]);
    const run = (padding: 'valid' | 'same'): number[] =>
      list(convTranspose1d(x, weight, { stride: 2, flipKernel: true, padding }));
    // lax: for 'VALID' k − 1 cells before and s − 1 + max(k − s, 0) after, for 'SAME' ⌈(k + s − 2) / 2⌉ of k + s − 2 before.
    expect(run('valid')).toEqual(jaxDilated(x, kernel, 2, [2, 2]));
    expect(run('same')).toEqual(jaxDilated(x, kernel, 2, [2, 1]));
    expect(list(convTranspose1d(line(1, 0), line(1, 10, 100), { stride: 2, flipKernel: true }))).toEqual([
      100, 10, 1, 0, 0,
    ]);
  });

  row('F28', 'transpose_kernel=True is Keras', () => {
    const [x, kernel] = [whole(1, [2, 4]), whole(2, [3, 3, 2])];
    const turned = permute(neocog.flip(kernel, [0]), [0, 2, 1]);
    const y = convTranspose1d(x, permute(kernel, [2, 1, 0]), { stride: 2 });
    expect(list(y)).toEqual(jaxDilated(x, turned, 2, [2, 2]));
  });

  row('F29', 'lhs_dilation is a transposed convolution', () => {
    const [x, kernel, low, high] = [whole(1, [2, 4]), whole(2, [3, 2, 3]), 1, 0];
    const oiw = permute(kernel, [2, 1, 0]);
    const y = convTranspose1d(x, permute(oiw, [1, 0, 2]), {
      stride: 3,
      flipKernel: true,
      padding: [[3 - 1 - low, 3 - 1 - high]],
    });
    expect(list(y)).toEqual(jaxDilated(x, kernel, 3, [low, high]));
  });
});

describe('depthwise and separable convolution', () => {
  /** TensorFlow's depthwise kernel as the grouped one that it means: output channel c·m + k. */
  const asGrouped = (kernel: Tensor): Tensor => {
    const [kh, kw, c, m] = kernel.shape;
    return of(
      generate([kh, kw, 1, c * m], (u, v, _, o) => at(kernel, u, v, Math.floor(o / m), o % m)),
      [kh, kw, 1, c * m],
    );
  };
  const asWeight = (kernel: Tensor): Tensor => {
    const [kh, kw, c, m] = kernel.shape;
    return reshape(permute(kernel, [2, 3, 0, 1]), [c * m, 1, kh, kw]);
  };

  row('F30', 'depthwise kernels and their multiplier', () => {
    const [x, kernel] = [whole(1, [1, 4, 5, 3]), whole(2, [3, 3, 3, 2])];
    const y = conv2d(toFirst(x), asWeight(kernel), { groups: 3, padding: 'same' });
    expect(list(toLast(y))).toEqual(tfConv2d(x, asGrouped(kernel), 1, 3));
    expect(new nn.DepthwiseConv2d(3, 3, { multiplier: 2 }).weight.shape).toEqual(asWeight(kernel).shape);
  });

  row('F31', "Flax's depthwise kernels", () => {
    const [x, kernel] = [whole(1, [1, 4, 5, 3]), whole(2, [3, 3, 1, 6])];
    const y = conv2d(toFirst(x), permute(kernel, oihw), { groups: 3, padding: 'same' });
    expect(list(toLast(y))).toEqual(tfConv2d(x, kernel, 1, 3));
  });

  row('F32', 'a separable layer', () => {
    const [x, kernel, points] = [whole(1, [1, 4, 4, 2]), whole(2, [3, 3, 2, 2]), whole(3, [1, 1, 4, 3])];
    const layer: nn.Module = new nn.SeparableConv2d(2, 3, 3, { multiplier: 2, padding: 'same', stride: 2 });
    layer.loadStateDict({
      'depthwise.weight': asWeight(kernel),
      'pointwise.weight': permute(points, oihw),
      'pointwise.bias': tensor([100, 200, 300]),
    });
    const middle = of(tfConv2d(x, asGrouped(kernel), 2, 2), [1, 2, 2, 4]);
    const there = tfConv2d(middle, points).map((v, i) => v + [100, 200, 300][i % 3]);
    expect(list(toLast(layer.forward(toFirst(x))))).toEqual(there);
  });
});

describe('normalisation', () => {
  row('F33', 'momentum is the share of the new value', () => {
    const layer = new nn.BatchNorm1d(1, { momentum: 1 - 0.99 });
    layer.forward(of([9, 11], [2, 1]) as neocog.Tensor<[2, 1]>);
    near(layer.runningMean as Tensor, [0.99 * 0 + 0.01 * 10]);
    expect(new nn.BatchNorm2d(1).momentum).toBe(0.1);
  });

  row('F34', 'eps of batch normalisation', () => {
    const run = (options: object): number =>
      neocog.batchNorm(of([1], [1, 1]), tensor([0]), tensor([0.001]), options).item();
    expect(run({ eps: 1e-3 })).toBeCloseTo(1 / Math.sqrt(0.002), 4);
    expect(run({})).toBeCloseTo(1 / Math.sqrt(0.00101), 4);
  });

  row('F35', 'the running variance is unbiased', () => {
    const [mean, variance] = [tensor([0]), tensor([0])];
    const options = { training: true, momentum: 1, eps: 0 };
    near(neocog.batchNorm(of([1, 3], [2, 1]), mean, variance, options), [-1, 1]);
    near(variance, [2]);
  });

  row('F36', 'names of what is learnt and kept', () => {
    const layer = new nn.BatchNorm2d(3);
    const state = layer.stateDict();
    expect(Object.keys(state).filter((key) => key !== 'num_batches_tracked')).toEqual([
      'weight',
      'bias',
      'running_mean',
      'running_var',
    ]);
    expect(layer.parameters().length).toBe(2);
    layer.loadStateDict(
      {
        weight: tensor([2, 2, 2]),
        bias: tensor([5, 5, 5]),
        running_mean: tensor([1, 1, 1]),
        running_var: tensor([4, 4, 4]),
      },
      { strict: false },
    );
    const y = layer.eval().forward(of([3, 1, -1], [1, 3, 1, 1]) as neocog.Tensor<[1, 3, 1, 1]>);
    near(y, [2 * 1 + 5, 5, 3]);
  });

  row('F37', 'layer normalisation over the last axis', () => {
    const x = of([1, 3, 10, 30], [2, 2]);
    const eps = 1e-3;
    const pair = (half: number): number[] => [-half, half].map((v) => v / Math.sqrt(half * half + eps));
    near(neocog.layerNorm(x, { normalizedShape: 2, eps }), [...pair(1), ...pair(10)]);
    expect(new nn.LayerNorm(2).eps).toBe(1e-5);
  });

  row('F38', 'group normalisation', () => {
    const layer = new nn.GroupNorm(2, 4, { eps: 1e-3 });
    expect([layer.groups, layer.channels, new nn.GroupNorm(2, 4).eps]).toEqual([2, 4, 1e-5]);
    const [a, b] = [1 / Math.sqrt(1 + 1e-3), 2 / Math.sqrt(4 + 1e-3)];
    const y = layer.forward(of([1, 3, 0, 4], [1, 4, 1]) as neocog.Tensor<[1, 4, 1]>);
    near(y, [-a, a, -b, b]);
  });

  row('F39', 'instance normalisation is a group per channel', () => {
    const x = of([1, 3, 0, 4], [1, 2, 2]);
    const [a, b] = [1 / Math.sqrt(1 + 1e-5), 2 / Math.sqrt(4 + 1e-5)];
    near(neocog.instanceNorm(x), [-a, a, -b, b]);
    near(neocog.groupNorm(x, { groups: 2 }), [-a, a, -b, b]);
    expect(new nn.InstanceNorm2d(2).parameters().length).toBe(0);
    expect(new nn.InstanceNorm2d(2, { affine: true }).parameters().length).toBe(2);
  });
});

describe('pooling', () => {
  const five = line(1, 2, 3, 4, 5);

  row('F40', 'the stride is the kernel', () => {
    expect(list(maxPool1d(five, 2))).toEqual([2, 4]);
  });

  row('F41', "Flax's stride is 1", () => {
    expect(list(maxPool1d(five, 2, { stride: 1 }))).toEqual([2, 3, 4, 5]);
  });

  row('F42', "'same' by pairs", () => {
    expect(() => maxPool1d(five, 2, wrong({ padding: 'same' }))).toThrow('padding');
    expect(list(maxPool1d(five, 2, { padding: [[0, 1]] }))).toEqual([2, 4, 5]);
    // Kernel 3, stride 2, 6 cells: (3 − 1)·2 + 3 − 6 = 1.
    const y = maxPool1d(line(6, 5, 4, 3, 2, 1), 3, { stride: 2, padding: [[0, 1]] });
    expect(list(y)).toEqual([6, 4, 2]);
  });

  row('F43', 'averages of padded windows', () => {
    const padding = [[0, 1]] as const;
    expect(list(avgPool1d(five, 2, { padding, countIncludePad: false }))).toEqual([1.5, 3.5, 5]);
    expect(list(avgPool1d(five, 2, { padding }))).toEqual([1.5, 3.5, 2.5]);
  });

  row('F44', 'ceil mode', () => {
    expect(list(maxPool1d(five, 2, { ceilMode: true }))).toEqual([2, 4, 5]);
    // A fourth window, at cell 5, would start in the padding after the input.
    expect(maxPool1d(five, 2, { ceilMode: true, padding: 1 }).shape).toEqual([1, 1, 3]);
  });

  row('F45', 'global pooling keeps its axes', () => {
    const x = of([1, 2, 3, 4, 10, 20, 30, 40], [1, 2, 2, 2]);
    expect(globalAvgPool(x).shape).toEqual([1, 2, 1, 1]);
    const flat = flatten(globalAvgPool(x), { startAxis: 1 });
    expect(flat.shape).toEqual([1, 2]);
    near(flat, [2.5, 25]);
    near(new nn.AdaptiveAvgPool2d(1).forward(x as neocog.Tensor<[1, 2, 2, 2]>), [2.5, 25]);
  });
});

describe('activations', () => {
  row('F46', 'softmax along an axis', () => {
    const x = of([0, Math.log(3), 0, 0], [2, 2]);
    near(softmax(x), [0.25, 0.75, 0.5, 0.5]);
    near(softmax(x, { axis: 0 }), [0.5, 0.75, 0.5, 0.25]);
    near(new nn.Softmax(0).forward(x), [0.5, 0.75, 0.5, 0.25]);
  });

  row('F47', 'leaky slopes', () => {
    near(leakyRelu(tensor([-1, 2])), [-0.01, 2]);
    near(leakyRelu(tensor([-1, 2]), { negativeSlope: 0.3 }), [-0.3, 2]);
    near(new nn.LeakyReLU({ negativeSlope: 0.2 }).forward(tensor([-1])), [-0.2]);
  });

  row('F48', 'elu', () => near(neocog.elu(tensor([-1, 2])), [Math.exp(-1) - 1, 2]));

  row('F49', 'gelu, exact and approximate', () => {
    // Φ(1) = 0.8413447461.
    near(gelu(tensor([1])), [0.8413447461], 6);
    const bend = Math.sqrt(2 / Math.PI) * (1 + 0.044715);
    near(gelu(tensor([1]), { approximate: 'tanh' }), [0.5 * (1 + Math.tanh(bend))], 6);
    expect(Math.abs(0.5 * (1 + Math.tanh(bend)) - 0.8413447461)).toBeGreaterThan(1e-4);
  });

  row('F50', 'hard sigmoids', () => {
    const x = tensor([-4, -1, 0, 1, 2.75, 4]);
    near(neocog.hardSigmoid(x), [0, 2 / 6, 0.5, 4 / 6, 5.75 / 6, 1]);
    near(neocog.hardTanh(add(mul(x, 0.2), 0.5), { min: 0, max: 1 }), [0, 0.3, 0.5, 0.7, 1, 1]);
  });

  row('F51', 'a learnt slope per channel', () => {
    expect(list(new nn.PReLU(2).weight)).toEqual([0.25, 0.25]);
    const layer = new nn.PReLU(2, { init: 0 });
    expect(list(layer.weight)).toEqual([0, 0]);
    layer.weight.data.set([0.5, 0.25]);
    near(layer.forward(of([-1, 1, -1, -2], [1, 2, 2])), [-0.5, 1, -0.25, -0.5]);
  });

  row('F52', 'names of activations', () => {
    const layer = new nn.Conv1d(1, 1, 1, { activation: 'leakyRelu', bias: false });
    layer.weight.data.set([1]);
    near((layer as neocog.nn.Module).forward(line(-1, 2)), [-0.01, 2]);
    for (const activation of ['leaky_relu', 'swish']) {
      expect(() => new nn.Conv1d(1, 1, 1, wrong({ activation }))).toThrow(activation);
    }
    const doubled = new nn.Conv1d(1, 1, 1, { activation: (t) => mul(t, 2), bias: false });
    doubled.weight.data.set([1]);
    near((doubled as neocog.nn.Module).forward(line(-1, 2)), [-2, 4]);
  });
});

describe('losses', () => {
  const logits = (): Tensor => of([0, Math.log(3), 0, 0], [2, 2]);
  const labels = (): Tensor => tensor([0, 1], [2], { dtype: 'int32' });
  const costs = [Math.log(4), Math.log(2)];

  row('F53', 'the prediction comes first', () => {
    const [truth, guess] = [
      [0.5, 0.5, 1, 0],
      [0.25, 0.75, 0.5, 0.5],
    ];
    const there = (0.5 * Math.log(2) + 0.5 * Math.log(2 / 3) + Math.log(2)) / 2;
    const input = of(guess.map(Math.log), [2, 2]);
    near([klDiv(input, of(truth, [2, 2]), { reduction: 'batchmean' }).item()], [there]);
    const [bad, good] = [0.1, 0.9].map((p) => neocog.bce(tensor([p]), tensor([1])).item());
    near([bad, good], [-Math.log(0.1), -Math.log(0.9)]);
  });

  row('F54', 'classes by number', () => {
    near([crossEntropy(logits(), labels()).item()], [(costs[0] + costs[1]) / 2]);
    // [n, c, w]: two cells of one sample, classes along axis 1.
    const map = of([0, 0, Math.log(3), 0], [1, 2, 2]);
    const marks = tensor([0, 1], [1, 2], { dtype: 'int32' });
    near([crossEntropy(map, marks).item()], [(costs[0] + costs[1]) / 2]);
  });

  row('F55', 'a softmax before it changes the result', () => {
    const twice = crossEntropy(softmax(logits()), labels()).item();
    const again = [Math.log(1 + Math.exp(0.75 - 0.25)), Math.log(2)];
    near([twice], [total(again) / 2]);
    expect(Math.abs(twice - total(costs) / 2)).toBeGreaterThan(0.1);
  });

  row('F56', 'one-hot labels and smoothing', () => {
    near([crossEntropy(logits(), of([1, 0, 0, 1], [2, 2])).item()], [total(costs) / 2]);
    // Keras: y·(1 − s) + s / c.
    const smooth = (right: number, other: number): number => 0.9 * right + 0.1 * other;
    const want = (smooth(Math.log(4), Math.log(4 / 3)) + Math.log(2)) / 2;
    near([crossEntropy(logits(), of([1, 0, 0, 1], [2, 2]), { labelSmoothing: 0.2 }).item()], [want]);
  });

  row('F57', 'a loss per sample', () => {
    near(crossEntropy(logits(), labels(), { reduction: 'none' }), costs);
  });

  row('F58', 'labels are int32', () => {
    expect(tensor([3, 1]).dtype).toBe('float32');
    expect(labels().dtype).toBe('int32');
    expect(() => crossEntropy(logits(), tensor([0, 1]))).toThrow("dtype 'int32'");
  });
});

/** The parameter after each step with a given gradient, from 1. */
function follow(make: (p: nn.Parameter) => neocog.optim.Optimizer, gradients: readonly number[]): number[] {
  const p = new nn.Parameter(tensor([1]));
  const optimizer = make(p);
  return gradients.map((g) => {
    p.grad = tensor([g]);
    optimizer.step();
    return p.item();
  });
}

describe('optimisers', () => {
  row('F59', "Keras' epsilon of Adam is not ours", () => {
    const [lr, b1, b2, hat, g] = [0.1, 0.9, 0.999, 1e-3, 0.01];
    const [m, v] = [(1 - b1) * g, (1 - b2) * g * g];
    const keras = 1 - (((lr * Math.sqrt(1 - b2)) / (1 - b1)) * m) / (Math.sqrt(v) + hat);
    const step = (eps: number): number[] => follow((p) => new optim.Adam([p], { lr, eps }), [g]);
    near(step(hat / Math.sqrt(1 - b2)), [keras]);
    near(step(hat), [1 - (lr * g) / (g + hat)]);
    expect(new optim.Adam([new nn.Parameter(tensor([1]))]).settings.eps).toBe(1e-8);
  });

  row('F60', 'TensorFlow.js and Optax agree with ours', () => {
    const [lr, b1, b2, eps] = [0.1, 0.9, 0.999, 1e-2];
    let [p, m, v] = [1, 0, 0];
    const there = [0.5, -0.25, 0.125].map((g, i) => {
      [m, v] = [b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g];
      p -= (lr * (m / (1 - b1 ** (i + 1)))) / (Math.sqrt(v / (1 - b2 ** (i + 1))) + eps);
      return p;
    });
    near(
      follow((q) => new optim.Adam([q], { lr, eps }), [0.5, -0.25, 0.125]),
      there,
    );
  });

  row('F61', 'epsilon of RMSprop, inside the root and outside', () => {
    const [lr, alpha, eps, g] = [0.1, 0.9, 0.01, 0.5];
    const v = (1 - alpha) * g * g;
    const step = (e: number): number[] => follow((p) => new optim.RMSprop([p], { lr, alpha, eps: e }), [g]);
    near(step(eps), [1 - (lr * g) / (Math.sqrt(v) + eps)]);
    near(step(0), [1 - (lr * g) / Math.sqrt(v)]);
    const keras = 1 - (lr * g) / Math.sqrt(v + eps);
    expect(Math.abs(step(eps)[0] - keras)).toBeGreaterThan(1e-3);
    // Without curvature so far the root of ε is exact: both divide by √ε.
    near(
      follow((p) => new optim.RMSprop([p], { lr, alpha, eps: 0.1 }), [1e-6]),
      [1 - (lr * 1e-6) / 0.1],
      7,
    );
  });

  row('F62', 'momentum, and its rate', () => {
    const gradients = [1, 0.5, -0.25, 2];
    for (const nesterov of [false, true]) {
      let [w, velocity] = [1, 0];
      const keras = gradients.map((g) => {
        velocity = 0.9 * velocity - 0.1 * g;
        w += nesterov ? 0.9 * velocity - 0.1 * g : velocity;
        return w;
      });
      near(
        follow((p) => new optim.SGD([p], { lr: 0.1, momentum: 0.9, nesterov }), gradients),
        keras,
      );
    }
    // A gradient of 1, then none at a tenth of the rate: Keras goes on by 0.9·0.1, PyTorch by 0.01·0.9.
    const p = new nn.Parameter(tensor([1]));
    const optimizer = new optim.SGD([p], { lr: 0.1, momentum: 0.9 });
    for (const [lr, g] of [
      [0.1, 1],
      [0.01, 0],
    ]) {
      optimizer.lr = lr;
      p.grad = tensor([g]);
      optimizer.step();
    }
    near(p, [1 - 0.1 - 0.009]);
  });

  row('F63', 'weight decay apart from the gradient', () => {
    const [lr, weightDecay] = [0.1, 0.5];
    // A first step of Adam is lr, whatever the gradient is.
    near(
      follow((p) => new optim.AdamW([p], { lr, weightDecay }), [3]),
      [1 - lr * weightDecay - lr],
    );
    near(
      follow((p) => new optim.Adam([p], { lr, weightDecay }), [3]),
      [1 - lr],
    );
    const p = (): nn.Parameter => new nn.Parameter(tensor([1]));
    expect([new optim.AdamW([p()]), new optim.Adam([p()])].map((o) => o.settings.weightDecay)).toEqual([
      0.01, 0,
    ]);
  });

  row('F64', 'an l2 regulariser of λ is a decay of 2λ', () => {
    const w = new nn.Parameter(tensor([3, -2]));
    mul(sum(mul(w, w)), 0.25).backward();
    const plain = new optim.SGD([w], { lr: 0.1 });
    plain.step();
    const there = list(w);
    near(there, [3 - 0.1 * 1.5, -2 + 0.1 * 1]);
    const v = new nn.Parameter(tensor([3, -2]));
    v.grad = tensor([0, 0]);
    new optim.SGD([{ parameters: [v], weightDecay: 2 * 0.25 }], { lr: 0.1 }).step();
    near(v, there);
  });

  row('F65', 'the norm of all gradients together', () => {
    const [a, b] = [new nn.Parameter(tensor([0])), new nn.Parameter(tensor([0]))];
    [a.grad, b.grad] = [tensor([3]), tensor([4])];
    expect(optim.clipGradNorm([a, b], 1)).toBeCloseTo(5, 5);
    near([(a.grad as Tensor).item(), (b.grad as Tensor).item()], [0.6, 0.8]);
  });

  row('F66', 'a cosine goes up again', () => {
    const rate = schedule.cosine({ baseLr: 0.1, TMax: 4, etaMin: 0.2 * 0.1 });
    near([0, 2, 4, 6, 8].map(rate), [0.1, 0.06, 0.02, 0.06, 0.1]);
    const keras = (step: number): number =>
      0.1 * (0.8 * 0.5 * (1 + Math.cos((Math.PI * Math.min(step, 4)) / 4)) + 0.2);
    near([0, 1, 2, 3, 4].map(rate), [0, 1, 2, 3, 4].map(keras));
    expect(keras(8)).toBeCloseTo(0.02, 6);
  });
});

/** Root of the mean square, and the largest magnitude. */
function spreadOf(t: Tensor): { deviation: number; largest: number } {
  const squares = list(t).map((v) => v * v);
  return { deviation: Math.sqrt(total(squares) / t.size), largest: Math.sqrt(Math.max(...squares)) };
}

describe('initial weights', () => {
  const generator = (): neocog.Generator => new neocog.Generator(1);

  row('F67', 'Glorot and the default', () => {
    const layer = new nn.Conv2d(16, 32, 3);
    const fanIn = 16 * 9;
    for (const t of [layer.weight, layer.bias as Tensor]) {
      expect(spreadOf(t).largest).toBeLessThanOrEqual(1 / Math.sqrt(fanIn) + 1e-7);
      expect(spreadOf(t).largest).toBeGreaterThan(0.8 / Math.sqrt(fanIn));
    }
    init.xavierUniform(layer.weight, { generator: generator() });
    init.zeros(layer.bias as Tensor);
    const bound = Math.sqrt(6 / (fanIn + 32 * 9));
    expect(spreadOf(layer.weight).largest).toBeLessThanOrEqual(bound + 1e-7);
    expect(spreadOf(layer.weight).deviation / (bound / Math.sqrt(3))).toBeCloseTo(1, 1);
    expect(new Set(list(layer.bias as Tensor))).toEqual(new Set([0]));
  });

  row('F68', 'truncated normals', () => {
    const w = neocog.zeros([64, 64, 3, 3]);
    const wanted = Math.sqrt(2 / (64 * 9));
    const std = wanted / 0.87962566;
    init.truncNormal(w, { std, a: -2 * std, b: 2 * std, generator: generator() });
    expect(spreadOf(w).deviation / wanted).toBeCloseTo(1, 1);
    expect(spreadOf(w).largest).toBeLessThanOrEqual(2 * std + 1e-7);
    init.kaimingNormal(w, { generator: generator() });
    expect(spreadOf(w).deviation / wanted).toBeCloseTo(1, 1);
    expect(spreadOf(w).largest).toBeGreaterThan(3 * wanted);
    // a and b are values: with a small std nothing is cut at two deviations.
    init.truncNormal(w, { std: 0.05, generator: generator() });
    expect(spreadOf(w).largest).toBeGreaterThan(3 * 0.05);
  });

  row('F69', 'fans of a depthwise kernel', () => {
    expect(init.fans(new nn.DepthwiseConv2d(8, 3, { multiplier: 2 }).weight)).toEqual({
      fanIn: 9,
      fanOut: 16 * 9,
    });
  });
});

describe('resizing', () => {
  row('F70', 'half-pixel centres', () => {
    const x = of([0, 1], [1, 1, 1, 2]);
    near(resize(x, { size: [1, 4], mode: 'bilinear' }), [0, 0.25, 0.75, 1]);
    // No smoothing: every fourth of 8 cells is a mean of the two in the middle.
    const y = resize(of([0, 0, 0, 8, 0, 0, 0, 0], [1, 1, 1, 8]), { size: [1, 2], mode: 'bilinear' });
    near(y, [0, 0]);
  });

  row('F71', "TensorFlow.js' default is neither convention", () => {
    const x = of([0, 1], [1, 1, 1, 2]);
    const there = range(4).map((i) => Math.min((i * 2) / 4, 1));
    expect(there).toEqual([0, 0.5, 1, 1]);
    near(resize(x, { size: [1, 4], mode: 'bilinear', alignCorners: true }), [0, 1 / 3, 2 / 3, 1]);
    near(resize(x, { size: [1, 4], mode: 'bilinear' }), [0, 0.25, 0.75, 1]);
  });

  row('F72', 'the nearest cell', () => {
    const here = (input: number, size: number): number[] => list(resize(line(...range(input)), { size }));
    expect(here(3, 2)).toEqual([0, 1]);
    expect(range(2).map((i) => Math.floor(((i + 0.5) * 3) / 2))).toEqual([0, 2]);
    expect(here(3, 6)).toEqual(range(6).map((i) => Math.floor(((i + 0.5) * 3) / 6)));
  });

  row('F73', 'the cubic', () => {
    // Cell 3 of 8 from 4 lies at 1.25; an impulse at cell 1 is 0.25 away.
    const keys = (a: number, d: number): number => (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
    const x = of(
      generate([4, 4], (_, j) => (j === 1 ? 1 : 0)),
      [1, 1, 4, 4],
    );
    const y = resize(x, { size: [4, 8], mode: 'bicubic' });
    expect(y.data[3]).toBeCloseTo(keys(-0.75, 0.25), 5);
    expect(Math.abs(keys(-0.75, 0.25) - keys(-0.5, 0.25))).toBeGreaterThan(1e-2);
  });

  row('F74', 'depth to space', () => {
    const [f, c, h, w] = [2, 3, 2, 2];
    const x = whole(1, [1, h, w, f * f * c]);
    const there = generate([1, h * f, w * f, c], (n, y, z, k) =>
      at(x, n, Math.floor(y / f), Math.floor(z / f), ((y % f) * f + (z % f)) * c + k),
    );
    const parts = reshape(toFirst(x), [1, f * f, c, h, w]);
    const moved = reshape(permute(parts, [0, 2, 1, 3, 4]), [1, c * f * f, h, w]);
    expect(list(toLast(pixelShuffle(moved, f)))).toEqual(there);
    expect(list(toLast(pixelShuffle(toFirst(x), f)))).not.toEqual(there);
  });
});

describe('tensors and training', () => {
  row('F75', 'p is dropped', () => {
    const layer = new nn.Dropout(0.2, { generator: new neocog.Generator(3) });
    const y = list(layer.forward(neocog.ones([10_000])));
    expect(y.filter((v) => v === 0).length / y.length).toBeCloseTo(0.2, 1);
    expect(new Set(y)).toEqual(new Set([0, Math.fround(1.25)]));
  });

  row('F76', 'layers begin in training mode', () => {
    const layer = new nn.Dropout(1);
    expect(layer.training).toBe(true);
    expect(list(layer.forward(tensor([1, 2])))).toEqual([0, 0]);
    expect(list(layer.eval().forward(tensor([1, 2])))).toEqual([1, 2]);
  });

  row('F77', 'values at once, nothing to dispose', () => {
    const y = add(tensor([1, 2]), 1);
    expect(y.data).toEqual(Float32Array.of(2, 3));
    expect(sum(y).item()).toBe(5);
    expect('dispose' in y || 'tidy' in neocog).toBe(false);
  });

  row('F78', 'gradients, returned or added up', () => {
    const x = tensor([3], [1], { requiresGrad: true });
    near(neocog.grad(mul(x, x), [x])[0], [6]);
    expect(x.grad).toBeNull();
    for (let i = 0; i < 2; i++) mul(x, x).backward();
    near(x.grad as unknown as Tensor, [12]);
  });

  row('F79', 'transpose exchanges two axes', () => {
    const x = whole(1, [2, 3, 4]);
    expect(transpose(x).shape).toEqual([2, 4, 3]);
    const reversed = permute(x, [2, 1, 0]);
    expect(list(reversed)).toEqual(generate([4, 3, 2], (i, j, k) => at(x, k, j, i)));
  });

  row('F80', 'axis and keepDims', () => {
    const x = of([1, 2, 3, 4], [2, 2]);
    expect(list(sum(x, { axis: 1 }))).toEqual([3, 7]);
    expect(neocog.mean(x, { axis: 1, keepDims: true }).shape).toEqual([2, 1]);
    expect(list(neocog.concat([x, x], { axis: 1 }))).toEqual([1, 2, 1, 2, 3, 4, 3, 4]);
  });

  row('F81', 'unfold has channels before taps', () => {
    const x = whole(1, [1, 2, 3, 4]);
    const columns = generate([2, 2, 2, 2, 3], (c, i, j, h, w) => at(x, 0, c, h + i, w + j));
    expect(list(neocog.unfold(x, 2))).toEqual(columns);
    const patches = generate([2, 3, 2, 2, 2], (h, w, i, j, c) => at(x, 0, c, h + i, w + j));
    const apart = reshape(neocog.unfold(x, 2), [2, 2, 2, 2, 3]);
    expect(list(permute(apart, [3, 4, 1, 2, 0]))).toEqual(patches);
  });

  row('F82', 'gather and scatter name single elements', () => {
    const x = of([1, 2, 3, 4, 5, 6], [2, 3]);
    const indices = tensor([2, 0, -1, 1], [2, 2], { dtype: 'int32' });
    expect(list(neocog.gather(x, indices, { axis: 1 }))).toEqual([3, 1, 6, 5]);
    const ten = neocog.full([2, 2], 10);
    expect(list(neocog.scatter(x, indices, ten, { axis: 1, reduction: 'add' }))).toEqual([
      11, 2, 13, 4, 15, 16,
    ]);
    const twice = tensor([1, 1], [1, 2], { dtype: 'int32' });
    expect(list(neocog.scatter(x, twice, of([7, 8], [1, 2]), { axis: 1 }))).toEqual([1, 8, 3, 4, 5, 6]);
    expect(neocog.indexSelect(x, indices, { axis: 1 }).shape).toEqual([2, 2, 2]);
  });

  row('F83', 'cumSum runs along the first axis, from either end, with the own value or without', () => {
    const x = of([1, 2, 3, 4], [2, 2]);
    expect(list(neocog.cumSum(x))).toEqual([1, 2, 4, 6]);
    expect(list(neocog.cumSum(x, { axis: 1, exclusive: true }))).toEqual([0, 1, 0, 3]);
    expect(list(neocog.cumSum(x, { axis: 1, reverse: true }))).toEqual([3, 2, 7, 4]);
  });

  row('F84', 'diagonals count to the right', () => {
    const x = of([1, 2, 3, 4, 5, 6, 7, 8, 9], [3, 3]);
    expect(list(neocog.tril(x, { diagonal: 1 }))).toEqual([1, 2, 0, 4, 5, 6, 7, 8, 9]);
    expect(list(neocog.triu(x, { diagonal: -1 }))).toEqual([1, 2, 3, 4, 5, 6, 0, 8, 9]);
  });

  row('F85', 'alpha of local response normalisation counts for a mean', () => {
    const x = whole(1, [1, 5, 2, 2]);
    const [size, alpha, beta, k] = [3, 0.6, 0.75, 2];
    const squares = (c: number, h: number, w: number): number =>
      total([c - 1, c, c + 1].map((near) => at(x, 0, near, h, w) ** 2));
    // TensorFlow's with alpha / size in place of alpha, and depth_radius 1.
    const wanted = generate(
      [5, 2, 2],
      (c, h, w) => at(x, 0, c, h, w) / (k + (alpha / size) * squares(c, h, w)) ** beta,
    );
    near(neocog.localResponseNorm(x, size, { alpha, beta, k }), wanted);
  });
});

// Not in the one expression that bundlers take for the address of an asset.
const here = import.meta.url;

async function readPage(): Promise<string> {
  const url = new URL('../docs/from-other-frameworks.md', here);
  // In a page, Vite hands the text over as a module.
  if (url.protocol !== 'file:') return (await import(/* @vite-ignore */ `${url.href}?raw`)).default;
  return process.getBuiltinModule('node:fs/promises').readFile(url, 'utf8');
}

describe('docs/from-other-frameworks.md', () => {
  it('has the rows that are tested, each once and in order', async () => {
    const rows = (await readPage()).split('\n').filter((text) => /^\| (?!there|---)/.test(text));
    const columns = rows.map((text) => text.split(/(?<!\\)\|/).slice(1, -1));
    expect(columns.filter((cells) => cells.length !== 4)).toEqual([]);
    const ids = columns.map((cells) => cells[3].trim());
    expect(ids).toEqual(listed);
    expect(ids).toEqual(range(ids.length).map((i) => `F${String(i + 1).padStart(2, '0')}`));
  });
});
