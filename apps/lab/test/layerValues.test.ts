// Each option of the bench: what it shows against `explain` and against the values of the library.

import type * as neocog from 'neocog';
import {
  avgPool1d,
  avgPool2d,
  conv1d,
  conv2d,
  conv3d,
  convTranspose2d,
  explain,
  maxPool2d,
  type Tensor,
  tensor,
} from 'neocog';
import type { Page } from 'playwright';
import { beforeAll, expect } from 'vitest';
import { type Cells, cellsOf, cellsOfTensor, open, textOf } from './bench.ts';
import { onPage, useLab } from './visit.ts';

const lab = useLab();

type Facts = neocog.LayerArithmetic;

interface Case {
  readonly name: string;
  readonly query: string;
  readonly facts: Facts;
  /** From the input as the page shows it. */
  readonly output: (x: Tensor) => Tensor;
}

/** Weights 1, 2, … with alternating signs, as the address states them. */
const weights = (...shape: number[]): Tensor => {
  const size = shape.reduce((all, each) => all * each, 1);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => ((i % 5) + 1) * (i % 2 === 0 ? 1 : -1)),
    shape,
  );
};
const stated = (w: Tensor): string => `weights=${Array.from(w.data).join(',')}`;

interface Conv2d {
  readonly name: string;
  readonly query: string;
  readonly options: Parameters<typeof conv2d>[2];
  readonly channels?: readonly [number, number];
  readonly size?: number;
}

/** A convolution of images with a kernel of 3 × 2. */
function conv({ name, query, options = {}, channels: [ins, outs] = [1, 1], size = 6 }: Conv2d): Case {
  const w = weights(outs, ins / (options.groups ?? 1), 3, 2);
  const rest = `in=${ins}&out=${outs}&size=${size}&kernel=3,2&at=0&${stated(w)}`;
  const { bias = null, ...window } = options;
  return {
    name,
    query: `${query}&${rest}`,
    facts: explain.conv2d({
      ...{ input: [1, ins, size, size], filters: outs, kernel: [3, 2], bias: bias !== null },
      ...(window as object),
    }),
    output: (x) => conv2d(x, w, options),
  };
}

const modes = (['reflect', 'symmetric', 'replicate', 'circular'] as const).map((paddingMode) =>
  conv({ name: paddingMode, query: `pad=2&mode=${paddingMode}`, options: { padding: 2, paddingMode } }),
);
const names = (['valid', 'same', 'same-lower', 'full', 'causal'] as const).map((padding) =>
  conv({ name: padding, query: `pad=${padding}&stride=2`, options: { padding, stride: 2 } }),
);

const up = weights(2, 2, 3, 3);
const signal = weights(2, 1, 4);
const volume = weights(1, 2, 2, 2, 2);

const cases: Case[] = [
  conv({ name: 'plain', query: 'x=numbers', options: {} }),
  conv({ name: 'strides', query: 'stride=2,1&x=numbers', options: { stride: [2, 1] } }),
  conv({ name: 'dilation', query: 'dilation=2,3&x=ramp', options: { dilation: [2, 3] } }),
  conv({
    name: 'each side',
    query: 'pad=1,0,2,3',
    options: {
      padding: [
        [1, 0],
        [2, 3],
      ],
    },
  }),
  ...names,
  ...modes,
  conv({
    name: 'groups and bias',
    query: 'groups=2&bias=1&pad=1',
    options: { groups: 2, padding: 1, bias: tensor([1, 2, 3, 4]) },
    channels: [4, 4],
    size: 5,
  }),
  {
    name: 'transposed',
    query: `op=transposed&in=2&out=4&groups=2&size=3&stride=2&pad=1,0,0,1&extra=1&at=8&x=numbers&${stated(up)}`,
    facts: explain.convTranspose2d({
      ...{ input: [1, 2, 3, 3], filters: 4, kernel: 3, stride: 2, outputPadding: 1, groups: 2, bias: false },
      padding: [
        [1, 0],
        [0, 1],
      ],
    }),
    output: (x) =>
      convTranspose2d(x, up, {
        ...{ stride: 2, outputPadding: 1, groups: 2 },
        padding: [
          [1, 0],
          [0, 1],
        ],
      }),
  },
  {
    name: 'max pooling in ceil mode',
    query: 'op=max&in=2&size=6&kernel=3&stride=2&pad=1,0,1,0&ceil=1&x=numbers&at=0',
    facts: explain.maxPool2d({
      ...{ input: [1, 2, 6, 6], kernel: 3, stride: 2, ceilMode: true },
      padding: [
        [1, 0],
        [1, 0],
      ],
    }),
    output: (x) =>
      maxPool2d(x, 3, {
        ...{ stride: 2, ceilMode: true },
        padding: [
          [1, 0],
          [1, 0],
        ],
      }),
  },
  {
    name: 'average pooling that counts its padding',
    query: 'op=avg&size=5&kernel=3&stride=2&pad=1&x=numbers&at=0',
    facts: explain.avgPool2d({ input: [1, 1, 5, 5], kernel: 3, stride: 2, padding: 1 }),
    output: (x) => avgPool2d(x, 3, { stride: 2, padding: 1 }),
  },
  {
    name: 'average pooling that does not, of a signal',
    query: 'op=avg&rank=1&size=9&kernel=3&stride=2&pad=1&counted=0&x=numbers&at=0',
    facts: explain.avgPool1d({ input: [1, 1, 9], kernel: 3, stride: 2, padding: 1 }),
    output: (x) => avgPool1d(x, 3, { stride: 2, padding: 1, countIncludePad: false }),
  },
  {
    name: 'signals',
    query: `rank=1&out=2&size=11&kernel=4&stride=3&dilation=2&pad=causal&x=numbers&at=0&${stated(signal)}`,
    facts: explain.conv1d({
      ...{ input: [1, 1, 11], filters: 2, kernel: 4, stride: 3, dilation: 2, padding: 'causal', bias: false },
    }),
    output: (x) => conv1d(x, signal, { stride: 3, dilation: 2, padding: 'causal' }),
  },
  {
    name: 'volumes',
    query: `rank=3&in=2&size=4,3,4&kernel=2&stride=1,1,2&pad=1&x=numbers&at=0&${stated(volume)}`,
    facts: explain.conv3d({
      ...{ input: [1, 2, 4, 3, 4], filters: 1, kernel: 2, stride: [1, 1, 2], padding: 1, bias: false },
    }),
    output: (x) => conv3d(x, volume, { stride: [1, 1, 2], padding: 1 }),
  },
];

/** The shown cells as a tensor. */
function tensorOf(cells: Cells, shape: readonly number[]): Tensor {
  const values = Object.entries(
    cellsOfTensor({ shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) }),
  );
  return tensor(
    Float32Array.from(values, ([key]) => cells[key] ?? Number.NaN),
    [...shape],
  );
}

let page: Page;
let faults: string[];
beforeAll(async () => {
  if (lab.url) ({ page, faults } = await lab.visit({ hash: '/layer?at=0' }));
});

for (const { name, query, facts, output } of cases) {
  onPage(name, async () => {
    await open(page, query);
    expect(await textOf(page, 'output-shape')).toBe(`[${facts.outputShape.join(', ')}]`);
    expect(await textOf(page, 'parameters')).toBe(facts.formulas.parameters ?? '0');
    expect(await textOf(page, 'multiply-adds')).toBe(facts.formulas.multiplyAdds ?? '0');
    const { size, jump, start } = facts.receptiveField!;
    const field = `${size.join(' × ')} cells, ${jump.join(' × ')} apart, from ${start.join(', ')}`;
    expect((await textOf(page, 'field')).replace(/\s+/g, ' ')).toBe(field);
    for (const axis of facts.axes)
      expect(await page.getByLabel('Arithmetic').textContent()).toContain(axis.formula);
    const input = tensorOf(await cellsOf(page, 'input'), facts.inputShape);
    expect(await cellsOf(page, 'output')).toEqual(cellsOfTensor(output(input)));
    expect(faults).toEqual([]);
  });
}
