// Convolution layers of Keras. Their kernels are [...kernel, in, out]; neocog's weights are PyTorch's.

import { nn, permute, reshape, type Tensor } from 'neocog';
import { convLayers, type Rank, transposedLayers } from '../graph/ranks.ts';
import { readActivation } from './activations.ts';
import type { LayerConfig } from './config.ts';
import { sides } from './pooling.ts';
import { followedBy, type LayerReader, type LayerTable, onImages } from './reader.ts';

const depthwises = { 1: nn.DepthwiseConv1d, 2: nn.DepthwiseConv2d };
const separables = { 1: nn.SeparableConv1d, 2: nn.SeparableConv2d };

/** `[...kernel, a, b]` → `[b, a, ...kernel]` */
function turned(config: LayerConfig, kernel: Tensor, rank: Rank): Tensor {
  if (kernel.rank !== rank + 2) {
    config.fail(`has a kernel of shape [${kernel.shape}] instead of ${rank + 2} axes`);
  }
  const axes = kernel.shape.map((_, d) => d);
  return permute(kernel, [rank + 1, rank, ...axes.slice(0, rank)]);
}

/** `[...kernel, in, multiplier]` → `[in·multiplier, 1, ...kernel]`, a channel's filters side by side. */
function depthwiseWeight(config: LayerConfig, kernel: Tensor, rank: 1 | 2): Tensor {
  const [multiplier, channels, ...sizes] = turned(config, kernel, rank).shape;
  const axes = sizes.map((_, d) => d);
  return reshape(permute(kernel, [rank, rank + 1, ...axes]), [channels * multiplier, 1, ...sizes]);
}

/** `bias` where the layer has one, in a list of the weights' names. */
const withBias = <const Name extends string>(config: LayerConfig, ...names: Name[]): (Name | 'bias')[] =>
  config.flag('use_bias', true) ? [...names, 'bias'] : names;

const biasOf = (weights: Record<string, Tensor>): Record<string, Tensor> =>
  Object.hasOwn(weights, 'bias') ? { bias: weights.bias } : {};

/** By name, or as pairs that a layer of zeros before this one has left. */
const paddingOf = (config: LayerConfig, rank: Rank) =>
  config.value('absorbed_padding') === undefined
    ? config.oneOf('padding', rank === 1 ? ['valid', 'same', 'causal'] : ['valid', 'same'])
    : sides(config, 'absorbed_padding', rank);

const window = (config: LayerConfig, rank: Rank) => ({
  stride: config.sizes('strides', rank, new Array(rank).fill(1)),
  dilation: config.sizes('dilation_rate', rank, new Array(rank).fill(1)),
  padding: paddingOf(config, rank),
});

/** A module with these weights, and the layer's activation after it. */
function finished(config: LayerConfig, module: nn.Module, state: Record<string, Tensor>) {
  module.loadStateDict(state);
  return followedBy(onImages(config, module), readActivation(config));
}

const conv =
  (rank: Rank): LayerReader =>
  (config) => {
    const options = window(config, rank);
    const groups = config.number('groups', 1);
    const weights = config.weights(withBias(config, 'kernel'));
    const weight = turned(config, weights.kernel, rank);
    const [out, into, ...kernel] = weight.shape;
    const bias = biasOf(weights);
    const module = new convLayers[rank](into * groups, out, kernel, {
      ...options,
      groups,
      bias: 'bias' in bias,
    });
    return finished(config, module, { weight, ...bias });
  };

/** Padding and output padding along an axis for an output padding that is given; `extent` is that of the dilated kernel. */
function givenPadding(extent: number, same: boolean, extra: number): [pads: [number, number], extra: number] {
  if (!same) return [[0, 0], extra];
  const length = extent + (extent % 2) - 2 + extra;
  const left = Math.min(Math.ceil(length / 2), extent - 1);
  const after = extent - 1 - (length - left);
  return [[extent - 1 - left, Math.max(after, 0)], Math.max(-after, 0)];
}

/** Without an output padding the result has input × stride cells, or as many as the kernel reaches where it is wider. */
function transposedPadding(config: LayerConfig, rank: Rank, extents: readonly number[]) {
  const { stride, padding } = window(config, rank);
  const same = padding === 'same';
  if (config.value('output_padding') === undefined) {
    const extra = extents.map((extent, d) => Math.max(stride[d] - extent, 0));
    return same ? { padding: 'same' as const } : { outputPadding: extra };
  }
  const given = config.sizes('output_padding', rank);
  const axes = extents.map((extent, d) => givenPadding(extent, same, given[d]));
  return { padding: axes.map(([pads]) => pads), outputPadding: axes.map(([, extra]) => extra) };
}

const convTranspose =
  (rank: Rank): LayerReader =>
  (config) => {
    const { stride, dilation } = window(config, rank);
    const weights = config.weights(withBias(config, 'kernel'));
    const weight = turned(config, weights.kernel, rank);
    const [into, out, ...kernel] = weight.shape;
    const extents = kernel.map((k, d) => (k - 1) * dilation[d] + 1);
    const bias = biasOf(weights);
    const module = new transposedLayers[rank](into, out, kernel, {
      stride,
      dilation,
      ...transposedPadding(config, rank, extents),
      bias: 'bias' in bias,
    });
    return finished(config, module, { weight, ...bias });
  };

const depthwise =
  (rank: 1 | 2): LayerReader =>
  (config) => {
    const options = window(config, rank);
    const weights = config.weights(withBias(config, 'kernel'));
    const weight = depthwiseWeight(config, weights.kernel, rank);
    const [multiplier, channels] = turned(config, weights.kernel, rank).shape;
    const bias = biasOf(weights);
    const module = new depthwises[rank](channels, weight.shape.slice(2), {
      ...options,
      multiplier,
      bias: 'bias' in bias,
    });
    return finished(config, module, { weight, ...bias });
  };

const separable =
  (rank: 1 | 2): LayerReader =>
  (config) => {
    const weights = config.weights(withBias(config, 'depthwise_kernel', 'pointwise_kernel'));
    const weight = depthwiseWeight(config, weights.depthwise_kernel, rank);
    const [multiplier, channels, ...kernel] = turned(config, weights.depthwise_kernel, rank).shape;
    const pointwise = turned(config, weights.pointwise_kernel, rank);
    const bias = biasOf(weights);
    const module = new separables[rank](channels, pointwise.shape[0], kernel, {
      ...window(config, rank),
      multiplier,
      bias: 'bias' in bias,
    });
    const state: Record<string, Tensor> = { 'depthwise.weight': weight, 'pointwise.weight': pointwise };
    if ('bias' in bias) state['pointwise.bias'] = bias.bias;
    return finished(config, module, state);
  };

export const convolutionLayers: LayerTable = {
  Conv1D: conv(1),
  Conv2D: conv(2),
  Conv3D: conv(3),
  Conv1DTranspose: convTranspose(1),
  Conv2DTranspose: convTranspose(2),
  Conv3DTranspose: convTranspose(3),
  DepthwiseConv1D: depthwise(1),
  DepthwiseConv2D: depthwise(2),
  SeparableConv1D: separable(1),
  SeparableConv2D: separable(2),
};
