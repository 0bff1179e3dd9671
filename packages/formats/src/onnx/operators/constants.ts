// Operators whose results are made of numbers that are known: constants, ranges, masks, shapes.

import { Tensor, tril, triu, zeros } from 'neocog';
import { floatBytes, hostBytes, willMake } from '../../budget.ts';
import { HostArray, type HostType, int64s, mapHost, toTensor, type Value } from '../../graph/value.ts';
import { fromStart, product } from '../../shape.ts';
import type { OnnxNode, Operator } from '../node.ts';
import { elementType } from '../tensors.ts';
import { settle, simple } from './common.ts';

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

const constant = simple(
  'Constant',
  (node) => {
    const value = constantValue(node);
    return () => value;
  },
  'refuses texts',
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
  return node.refuse('its value is a string, which is not supported');
}

const constantOfShape = simple('ConstantOfShape', (node) => {
  const fill = node.tensor('value') ?? new Tensor(Float32Array.of(0), [1]);
  return ([shape]) => filled(fill.dtype as HostType, [...node.read(shape!).data], fill.data[0]);
});

/** One value throughout: floats in a tensor, whole numbers on the host. */
function filled(dtype: HostType, shape: number[], value: number): Value {
  willMake(product(shape), 'it', dtype === 'float32' ? floatBytes : hostBytes);
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
  willMake(count, String(node));
  const values = Float64Array.from({ length: count }, (_, i) => start + i * delta);
  const host = new HostArray(inputs[0]!.dtype as HostType, values);
  return host.dtype === 'float32' ? toTensor(host) : host;
});

const oneHot = simple(
  'OneHot',
  (node) => {
    const axis = node.int('axis', -1);
    return (inputs) => {
      const [indices, depths, values] = settle(inputs).map((value) => node.read(value));
      const depth = depths.data[0];
      const d = fromStart(axis, indices.shape.length + 1);
      const shape = [...indices.shape.slice(0, d), depth, ...indices.shape.slice(d)];
      const inner = product(indices.shape.slice(d));
      willMake(product(shape), String(node));
      const data = Float64Array.from({ length: product(shape) }, (_, i) => {
        const index = indices.data[Math.floor(i / (inner * depth)) * inner + (i % inner)];
        return values.data[fromStart(index, depth) === Math.floor(i / inner) % depth ? 1 : 0];
      });
      const host = new HostArray(inputs[2]!.dtype as HostType, data, shape);
      return host.dtype === 'float32' ? toTensor(host) : host;
    };
  },
  'computed indices on the host',
);

const trilu = simple('Trilu', (node) => {
  const upper = node.int('upper', 1) === 1;
  return (inputs) => {
    const diagonal = inputs[1] ? node.read(inputs[1]).data[0] : 0;
    const [x] = settle([inputs[0]]);
    if (!(x instanceof HostArray)) return (upper ? triu : tril)(toTensor(x), { diagonal });
    const [rows, columns] = x.shape.slice(-2);
    willMake(rows * columns, String(node));
    const keep = Float64Array.from({ length: rows * columns }, (_, i) => {
      const distance = (i % columns) - Math.floor(i / columns);
      return Number(upper ? distance >= diagonal : distance <= diagonal);
    });
    const mask = new HostArray('float32', keep, [rows, columns]);
    return mapHost(x.dtype, [x, mask], (value, isKept) => (isKept ? value : 0));
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
    willMake(rows * columns, String(node));
    const data = Float64Array.from({ length: rows * columns }, (_, i) =>
      Number((i % columns) - Math.floor(i / columns) === k),
    );
    const host = new HostArray(type ?? x!.dtype, data, [rows, columns]);
    return host.dtype === 'float32' ? toTensor(host) : host;
  };
});

export const constantOperators: readonly Operator[] = [
  shapeOperator,
  sizeOperator,
  constant,
  constantOfShape,
  range,
  oneHot,
  trilu,
  eyeLike,
];
