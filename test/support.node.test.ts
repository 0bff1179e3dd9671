// Every combination of what a convolution can be asked for, forward and gradients, against the definition: the sums
// written out over a padded input, and the adjoint identities, on whole numbers, where both hold bit for bit. The table in
// docs/support.md is made of these results (`npx vitest run --project node -u support` renews it).

import * as neocog from 'neocog';
import { describe, expect, it } from 'vitest';
import { backends } from './conformance/harness.ts';
import { dot, whole } from './samples.ts';

type Tensor = neocog.Tensor;
type Mode = neocog.PaddingMode;

const ranks = [1, 2, 3] as const;
const modes: readonly Mode[] = ['zeros', 'reflect', 'symmetric', 'replicate', 'circular'];
const layouts = ['channels-first', 'channels-last'] as const;
const names = ['valid', 'same', 'same-lower', 'full', 'causal'] as const;

/** Input channels, output channels, groups. */
const groupings = [
  { name: 'one group', groups: 1, inChannels: 2, outChannels: 3 },
  { name: 'groups', groups: 2, inChannels: 4, outChannels: 2 },
  { name: 'depthwise', groups: 3, inChannels: 3, outChannels: 6 },
];

/** Cells per axis: enough for a dilated kernel, and for every padding mode; fewer where there are more axes. */
const sizes = { 1: 7, 2: 7, 3: 5 } as const;
const kernel = 3;

type Form = 'number' | 'per side' | (typeof names)[number];
const forms: readonly Form[] = ['number', 'per side', ...names];

interface Case {
  readonly rank: 1 | 2 | 3;
  readonly grouping: (typeof groupings)[number];
  readonly stride: number;
  readonly dilation: number;
  readonly form: Form;
  readonly mode: Mode;
}

function paddingOf(form: Form, rank: number): neocog.Padding {
  if (form === 'number') return 1;
  if (form !== 'per side') return form;
  return Array.from({ length: rank }, (_, axis) => [2, axis === 0 ? 1 : 0] as const);
}

/** The [before, after] pair that a form stands for along each axis, by the rules of the documentation. */
function padsOf({ form, rank, stride, dilation }: Case): [number, number][] {
  const size = sizes[rank];
  const extent = (kernel - 1) * dilation + 1;
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + extent - size, 0);
  const low = Math.floor(total / 2);
  const pairs: Record<Form, (axis: number) => [number, number]> = {
    number: () => [1, 1],
    'per side': (axis) => [2, axis === 0 ? 1 : 0],
    valid: () => [0, 0],
    same: () => [low, total - low],
    'same-lower': () => [total - low, low],
    full: () => [extent - 1, extent - 1],
    causal: () => [extent - 1, 0],
  };
  return Array.from({ length: rank }, (_, axis) => pairs[form](axis));
}

/** The input cell that stands at a position outside the input, or −1 for zero. */
function sourceOf(position: number, size: number, mode: Mode): number {
  const sources: Record<Mode, () => number> = {
    zeros: () => (position < 0 || position >= size ? -1 : position),
    reflect: () => (position < 0 ? -position : position >= size ? 2 * size - 2 - position : position),
    symmetric: () => (position < 0 ? -1 - position : position >= size ? 2 * size - 1 - position : position),
    replicate: () => Math.min(Math.max(position, 0), size - 1),
    circular: () => (position + size) % size,
  };
  return sources[mode]();
}

/** Every list of `length` numbers below `below`. */
const grid = (length: number, below: readonly number[]): number[][] =>
  below
    .slice(0, length)
    .reduce<number[][]>(
      (all, n) => all.flatMap((head) => Array.from({ length: n }, (_, i) => [...head, i])),
      [[]],
    );

/** The convolution by its definition: `y[o, i] = Σ_c Σ_k w[o, c, k] · x[c, i·stride − before + k·dilation]`. */
function define(c: Case, x: Tensor, w: Tensor): Float32Array {
  const pads = padsOf(c);
  const size = sizes[c.rank];
  const extent = (kernel - 1) * c.dilation + 1;
  const outs = pads.map(([before, after]) => Math.floor((size + before + after - extent) / c.stride) + 1);
  const { groups, inChannels, outChannels } = c.grouping;
  const perGroup = inChannels / groups;
  const cells = grid(c.rank, outs);
  const taps = grid(c.rank, Array<number>(c.rank).fill(kernel));
  const flat = (at: readonly number[]): number => at.reduce((n, i) => n * size + i, 0);
  const y = new Float32Array(outChannels * cells.length);
  for (let o = 0; o < outChannels; o++) {
    const first = Math.floor(o / (outChannels / groups)) * perGroup;
    cells.forEach((cell, at) => {
      taps.forEach((tap, t) => {
        const position = cell.map((i, axis) =>
          sourceOf(
            i * c.stride - (pads[axis] as [number, number])[0] + (tap[axis] as number) * c.dilation,
            size,
            c.mode,
          ),
        );
        if (position.includes(-1)) return;
        for (let ic = 0; ic < perGroup; ic++) {
          const weight = w.data[(o * perGroup + ic) * taps.length + t] as number;
          const value = x.data[(first + ic) * size ** c.rank + flat(position)] as number;
          y[o * cells.length + at] = (y[o * cells.length + at] as number) + weight * value;
        }
      });
    });
  }
  return y;
}

const convs = { 1: neocog.conv1d, 2: neocog.conv2d, 3: neocog.conv3d } as const;
const transposes = {
  1: neocog.convTranspose1d,
  2: neocog.convTranspose2d,
  3: neocog.convTranspose3d,
} as const;

/** [n, c, …] → [n, …, c], or its reverse; weights [o, i, …] → […, i, o]. */
const toLast = (t: Tensor): Tensor => neocog.permute(t, [0, ...t.shape.map((_, d) => d).slice(2), 1]);
const toFirst = (t: Tensor): Tensor =>
  neocog.permute(t, [0, t.rank - 1, ...t.shape.map((_, d) => d).slice(1, -1)]);
const weightToLast = (w: Tensor): Tensor => neocog.permute(w, [...w.shape.map((_, d) => d).slice(2), 1, 0]);

type Op = (x: Tensor, w: Tensor, options: object) => Tensor;

/** The operation on channels-first tensors, through either layout. */
function through(layout: (typeof layouts)[number], op: Op, x: Tensor, w: Tensor, options: object): Tensor {
  if (layout === 'channels-first') return op(x, w, options);
  return toFirst(op(toLast(x), weightToLast(w), { ...options, layout }));
}

const optionsOf = (c: Case): object => ({
  stride: c.stride,
  dilation: c.dilation,
  groups: c.grouping.groups,
  padding: paddingOf(c.form, c.rank),
  ...(c.mode !== 'zeros' && { paddingMode: c.mode }),
});

interface Outcome {
  forward: boolean;
  gradient: boolean;
}

function tryConv(c: Case, layout: (typeof layouts)[number]): Outcome {
  const { groups, inChannels, outChannels } = c.grouping;
  const space = Array<number>(c.rank).fill(sizes[c.rank]);
  const x = whole(1, [1, inChannels, ...space], true);
  const w = whole(2, [outChannels, inChannels / groups, ...Array<number>(c.rank).fill(kernel)], true);
  const y = through(layout, convs[c.rank] as unknown as Op, x, w, optionsOf(c));
  const gradient = whole(3, y.shape);
  const [dx, dw] = neocog.grad(y, [x, w], { gradient }) as [Tensor, Tensor];
  const form = dot(y, gradient);
  const want = define(c, x, w);
  return {
    forward: y.size === want.length && want.every((v, i) => v === y.data[i]),
    gradient: form === dot(x, dx) && form === dot(w, dw),
  };
}

/** A transposed convolution is the input gradient of the convolution with the same options. */
function tryTranspose(c: Case, layout: (typeof layouts)[number]): Outcome {
  const { groups, inChannels, outChannels } = c.grouping;
  const x = whole(1, [1, inChannels, ...Array<number>(c.rank).fill(sizes[c.rank])], true);
  const w = whole(2, [outChannels, inChannels / groups, ...Array<number>(c.rank).fill(kernel)], true);
  const y = (convs[c.rank] as unknown as Op)(x, w, optionsOf(c));
  const from = whole(3, y.shape, true);
  const [want] = neocog.grad(y, [x], { gradient: from.detach() }) as [Tensor];
  const back = through(layout, transposes[c.rank] as unknown as Op, from, w, {
    ...optionsOf(c),
    outputSize: x.shape.slice(2),
  });
  const gradient = whole(4, back.shape);
  const [dFrom, dw] = neocog.grad(back, [from, w], { gradient }) as [Tensor, Tensor];
  const form = dot(back, gradient);
  return {
    forward: want.data.every((v, i) => v === back.data[i]),
    gradient: form === dot(from, dFrom) && form === dot(w, dw),
  };
}

const everyCase = (form: Form, mode: Mode, rank: 1 | 2 | 3): Case[] =>
  groupings.flatMap((grouping) =>
    [1, 2].flatMap((stride) => [1, 2].map((dilation) => ({ rank, grouping, stride, dilation, form, mode }))),
  );

/** How many of a cell's combinations hold: `12` where all do, forward and gradient. */
function judge(cases: readonly Case[], attempt: (c: Case) => Outcome): string {
  const outcomes = cases.map((c) => {
    try {
      return attempt(c);
    } catch (error) {
      if (error instanceof neocog.NeocogError) return null;
      throw error;
    }
  });
  const count = (what: keyof Outcome): number => outcomes.filter((o) => o?.[what]).length;
  const refused = outcomes.filter((o) => o === null).length;
  if (refused === cases.length) return 'refused';
  const wrong = outcomes.filter((o) => o && !(o.forward && o.gradient)).length;
  expect(wrong, 'a combination gives a wrong result').toBe(0);
  return refused === 0 ? `${count('forward')}` : `${count('forward')}, ${refused} refused`;
}

const kinds = { conv: tryConv, convTranspose: tryTranspose } as const;
const columns = ranks.flatMap((rank) => layouts.map((layout) => ({ rank, layout })));

function table(kind: keyof typeof kinds): string {
  const header = ['padding', 'mode', ...columns.map((c) => `${c.rank}-D ${c.layout}`)];
  const rows = forms.flatMap((form) =>
    (form === 'valid' ? modes.slice(0, 1) : modes).map((mode) => [
      `\`${form}\``.replace('`number`', 'number').replace('`per side`', 'per side'),
      mode,
      ...columns.map(({ rank, layout }) => judge(everyCase(form, mode, rank), (c) => kinds[kind](c, layout))),
    ]),
  );
  return [header, header.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

const introduction = `# What works

\`test/support.node.test.ts\` writes this table from its own results, which are the same on both backends (${backends.join(' and ')}).
There are 12 combinations of groups (one group, 2 groups, depthwise with multiplier 2), stride (1, 2) and dilation (1, 2). A
number counts those that pass: the result equals the definition bit for bit on whole numbers, and the gradients fulfil the
adjoint identities. \`refused\` means a clear error. Padding \`valid\` adds no cells, so it has no modes.
`;

describe('the table of what works', () => {
  it('is the same on every backend, and is what the documentation shows', async () => {
    const texts = backends.map((backend) =>
      neocog.withBackend(backend, () =>
        [
          introduction,
          '## Convolution',
          table('conv'),
          '## Transposed convolution',
          table('convTranspose'),
          '',
        ].join('\n\n'),
      ),
    );
    expect(texts[1]).toBe(texts[0]);
    await expect(texts[0]?.replace(/\n{3,}/g, '\n\n')).toMatchFileSnapshot('../docs/support.md');
  }, 300_000);
});
