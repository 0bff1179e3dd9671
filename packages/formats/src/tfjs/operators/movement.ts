// Operators of TensorFlow that rearrange values. Sizes and positions may be computed: they are looked at while the network
// runs, on the host.

import {
  cast,
  concat,
  expand,
  flip,
  indexSelect,
  permute,
  reshape,
  slice,
  squeeze,
  stack,
  type Tensor,
  tile,
  unsqueeze,
} from 'neocog';
import { willMake } from '../../budget.ts';
import { Operation, operation } from '../../graph/operation.ts';
import { firstAxis, firstOrder, lastOrder, type Wire } from '../../graph/plan.ts';
import { isKnown, moveValues, readHost } from '../../graph/value.ts';
import { fromStart, sameShape } from '../../shape.ts';
import type { GraphNode, OperatorReader, Operators } from '../node.ts';
import { lengthOf, moving, withLength } from './moving.ts';

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
    if (x.first !== null && sameShape(order, firstOrder(rank))) return { ...x, last: x.first, first: null };
    if (x.first === null && sameShape(order, lastOrder(rank)))
      return { last: null, first: plan.last(x), rank, constant: null };
  }
  return plan.plain(
    name,
    moving(op, (t, axes) => permute(t, axes)),
    [x, node.input(1)],
    rank,
  );
};

/** Axes of size 1 come and go beside those of channels-first images too. */
const expanding: OperatorReader = (node) => {
  const { name, op, plan } = node;
  const x = node.input(0);
  const [axis] = node.numbers(1);
  const rank = x.rank === undefined ? undefined : x.rank + 1;
  const at = rank === undefined ? axis : fromStart(axis, rank);
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
  const at = axes.map((axis) => fromStart(axis, rank));
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
  willMake(count, node.name, 256);
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

/** Parts along an axis. */
interface Parts {
  readonly axis: number;
  readonly count: number;
  readonly sizesOf: (length: number) => number[];
}

function splitting(node: GraphNode, x: Wire, { axis, count, sizesOf }: Parts): Wire[] {
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
  willMake(count, node.name, 256);
  const [axis] = node.numbers(0);
  const sizesOf = (length: number): number[] => new Array(count).fill(length / count);
  return splitting(node, node.input(1), { axis, count, sizesOf });
};

/** A size of −1 stands for what is left. */
const splitSizes: OperatorReader = (node) => {
  const sizes = node.numbers(1);
  const [axis] = node.numbers(2);
  const known = sizes.reduce((sum, n) => sum + Math.max(n, 0), 0);
  const sizesOf = (length: number): number[] => sizes.map((n) => (n === -1 ? length - known : n));
  return splitting(node, node.input(0), { axis, count: sizes.length, sizesOf });
};

/** Rows, or cells of another axis, by number. Numbers that a program computes must count from 0. */
const gathering: OperatorReader = (node) => {
  const [axis = 0] = node.op === 'GatherV2' ? node.numbers(2) : [0];
  if (node.number('batch_dims', 0) !== 0) node.refuse('has batch_dims, but neocog gathers without');
  const module = operation(node.op, ([x, indices]) => {
    const places = isKnown(indices!)
      ? [...readHost(node.op, indices!).data]
      : cast(reshape(indices as Tensor, [indices!.data.length]), 'int32');
    return moveValues([x!], ([t]) => {
      const at = fromStart(axis, t.rank);
      const taken = indexSelect(t, places, { axis: at });
      return reshape(taken, [...t.shape.slice(0, at), ...indices!.shape, ...t.shape.slice(at + 1)]);
    });
  });
  const ranks = [node.input(0).rank, node.input(1).rank];
  const rank = ranks.includes(undefined) ? undefined : ranks[0]! - 1 + ranks[1]!;
  return node.plan.plain(node.name, module, node.inputs.slice(0, 2), rank);
};

const spread: OperatorReader = (node) => {
  const module = moving(node.op, (t, sizes) => expand(t, sizes));
  return node.plan.plain(node.name, module, node.inputs, lengthOf(node.input(1)));
};

const tiling: OperatorReader = (node) => {
  const module = moving(node.op, (t, repeats) => tile(t, repeats));
  return node.plan.plain(node.name, module, node.inputs, lengthOf(node.input(1)));
};

const reversing: OperatorReader = (node) => {
  const module = moving(node.op, (t, axes) => flip(t, axes));
  return node.plan.plain(node.name, module, node.inputs, node.input(0).rank);
};

export const movementOperators: Operators = {
  Reshape: reshaping,
  Transpose: transposing,
  ExpandDims: expanding,
  Squeeze: squeezing,
  Pack: packing,
  Unpack: unpacking,
  Concat: joining,
  ConcatV2: joining,
  Split: split,
  SplitV: splitSizes,
  Gather: gathering,
  GatherV2: gathering,
  BroadcastTo: spread,
  Tile: tiling,
  ReverseV2: reversing,
};
