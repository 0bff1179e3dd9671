// Convolutions, pools, normalisation, resizing and matrix products of TensorFlow graphs. Filters that are constants become
// the weights of layers.

import {
  add,
  type ConvTransposeOptions,
  conv2d,
  convTranspose2d,
  nn,
  permute,
  reshape,
  resize,
  type Tensor,
  transpose,
} from 'neocog';
import { broadcastMatmul } from '../../graph/broadcast.ts';
import { einsum, parseEquation } from '../../graph/einsum.ts';
import { Operation, operation, tensorStep } from '../../graph/operation.ts';
import type { Wire } from '../../graph/plan.ts';
import { poolModule } from '../../graph/pools.ts';
import { convLayers, type Rank } from '../../graph/ranks.ts';
import { readHost } from '../../graph/value.ts';
import { shown } from '../../shown.ts';
import type { GraphNode, OperatorReader, Operators } from '../node.ts';
import { floats, fusedActivation, isChannelsFirst } from './arithmetic.ts';

/** A number for each spatial axis from one for each axis of the data. */
function spatial(node: GraphNode, key: string, rank: Rank): number[] {
  const list = node.list(key);
  if (list.length === 0) return new Array<number>(rank).fill(1);
  if (list.length !== rank + 2) node.fail(`has ${key} [${list}] instead of ${rank + 2} numbers`);
  return isChannelsFirst(node) ? list.slice(2) : list.slice(1, -1);
}

function window(node: GraphNode, rank: Rank) {
  const mode = node.text('padding', 'VALID');
  const named = { VALID: 'valid', SAME: 'same' } as const;
  const explicit = node.list('explicit_paddings');
  const first = isChannelsFirst(node) ? 2 : 1;
  const padding =
    mode === 'EXPLICIT'
      ? Array.from({ length: rank }, (_, d): [number, number] => [
          explicit[2 * (first + d)],
          explicit[2 * (first + d) + 1],
        ])
      : Object.hasOwn(named, mode)
        ? named[mode as keyof typeof named]
        : node.refuse(`has padding '${mode}', but neocog knows SAME, VALID and EXPLICIT`);
  return { stride: spatial(node, 'strides', rank), dilation: spatial(node, 'dilations', rank), padding };
}

/** A module of images in the node's own order of axes. */
const onImages = (node: GraphNode, module: nn.Module, x: Wire, name = node.name): Wire =>
  isChannelsFirst(node) ? node.plan.plain(name, module, [x], x.rank) : node.plan.images(name, module, x);

const constantFloats = (wire: Wire): Tensor | null => (wire.constant === null ? null : floats(wire.constant));

/** What follows a fused operator: a bias among its inputs, and an activation. */
interface Fusion {
  readonly bias: Tensor | null;
  readonly activation: string | null;
}

function readFusion(node: GraphNode): Fusion {
  const ops = node.texts('fused_ops');
  const rest = ops.filter((op) => op !== 'BiasAdd');
  if (rest.length > 1) node.refuse(`fuses ${ops.join(', ')}, but neocog knows BiasAdd and an activation`);
  const hasBias = ops.includes('BiasAdd');
  const bias = hasBias ? constantFloats(node.input(2)) : null;
  if (hasBias && bias === null) node.refuse('computes its bias while it runs, but needs a constant');
  return { bias: bias && reshape(bias, [bias.size]), activation: rest[0] ?? null };
}

/** The activation of a fused operator on its result. */
function activated(node: GraphNode, activation: string | null, y: Wire): Wire {
  if (activation === null) return y;
  const name = `${node.name}_${activation.toLowerCase()}`;
  if (activation !== 'Prelu') return node.plan.either(name, fusedActivation(node, activation), y);
  const slopes =
    constantFloats(node.input(3)) ?? node.refuse('computes its slopes while it runs, but needs constants');
  const module = new nn.PReLU(slopes.size);
  module.loadStateDict({ weight: reshape(slopes, [slopes.size]) });
  return onImages(node, module, y, name);
}

/** `[...kernel, in, out]` → `[out, in, ...kernel]` */
const turned = (filter: Tensor): Tensor =>
  permute(filter, [filter.rank - 1, filter.rank - 2, ...filter.shape.slice(2).map((_, d) => d)]);

function checkFilter(node: GraphNode, filter: Tensor, rank: Rank): void {
  if (filter.rank !== rank + 2)
    node.fail(`has a filter of shape [${filter.shape}] instead of ${rank + 2} axes`);
}

/** An image operator on a value whose rank the operator knows. */
const ranked = (x: Wire, rank: number): Wire => ({ ...x, rank });

const conv =
  (rank: 2 | 3): OperatorReader =>
  (node) => {
    const options = window(node, rank);
    const x = ranked(node.input(0), rank + 2);
    const filter = constantFloats(node.input(1));
    if (filter === null) return computedFilter(node, x, options);
    checkFilter(node, filter, rank);
    const { bias, activation } = readFusion(node);
    const weight = turned(filter);
    const [out, into, ...kernel] = weight.shape;
    const module = new convLayers[rank](into, out, kernel, { ...options, bias: bias !== null });
    module.loadStateDict(bias ? { weight, bias } : { weight });
    return activated(node, activation, onImages(node, module, x));
  };

/** A convolution by a filter that the network computes. */
function computedFilter(node: GraphNode, x: Wire, options: ReturnType<typeof window>): Wire {
  if (node.op !== 'Conv2D' || isChannelsFirst(node))
    node.refuse('computes its filter while it runs, but needs a constant');
  const module = operation(node.op, ([v, w]) =>
    conv2d(floats(v!), floats(w!), { ...options, layout: 'channels-last' }),
  );
  return node.plan.plain(node.name, module, [x, node.input(1)], 4);
}

const depthwise: OperatorReader = (node) => {
  const options = window(node, 2);
  const filter =
    constantFloats(node.input(1)) ?? node.refuse('computes its filter while it runs, but needs a constant');
  checkFilter(node, filter, 2);
  const { bias, activation } = readFusion(node);
  const [kh, kw, channels, multiplier] = filter.shape;
  const weight = reshape(permute(filter, [2, 3, 0, 1]), [channels * multiplier, 1, kh, kw]);
  const module = new nn.DepthwiseConv2d(channels, [kh, kw], { ...options, multiplier, bias: bias !== null });
  module.loadStateDict(bias ? { weight, bias } : { weight });
  return activated(node, activation, onImages(node, module, ranked(node.input(0), 4)));
};

/** The gradient of a convolution by its input: a transposed convolution whose result has the size that is given. */
const transposed: OperatorReader = (node) => {
  const { stride, dilation, padding } = window(node, 2);
  if (isChannelsFirst(node)) node.refuse('has channels first, but neocog transposes channels-last ones');
  const filter =
    constantFloats(node.input(1)) ?? node.refuse('computes its filter while it runs, but needs a constant');
  checkFilter(node, filter, 2);
  if (typeof padding !== 'string') node.refuse('has explicit padding, but neocog knows SAME and VALID here');
  const weight = turned(filter);
  const module = new ConvTransposeTo(weight, { stride, dilation, padding });
  return node.plan.imagesWith(node.name, module, [ranked(node.input(2), 4), node.input(0)]);
};

/** A transposed convolution of `[n, c, h, w]` whose result is given as channels-last sizes. */
class ConvTransposeTo extends Operation {
  readonly weight: nn.Parameter;

  constructor(weight: Tensor, options: ConvTransposeOptions) {
    const parameter = new nn.Parameter(weight);
    super('Conv2DBackpropInput', ([x, size]) => {
      const [, height, width] = readHost('Conv2DBackpropInput', size!).data;
      return [convTranspose2d(floats(x!), parameter, { ...options, outputSize: [height, width] })];
    });
    this.weight = parameter;
  }
}

const pool =
  (kind: 'max' | 'average', rank: 2 | 3): OperatorReader =>
  (node) => {
    const kernel = spatial(node, 'ksize', rank);
    const { stride, padding } = window(node, rank);
    if (typeof padding !== 'string')
      node.refuse('has explicit padding, but neocog knows SAME and VALID here');
    const module = poolModule(kind, { kernel, stride, same: padding === 'same' });
    return onImages(node, module, ranked(node.input(0), rank + 2));
  };

/** Normalises by given statistics. With constants it is a layer that trains further. */
const batchNorm: OperatorReader = (node) => {
  if (node.flag('is_training', true))
    node.refuse('is in training, but neocog reads frozen graphs for inference');
  const eps = node.number('epsilon', 1e-4);
  const [weight, bias, mean, variance] = [1, 2, 3, 4].map(
    (i) =>
      constantFloats(node.input(i)) ??
      node.refuse(`computes its input ${i} while it runs, but needs a constant`),
  );
  const module = new nn.BatchNorm2d(weight.size, { eps });
  module.loadStateDict({ weight, bias, running_mean: mean, running_var: variance }, { strict: false });
  return onImages(node, module, ranked(node.input(0), 4));
};

/** Resizes images; the size may be computed. Nearest cells are found as TensorFlow.js finds them. */
const resizing =
  (mode: 'bilinear' | 'nearest'): OperatorReader =>
  (node) => {
    const [corners, centres] = [node.flag('align_corners'), node.flag('half_pixel_centers')];
    const middle = mode === 'nearest' ? 'tf-half-pixel' : 'half-pixel';
    const coordinates = corners ? 'align-corners' : centres ? middle : 'asymmetric';
    const rounding = mode === 'nearest' ? ({ rounding: corners ? 'prefer-ceil' : 'floor' } as const) : {};
    const module = operation(node.op, ([x, wanted]) => {
      const size = [...readHost(node.op, wanted!).data];
      return resize(floats(x!), { size, mode, coordinates, ...rounding });
    });
    return node.plan.imagesWith(node.name, module, [ranked(node.input(0), 4), node.input(1)]);
  };

/** A product by a constant matrix of floats is a linear layer. */
const matMul: OperatorReader = (node) => {
  const { bias, activation } = readFusion(node);
  const [turnA, turnB] = ['a', 'b'].map(
    (side) => node.flag(`transpose_${side}`) || node.flag(`adj_${side === 'a' ? 'x' : 'y'}`),
  );
  const [a, b] = [node.input(0), node.input(1)];
  const matrix = b.constant?.dtype === 'float32' ? constantFloats(b) : null;
  if (matrix?.rank === 2 && !turnA) {
    const weight = turnB ? matrix : transpose(matrix);
    const module = new nn.Linear(weight.shape[1], weight.shape[0], { bias: bias !== null });
    module.loadStateDict(bias ? { weight, bias } : { weight });
    return activated(node, activation, node.plan.plain(node.name, module, [a], a.rank));
  }
  const module = operation(node.op, ([x, y]) => {
    const [left, right] = [floats(x!), floats(y!)];
    const z = broadcastMatmul(turnA ? transpose(left) : left, turnB ? transpose(right) : right);
    return bias ? add(z, bias) : z;
  });
  const rank = a.rank !== undefined && b.rank !== undefined ? Math.max(a.rank, b.rank) : undefined;
  return activated(node, activation, node.plan.plain(node.name, module, [a, b], rank));
};

const einsumReader: OperatorReader = (node) => {
  const text = node.text('equation');
  const equation = parseEquation(text) ?? node.fail(`has ${shown(text)} instead of an equation`);
  const module = operation(node.op, (values) =>
    einsum(
      equation,
      values.map((value) => floats(value!)),
    ),
  );
  const rank = equation.result.includes('...') ? undefined : equation.result.length;
  return node.plan.plain(node.name, module, node.inputs, rank);
};

/** Trades channels for resolution; the parts of a block are the outer part of the channels. */
const depthToSpace: OperatorReader = (node) => {
  const block = node.number('block_size', 2);
  const module = tensorStep('DepthToSpace', (x) => {
    const [n, c, h, w] = x.shape;
    const parts = reshape(x, [n, block, block, c / block ** 2, h, w]);
    return reshape(permute(parts, [0, 3, 4, 1, 5, 2]), [n, c / block ** 2, h * block, w * block]);
  });
  return onImages(node, module, ranked(node.input(0), 4));
};

const spaceToDepth: OperatorReader = (node) => {
  const block = node.number('block_size', 2);
  const module = tensorStep('SpaceToDepth', (x) => {
    const [n, c, h, w] = x.shape;
    const parts = reshape(x, [n, c, h / block, block, w / block, block]);
    return reshape(permute(parts, [0, 3, 5, 1, 2, 4]), [n, c * block ** 2, h / block, w / block]);
  });
  return onImages(node, module, ranked(node.input(0), 4));
};

export const convolutionOperators: Operators = {
  Conv2D: conv(2),
  _FusedConv2D: conv(2),
  Conv3D: conv(3),
  DepthwiseConv2dNative: depthwise,
  DepthwiseConv2d: depthwise,
  FusedDepthwiseConv2dNative: depthwise,
  Conv2DBackpropInput: transposed,
  MaxPool: pool('max', 2),
  MaxPool3D: pool('max', 3),
  AvgPool: pool('average', 2),
  AvgPool3D: pool('average', 3),
  FusedBatchNorm: batchNorm,
  FusedBatchNormV2: batchNorm,
  FusedBatchNormV3: batchNorm,
  ResizeBilinear: resizing('bilinear'),
  ResizeNearestNeighbor: resizing('nearest'),
  MatMul: matMul,
  _FusedMatMul: matMul,
  BatchMatMul: matMul,
  BatchMatMulV2: matMul,
  Einsum: einsumReader,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
};
