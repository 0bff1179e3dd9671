// The arithmetic of one layer as numbers and as formulas with the numbers filled in, from its geometry. No tensor, no
// module, and no stride or padding arithmetic: those numbers are read from the geometry.

import {
  inputShape as convInputShape,
  outputShape as convOutputShape,
  weightShape as convWeightShape,
  multiplyAdds,
} from '../geometry/conv.ts';
import {
  effectiveKernelFormula,
  outputFormula,
  paddingFormula,
  transposedFormula,
} from '../geometry/formula.ts';
import { axisNames, type Layout, type PaddingName, type Rank } from '../geometry/options.ts';
import { poolInputShape, poolOutputShape } from '../geometry/pool.ts';
import {
  type FieldAxis,
  ownCell,
  type ReceptiveField,
  readField,
  throughTransposed,
  throughWindow,
} from '../geometry/receptive.ts';
import { formatConv, formatPool } from '../geometry/text.ts';
import type { ConvGeometry, PoolGeometry, WindowAxis } from '../geometry/types.ts';
import { kernelExtent, product } from '../geometry/window.ts';
import type { Shape } from '../tensor/shape.ts';
import { formatCount } from './text.ts';

/** One spatial axis of a layer: its numbers, per side where sides can differ, and how its size comes about. */
export interface AxisArithmetic {
  /** `height`, `width`, … */
  readonly name: string;
  /** Cells that come in, without padding. */
  readonly input: number;
  /** Cells that go out. */
  readonly output: number;
  /** Taps. */
  readonly kernel: number;
  /** Cells from the kernel's first tap to its last: `K_eff = K + (K − 1)·(D − 1)`. */
  readonly effectiveKernel: number;
  /** Cells from window to window, of a transposed convolution in its output. */
  readonly stride: number;
  /** Cells from tap to tap; 1 means none. */
  readonly dilation: number;
  /** Cells added to the input, or cut off the output of a transposed convolution. */
  readonly padding: readonly [before: number, after: number];
  /** `O = floor((224 − 3 + 1 + 1) / 1) + 1 = 224` */
  readonly formula: string;
  /** How the kernel grew by dilation; null without. */
  readonly kernelFormula: string | null;
  /** How a named padding became cells; null for one given in numbers. */
  readonly paddingFormula: string | null;
}

/** What a depthwise convolution (one filter per input channel) and a pointwise one (1×1) in its place would cost. */
export interface SeparableArithmetic {
  /** Without biases. */
  readonly weights: number;
  /** Multiplications of both, each with its addition. */
  readonly multiplyAdds: number;
  /** Its multiply-adds by those of the convolution: 1/C_out + 1/K². Howard et al., 2017, section 3.1. */
  readonly ratio: number;
}

/** Everything that can be said of a layer before there is a tensor. Frozen. */
export interface LayerArithmetic {
  /** The operation: `conv2d`, `maxPool1d`, … */
  readonly op: string;
  /** The geometry as text, as `explainPlan` and the command line take it; null for a linear layer. */
  readonly geometry: string | null;
  /** As the caller wrote it, with or without the batch. */
  readonly inputShape: Shape;
  /** As PyTorch lays weights out, or with channels last as TensorFlow does; null for pooling. */
  readonly weightShape: Shape | null;
  /** Written as `inputShape` is. */
  readonly outputShape: Shape;
  /** Numbers in the weight; 0 for pooling. */
  readonly weights: number;
  /** Numbers in the bias; 0 without one. */
  readonly biases: number;
  /** Weights and biases. */
  readonly parameters: number;
  /** Multiplications of the plain algorithm, each with its addition; taps that fall on padding count. */
  readonly multiplyAdds: number;
  /** In bytes, as float32. */
  readonly memory: {
    /** Of the whole batch. */
    readonly input: number;
    /** Weights and biases. */
    readonly weights: number;
    /** Of the whole batch. */
    readonly output: number;
  };
  /** One per spatial axis, first spatial axis first; empty for a linear layer. */
  readonly axes: readonly AxisArithmetic[];
  /** Null for a linear layer, which sees everything, and past strides of 4096 of a transposed one. */
  readonly receptiveField: ReceptiveField | null;
  /** Parameters of a dense layer from every input cell to every output cell; null for all but convolutions. */
  readonly dense: number | null;
  /** The same to one unit per filter, with which textbooks compare. */
  readonly denseToFilters: number | null;
  /** Null for all but convolutions, not transposed, of one group and more than one tap. */
  readonly separable: SeparableArithmetic | null;
  /** The counts with their numbers filled in; null where there is nothing to count. */
  readonly formulas: {
    /** Weights and biases: `(3·3·64 + 1)·128 = 73,856`. */
    readonly parameters: string | null;
    /** `multiplyAdds` as a product of sizes. */
    readonly multiplyAdds: string | null;
    /** Of `dense`: `(inputs + 1)·outputs`. */
    readonly dense: string | null;
    /** Of `denseToFilters`: `(inputs + 1)·filters`. */
    readonly denseToFilters: string | null;
    /** Of the separable convolution's `ratio`: `1/C_out + 1/K²`. */
    readonly separable: string | null;
  };
}

/** What a geometry does not say. */
export interface Reading {
  /** Read from the other side, as a transposed convolution. */
  readonly transposed: boolean;
  readonly bias: boolean;
  /** The padding's name, if it was given by one. */
  readonly padding: PaddingName | null;
  /** A channels-first shape with its batch as the caller writes it. */
  readonly shown: (shape: Shape) => Shape;
  readonly layout: Layout;
}

const times = (...sizes: readonly number[]): string => sizes.join('·');
const equals = (terms: string, value: number): string => `${terms} = ${formatCount(value)}`;
const bytes = (elements: number): number => 4 * elements;

/** Freezes a record and everything in it. */
export function freezeDeep<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  Object.values(value).forEach(freezeDeep);
  return Object.freeze(value);
}

function axisOf(name: string, axis: WindowAxis, reading: Reading): AxisArithmetic {
  const { transposed, padding } = reading;
  return {
    name,
    input: transposed ? axis.output : axis.input,
    output: transposed ? axis.input : axis.output,
    kernel: axis.kernel,
    effectiveKernel: kernelExtent(axis),
    stride: axis.stride,
    dilation: axis.dilation,
    padding: [axis.padBefore, axis.padAfter],
    formula: transposed ? transposedFormula(axis) : outputFormula(axis),
    kernelFormula: axis.dilation > 1 ? effectiveKernelFormula(axis) : null,
    paddingFormula: padding && paddingFormula(padding, axis),
  };
}

const axesOf = (axes: readonly WindowAxis[], reading: Reading): AxisArithmetic[] =>
  axes.map((axis, i) => axisOf(axisNames[axes.length as Rank][i], axis, reading));

/** What one layer alone sees of its input. */
function fieldOf(axes: readonly WindowAxis[], transposed: boolean): ReceptiveField | null {
  const through: (field: FieldAxis, axis: WindowAxis) => FieldAxis | null = transposed
    ? throughTransposed
    : throughWindow;
  const fields = axes.map((axis) => through(ownCell, axis)).filter((field) => field !== null);
  return fields.length === axes.length ? readField(fields) : null;
}

/** The shapes of a convolution from the side from which it is read, with the batch. */
const readShapes = (g: ConvGeometry, { transposed }: Reading): readonly [input: Shape, output: Shape] =>
  transposed ? [convOutputShape(g), convInputShape(g)] : [convInputShape(g), convOutputShape(g)];

/** A dense layer of as many inputs and outputs: `(inputs + 1)·outputs`. */
function denseOf(input: Shape, outputs: readonly number[], bias: boolean): readonly [number, string] {
  const plus = bias ? 1 : 0;
  const value = (product(input) + plus) * product(outputs);
  const inputs = bias ? `(${times(...input)} + 1)` : times(...input);
  return [
    value,
    equals(`${inputs}·${outputs.length > 1 ? `(${times(...outputs)})` : times(...outputs)}`, value),
  ];
}

/** C_in·K + C_in·C_out weights for C_in·K·C_out, at every position. */
function separableOf(g: ConvGeometry, { transposed }: Reading): SeparableArithmetic | null {
  const { inChannels, outChannels } = g;
  const taps = product(g.axes.map((axis) => axis.kernel));
  if (transposed || g.groups > 1 || taps === 1) return null;
  const weights = inChannels * taps + inChannels * outChannels;
  const positions = multiplyAdds(g) / (inChannels * outChannels * taps);
  return { weights, multiplyAdds: positions * weights, ratio: 1 / outChannels + 1 / taps };
}

function separableFormula(g: ConvGeometry, separable: SeparableArithmetic | null): string | null {
  if (!separable) return null;
  const kernel = g.axes.map((axis) => axis.kernel);
  const taps = kernel.length > 1 ? `(${times(...kernel)})` : times(...kernel);
  return `1/${g.outChannels} + 1/${taps} = ${separable.ratio.toFixed(4)}`;
}

const nothing = { parameters: null, multiplyAdds: null, dense: null, denseToFilters: null, separable: null };

/** What holds of every layer; a kind adds what it learns and multiplies. */
function layerOf(op: string, input: Shape, output: Shape): LayerArithmetic {
  return {
    op,
    geometry: null,
    inputShape: [...input],
    weightShape: null,
    outputShape: [...output],
    weights: 0,
    biases: 0,
    parameters: 0,
    multiplyAdds: 0,
    memory: { input: bytes(product(input)), weights: 0, output: bytes(product(output)) },
    axes: [],
    receptiveField: null,
    dense: null,
    denseToFilters: null,
    separable: null,
    formulas: nothing,
  };
}

/** `(3·3·64 + 1)·128 = 73,856`, and the counts behind it. */
function parametersOf(perFilter: readonly number[], filters: number, bias: boolean) {
  const [weights, biases] = [product(perFilter) * filters, bias ? filters : 0];
  const [parameters, formula] = denseOf(perFilter, [filters], bias);
  return { weights, biases, parameters, formula };
}

/** The comparisons of a convolution with layers of other kinds. */
function comparisonsOf(g: ConvGeometry, reading: Reading) {
  const [input, output] = readShapes(g, reading);
  const [dense, denseText] = denseOf(input.slice(1), output.slice(1), reading.bias);
  const [denseToFilters, toFiltersText] = denseOf(input.slice(1), [output[1]], reading.bias);
  const separable = separableOf(g, reading);
  const formulas = {
    dense: denseText,
    denseToFilters: toFiltersText,
    separable: separableFormula(g, separable),
  };
  return { dense, denseToFilters, separable, formulas };
}

/** The arithmetic of a convolution, or of the transposed one that is the same geometry read from the other side. */
export function convArithmetic(op: string, g: ConvGeometry, reading: Reading): LayerArithmetic {
  const [input, output] = readShapes(g, reading);
  const weightShape = convWeightShape(g);
  const perFilter = [...weightShape.slice(2), input[1] / g.groups];
  const { formula, ...counts } = parametersOf(perFilter, output[1], reading.bias);
  const { formulas, ...comparisons } = comparisonsOf(g, reading);
  const layer = layerOf(op, input, output);
  const work = equals(times(...convOutputShape(g), ...weightShape.slice(1)), multiplyAdds(g));
  return freezeDeep({
    ...layer,
    ...shownShapes(layer, reading),
    ...counts,
    ...comparisons,
    geometry: formatConv(g),
    weightShape: shownWeight(weightShape, reading),
    multiplyAdds: multiplyAdds(g),
    memory: { ...layer.memory, weights: bytes(counts.parameters) },
    axes: axesOf(g.axes, reading),
    receptiveField: fieldOf(g.axes, reading.transposed),
    formulas: { ...formulas, parameters: formula, multiplyAdds: work },
  });
}

/** Shapes as the caller writes them. */
const shownShapes = (layer: LayerArithmetic, { shown }: Reading) => ({
  inputShape: shown(layer.inputShape),
  outputShape: shown(layer.outputShape),
});

/** PyTorch's order of a weight's axes, or TensorFlow's: `[…kernel, in/groups, out]`. */
const shownWeight = ([first, second, ...kernel]: Shape, { layout }: Reading): Shape =>
  layout === 'channels-last' ? [...kernel, second, first] : [first, second, ...kernel];

/** The arithmetic of a pooling layer: shapes and field; there is nothing to learn or to multiply. */
export function poolArithmetic(op: string, g: PoolGeometry, reading: Reading): LayerArithmetic {
  const layer = layerOf(op, poolInputShape(g), poolOutputShape(g));
  return freezeDeep({
    ...layer,
    ...shownShapes(layer, reading),
    geometry: formatPool(g),
    axes: axesOf(g.axes, reading),
    receptiveField: fieldOf(g.axes, false),
  });
}

/** The arithmetic of a linear layer `[…, in]` → `[…, out]`. */
export function linearArithmetic(input: Shape, outFeatures: number, bias: boolean): LayerArithmetic {
  const inFeatures = input[input.length - 1];
  const output = [...input.slice(0, -1), outFeatures];
  const layer = layerOf('linear', input, output);
  const { formula, ...counts } = parametersOf([inFeatures], outFeatures, bias);
  const work = product(input) * outFeatures;
  return freezeDeep({
    ...layer,
    ...counts,
    weightShape: [outFeatures, inFeatures],
    multiplyAdds: work,
    memory: { ...layer.memory, weights: bytes(counts.parameters) },
    formulas: { ...nothing, parameters: formula, multiplyAdds: equals(times(...output, inFeatures), work) },
  });
}
