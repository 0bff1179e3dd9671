// Operators of TensorFlow that rearrange values. Sizes and positions may be computed: they are looked at while the network
// runs, on the host.

import {
  concat,
  expand,
  flip,
  indexSelect,
  pad,
  permute,
  reshape,
  slice,
  squeeze,
  stack,
  Tensor,
  tile,
  unsqueeze,
} from 'neocog';
import { Operation, operation } from '../../graph/operation.ts';
import { HostArray, isKnown, moveValues, readHost, toTensor, type Value } from '../../graph/value.ts';
import type { GraphNode, OperatorReader, Operators } from '../node.ts';
import { firstAxis, firstOrder, inFirstOrder, lastOrder, type Wire } from '../plan.ts';

/** An operation that moves its first input as `move` says, given the numbers of the others. */
const moving = (op: string, move: (x: Tensor, ...numbers: number[][]) => Tensor): Operation =>
  operation(op, ([x, ...rest]) => {
    const numbers = rest.map((value) => [...readHost(op, value!).data]);
    return moveValues([x!], ([t]) => move(t, ...numbers));
  });

const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((n, i) => n === b[i]);

/** The number of values of a vector that is computed, where it is known. */
const lengths = new WeakMap<Wire, number>();

const lengthOf = (wire: Wire): number | undefined =>
  wire.constant === null
    ? lengths.get(wire)
    : wire.constant.shape.length === 1
      ? wire.constant.data.length
      : undefined;

function withLength(wire: Wire, length: number | undefined): Wire {
  if (length !== undefined) lengths.set(wire, length);
  return wire;
}

const reshaping: OperatorReader = ({ name, op, plan, ...node }) => {
  const [x, shape] = node.inputs;
  return plan.plain(
    name,
    moving(op, (t, sizes) => reshape(t, sizes)),
    [x, shape],
    lengthOf(shape),
  );
};

/** Between the two orders of axes there is nothing to move. */
const transposing: OperatorReader = (node) => {
  const { name, op, plan } = node;
  const [x, order] = [node.input(0), node.known(1)];
  const rank = order?.length ?? x.rank;
  if (order && rank !== undefined && rank > 2 && x.constant === null) {
    if (x.first !== null && same(order, firstOrder(rank))) return { ...x, last: x.first, first: null };
    if (x.first === null && same(order, lastOrder(rank)))
      return { last: null, first: plan.last(x), rank, constant: null };
  }
  return plan.plain(
    name,
    moving(op, (t, axes) => permute(t, axes)),
    [x, node.input(1)],
    rank,
  );
};

/** An operation of which each axis is told something, in the order of the file; images stay images. */
function perAxis<T>(
  node: GraphNode,
  x: Wire,
  list: readonly T[],
  move: (t: Tensor, list: readonly T[]) => Tensor,
): Wire {
  const { name, op, plan } = node;
  const step = (items: readonly T[]): Operation =>
    operation(op, ([v]) => moveValues([v!], ([t]) => move(t, items)));
  if (x.first === null || x.rank !== list.length) return plan.plain(name, step(list), [x], list.length);
  return plan.images(name, step(inFirstOrder(list)), x);
}

const pairs = (numbers: readonly number[]): [number, number][] =>
  Array.from({ length: numbers.length / 2 }, (_, i) => [numbers[2 * i], numbers[2 * i + 1]]);

const padding: OperatorReader = (node) => {
  const amounts = pairs(node.numbers(1));
  const [value = 0] = node.inputs.length > 2 ? node.numbers(2) : [];
  return perAxis(node, node.input(0), amounts, (t, pads) => pad(t, pads, { value }));
};

const mirrorPadding: OperatorReader = (node) => {
  const modes = { REFLECT: 'reflect', SYMMETRIC: 'symmetric' } as const;
  const name = node.text('mode', 'REFLECT');
  const mode = Object.hasOwn(modes, name)
    ? modes[name as keyof typeof modes]
    : node.refuse(`has mode '${name}'`);
  return perAxis(node, node.input(0), pairs(node.numbers(1)), (t, pads) => pad(t, pads, { mode }));
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
      node.input(0),
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
function stridedEntries(node: GraphNode, begin: number[], end: number[], step: number[]): Strided[] {
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
    const module = moving(op, (t, b, e, s) => stridedSlice(t, stridedEntries(node, b, e, s)));
    return plan.plain(name, module, node.inputs, undefined);
  }
  const entries = stridedEntries(node, begin, end, step);
  const plain = entries.every(({ kind }) => kind === 'slice');
  if (plain && x.rank !== undefined && x.first !== null) {
    const whole: Strided = { kind: 'slice', start: null, end: null, step: 1 };
    const all = Array.from({ length: x.rank }, (_, d) => entries[d] ?? whole);
    return perAxis(node, x, all, (t, list) => stridedSlice(t, list));
  }
  const count = (kind: Strided['kind']): number => entries.filter((entry) => entry.kind === kind).length;
  const rank = x.rank === undefined ? undefined : x.rank - count('shrink') + count('new');
  const module = operation(op, ([v]) => moveValues([v!], ([t]) => stridedSlice(t, entries)));
  return plan.plain(name, module, [x], rank);
};

/** Axes of size 1 come and go beside those of channels-first images too. */
const expanding: OperatorReader = (node) => {
  const { name, op, plan } = node;
  const x = node.input(0);
  const [axis] = node.numbers(1);
  const rank = x.rank === undefined ? undefined : x.rank + 1;
  const at = axis < 0 && rank !== undefined ? axis + rank : axis;
  const step = (place: number): Operation =>
    operation(op, ([v]) => moveValues([v!], ([t]) => unsqueeze(t, place)));
  if (x.first !== null && rank !== undefined && at > 0 && at < rank - 1) {
    return { ...plan.images(name, step(at + 1), x), rank };
  }
  return plan.plain(name, step(axis), [x], rank);
};

const squeezing: OperatorReader = (node) => {
  const { name, op, plan } = node;
  const x = node.input(0);
  const axes = node.list('squeeze_dims');
  const { rank } = x;
  const step = (places: readonly number[]): Operation =>
    operation(op, ([v]) => moveValues([v!], ([t]) => squeeze(t, places.length > 0 ? { axis: places } : {})));
  if (rank === undefined || axes.length === 0) return plan.plain(name, step(axes), [x], undefined);
  const at = axes.map((axis) => (axis < 0 ? axis + rank : axis));
  const left = rank - at.length;
  const between = at.every((axis) => axis > 0 && axis < rank - 1);
  if (x.first !== null && between && left > 2) {
    return { ...plan.images(name, step(at.map((axis) => firstAxis(axis, rank))), x), rank: left };
  }
  return plan.plain(name, step(axes), [x], left);
};

const packing: OperatorReader = (node) => {
  const axis = node.number('axis', 0);
  const module = operation(node.op, (values) =>
    moveValues(
      values.map((v) => v!),
      (tensors) => stack(tensors, { axis }),
    ),
  );
  const rank = node.input(0).rank;
  const wire = node.plan.plain(node.name, module, node.inputs, rank === undefined ? undefined : rank + 1);
  return rank === 0 ? withLength(wire, node.inputs.length) : wire;
};

const unpacking: OperatorReader = (node) => {
  const [axis, count] = [node.number('axis', 0), node.number('num', 1)];
  const module = new Operation(node.op, ([x]) =>
    Array.from({ length: count }, (_, i) =>
      moveValues([x!], ([t]) => squeeze(slice(t, { axis, start: i, end: i + 1 }), { axis })),
    ),
  );
  const { rank } = node.input(0);
  const each = rank === undefined ? undefined : rank - 1;
  return node.plan.several(node.name, module, [node.input(0)], new Array(count).fill(each));
};

/** The axis comes last in ConcatV2, first in Concat. */
const joining: OperatorReader = (node) => {
  const old = node.op === 'Concat';
  const [axis] = node.numbers(old ? 0 : node.inputs.length - 1);
  const parts = old ? node.inputs.slice(1) : node.inputs.slice(0, -1);
  const join = (at: number): Operation =>
    operation(node.op, (values) =>
      moveValues(
        values.map((v) => v!),
        (tensors) => concat(tensors, { axis: at }),
      ),
    );
  const joined = node.plan.concat(node.name, axis, join, parts);
  const counts = parts.map(lengthOf);
  const total = counts.reduce((sum, n) => (sum === undefined || n === undefined ? undefined : sum + n), 0);
  return withLength(joined, total);
};

/** Parts of these sizes along an axis; −1 stands for what is left. */
function splitting(
  node: GraphNode,
  x: Wire,
  axis: number,
  sizesOf: (length: number) => number[],
  count: number,
): Wire[] {
  const { rank, first } = x;
  const images = first !== null && rank !== undefined;
  const at = images ? firstAxis(axis, rank) : axis;
  const module = new Operation(node.op, ([v]) => {
    const value = v!;
    const length = value.shape.at(at)!;
    let start = 0;
    return sizesOf(length).map((size) => {
      const from = start;
      start += size;
      return moveValues([value], ([t]) => slice(t, { axis: at, start: from, end: from + size }));
    });
  });
  const ranks = new Array<number | undefined>(count).fill(rank);
  return images
    ? node.plan.imageParts(node.name, module, x, count)
    : node.plan.several(node.name, module, [x], ranks);
}

const split: OperatorReader = (node) => {
  const count = node.number('num_split', 1);
  const [axis] = node.numbers(0);
  return splitting(node, node.input(1), axis, (length) => new Array(count).fill(length / count), count);
};

const splitSizes: OperatorReader = (node) => {
  const sizes = node.numbers(1);
  const [axis] = node.numbers(2);
  const known = sizes.reduce((sum, n) => sum + Math.max(n, 0), 0);
  const sizesOf = (length: number): number[] => sizes.map((n) => (n === -1 ? length - known : n));
  return splitting(node, node.input(0), axis, sizesOf, sizes.length);
};

/** Rows, or cells of another axis, by number. Numbers that a program computes must count from 0. */
const gathering: OperatorReader = (node) => {
  const [axis = 0] = node.op === 'GatherV2' ? node.numbers(2) : [0];
  if (node.number('batch_dims', 0) !== 0) node.refuse('has batch_dims, neocog gathers without');
  const module = operation(node.op, ([x, indices]) => {
    const places = isKnown(indices!) ? [...readHost(node.op, indices!).data] : (indices as Tensor);
    return moveValues([x!], ([t]) => gather(t, places, indices!.shape, axis));
  });
  const ranks = [node.input(0).rank, node.input(1).rank];
  const rank = ranks.includes(undefined) ? undefined : ranks[0]! - 1 + ranks[1]!;
  return node.plan.plain(node.name, module, node.inputs.slice(0, 2), rank);
};

function gather(t: Tensor, places: number[] | Tensor, shape: readonly number[], axis: number): Tensor {
  const at = axis < 0 ? axis + t.rank : axis;
  const flat = places instanceof Tensor ? reshape(places, [places.size]) : places;
  const taken = indexSelect(t, flat, { axis: at });
  return reshape(taken, [...t.shape.slice(0, at), ...shape, ...t.shape.slice(at + 1)]);
}

const shapeOf: OperatorReader = (node) => {
  const { name, op, plan } = node;
  const x = node.input(0);
  const read = (order: readonly number[] | null): Operation =>
    operation(op, ([v]) => new HostArray('int32', order ? order.map((d) => v!.shape[d]) : v!.shape));
  if (x.first !== null && x.last === null && x.rank !== undefined) {
    const sizes = plan.fromImages(name, read(lastOrder(x.rank)), x, 1);
    return withLength(sizes, x.rank);
  }
  return withLength(plan.plain(name, read(null), [x], 1), x.rank);
};

const spread: OperatorReader = (node) => {
  const module = moving(node.op, (t, sizes) => expand(t, sizes));
  return node.plan.plain(node.name, module, node.inputs, lengthOf(node.input(1)));
};

const tiling: OperatorReader = (node) => {
  const module = moving(node.op, (t, repeats) => tile(t, repeats));
  return node.plan.plain(node.name, module, node.inputs, lengthOf(node.input(1)));
};

const filling: OperatorReader = (node) => {
  const module = operation(node.op, ([sizes, value]) =>
    moveValues([value!], ([t]) => expand(t, [...readHost(node.op, sizes!).data])),
  );
  return node.plan.plain(node.name, module, node.inputs, lengthOf(node.input(0)));
};

/** More than any list of positions has. */
const rangeLimit = 1 << 24;

const range: OperatorReader = (node) => {
  const module = operation(node.op, (values) => {
    const [start, end, step] = values.map((value) => readHost(node.op, value!).data[0]);
    const count = Math.max(0, Math.ceil((end - start) / step));
    if (!(count <= rangeLimit)) node.refuse(`makes ${count} numbers, neocog makes ${rangeLimit} at most`);
    const dtype = values[0]!.dtype === 'float32' ? 'float32' : 'int32';
    return new HostArray(
      dtype,
      Float64Array.from({ length: count }, (_, i) => start + i * step),
    );
  });
  return node.plan.plain(node.name, module, node.inputs, 1);
};

const sizeOf: OperatorReader = (node) => {
  const module = operation(
    node.op,
    ([x]) => new HostArray('int32', [x!.shape.reduce((a, b) => a * b, 1)], []),
  );
  return node.plan.plain(node.name, module, [node.input(0)], 0);
};

const rankOf: OperatorReader = (node) => {
  const module = operation(node.op, ([x]) => new HostArray('int32', [x!.shape.length], []));
  return node.plan.plain(node.name, module, [node.input(0)], 0);
};

const like =
  (n: number): OperatorReader =>
  (node) => {
    const module = operation(node.op, ([x]): Value => {
      const data = new Float64Array(x!.shape.reduce((a, b) => a * b, 1)).fill(n);
      return x!.dtype === 'float32'
        ? toTensor(new HostArray('float32', data, x!.shape))
        : new HostArray('int32', data, x!.shape);
    });
    return node.plan.plain(node.name, module, [node.input(0)], node.input(0).rank);
  };

const reversing: OperatorReader = (node) => {
  const module = moving(node.op, (t, axes) => flip(t, axes));
  return node.plan.plain(node.name, module, node.inputs, node.input(0).rank);
};

/** Blocks of cells go into the batch, and back: how TensorFlow writes dilated convolutions. */
const spaceToBatch: OperatorReader = (node) => {
  const [block, pads] = [node.numbers(1), pairs(node.numbers(2))];
  const count = block.length;
  const module = moving(node.op, (t) => {
    const rest = t.shape.slice(count + 1);
    const padded = pad(t, [[0, 0], ...pads, ...rest.map((): [number, number] => [0, 0])]);
    const inner = padded.shape.slice(1, count + 1);
    const apart = reshape(padded, [
      t.shape[0],
      ...inner.flatMap((n, d) => [n / block[d], block[d]]),
      ...rest,
    ]);
    const order = [...block.map((_, d) => 2 + 2 * d), 0, ...block.map((_, d) => 1 + 2 * d)];
    const moved = permute(apart, [...order, ...rest.map((_, d) => 2 * count + 1 + d)]);
    const n = block.reduce((a, b) => a * b, t.shape[0]);
    return reshape(moved, [n, ...inner.map((size, d) => size / block[d]), ...rest]);
  });
  return node.plan.plain(node.name, module, [node.input(0)], node.input(0).rank);
};

const batchToSpace: OperatorReader = (node) => {
  const [block, crops] = [node.numbers(1), pairs(node.numbers(2))];
  const count = block.length;
  const module = moving(node.op, (t) => {
    const [inner, rest] = [t.shape.slice(1, count + 1), t.shape.slice(count + 1)];
    const n = t.shape[0] / block.reduce((a, b) => a * b, 1);
    const apart = reshape(t, [...block, n, ...inner, ...rest]);
    const order = [count, ...block.flatMap((_, d) => [count + 1 + d, d])];
    const moved = permute(apart, [...order, ...rest.map((_, d) => 2 * count + 1 + d)]);
    const whole = reshape(moved, [n, ...inner.map((size, d) => size * block[d]), ...rest]);
    return slice(whole, {
      start: [null, ...crops.map(([before]) => before)],
      end: [null, ...crops.map(([, after], d) => whole.shape[d + 1] - after)],
    });
  });
  return node.plan.plain(node.name, module, [node.input(0)], node.input(0).rank);
};

export const movementOperators: Operators = {
  Reshape: reshaping,
  Transpose: transposing,
  ExpandDims: expanding,
  Squeeze: squeezing,
  Pad: padding,
  PadV2: padding,
  MirrorPad: mirrorPadding,
  Slice: slicing,
  StridedSlice: stridedSlicing,
  Pack: packing,
  Unpack: unpacking,
  Concat: joining,
  ConcatV2: joining,
  Split: split,
  SplitV: splitSizes,
  Gather: gathering,
  GatherV2: gathering,
  Shape: shapeOf,
  Size: sizeOf,
  Rank: rankOf,
  BroadcastTo: spread,
  Tile: tiling,
  Fill: filling,
  Range: range,
  ZerosLike: like(0),
  OnesLike: like(1),
  ReverseV2: reversing,
  SpaceToBatchND: spaceToBatch,
  BatchToSpaceND: batchToSpace,
};
