// Maximum pools, with the places of the maxima, and their inverse.

import {
  add,
  convTransposeGeometry,
  indexSelect,
  maxPool1dWithIndices,
  maxPool2dWithIndices,
  maxPool3dWithIndices,
  maxUnpool1d,
  maxUnpool2d,
  maxUnpool3d,
  reshape,
  Tensor,
  tensor,
} from 'neocog';
import { floatBytes, willMake, willWork } from '../../budget.ts';
import { Operation, operation } from '../../graph/operation.ts';
import { maxPoolLayers, maxPools } from '../../graph/ranks.ts';
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
import type { Operator } from '../node.ts';
import { cutAxis } from './conv.ts';
import { dropLast, isModest, optionsOf, padsFor, type Window, windowOf, withPads } from './window.ts';

const maxPoolsWithIndices = { 1: maxPool1dWithIndices, 2: maxPool2dWithIndices, 3: maxPool3dWithIndices };
const maxUnpools = { 1: maxUnpool1d, 2: maxUnpool2d, 3: maxUnpool3d };

const maxPool: Operator = {
  name: 'MaxPool',
  limits: '1 to 3 spatial axes; storage_order 1 on the host',
  build: (node) => {
    const window = windowOf(node);
    const { rank, kernel, padding } = window;
    const order = node.int('storage_order', 0);
    if (order !== 0 && order !== 1)
      node.refuse(`storage_order is ${order}, but neocog knows 0, rows first, and 1, columns first`);
    if (node.outputCount > 1)
      return new Operation('MaxPool', ([x]) => poolWithIndices(window, toFloats(x!), order === 1));
    // Bytes come as host arrays, which a layer does not take.
    if (typeof padding !== 'string' && isModest(window, padding) && !node.mayBeBytes) {
      return new maxPoolLayers[rank](kernel, { ...optionsOf(window), padding });
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
  const { rank, kernel } = window;
  const padding = padsFor(window, x);
  if (isModest(window, padding)) return maxPools[rank](x, kernel, { ...optionsOf(window), padding });
  const y = maxPools[rank](withPads(x, padding, -Infinity), kernel, optionsOf(window));
  return dropLast(window, y, x);
}

function poolWithIndices(window: Window, x: Tensor, columnsFirst: boolean): Value[] {
  const spatial = x.shape.slice(2);
  const { output, indices } = maximaOf(window, x);
  const found = columnsFirst ? turnPlaces(readHost('storage_order 1', indices), spatial) : indices;
  return [output, shiftPlanes(found, product(spatial))];
}

/** Maxima of windows and their positions in the planes of x. */
function maximaOf(window: Window, x: Tensor): { output: Tensor; indices: Tensor } {
  const { rank, kernel } = window;
  const padding = padsFor(window, x);
  const pool = maxPoolsWithIndices[rank];
  if (isModest(window, padding)) return pool(x, kernel, { ...optionsOf(window), padding });
  const { output, indices } = pool(withPads(x, padding, -Infinity), kernel, optionsOf(window));
  const cut = (t: Tensor): Tensor => dropLast(window, t, x);
  const places = cut(indices);
  const own = tensor(placesWithout(padding, x.shape.slice(2)));
  const found = indexSelect(own, reshape(places, [places.size]), { axis: 0 });
  return { output: cut(output), indices: reshape(found, places.shape) };
}

/** What one axis of one position takes. */
const axisSteps = 16;

/** For each position in a padded plane the one in the plane itself; for padding that of the cell next to it. */
function placesWithout(pads: readonly [number, number][], spatial: readonly number[]): Int32Array {
  const padded = spatial.map((n, d) => n + pads[d][0] + pads[d][1]);
  const [from, to] = [stridesOf(padded), stridesOf(spatial)];
  willMake(product(padded), 'positions', floatBytes);
  willWork(axisSteps * spatial.length * product(padded), 'positions');
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
  limits: 'on the host',
  build: (node) => {
    const window = windowOf(node);
    return operation('MaxUnpool', ([x, ...rest]) => {
      const [indices, size] = rest.map((value) => value && node.read(value));
      const y = unpool(window, toFloats(x!), indices!);
      // A larger one that is wanted gets zeros at its ends.
      return y.shape
        .slice(2)
        .reduce((t, n, d) => (size ? cutAxis(t, d + 2, [0, n - size.data[d + 2]]) : t), y);
    });
  },
};

/** The output that the window alone gives, in which indices count. */
function unpool(window: Window, x: Tensor, indices: HostArray): Tensor {
  const { rank, kernel, stride } = window;
  const padding = padsFor(window, x);
  const [, channels] = x.shape;
  const { axes } = convTransposeGeometry('MaxUnpool', rank, x.shape, [channels, 1, ...kernel], {
    stride,
    padding,
    groups: channels,
  });
  const size = axes.map(({ input }) => input);
  const plane = product(size);
  willMake(product(x.shape.slice(0, 2)) * plane, 'it', floatBytes);
  const places = new Tensor(
    Int32Array.from(indices.data, (v) => v % plane),
    x.shape,
  );
  return maxUnpools[rank](x, places, kernel, { stride, outputSize: size });
}

export const maxPoolOperators: readonly Operator[] = [maxPool, maxUnpool];
