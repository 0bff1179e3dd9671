// Operators of TensorFlow that make values from sizes: shapes, ranges, and tensors of one number.

import { expand } from 'neocog';
import { type Operation, operation } from '../../graph/operation.ts';
import { lastOrder } from '../../graph/plan.ts';
import { HostArray, moveValues, readHost, toTensor, type Value } from '../../graph/value.ts';
import { product } from '../../shape.ts';
import type { OperatorReader, Operators } from '../node.ts';
import { lengthOf, withLength } from './moving.ts';

const shapeOf: OperatorReader = (node) => {
  const { name, op, plan } = node;
  const x = node.input(0);
  const read = (order: readonly number[] | null): Operation =>
    operation(op, ([v]) => new HostArray('int32', order ? order.map((d) => v!.shape[d]) : v!.shape));
  if (x.first !== null && x.last === null && x.rank !== undefined) {
    const sizes = plan.fromImages(name, read(lastOrder(x.rank)), x);
    return withLength({ ...sizes, rank: 1 }, x.rank);
  }
  return withLength(plan.plain(name, read(null), [x], 1), x.rank);
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
    if (!(count <= rangeLimit)) node.refuse(`makes ${count} numbers, but neocog makes at most ${rangeLimit}`);
    const dtype = values[0]!.dtype === 'float32' ? 'float32' : 'int32';
    return new HostArray(
      dtype,
      Float64Array.from({ length: count }, (_, i) => start + i * step),
    );
  });
  return node.plan.plain(node.name, module, node.inputs, 1);
};

const sizeOf: OperatorReader = (node) => {
  const module = operation(node.op, ([x]) => new HostArray('int32', [product(x!.shape)], []));
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
      const data = new Float64Array(product(x!.shape)).fill(n);
      return x!.dtype === 'float32'
        ? toTensor(new HostArray('float32', data, x!.shape))
        : new HostArray('int32', data, x!.shape);
    });
    return node.plan.plain(node.name, module, [node.input(0)], node.input(0).rank);
  };

export const sizeOperators: Operators = {
  Shape: shapeOf,
  Size: sizeOf,
  Rank: rankOf,
  Fill: filling,
  Range: range,
  ZerosLike: like(0),
  OnesLike: like(1),
};
