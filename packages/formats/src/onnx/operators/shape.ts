// Operators that move values and compute with shapes. On the host they move whole numbers in the same way.

import {
  cast,
  concat,
  expand,
  indexSelect,
  pad,
  permute,
  reshape,
  ShapeError,
  slice,
  Tensor,
  tile,
  where,
  zeros,
} from 'neocog';
import { type Arguments, Operation, operation } from '../../graph/operation.ts';
import {
  broadcastShape,
  HostArray,
  type HostType,
  int64s,
  isKnown,
  likeTensors,
  mapHost,
  moveHost,
  moveValues,
  toTensor,
  type Value,
} from '../../graph/value.ts';
import type { OnnxNode, Operator } from '../node.ts';
import { elementType } from '../tensors.ts';
import { settle } from './elementwise.ts';

/** A tensor repeated to a shape that it broadcasts to. */
export const expandTo = (t: Tensor, shape: readonly number[]): Tensor =>
  t.rank === shape.length && t.shape.every((n, d) => n === shape[d]) ? t : expand(t, shape);

/** Moves one value by a function of tensors. */
const move = (value: Value | undefined, f: (t: Tensor) => Tensor): Value => {
  const [settled] = settle([value]);
  return moveValues([settled], ([t]) => f(t));
};

const axisOf = (node: OnnxNode, axis: number, rank: number): number => {
  const resolved = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(axis) && resolved >= 0 && resolved < Math.max(rank, 1)) return resolved;
  throw new ShapeError(`${node}: axis ${axis} does not exist in rank ${rank}`);
};

const simple = (
  name: string,
  build: (node: OnnxNode) => (inputs: Arguments) => Value,
  limits = '',
): Operator => ({
  name,
  limits,
  build: (node) => operation(name, build(node)),
});

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

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
    const from = axis < 0 ? axis + x!.shape.length : axis;
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
    // Numbers far beyond the axis stand for its ends.
    const near = (n: number): number => Math.min(Math.max(n, -(2 ** 31)), 2 ** 31);
    const lists = [from, to, by].map((list) => {
      const bounds: (number | null)[] = new Array(rank).fill(null);
      along.forEach((axis, i) => {
        bounds[axis] = near(list[i]);
      });
      return bounds;
    });
    return move(inputs[0], (t) => slice(t, { start: lists[0], end: lists[1], step: lists[2] }));
  };
});

const gather = simple('Gather', (node) => {
  const axis = node.int('axis', 0);
  return (inputs) => {
    const [x, indices] = settle(inputs);
    const d = axisOf(node, axis, x.shape.length);
    if (!isKnown(indices)) return indexSelect(toTensor(x), cast(toTensor(indices), 'int32'), { axis: d });
    const cells = toTensor(node.read(indices));
    return moveValues([x], ([t]) => indexSelect(t, cast(cells, 'int32'), { axis: d }));
  };
});

/** Reads single places: `place(position)` is a place in x for each position of a result. */
function pick(x: Value, shape: readonly number[], place: (position: number) => number): Value {
  const cells = Array.from({ length: product(shape) }, (_, i) => place(i));
  return moveValues([x], ([t]) => reshape(indexSelect(reshape(t, [t.size]), cells, { axis: 0 }), shape));
}

const stridesOf = (shape: readonly number[]): number[] => shape.map((_, d) => product(shape.slice(d + 1)));

const gatherElements = simple(
  'GatherElements',
  (node) => {
    const axis = node.int('axis', 0);
    return (inputs) => {
      const [x, given] = settle(inputs);
      const indices = node.read(given);
      const d = axisOf(node, axis, x.shape.length);
      const [from, to] = [stridesOf(indices.shape), stridesOf(x.shape)];
      return pick(x, indices.shape, (i) =>
        x.shape.reduce((place, _, a) => {
          const own = Math.floor(i / from[a]) % indices.shape[a];
          const cell = a !== d ? own : indices.data[i] < 0 ? indices.data[i] + x.shape[d] : indices.data[i];
          return place + cell * to[a];
        }, 0),
      );
    };
  },
  'indices known on the host',
);

const gatherND = simple(
  'GatherND',
  (node) => {
    const batch = node.int('batch_dims', 0);
    return (inputs) => {
      const [x, given] = settle(inputs);
      const indices = node.read(given);
      const depth = indices.shape.at(-1)!;
      const strides = stridesOf(x.shape);
      const inner = product(x.shape.slice(batch + depth));
      const shape = [...indices.shape.slice(0, -1), ...x.shape.slice(batch + depth)];
      const rowsPerBatch = product(indices.shape.slice(batch, -1));
      return pick(x, shape, (i) => {
        const row = Math.floor(i / inner);
        let place = (i % inner) + Math.floor(row / rowsPerBatch) * product(x.shape.slice(batch));
        for (let k = 0; k < depth; k++) {
          const cell = indices.data[row * depth + k];
          place += (cell < 0 ? cell + x.shape[batch + k] : cell) * strides[batch + k];
        }
        return place;
      });
    };
  },
  'indices known on the host',
);

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

const padModes = { constant: 'constant', reflect: 'reflect', edge: 'replicate', wrap: 'circular' } as const;

/** Negative pads take cells away. */
const padOperator = simple('Pad', (node) => {
  const name = node.text('mode', 'constant') as keyof typeof padModes;
  const mode = padModes[name] ?? node.refuse(`mode is ${name}`);
  const pads = node.numbers(1, node.has('paddings') ? 'paddings' : 'pads');
  const fixed = node.float('value', 0);
  return (inputs) => {
    const { shape } = inputs[0]!;
    const value = inputs[2] ? (node.read(inputs[2]).data[0] ?? 0) : fixed;
    const axes = (inputs[3] ? [...node.read(inputs[3]).data] : shape.map((_, d) => d)).map((a) =>
      axisOf(node, a, shape.length),
    );
    const list = pads(inputs) ?? [];
    const pairs = shape.map((): [number, number] => [0, 0]);
    axes.forEach((axis, i) => {
      pairs[axis] = [list[i], list[i + axes.length]];
    });
    return padded(settle([inputs[0]])[0], pairs, mode, value);
  };
});

function padded(
  x: Value,
  pairs: [number, number][],
  mode: (typeof padModes)[keyof typeof padModes],
  value: number,
): Value {
  const start = pairs.map(([before]) => Math.max(0, -before));
  const end = pairs.map(([, after], d) => x.shape[d] - Math.max(0, -after));
  const added = pairs.map(([before, after]): [number, number] => [Math.max(0, before), Math.max(0, after)]);
  const cut =
    start.some((n) => n > 0) || end.some((n, d) => n < x.shape[d])
      ? move(x, (t) => slice(t, { start, end }))
      : x;
  if (added.flat().every((n) => n === 0)) return cut;
  if (mode !== 'constant') return move(cut, (t) => pad(t, added, { mode }));
  if (cut instanceof Tensor) return pad(cut, added, { value });
  // On the host, positions move: a place that is not there reads the value.
  const places = moveHost([mapHost('int64', [cut], () => 1)], ([t]) => pad(t, added));
  const moved = moveHost([cut], ([t]) => pad(t, added));
  return new HostArray(
    cut.dtype,
    moved.data.map((v, i) => (places.data[i] === 1 ? v : value)),
    moved.shape,
  );
}

const shapeOperator = simple('Shape', (node) => {
  const [start, end] = [node.int('start', 0), node.has('end') ? node.int('end', 0) : undefined];
  return ([x]) => int64s(x!.shape.slice(start, end));
});

const sizeOperator = simple(
  'Size',
  () =>
    ([x]) =>
      int64s([product(x!.shape)], []),
);

const identity: Operator = {
  name: 'Identity',
  limits: '',
  build: (node) => new Operation('Identity', (inputs) => node.outputs.map((_, i) => inputs[i]!)),
};

const constant = simple(
  'Constant',
  (node) => {
    const value = constantValue(node);
    return () => value;
  },
  'texts are refused',
);

function constantValue(node: OnnxNode): Value {
  const tensor = node.tensor('value') ?? node.sparse('sparse_value');
  if (tensor) return tensor;
  if (node.has('value_float')) return new Tensor(Float32Array.of(node.float('value_float', 0)), []);
  if (node.has('value_floats')) {
    const values = Float32Array.from(node.floats('value_floats') ?? []);
    return new Tensor(values, [values.length]);
  }
  if (node.has('value_int')) return int64s([node.int('value_int', 0)], []);
  if (node.has('value_ints')) return int64s(node.ints('value_ints') ?? []);
  return node.refuse('its value is a text, which is not supported');
}

const constantOfShape = simple('ConstantOfShape', (node) => {
  const fill = node.tensor('value') ?? new Tensor(Float32Array.of(0), [1]);
  return ([shape]) => filled(fill.dtype as HostType, [...node.read(shape!).data], fill.data[0]);
});

const mostFilled = 2 ** 28;

/** One value throughout: floats in a tensor, whole numbers on the host. */
function filled(dtype: HostType, shape: number[], value: number): Value {
  if (product(shape) > mostFilled) throw new ShapeError(`a shape of [${shape}] is too large`);
  if (dtype === 'float32') {
    const t = zeros(shape);
    t.data.fill(value);
    return t;
  }
  return new HostArray(dtype, new Float64Array(product(shape)).fill(value), shape);
}

const range = simple('Range', (node) => (inputs) => {
  const [start, limit, delta] = inputs.map((value) => node.read(value!).data[0]);
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  if (!(count <= mostFilled)) throw new ShapeError(`${node}: ${start} to ${limit} by ${delta} is too long`);
  const values = Float64Array.from({ length: count }, (_, i) => start + i * delta);
  const host = new HostArray(inputs[0]!.dtype as HostType, values);
  return host.dtype === 'float32' ? toTensor(host) : host;
});

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

const spaceToDepth = simple('SpaceToDepth', (node) => {
  const block = node.int('blocksize', 1);
  return ([x]) =>
    move(x, (t) => {
      const [n, c, h, w] = t.shape;
      const parts = reshape(t, [n, c, h / block, block, w / block, block]);
      return reshape(permute(parts, [0, 3, 5, 1, 2, 4]), [n, c * block * block, h / block, w / block]);
    });
});

const oneHot = simple(
  'OneHot',
  (node) => {
    const axis = node.int('axis', -1);
    return (inputs) => {
      const [indices, depths, values] = settle(inputs).map((value) => node.read(value));
      const depth = depths.data[0];
      const d = axis < 0 ? axis + indices.shape.length + 1 : axis;
      const shape = [...indices.shape.slice(0, d), depth, ...indices.shape.slice(d)];
      const inner = product(indices.shape.slice(d));
      const data = Float64Array.from({ length: product(shape) }, (_, i) => {
        const index = indices.data[Math.floor(i / (inner * depth)) * inner + (i % inner)];
        return values.data[(index < 0 ? index + depth : index) === Math.floor(i / inner) % depth ? 1 : 0];
      });
      const host = new HostArray(inputs[2]!.dtype as HostType, data, shape);
      return host.dtype === 'float32' ? toTensor(host) : host;
    };
  },
  'indices known on the host',
);

const trilu = simple('Trilu', (node) => {
  const upper = node.int('upper', 1) === 1;
  return (inputs) => {
    const k = inputs[1] ? node.read(inputs[1]).data[0] : 0;
    const [x] = settle([inputs[0]]);
    const [rows, columns] = x.shape.slice(-2);
    const keep = Float64Array.from({ length: rows * columns }, (_, i) => {
      const distance = (i % columns) - Math.floor(i / columns);
      return Number(upper ? distance >= k : distance <= k);
    });
    const mask = new HostArray('float32', keep, [rows, columns]);
    if (x instanceof HostArray) return mapHost(x.dtype, [x, mask], (v, m) => (m ? v : 0));
    const [t, m] = likeTensors([x, mask]);
    return where(expandTo(m, t.shape), t, 0);
  };
});

/** Refuses types that neocog lacks at load. */
const eyeLike = simple('EyeLike', (node) => {
  const k = node.int('k', 0);
  const type = node.has('dtype')
    ? elementType(`the result of ${node}`, node.int('dtype', 1)).host
    : undefined;
  return ([x]) => {
    const [rows, columns] = x!.shape;
    const data = Float64Array.from({ length: rows * columns }, (_, i) =>
      Number((i % columns) - Math.floor(i / columns) === k),
    );
    const host = new HostArray(type ?? x!.dtype, data, [rows, columns]);
    return host.dtype === 'float32' ? toTensor(host) : host;
  };
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
  gather,
  gatherElements,
  gatherND,
  expandOperator,
  tileOperator,
  padOperator,
  shapeOperator,
  sizeOperator,
  identity,
  constant,
  constantOfShape,
  range,
  depthToSpace,
  spaceToDepth,
  oneHot,
  trilu,
  eyeLike,
];
