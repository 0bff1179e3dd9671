// Reductions over axes, and where extremes are. Host arrays reduce on the host.

import {
  abs,
  add,
  argMax,
  argMin,
  flip,
  log,
  logSumExp,
  max,
  mean,
  min,
  mul,
  pad,
  permute,
  prod,
  type ReduceOptions,
  slice,
  sqrt,
  sum,
  type Tensor,
} from 'neocog';
import { willMake } from '../../budget.ts';
import { Operation, operation } from '../../graph/operation.ts';
import { largestOf, product } from '../../graph/places.ts';
import { HostArray, int64s, moveHost, readHost, toFloats, type Value, wrap } from '../../graph/value.ts';
import type { OnnxNode, Operator } from '../node.ts';
import { axisOf, settle } from './common.ts';

type Reduction = (t: Tensor, options: ReduceOptions) => Tensor;

/** The opset from which axes are an input. */
const axesAsInput: Readonly<Record<string, number>> = { ReduceSum: 13 };

/** Axes, from the attribute or the input; none means all, or with `noop_with_empty_axes` none. */
function axesOf(node: OnnxNode): (inputs: readonly (Value | undefined)[]) => number[] | undefined {
  const fromInput = node.opset >= (axesAsInput[node.op] ?? 18);
  const axes = fromInput ? node.numbers(1, '') : () => node.ints('axes');
  const noop = node.int('noop_with_empty_axes', 0) === 1;
  return (inputs) => {
    const list = axes(inputs);
    return list && list.length > 0 ? list : noop ? [] : undefined;
  };
}

function reduction(name: string, reduce: Reduction, onHost?: (values: number[]) => number): Operator {
  return {
    name,
    limits: onHost ? '' : 'floats only',
    build: (node) => {
      const [axes, keepDims] = [axesOf(node), node.int('keepdims', 1) === 1];
      return operation(name, (inputs) => {
        const [x] = settle([inputs[0]]);
        const axis = axes(inputs);
        if (axis?.length === 0) return x;
        if (x instanceof HostArray && x.dtype !== 'float32') {
          return onHost
            ? reduceHost(x, axis, keepDims, onHost)
            : node.refuse('whole numbers are not supported');
        }
        return reduce(toFloats(x), { axis, keepDims });
      });
    },
  };
}

/** The axes move to the end; each row of the rest becomes one value. */
function reduceHost(
  x: HostArray,
  given: readonly number[] | undefined,
  keepDims: boolean,
  reduce: (values: number[]) => number,
): HostArray {
  const rank = x.shape.length;
  const axes = (given ?? x.shape.map((_, d) => d)).map((a) => (a < 0 ? a + rank : a));
  const kept = x.shape.map((_, d) => d).filter((d) => !axes.includes(d));
  const moved = moveHost([x], ([t]) => permute(t, [...kept, ...axes]));
  const length = axes.reduce((n, d) => n * x.shape[d], 1);
  const count = length === 0 ? 0 : moved.data.length / length;
  const data = Array.from({ length: count }, (_, i) =>
    reduce(Array.from(moved.data.subarray(i * length, (i + 1) * length))),
  );
  const shape = keepDims ? x.shape.map((n, d) => (axes.includes(d) ? 1 : n)) : kept.map((d) => x.shape[d]);
  return new HostArray(x.dtype, data, shape);
}

const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

const squares: Reduction = (t, options) => sum(mul(t, t), options);

/** Where the largest or smallest value along an axis is. */
function argument(name: string, find: typeof argMax): Operator {
  return {
    name,
    limits: 'select_last_index is not compiled',
    build: (node) => {
      const [axis, keepDims] = [node.int('axis', 0), node.int('keepdims', 1) === 1];
      const last = node.int('select_last_index', 0) === 1;
      return operation(name, ([input]) => {
        const x = toFloats(input!);
        if (!last) return find(x, { axis, keepDims });
        const d = axis < 0 ? axis + x.rank : axis;
        const places = readHost(String(node), find(flip(x, [d]), { axis, keepDims }));
        return int64s(
          places.data.map((i) => x.shape[d] - 1 - i),
          places.shape,
        );
      });
    },
  };
}

/** Sorts on the host. */
const topK: Operator = {
  name: 'TopK',
  limits: 'not compiled',
  build: (node) => {
    const [axis, largest] = [node.int('axis', -1), node.int('largest', 1) === 1];
    const attribute = node.opset < 10 ? node.int('k', 1) : undefined;
    return new Operation('TopK', (inputs) => {
      const x = node.read(inputs[0]!);
      const k = attribute ?? node.read(inputs[1]!).data[0];
      return largestOf(x, axis < 0 ? axis + x.shape.length : axis, k, largest);
    });
  },
};

/** Sums up to each place; on the host for whole numbers, which are exact there. */
const cumulativeSum: Operator = {
  name: 'CumSum',
  limits: '',
  build: (node) => {
    const order = { exclusive: node.int('exclusive', 0) === 1, reverse: node.int('reverse', 0) === 1 };
    return operation('CumSum', (inputs) => {
      const [x] = settle([inputs[0]]);
      const axis = axisOf(node, node.read(inputs[1]!).data[0], x.shape.length);
      if (x.shape.length === 0) return x;
      return x instanceof HostArray ? hostSums(x, axis, order) : sumsAlong(x, axis, order);
    });
  },
};

interface Order {
  /** Without the value at the place itself. */
  readonly exclusive: boolean;
  /** From the end. */
  readonly reverse: boolean;
}

/** After the step of distance s, each place holds the sum of 2s values that end there: log₂ n steps in all. */
function sumsAlong(x: Tensor, axis: number, { exclusive, reverse }: Order): Tensor {
  const length = x.shape[axis];
  const start = reverse ? flip(x, [axis]) : x;
  let sums = exclusive ? behind(start, axis, 1) : start;
  for (let distance = 1; distance < length; distance *= 2) sums = add(sums, behind(sums, axis, distance));
  return reverse ? flip(sums, [axis]) : sums;
}

/** Moved towards the end of an axis, zeros in front. */
const behind = (x: Tensor, axis: number, distance: number): Tensor => {
  const pads = x.shape.map((_, d): [number, number] => [d === axis ? distance : 0, 0]);
  return slice(pad(x, pads), { axis, start: 0, end: x.shape[axis] });
};

function hostSums({ dtype, data, shape }: HostArray, axis: number, { exclusive, reverse }: Order): HostArray {
  willMake(data.length);
  const [length, inner] = [shape[axis], product(shape.slice(axis + 1))];
  const sums = new Float64Array(data.length);
  for (let row = 0; row < data.length / length; row++) {
    const first = Math.floor(row / inner) * length * inner + (row % inner);
    let sum = 0;
    for (let i = 0; i < length; i++) {
      const at = first + (reverse ? length - 1 - i : i) * inner;
      const next = wrap(dtype, sum + data[at]);
      sums[at] = exclusive ? sum : next;
      sum = next;
    }
  }
  return new HostArray(dtype, sums, shape);
}

export const reduceOperators: readonly Operator[] = [
  reduction('ReduceSum', sum, total),
  reduction('ReduceMean', mean, (values) => Math.trunc(total(values) / values.length)),
  reduction('ReduceMax', max, (values) => values.reduce((a, b) => Math.max(a, b))),
  reduction('ReduceMin', min, (values) => values.reduce((a, b) => Math.min(a, b))),
  reduction('ReduceProd', prod, (values) => values.reduce((a, b) => a * b, 1)),
  reduction(
    'ReduceL1',
    (t, options) => sum(abs(t), options),
    (values) => total(values.map(Math.abs)),
  ),
  reduction('ReduceL2', (t, options) => sqrt(squares(t, options))),
  reduction('ReduceSumSquare', squares, (values) => total(values.map((v) => v * v))),
  reduction('ReduceLogSum', (t, options) => log(sum(t, options))),
  reduction('ReduceLogSumExp', logSumExp),
  argument('ArgMax', argMax),
  argument('ArgMin', argMin),
  topK,
  cumulativeSum,
];
