// The library's windows by their number of spatial axes.

import {
  type AvgPoolOptions,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  type ConvOptions,
  type ConvTransposeOptions,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  nn,
  type PoolOptions,
  type Tensor,
} from 'neocog';

/** How many spatial axes windows have. */
export type Rank = 1 | 2 | 3;

type ByRank<Operand, Options> = Readonly<Record<Rank, (x: Tensor, by: Operand, options: Options) => Tensor>>;
type Kernel = readonly number[];

export const convs: ByRank<Tensor, ConvOptions & { bias?: Tensor | null }> = {
  1: conv1d,
  2: conv2d,
  3: conv3d,
};
export const convLayers = { 1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d };

export const transposedConvs: ByRank<Tensor, ConvTransposeOptions> = {
  1: convTranspose1d,
  2: convTranspose2d,
  3: convTranspose3d,
};
export const transposedLayers = { 1: nn.ConvTranspose1d, 2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d };

export const maxPools: ByRank<Kernel, PoolOptions> = { 1: maxPool1d, 2: maxPool2d, 3: maxPool3d };
export const maxPoolLayers = { 1: nn.MaxPool1d, 2: nn.MaxPool2d, 3: nn.MaxPool3d };

export const avgPools: ByRank<Kernel, AvgPoolOptions> = { 1: avgPool1d, 2: avgPool2d, 3: avgPool3d };
export const avgPoolLayers = { 1: nn.AvgPool1d, 2: nn.AvgPool2d, 3: nn.AvgPool3d };
