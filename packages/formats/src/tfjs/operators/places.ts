// Operators of TensorFlow that read or replace values by their places, and that sort.

import { willMake } from '../../budget.ts';
import { kindsOfLargest, largestOf } from '../../graph/largest.ts';
import { type Arguments, Operation, operation } from '../../graph/operation.ts';
import { blockPlaces, gatherBlocks, scatter } from '../../graph/places.ts';
import { HostArray, readHost, toTensor, type Value } from '../../graph/value.ts';
import { product } from '../../shape.ts';
import type { GraphNode, OperatorReader, Operators } from '../node.ts';

const numbersOf = (node: GraphNode, value: Value | undefined): HostArray => readHost(node.op, value!);

/** Rows of indices name blocks. Numbers that a program computes must count from 0. */
const gatheringBlocks: OperatorReader = (node) => {
  const [x, indices] = [node.input(0), node.input(1)];
  const module = operation(node.op, ([v, at]) => gatherBlocks(node.name, v!, at!));
  const depth = indices.constant?.shape.at(-1);
  const known = depth !== undefined && x.rank !== undefined && indices.rank !== undefined;
  return node.plan.plain(
    node.name,
    module,
    [x, indices],
    known ? indices.rank! - 1 + x.rank! - depth : undefined,
  );
};

/** The value with blocks replaced. */
const updating: OperatorReader = (node) => {
  const module = operation(node.op, ([x, indices, values]) => {
    const places = blockPlaces(node.name, x!.shape, 0, numbersOf(node, indices));
    return scatter(x!, { places, values: values! });
  });
  return node.plan.plain(node.name, module, node.inputs, node.input(0).rank);
};

/** One number everywhere but at the indices. */
function spread(node: GraphNode, [indices, sizes, given, otherwise]: Arguments): Value {
  const [values, fill] = [given!, numbersOf(node, otherwise).data[0]];
  const shape = [...numbersOf(node, sizes).data];
  willMake(product(shape), node.name);
  const host = new HostArray(values.dtype, new Float64Array(product(shape)).fill(fill), shape);
  const rows = numbersOf(node, indices);
  // One number, or a list of them, stands for rows of one number.
  const matrix = rows.shape.length < 2 ? new HostArray(rows.dtype, rows.data, [rows.data.length, 1]) : rows;
  const places = blockPlaces(node.name, shape, 0, matrix);
  const each = values.shape.length === 0 ? repeated(node, values, places.length) : values;
  return scatter(host.dtype === 'float32' ? toTensor(host) : host, { places, values: each });
}

const repeated = (node: GraphNode, value: Value, count: number): HostArray =>
  new HostArray(value.dtype, new Float64Array(count).fill(numbersOf(node, value).data[0]));

const sparseToDense: OperatorReader = (node) => {
  const module = operation(node.op, (values) => spread(node, values));
  return node.plan.plain(node.name, module, node.inputs, undefined);
};

const largest: OperatorReader = (node) => {
  const x = node.input(0);
  const [k] = node.numbers(1);
  const module = new Operation(
    node.op,
    ([v]) => {
      const host = numbersOf(node, v);
      return largestOf(host, host.shape.length - 1, k, true);
    },
    ([v]) => kindsOfLargest(v!, v!.shape.length - 1, k),
  );
  return node.plan.several(node.name, module, [x], [x.rank, x.rank]);
};

export const placeOperators: Operators = {
  GatherNd: gatheringBlocks,
  TensorScatterUpdate: updating,
  SparseToDense: sparseToDense,
  TopKV2: largest,
};
