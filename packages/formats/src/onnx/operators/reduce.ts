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
import { kindsOfLargest, largestOf } from '../../graph/largest.ts';
import { type Arguments, Operation, operation } from '../../graph/operation.ts';
import {
  HostArray,
  type HostType,
  int64s,
  isKnown,
  moveHost,
  rangeOf,
  readHost,
  toFloats,
  toTensor,
  type Value,
  wrap,
} from '../../graph/value.ts';
import { fromStart, product } from '../../shape.ts';
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

/** What a reduction gives for no values, of which type. */
type OfNothing = (type: HostType) => number;

const always =
  (value: number): OfNothing =>
  () =>
    value;

/** The least or the greatest number of the type: an infinity where there is one. */
const least: OfNothing = (type) => rangeOf(type)[0];
const greatest: OfNothing = (type) => rangeOf(type)[1];

interface ReductionPlan {
  readonly onTensors: Reduction;
  readonly onHost?: (values: number[]) => number;
  /** NaN for whole numbers is refused. */
  readonly ofNothing: OfNothing;
}

function reduction(name: string, { onTensors, onHost, ofNothing }: ReductionPlan): Operator {
  return {
    name,
    limits: onHost ? '' : 'floats only',
    build: (node) => {
      const [axes, keepDims] = [axesOf(node), node.int('keepdims', 1) === 1];
      return operation(name, (inputs) => {
        const [x] = settle([inputs[0]]);
        const axis = axes(inputs);
        if (axis?.length === 0) return x;
        const isHost = x instanceof HostArray && x.dtype !== 'float32';
        if (isHost && !onHost) node.refuse('whole numbers are not supported');
        const cells = reducedCells(node, x.shape, { axis, keepDims });
        if (product(x.shape) === 0) return filled(cells.shape, ofNothing(x.dtype), x.dtype, node);
        return isHost ? reduceHost(x, cells, onHost!) : onTensors(toFloats(x), { axis, keepDims });
      });
    },
  };
}

/** The axes that go and those that stay, and the shape of the result. */
interface ReducedCells {
  readonly axes: readonly number[];
  readonly kept: readonly number[];
  readonly shape: readonly number[];
}

function reducedCells(
  node: OnnxNode,
  shape: readonly number[],
  { axis: given, keepDims }: { axis: readonly number[] | undefined; keepDims: boolean },
): ReducedCells {
  const all = shape.map((_, d) => d);
  const axes = given ? given.map((axis) => axisOf(node, axis, shape.length)) : all;
  const kept = all.filter((d) => !axes.includes(d));
  const left = keepDims ? shape.map((n, d) => (axes.includes(d) ? 1 : n)) : kept.map((d) => shape[d]);
  return { axes, kept, shape: left };
}

function filled(shape: readonly number[], value: number, type: HostType, node: OnnxNode): Value {
  if (type !== 'float32' && Number.isNaN(value)) node.refuse('there are no whole numbers to reduce');
  willMake(product(shape), String(node));
  const host = new HostArray(type, new Float64Array(product(shape)).fill(value), shape);
  return type === 'float32' ? toTensor(host) : host;
}

/** The axes move to the end; each row of the rest becomes one value. */
function reduceHost(
  x: HostArray,
  { axes, kept, shape }: ReducedCells,
  reduce: (values: number[]) => number,
): HostArray {
  const moved = moveHost([x], ([t]) => permute(t, [...kept, ...axes]));
  const length = axes.reduce((n, d) => n * x.shape[d], 1);
  const data = Array.from({ length: moved.data.length / length }, (_, i) =>
    reduce(Array.from(moved.data.subarray(i * length, (i + 1) * length))),
  );
  return new HostArray(x.dtype, data, shape);
}

const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

const squares: Reduction = (t, options) => sum(mul(t, t), options);

/** Where the largest or smallest value along an axis is. */
function argument(name: string, find: typeof argMax): Operator {
  return {
    name,
    limits: 'select_last_index on the host',
    build: (node) => {
      const [axis, keepDims] = [node.int('axis', 0), node.int('keepdims', 1) === 1];
      const last = node.int('select_last_index', 0) === 1;
      return operation(name, ([input]) => {
        const x = toFloats(input!);
        if (!last) return find(x, { axis, keepDims });
        const d = fromStart(axis, x.rank);
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
  limits: 'on the host',
  build: (node) => {
    const [axis, largest] = [node.int('axis', -1), node.int('largest', 1) === 1];
    const attribute = node.opset < 10 ? node.int('k', 1) : undefined;
    const kOf = ([, k]: Arguments): number => attribute ?? node.read(k!).data[0];
    return new Operation(
      'TopK',
      (inputs) => {
        const x = node.read(inputs[0]!);
        return largestOf(x, fromStart(axis, x.shape.length), kOf(inputs), largest);
      },
      (inputs) => {
        const [x, k] = inputs;
        if (attribute === undefined && !isKnown(k!)) return undefined;
        return kindsOfLargest(x!, fromStart(axis, x!.shape.length), kOf(inputs));
      },
    );
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
  reduction('ReduceSum', { onTensors: sum, onHost: total, ofNothing: always(0) }),
  reduction('ReduceMean', {
    onTensors: mean,
    onHost: (values) => Math.trunc(total(values) / values.length),
    ofNothing: always(NaN),
  }),
  reduction('ReduceMax', {
    onTensors: max,
    onHost: (values) => values.reduce((a, b) => Math.max(a, b)),
    ofNothing: least,
  }),
  reduction('ReduceMin', {
    onTensors: min,
    onHost: (values) => values.reduce((a, b) => Math.min(a, b)),
    ofNothing: greatest,
  }),
  reduction('ReduceProd', {
    onTensors: prod,
    onHost: (values) => values.reduce((a, b) => a * b, 1),
    ofNothing: always(1),
  }),
  reduction('ReduceL1', {
    onTensors: (t, options) => sum(abs(t), options),
    onHost: (values) => total(values.map(Math.abs)),
    ofNothing: always(0),
  }),
  reduction('ReduceL2', { onTensors: (t, options) => sqrt(squares(t, options)), ofNothing: always(0) }),
  reduction('ReduceSumSquare', {
    onTensors: squares,
    onHost: (values) => total(values.map((v) => v * v)),
    ofNothing: always(0),
  }),
  reduction('ReduceLogSum', {
    onTensors: (t, options) => log(sum(t, options)),
    ofNothing: always(-Infinity),
  }),
  reduction('ReduceLogSumExp', { onTensors: logSumExp, ofNothing: always(-Infinity) }),
  argument('ArgMax', argMax),
  argument('ArgMin', argMin),
  topK,
  cumulativeSum,
];
