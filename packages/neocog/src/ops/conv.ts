// Convolution and transposed convolution of rank 1, 2 and 3.
//
// For a fixed geometry, convolution, its input gradient and its weight gradient are the three partial adjoints of one
// trilinear form T(x, w, y) = Σ x·w·y over all (output cell, tap, input cell) triples. Each one's gradients are the
// other two, so three small functions below are the whole of differentiation, to any order.

import { flag } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { counted } from '../arguments/show.ts';
import { compute } from '../backends/current.ts';
import { convWork, type Values } from '../backends/work.ts';
import * as e from '../expression/expression.ts';
import {
  convGeometry,
  convTransposeGeometry,
  inputShape,
  outputShape,
  weightShape,
} from '../geometry/conv.ts';
import {
  type Caller,
  convFields,
  convTransposeFields,
  type ConvOptions as GeometryOptions,
  type Layout,
  perRank,
  type ConvTransposeOptions as TransposeGeometryOptions,
} from '../geometry/options.ts';
import type { ConvGeometry } from '../geometry/types.ts';
import { floatsOrNull } from '../tensor/fields.ts';
import { record, type Tensor } from '../tensor/tensor.ts';
import { floats, needShape } from './check.ts';
import { fuse } from './fuse.ts';
import { frame } from './layout.ts';
import { flip, permute } from './move.ts';
import { reshape } from './reshape.ts';
import type { Convolution, TransposedConvolution } from './signatures.ts';

type Rank = 1 | 2 | 3;

/** What convolutions take beside the window: a bias, and how everything is laid out. */
interface TensorOptions {
  /** Added to each output channel, `[outChannels]`. Default null, none. */
  bias?: Tensor | null | undefined;
  /**
   * Order of the axes of input, weight and result. 'channels-first' (default) is `[n, c, …spatial]` with PyTorch's weights,
   * 'channels-last' is `[n, …spatial, c]` with TensorFlow's: `[…kernel, in/groups, out]`, and for transposed convolution
   * `[…kernel, out/groups, in]`.
   */
  layout?: Layout | undefined;
  /** Turn the kernel around: convolution as mathematics defines it, where the default is cross-correlation. */
  flipKernel?: boolean | undefined;
}

/** Options of `conv1d`, `conv2d` and `conv3d`. */
export interface ConvOptions extends GeometryOptions, TensorOptions {}

/** Options of `convTranspose1d`, `convTranspose2d` and `convTranspose3d`. */
export interface ConvTransposeOptions extends TransposeGeometryOptions, TensorOptions {}

/** What is convolved, the weight, and a bias where there is one. */
type Operands = readonly [t: Tensor, w: Tensor, bias?: Tensor];

const dataOf = (operands: Operands): Values[] => operands.map((t) => (t as Tensor).data);

function forward(g: ConvGeometry, operands: Operands): Tensor {
  const [x, w] = operands;
  const y = compute(convWork('conv', g, operands.length > 2), dataOf(operands));
  const rules = [(dy: Tensor) => inputGrad(g, [dy, w]), (dy: Tensor) => weightGrad(g, x, dy), sumPerChannel];
  return record(y, outputShape(g), { name: 'conv', inputs: operands as readonly Tensor[], rules });
}

function inputGrad(g: ConvGeometry, operands: Operands): Tensor {
  const [y, w] = operands;
  const x = compute(convWork('inputGrad', g, operands.length > 2), dataOf(operands));
  const rules = [(dx: Tensor) => forward(g, [dx, w]), (dx: Tensor) => weightGrad(g, dx, y), sumPerChannel];
  return record(x, inputShape(g), { name: 'convTranspose', inputs: operands as readonly Tensor[], rules });
}

function weightGrad(g: ConvGeometry, x: Tensor, y: Tensor): Tensor {
  const w = compute(convWork('weightGrad', g), [x.data, y.data]);
  const rules = [(dw: Tensor) => inputGrad(g, [y, dw]), (dw: Tensor) => forward(g, [x, dw])];
  return record(w, weightShape(g), { name: 'convWeightGrad', inputs: [x, y], rules });
}

/** The gradient of a bias: the sum over everything but channels. `[n, c, …]` → `[c]`. */
function sumPerChannel(gradient: Tensor): Tensor {
  const into = gradient.shape.map((n, d) => (d === 1 ? n : 1));
  return reshape(fuse('bias gradient', e.input(0), [gradient], { into }), [gradient.shape[1]]);
}

/** A weight as kernels want it: channels first, and turned around if the caller asks for it. */
export function readWeight(
  { fn, rank }: Caller,
  w: Tensor,
  { layout, flipKernel }: Omit<TensorOptions, 'bias'>,
): Tensor {
  floats(fn, 'weight', w);
  const axes = w.shape.map((_, d) => d);
  const last = layout === 'channels-last' && w.rank === rank + 2;
  const first = last ? permute(w, [rank + 1, rank, ...axes.slice(0, rank)]) : w;
  return flipKernel ? flip(first, axes.slice(2)) : first;
}

function checkBias(fn: string, bias: Tensor | null | undefined, channels: number): Tensor | null {
  if (!bias) return null;
  floats(fn, 'bias', bias);
  needShape(fn, { bias }, { shape: [channels], to: counted(channels, 'output channel') });
  return bias;
}

const ownFields = { bias: floatsOrNull, flipKernel: flag };
const fields = perRank((rank): Fields<ConvOptions> => ({ ...convFields[rank], ...ownFields }));
const transposeFields = perRank(
  (rank): Fields<ConvTransposeOptions> => ({ ...convTransposeFields[rank], ...ownFields }),
);

/* @__NO_SIDE_EFFECTS__ */
function conv(rank: Rank): (x: Tensor, w: Tensor, options?: ConvOptions) => Tensor {
  const fn = `conv${rank}d`;
  const caller = { fn, rank };
  return (x, w, options = {}) => {
    needOptions(fn, options, fields[rank]);
    const { enter, leave } = frame(caller, x, options.layout);
    const [input, weight] = [enter(x), readWeight(caller, w, options)];
    const g = convGeometry(caller, { input: input.shape, weight: weight.shape }, options);
    const bias = checkBias(fn, options.bias, g.outChannels);
    return leave(forward(g, bias ? [input, weight, bias] : [input, weight]));
  };
}

/* @__NO_SIDE_EFFECTS__ */
function convTranspose(rank: Rank): (x: Tensor, w: Tensor, options?: ConvTransposeOptions) => Tensor {
  const fn = `convTranspose${rank}d`;
  const caller = { fn, rank };
  return (x, w, options = {}) => {
    needOptions(fn, options, transposeFields[rank]);
    const { enter, leave } = frame(caller, x, options.layout);
    const [input, weight] = [enter(x), readWeight(caller, w, options)];
    const g = convTransposeGeometry(caller, { input: input.shape, weight: weight.shape }, options);
    const bias = checkBias(fn, options.bias, g.inChannels);
    return leave(inputGrad(g, bias ? [input, weight, bias] : [input, weight]));
  };
}

/**
 * Convolution of a sequence: input `[n, in, w]` or `[in, w]`, weight `[out, in/groups, k]` → `[n, out, w′]`.
 *
 * Cross-correlation, as in every framework: `y[o,i] = bias[o] + Σ_c Σ_u w[o,c,u] · x[c, i·stride + u·dilation − pad]`.
 *
 * @throws ShapeError if shapes and options do not fit together.
 */
export const conv1d = conv(1) as Convolution<1, ConvOptions>;

/**
 * Convolution of images: input `[n, in, h, w]` or `[in, h, w]`, weight `[out, in/groups, kh, kw]` → `[n, out, h′, w′]`,
 * with `h′ = floor((h − kh_eff + pads) / stride) + 1` and `k_eff = (k − 1)·dilation + 1`.
 *
 * @throws ShapeError if shapes and options do not fit together.
 * @example conv2d(zeros([1, 3, 224, 224]), zeros([64, 3, 3, 3]), { padding: 1 }).shape // [1, 64, 224, 224]
 */
export const conv2d = conv(2) as Convolution<2, ConvOptions>;

/**
 * Convolution of volumes: input `[n, in, d, h, w]` or `[in, d, h, w]`, weight `[out, in/groups, kd, kh, kw]`.
 *
 * @throws ShapeError if shapes and options do not fit together.
 */
export const conv3d = conv(3) as Convolution<3, ConvOptions>;

/**
 * Transposed convolution of a sequence: input `[n, in, w]`, weight `[in, out/groups, k]` → `[n, out, w′]`, with
 * `w′ = (w − 1)·stride − pads + k_eff + outputPadding`. The adjoint of conv1d with the same options.
 *
 * @throws ShapeError if shapes and options do not fit together.
 */
export const convTranspose1d = convTranspose(1) as TransposedConvolution<1, ConvTransposeOptions>;

/** Transposed convolution of images; see `convTranspose1d`. Input `[n, in, h, w]`, weight `[in, out/groups, kh, kw]`. */
export const convTranspose2d = convTranspose(2) as TransposedConvolution<2, ConvTransposeOptions>;

/** Transposed convolution of volumes; see `convTranspose1d`. Input `[n, in, d, h, w]`, weight `[in, out/groups, kd, kh, kw]`. */
export const convTranspose3d = convTranspose(3) as TransposedConvolution<3, ConvTransposeOptions>;
