// The values of a layer, computed by the library.

import * as neocog from 'neocog';
import { type ConvGeometry, type Tensor, tensor } from 'neocog';
import type { Layer } from './layer.ts';
import { inputValues, kernelValues, readWeights } from './samples.ts';
import { isPool } from './settings.ts';

/** What goes into a layer and what comes out. */
export interface Values {
  /** `[1, channels, …]` */
  readonly input: Tensor;
  /** `[out, in / groups, …kernel]`, of a transposed convolution `[in, out / groups, …kernel]`; null for pooling. */
  readonly weight: Tensor | null;
  readonly bias: Tensor | null;
  readonly output: Tensor;
}

type Operation = (x: Tensor, w: Tensor, options: object) => Tensor;
type Pooling = (x: Tensor, kernel: readonly number[], options: object) => Tensor;

const operations = {
  conv: { 1: neocog.conv1d, 2: neocog.conv2d, 3: neocog.conv3d },
  transposed: { 1: neocog.convTranspose1d, 2: neocog.convTranspose2d, 3: neocog.convTranspose3d },
} as unknown as Record<'conv' | 'transposed', Record<1 | 2 | 3, Operation>>;
const pools = {
  max: { 1: neocog.maxPool1d, 2: neocog.maxPool2d, 3: neocog.maxPool3d },
  avg: { 1: neocog.avgPool1d, 2: neocog.avgPool2d, 3: neocog.avgPool3d },
} as unknown as Record<'max' | 'avg', Record<1 | 2 | 3, Pooling>>;

function weightOf({ settings, arithmetic, rank }: Layer): Tensor | null {
  const shape = arithmetic.weightShape;
  if (!shape) return null;
  const sizes = shape.slice(2);
  const count = shape.reduce((all, size) => all * size, 1);
  const [filters, channels] = [shape[0]!, shape[1]!];
  const given = readWeights(settings.weights, count);
  const data = given ?? kernelValues(settings.w, { filters, channels, sizes });
  return tensor(data, [filters, channels, ...sizes.slice(0, rank)]);
}

/** Small and different for each filter. */
const biasOf = ({ settings }: Layer): Tensor | null =>
  settings.bias && !isPool(settings.op)
    ? tensor(Float32Array.from({ length: settings.out }, (_, i) => i + 1))
    : null;

/** What the layer makes of an input. */
export function applyLayer(layer: Layer, { input, weight, bias }: Omit<Values, 'output'>): Tensor {
  const { settings, options, rank } = layer;
  const { kernel, stride, dilation, padding, paddingMode, groups, outputPadding } = options;
  const { op, ceil, counted } = settings;
  if (op === 'max') return pools.max[rank](input, kernel, { stride, dilation, padding, ceilMode: ceil });
  if (op === 'avg')
    return pools.avg[rank](input, kernel, {
      stride,
      dilation,
      padding,
      ceilMode: ceil,
      countIncludePad: counted,
    });
  const window = { stride, dilation, padding, paddingMode, groups, bias };
  if (op === 'conv') return operations.conv[rank](input, weight!, window);
  return operations.transposed[rank](input, weight!, { ...window, outputPadding });
}

export function computeValues(layer: Layer): Values {
  const { inputShape } = layer.arithmetic;
  const input = tensor(inputValues(layer.settings.x, inputShape[1]!, inputShape.slice(2)), [...inputShape]);
  const parts = { input, weight: weightOf(layer), bias: biasOf(layer) };
  return { ...parts, output: applyLayer(layer, parts) };
}

/**
 * The input with the padding that the layer adds, and `beyond` cells after it that partial windows reach. What a pool adds
 * never wins a maximum: it is NaN.
 */
export function padInput(input: Tensor, layer: Layer, beyond: readonly number[]): Tensor {
  const { op, mode } = layer.settings;
  const pads = layer.geometry.axes.map(({ padBefore, padAfter }) => [padBefore, padAfter] as const);
  const value = op === 'max' ? Number.NaN : 0;
  const padded = padSpatial(input, pads, op === 'conv' ? { mode } : { value });
  return beyond.every((cells) => cells === 0)
    ? padded
    : padSpatial(
        padded,
        beyond.map((cells) => [0, cells] as const),
        { value },
      );
}

type Pairs = readonly (readonly [number, number])[];

const padSpatial = (x: Tensor, pads: Pairs, options: neocog.PadOptions): Tensor =>
  neocog.pad(x, [[0, 0], [0, 0], ...pads], options);

/** A transposed convolution as a convolution of stride 1: its input with zeros in between, its kernel turned around. */
export interface Inserted {
  readonly geometry: ConvGeometry;
  readonly gaps: readonly number[];
  readonly crop: readonly (readonly [number, number])[];
  /** With the zeros, cropped. */
  readonly input: Tensor;
  /** `[out, in / groups, …kernel]` */
  readonly weight: Tensor;
}

/** @throws UnsupportedError for padding that zeros cannot stand for */
export function insertZeros(layer: Layer, { input, weight }: Values): Inserted {
  const { gaps, crop, geometry } = neocog.explain.insertZeros(layer.geometry as ConvGeometry);
  return {
    gaps,
    crop,
    geometry,
    input: spreadInput(layer, input, { gaps, crop }),
    weight: turnWeight(layer, weight!),
  };
}

/** A transposed convolution with a single 1 as its kernel puts zeros between the cells. */
function spreadInput(layer: Layer, input: Tensor, { gaps, crop }: Pick<Inserted, 'gaps' | 'crop'>): Tensor {
  const channels = input.shape[1]!;
  const one = neocog.ones([channels, 1, ...gaps.map(() => 1)]);
  const options = { stride: gaps.map((gap) => gap + 1), groups: channels };
  const wide = operations.transposed[layer.rank](input, one, options);
  const end = wide.shape.slice(2).map((size, d) => size - crop[d]![1]);
  return neocog.slice(wide, { start: [0, 0, ...crop.map(([before]) => before)], end: [1, channels, ...end] });
}

/** `[in, out / groups, …]` turned around, as `[out, in / groups, …]`. */
function turnWeight({ rank, options: { groups } }: Layer, weight: Tensor): Tensor {
  const axes = Array.from({ length: rank }, (_, d) => d + 2);
  const [inChannels, perGroup, ...kernel] = weight.shape as readonly number[] as [
    number,
    number,
    ...number[],
  ];
  const grouped = neocog.reshape(weight, [groups, inChannels / groups, perGroup, ...kernel]);
  const exchanged = neocog.permute(grouped, [0, 2, 1, ...axes.map((axis) => axis + 1)]);
  return neocog.flip(neocog.reshape(exchanged, [groups * perGroup, inChannels / groups, ...kernel]), axes);
}

/** The output of a transposed convolution once the first `count` cells of its input have left their stamps. */
export function stampedOutput(layer: Layer, values: Values, count: number): Tensor {
  const cells = layer.arithmetic.inputShape.slice(2);
  const total = cells.reduce((all, size) => all * size, 1);
  const mask = tensor(
    Float32Array.from({ length: total }, (_, i) => Number(i < count)),
    [1, 1, ...cells],
  );
  return applyLayer(layer, { ...values, input: neocog.mul(values.input, mask) });
}

/** The input moved along each axis; what leaves it comes in at the other end. */
export function rollInput(input: Tensor, shift: readonly number[]): Tensor {
  return shift.reduce((x, by, d) => {
    const size = x.shape[d + 2]!;
    const first = ((-by % size) + size) % size || 0;
    if (first === 0) return x;
    const part = (start: number, end: number): Tensor => neocog.slice(x, { axis: d + 2, start, end });
    return neocog.concat([part(first, size), part(0, first)], { axis: d + 2 });
  }, input);
}
