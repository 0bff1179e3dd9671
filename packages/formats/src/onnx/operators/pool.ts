// Pools. Where padding follows from the input's size, or neocog's pools do not reach, they are made of other operations.

import {
  abs,
  add,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  div,
  indexSelect,
  maxPool1d,
  maxPool1dWithIndices,
  maxPool2d,
  maxPool2dWithIndices,
  maxPool3d,
  maxPool3dWithIndices,
  maxUnpool1d,
  maxUnpool2d,
  maxUnpool3d,
  mul,
  nn,
  ones,
  pad,
  pow,
  reshape,
  slice,
  sqrt,
  sum,
  Tensor,
  tensor,
} from 'neocog';
import { willMake } from '../../budget.ts';
import { Operation, operation } from '../../graph/operation.ts';
import {
  HostArray,
  type HostType,
  isKnown,
  knownValues,
  readHost,
  toFloats,
  type Value,
} from '../../graph/value.ts';
import { product, stridesOf } from '../../shape.ts';
import type { OnnxNode, Operator } from '../node.ts';
import { autoPad, convolutions, cutAxis, needRank, pairsOf, perAxis, type Rank } from './conv.ts';

const maxPools = { 1: maxPool1d, 2: maxPool2d, 3: maxPool3d };
const maxPoolsWithIndices = { 1: maxPool1dWithIndices, 2: maxPool2dWithIndices, 3: maxPool3dWithIndices };
const avgPools = { 1: avgPool1d, 2: avgPool2d, 3: avgPool3d };
const maxUnpools = { 1: maxUnpool1d, 2: maxUnpool2d, 3: maxUnpool3d };
const maxLayers = { 1: nn.MaxPool1d, 2: nn.MaxPool2d, 3: nn.MaxPool3d };
const avgLayers = { 1: nn.AvgPool1d, 2: nn.AvgPool2d, 3: nn.AvgPool3d };

interface Window {
  readonly rank: Rank;
  readonly kernel: number[];
  readonly stride: number[];
  readonly dilation: number[];
  readonly ceilMode: boolean;
  /** undefined: as `padsFor` finds from the input. */
  readonly pads: [number, number][] | undefined;
  readonly lower: boolean;
}

function windowOf(node: OnnxNode): Window {
  const kernel = node.ints('kernel_shape') ?? node.refuse('it has no kernel_shape');
  const rank = needRank(node, kernel.length);
  // Tables of windows are as long as a window is wide.
  willMake(Math.max(...kernel), String(node));
  willMake(product(kernel), String(node), 1);
  const kind = autoPad(node);
  return {
    rank,
    kernel,
    stride: perAxis(node, 'strides', rank),
    dilation: perAxis(node, 'dilations', rank),
    ceilMode: node.int('ceil_mode', 0) === 1,
    pads: kind === undefined || kind === 'valid' ? pairsOf(node, rank) : undefined,
    lower: kind === 'same-lower',
  };
}

/** The padding of a window on an input: given, or so that there are ceil(input / stride) outputs. */
function padsFor(
  { kernel, stride, dilation, pads, lower }: Window,
  spatial: readonly number[],
): [number, number][] {
  if (pads) return pads;
  return spatial.map((cells, d) => {
    const outputs = Math.ceil(cells / stride[d]);
    const total = Math.max(0, (outputs - 1) * stride[d] + (kernel[d] - 1) * dilation[d] + 1 - cells);
    const [less, more] = [Math.floor(total / 2), Math.ceil(total / 2)];
    return lower ? [more, less] : [less, more];
  });
}

/** Half a kernel is the most padding that neocog's pools take. */
const isModest = ({ kernel }: Window, pads: readonly (readonly number[])[]): boolean =>
  pads.every((pair, d) => pair.every((n) => n <= kernel[d] / 2));

/** Per axis, how far windows reach beyond the padded input in ceil mode. */
function overhang(window: Window, padded: readonly number[]): number[] {
  const { kernel, stride, dilation, ceilMode } = window;
  return padded.map((cells, d) => {
    const reach = (kernel[d] - 1) * dilation[d] + 1;
    if (!ceilMode) return 0;
    const steps = Math.ceil((cells - reach) / stride[d]);
    return Math.max(0, steps * stride[d] + reach - cells);
  });
}

const maxPool: Operator = {
  name: 'MaxPool',
  limits: '1 to 3 spatial axes; storage_order 1 is not compiled',
  build: (node) => {
    const window = windowOf(node);
    const { rank, kernel, stride, dilation, ceilMode, pads } = window;
    const columnsFirst = node.int('storage_order', 0) === 1;
    if (node.outputCount > 1)
      return new Operation('MaxPool', ([x]) => poolWithIndices(window, toFloats(x!), columnsFirst));
    // Bytes come as host arrays, which a layer does not take.
    if (pads && isModest(window, pads) && !node.mayBeBytes) {
      return new maxLayers[rank](kernel, { stride, padding: pads, dilation, ceilMode });
    }
    return operation('MaxPool', ([x]) => likeInput(x!, (t) => maxPoolFreely(window, t)));
  },
};

/** Whole numbers up to 24 bits pass through float32 unharmed. */
function likeInput(x: Value, f: (t: Tensor) => Tensor): Value {
  const y = f(toFloats(x));
  return x instanceof HostArray ? new HostArray(x.dtype as HostType, Float64Array.from(y.data), y.shape) : y;
}

function maxPoolFreely(window: Window, x: Tensor): Tensor {
  const { rank, kernel, stride, dilation, ceilMode } = window;
  const pads = padsFor(window, x.shape.slice(2));
  if (isModest(window, pads)) return maxPools[rank](x, kernel, { stride, padding: pads, dilation, ceilMode });
  const y = maxPools[rank](padWithLeast(x, pads), kernel, { stride, dilation, ceilMode });
  return dropLast(window, y, x.shape.slice(2), pads);
}

const padWithLeast = (x: Tensor, pads: readonly [number, number][]): Tensor =>
  pad(x, [[0, 0], [0, 0], ...pads], { value: -Infinity });

function poolWithIndices(window: Window, x: Tensor, columnsFirst: boolean): Value[] {
  const spatial = x.shape.slice(2);
  const { output, indices } = maximaOf(window, x, padsFor(window, spatial));
  const found = columnsFirst ? turnPlaces(readHost('storage_order 1', indices), spatial) : indices;
  return [output, shiftPlanes(found, product(spatial))];
}

/** Maxima of windows and their positions in the planes of x. */
function maximaOf(
  window: Window,
  x: Tensor,
  padding: [number, number][],
): { output: Tensor; indices: Tensor } {
  const { rank, kernel, stride, dilation, ceilMode } = window;
  const pool = maxPoolsWithIndices[rank];
  if (isModest(window, padding)) return pool(x, kernel, { stride, padding, dilation, ceilMode });
  const padded = padWithLeast(x, padding);
  const spatial = x.shape.slice(2);
  const { output, indices } = pool(padded, kernel, { stride, dilation, ceilMode });
  const cut = (t: Tensor): Tensor => dropLast(window, t, spatial, padding);
  const places = cut(indices);
  const own = tensor(placesWithout(padding, spatial));
  const found = indexSelect(own, reshape(places, [places.size]), { axis: 0 });
  return { output: cut(output), indices: reshape(found, places.shape) };
}

/** For each position in a padded plane the one in the plane itself; for padding that of the cell next to it. */
function placesWithout(pads: readonly [number, number][], spatial: readonly number[]): Int32Array {
  const padded = spatial.map((n, d) => n + pads[d][0] + pads[d][1]);
  const [from, to] = [stridesOf(padded), stridesOf(spatial)];
  willMake(product(padded), 'positions', 4);
  return Int32Array.from({ length: product(padded) }, (_, place) =>
    spatial.reduce((sum, n, d) => {
      const cell = (Math.floor(place / from[d]) % padded[d]) - pads[d][0];
      return sum + Math.min(Math.max(cell, 0), n - 1) * to[d];
    }, 0),
  );
}

/** Row-major positions in a plane as positions that count the first axis fastest. */
function turnPlaces(indices: HostArray, spatial: readonly number[]): HostArray {
  const turn = (place: number): number => {
    let [rest, result] = [place, 0];
    for (const size of spatial.toReversed()) {
      result = result * size + (rest % size);
      rest = Math.floor(rest / size);
    }
    return result;
  };
  return new HostArray('int64', indices.data.map(turn), indices.shape);
}

/** Positions in planes as positions in the whole tensor; a negative `plane` turns back. */
function shiftPlanes(indices: Value, plane: number): Value {
  const { shape } = indices;
  const cells = product(shape.slice(2));
  const shift = (i: number): number => Math.floor(i / cells) * plane;
  if (!isKnown(indices)) {
    const offsets = Float32Array.from({ length: indices.data.length }, (_, i) => shift(i));
    return add(toFloats(indices), new Tensor(offsets, shape));
  }
  return new HostArray(
    'int64',
    knownValues(indices).map((v, i) => v + shift(i)),
    shape,
  );
}

const maxUnpool: Operator = {
  name: 'MaxUnpool',
  limits: 'not compiled',
  build: (node) => {
    const window = windowOf(node);
    return operation('MaxUnpool', ([x, indices, size]) =>
      unpool(window, toFloats(x!), node.read(indices!), size && [...node.read(size).data]),
    );
  },
};

/** Indices count in the output that the window alone gives; a larger one that is wanted gets zeros at its ends. */
function unpool(window: Window, x: Tensor, indices: HostArray, wanted: number[] | undefined): Tensor {
  const { rank, kernel, stride } = window;
  const pads = padsFor(window, x.shape.slice(2));
  const size = x.shape.slice(2).map((n, d) => (n - 1) * stride[d] + kernel[d] - pads[d][0] - pads[d][1]);
  const plane = product(size);
  willMake(product(x.shape.slice(0, 2)) * plane, 'it', 4);
  const places = new Tensor(
    Int32Array.from(indices.data, (v) => v % plane),
    x.shape,
  );
  const y = maxUnpools[rank](x, places, kernel, { stride, outputSize: size });
  return size.reduce((t, n, d) => (wanted ? cutAxis(t, d + 2, 0, n - wanted[d + 2]) : t), y);
}

const averagePool: Operator = {
  name: 'AveragePool',
  limits: '1 to 3 spatial axes',
  build: (node) => {
    const window = windowOf(node);
    const { rank, kernel, stride, dilation, ceilMode, pads } = window;
    const countIncludePad = node.int('count_include_pad', 0) === 1;
    if (pads && isModest(window, pads)) {
      return new avgLayers[rank](kernel, { stride, padding: pads, dilation, ceilMode, countIncludePad });
    }
    return operation('AveragePool', ([input]) => {
      const x = toFloats(input!);
      const padding = padsFor(window, x.shape.slice(2));
      if (isModest(window, padding)) {
        return avgPools[rank](x, kernel, { stride, padding, dilation, ceilMode, countIncludePad });
      }
      return div(sumWindows(window, x, padding), countsOf(window, x, padding, countIncludePad));
    });
  },
};

/** Sums over windows with any padding: a convolution with ones, plane by plane. */
function sumWindows(window: Window, x: Tensor, pads: readonly [number, number][]): Tensor {
  const { rank, kernel, stride, dilation } = window;
  const padded = x.shape.slice(2).map((n, d) => n + pads[d][0] + pads[d][1]);
  const over = overhang(window, padded);
  const padding = pads.map(([before, after], d): [number, number] => [before, after + over[d]]);
  const planes = reshape(x, [x.shape[0] * x.shape[1], 1, ...x.shape.slice(2)]);
  willMake(product(kernel), 'it', 4);
  const y = convolutions[rank](planes, ones([1, 1, ...kernel]), { stride, dilation, padding });
  const sums = reshape(y, [...x.shape.slice(0, 2), ...y.shape.slice(2)]);
  return dropLast(window, sums, x.shape.slice(2), pads);
}

/** In ceil mode, windows that would begin behind the input and its padding do not count. */
function dropLast(
  window: Window,
  y: Tensor,
  spatial: readonly number[],
  pads: readonly [number, number][],
): Tensor {
  if (!window.ceilMode) return y;
  const end = spatial.map((n, d) => Math.ceil((n + pads[d][0]) / window.stride[d]));
  return slice(y, { end: [y.shape[0], y.shape[1], ...end.map((n, d) => Math.min(n, y.shape[d + 2]))] });
}

/** How many cells each window averages. */
function countsOf(window: Window, x: Tensor, pads: readonly [number, number][], withPads: boolean): Tensor {
  const plane = [1, 1, ...x.shape.slice(2)];
  if (!withPads) return sumWindows(window, ones(plane), pads);
  const padded = plane.map((n, d) => (d < 2 ? n : n + pads[d - 2][0] + pads[d - 2][1]));
  willMake(product(padded), 'it', 4);
  const filled = ones(padded);
  const none = pads.map((): [number, number] => [0, 0]);
  const counts = sumWindows(window, filled, none);
  const outputs = sumWindows(window, ones(plane), pads).shape;
  return slice(counts, { end: outputs });
}

/** In opset 1 a float. */
const powerOf = (node: OnnxNode): number => (node.opset < 2 ? node.float('p', 2) : node.int('p', 2));

/** p-norm of windows, of magnitudes. */
const lpPool: Operator = {
  name: 'LpPool',
  limits: '1 to 3 spatial axes',
  build: (node) => {
    const window = windowOf(node);
    const p = powerOf(node);
    return operation('LpPool', ([input]) => {
      const x = toFloats(input!);
      const powers = raise(x, p);
      return root(sumWindows(window, powers, padsFor(window, x.shape.slice(2))), p);
    });
  },
};

const raise = (x: Tensor, p: number): Tensor => (p === 1 ? abs(x) : p === 2 ? mul(x, x) : pow(abs(x), p));
const root = (x: Tensor, p: number): Tensor => (p === 1 ? x : p === 2 ? sqrt(x) : pow(x, 1 / p));

const globalLpPool: Operator = {
  name: 'GlobalLpPool',
  limits: '',
  build: (node) => {
    const p = powerOf(node);
    return operation('GlobalLpPool', ([input]) => {
      const x = toFloats(input!);
      const axis = x.shape.map((_, d) => d).slice(2);
      return root(sum(raise(x, p), { axis, keepDims: true }), p);
    });
  },
};

export const poolOperators: readonly Operator[] = [
  maxPool,
  maxUnpool,
  averagePool,
  lpPool,
  { name: 'GlobalAveragePool', limits: '', build: () => new nn.GlobalAvgPool() },
  { name: 'GlobalMaxPool', limits: '', build: () => new nn.GlobalMaxPool() },
  globalLpPool,
];
