// Operators that move values. On the host they move whole numbers in the same way.

import { concat, FormatError, permute, reshape, slice, tile } from 'neocog';
import { counted } from 'neocog/arguments';
import { broadcastShape, expandTo } from '../../graph/broadcast.ts';
import { mostAxes, Operation } from '../../graph/operation.ts';
import { moveValues } from '../../graph/value.ts';
import { fromStart, product } from '../../shape.ts';
import type { Operator } from '../node.ts';
import { axisOf, move, settle, simple } from './common.ts';
import { constantOperators } from './constants.ts';
import { gatherOperators } from './gather.ts';
import { padOperator } from './pad.ts';

/** 0 stands for the input's size, unless `allowzero`; −1 for what is left. */
const reshapeOperator = simple('Reshape', (node) => {
  const [wanted, allowZero] = [node.numbers(1, 'shape'), node.int('allowzero', 0) === 1];
  return (inputs) => {
    const own = inputs[0]!.shape;
    const sizes = (wanted(inputs) ?? []).map((n, d) => (n === 0 && !allowZero ? own[d] : n));
    const known = product(sizes.filter((n) => n !== -1));
    const shape = sizes.map((n) => (n === -1 ? (known === 0 ? 0 : product(own) / known) : n));
    return move(inputs[0], (t) => reshape(t, shape));
  };
});

const flattenOperator = simple('Flatten', (node) => {
  const axis = node.int('axis', 1);
  return ([x]) => {
    const from = fromStart(axis, x!.shape.length);
    const rows = product(x!.shape.slice(0, from));
    return move(x, (t) => reshape(t, [rows, product(x!.shape.slice(from))]));
  };
});

const squeezeOperator = simple('Squeeze', (node) => {
  const axes = node.numbers(1, 'axes');
  return (inputs) => {
    const { shape } = inputs[0]!;
    const named = axes(inputs)?.map((axis) => axisOf(node, axis, shape.length));
    const kept = shape.filter((n, d) => !(named ? named.includes(d) : n === 1));
    return move(inputs[0], (t) => reshape(t, kept));
  };
});

const unsqueezeOperator = simple('Unsqueeze', (node) => {
  const axes = node.numbers(1, 'axes');
  return (inputs) => {
    const { shape } = inputs[0]!;
    const list = axes(inputs) ?? [];
    if (list.length > mostAxes)
      throw new FormatError(`${node}: it adds ${list.length} axes, but at most ${mostAxes} are possible`);
    const rank = shape.length + list.length;
    const added = list.map((axis) => axisOf(node, axis, rank));
    const rest = shape[Symbol.iterator]();
    const sizes = Array.from({ length: rank }, (_, d) =>
      added.includes(d) ? 1 : (rest.next().value as number),
    );
    return move(inputs[0], (t) => reshape(t, sizes));
  };
});

const transposeOperator = simple('Transpose', (node) => {
  const perm = node.ints('perm');
  return ([x]) => {
    const order = perm ?? x!.shape.map((_, d) => x!.shape.length - 1 - d);
    return move(x, (t) => permute(t, order));
  };
});

const concatOperator = simple('Concat', (node) => {
  const axis = node.int('axis', 1);
  return (inputs) => moveValues(settle(inputs), (tensors) => concat(tensors, { axis }));
});

const splitOperator: Operator = {
  name: 'Split',
  limits: '',
  build: (node) => {
    const [axis, sizes] = [node.int('axis', 0), node.numbers(1, 'split')];
    const count = node.int('num_outputs', node.outputs.length);
    if (count !== node.outputs.length) {
      throw new FormatError(
        `${node}: num_outputs is ${count}, but it has ${counted(node.outputs.length, 'output')}`,
      );
    }
    return new Operation('Split', (inputs) => {
      const [x] = settle([inputs[0]]);
      const d = axisOf(node, axis, x.shape.length);
      const even = Math.ceil(x.shape[d] / count);
      const lengths =
        sizes(inputs) ?? Array.from({ length: count }, (_, i) => Math.min(even, x.shape[d] - i * even));
      let start = 0;
      return lengths.map((length) => {
        const from = start;
        start += length;
        return move(x, (t) => slice(t, { axis: d, start: from, end: from + length }));
      });
    });
  },
};

const sliceOperator = simple('Slice', (node) => {
  const [starts, ends, axes, steps] = ['starts', 'ends', 'axes', 'steps'].map((name, i) =>
    node.numbers(i + 1, name),
  );
  return (inputs) => {
    const rank = inputs[0]!.shape.length;
    const from = starts(inputs) ?? [];
    const to = ends(inputs) ?? [];
    const along = (axes(inputs) ?? from.map((_, i) => i)).map((axis) => axisOf(node, axis, rank));
    const by = steps(inputs) ?? from.map(() => 1);
    const lists = [from, to, by].map((list) => {
      if (list.length !== along.length)
        throw new FormatError(`${node}: of ${along.length} axes it has ${list.length} starts, ends or steps`);
      const bounds: (number | null)[] = new Array(rank).fill(null);
      along.forEach((axis, i) => {
        bounds[axis] = list[i];
      });
      return bounds;
    });
    return move(inputs[0], (t) => slice(t, { start: lists[0], end: lists[1], step: lists[2] }));
  };
});

const expandOperator = simple('Expand', (node) => (inputs) => {
  const wanted = [...node.read(inputs[1]!).data];
  const shape = broadcastShape([inputs[0]!.shape, wanted]);
  return move(inputs[0], (t) => expandTo(t, shape));
});

/** Before opset 6 a number of copies and the axis along which they lie. */
const tileOperator = simple('Tile', (node) => (inputs) => {
  const [copies, axis] = inputs.slice(1).map((value) => [...node.read(value!).data]);
  const repeats = axis ? inputs[0]!.shape.map((_, d) => (d === axis[0] ? copies[0] : 1)) : copies;
  return move(inputs[0], (t) => tile(t, repeats));
});

const identity: Operator = {
  name: 'Identity',
  limits: '',
  build: (node) => new Operation('Identity', (inputs) => node.outputs.map((_, i) => inputs[i]!)),
};

/** Channels to space: `DCR` takes the block's cells first, `CRD` the channels. */
const depthToSpace = simple('DepthToSpace', (node) => {
  const block = node.int('blocksize', 1);
  const columnFirst = node.text('mode', 'DCR') === 'CRD';
  return ([x]) =>
    move(x, (t) => {
      const [n, c, h, w] = t.shape;
      const channels = c / (block * block);
      const parts = columnFirst ? [n, channels, block, block, h, w] : [n, block, block, channels, h, w];
      const order = columnFirst ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2];
      return reshape(permute(reshape(t, parts), order), [n, channels, h * block, w * block]);
    });
});

/** Space to channels, in the orders of DepthToSpace. */
const spaceToDepth = simple('SpaceToDepth', (node) => {
  const block = node.int('blocksize', 1);
  const order = node.text('mode', 'DCR') === 'CRD' ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4];
  return ([x]) =>
    move(x, (t) => {
      const [n, c, h, w] = t.shape;
      const parts = reshape(t, [n, c, h / block, block, w / block, block]);
      return reshape(permute(parts, order), [n, c * block * block, h / block, w / block]);
    });
});

export const shapeOperators: readonly Operator[] = [
  reshapeOperator,
  flattenOperator,
  squeezeOperator,
  unsqueezeOperator,
  transposeOperator,
  concatOperator,
  splitOperator,
  sliceOperator,
  ...gatherOperators,
  expandOperator,
  tileOperator,
  padOperator,
  identity,
  ...constantOperators,
  depthToSpace,
  spaceToDepth,
];
