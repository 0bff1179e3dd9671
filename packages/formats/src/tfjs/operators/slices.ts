// Operators of TensorFlow that cut values or put a border around them. With constants, images stay channels-first.

import { pad, reshape, slice, type Tensor } from 'neocog';
import { type Operation, operation } from '../../graph/operation.ts';
import { inFirstOrder, type Wire } from '../../graph/plan.ts';
import { moveValues } from '../../graph/value.ts';
import type { GraphNode, OperatorReader, Operators } from '../node.ts';
import { moving, pairs } from './moving.ts';

/** An operation of which each axis is told something, in the order of the file; images stay images. */
function perAxis<T>(
  node: GraphNode,
  list: readonly T[],
  move: (t: Tensor, list: readonly T[]) => Tensor,
): Wire {
  const { name, op, plan } = node;
  const x = node.input(0);
  const step = (items: readonly T[]): Operation =>
    operation(op, ([v]) => moveValues([v!], ([t]) => move(t, items)));
  if (x.first === null || x.rank !== list.length) return plan.plain(name, step(list), [x], list.length);
  return plan.images(name, step(inFirstOrder(list)), x);
}

const padding: OperatorReader = (node) => {
  const amounts = pairs(node.numbers(1));
  const [value = 0] = node.inputs.length > 2 ? node.numbers(2) : [];
  return perAxis(node, amounts, (t, pads) => pad(t, pads, { value }));
};

const mirrorPadding: OperatorReader = (node) => {
  const modes = { REFLECT: 'reflect', SYMMETRIC: 'symmetric' } as const;
  const name = node.text('mode', 'REFLECT');
  const mode = Object.hasOwn(modes, name)
    ? modes[name as keyof typeof modes]
    : node.refuse(`has mode '${name}'`);
  return perAxis(node, pairs(node.numbers(1)), (t, pads) => pad(t, pads, { mode }));
};

/** Sizes of −1 reach to the end. */
const slicing: OperatorReader = (node) => {
  const [begin, size] = [node.known(1), node.known(2)];
  const cut = (t: Tensor, ranges: readonly (readonly [number, number])[]): Tensor =>
    slice(t, {
      start: ranges.map(([start]) => start),
      end: ranges.map(([start, count]) => (count === -1 ? null : start + count)),
    });
  if (begin && size) {
    return perAxis(
      node,
      begin.map((start, d): [number, number] => [start, size[d]]),
      cut,
    );
  }
  const module = moving(node.op, (t, starts, counts) =>
    cut(
      t,
      starts.map((start, d) => [start, counts[d]]),
    ),
  );
  return node.plan.plain(node.name, module, node.inputs, node.input(0).rank);
};

interface Strided {
  readonly kind: 'slice' | 'shrink' | 'new' | 'ellipsis';
  readonly start: number | null;
  readonly end: number | null;
  readonly step: number;
}

/** `x[begin:end:step, …]` by the masks of TensorFlow: a bit for each entry. */
function stridedEntries(node: GraphNode, [begin, end, step]: readonly number[][]): Strided[] {
  const bit = (key: string, i: number): boolean =>
    Math.floor(node.number(`${key}_mask`, 0) / 2 ** i) % 2 === 1;
  return begin.map((start, i) => ({
    kind: bit('new_axis', i)
      ? 'new'
      : bit('ellipsis', i)
        ? 'ellipsis'
        : bit('shrink_axis', i)
          ? 'shrink'
          : 'slice',
    start: bit('begin', i) ? null : start,
    end: bit('end', i) ? null : end[i],
    step: step[i],
  }));
}

function stridedSlice(t: Tensor, entries: readonly Strided[]): Tensor {
  const taken = entries.filter(({ kind }) => kind === 'slice' || kind === 'shrink').length;
  const whole: Strided = { kind: 'slice', start: null, end: null, step: 1 };
  const all = entries.flatMap((entry) =>
    entry.kind === 'ellipsis' ? new Array<Strided>(t.rank - taken).fill(whole) : [entry],
  );
  const axes = all.filter(({ kind }) => kind !== 'new');
  const cut = slice(t, {
    start: axes.map(({ kind, start }) => (kind === 'shrink' ? (start ?? 0) : start)),
    end: axes.map(({ kind, start, end }) =>
      kind === 'shrink' ? (start === -1 ? null : (start ?? 0) + 1) : end,
    ),
    step: axes.map(({ kind, step }) => (kind === 'shrink' ? 1 : step)),
  });
  let axis = 0;
  const shape = all.flatMap(({ kind }) => {
    if (kind === 'new') return [1];
    const size = cut.shape[axis++];
    return kind === 'shrink' ? [] : [size];
  });
  return reshape(cut, [...shape, ...cut.shape.slice(axis)]);
}

const stridedSlicing: OperatorReader = (node) => {
  const { name, op, plan } = node;
  const x = node.input(0);
  const [begin, end, step] = [1, 2, 3].map((i) => node.known(i));
  if (!begin || !end || !step) {
    const module = moving(op, (t, ...numbers) => stridedSlice(t, stridedEntries(node, numbers)));
    return plan.plain(name, module, node.inputs, undefined);
  }
  const entries = stridedEntries(node, [begin, end, step]);
  const plain = entries.every(({ kind }) => kind === 'slice');
  if (plain && x.rank !== undefined && x.first !== null) {
    const whole: Strided = { kind: 'slice', start: null, end: null, step: 1 };
    const all = Array.from({ length: x.rank }, (_, d) => entries[d] ?? whole);
    return perAxis(node, all, (t, list) => stridedSlice(t, list));
  }
  const count = (kind: Strided['kind']): number => entries.filter((entry) => entry.kind === kind).length;
  const rank = x.rank === undefined ? undefined : x.rank - count('shrink') + count('new');
  const module = operation(op, ([v]) => moveValues([v!], ([t]) => stridedSlice(t, entries)));
  return plan.plain(name, module, [x], rank);
};

export const sliceOperators: Operators = {
  Pad: padding,
  PadV2: padding,
  MirrorPad: mirrorPadding,
  Slice: slicing,
  StridedSlice: stridedSlicing,
};
