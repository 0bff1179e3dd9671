// What is seen of a network while it learns: its first kernels, maps of a layer, and what it answers.

import { featureMaps } from '@neocog/vision';
import { nn, noGrad, softmax, Tensor } from 'neocog';
import type { Maps } from '../../../work/maps.ts';
import type { Description, Seen } from './facts.ts';

/** Bytes, channel after channel, as the network takes a picture: [c, h, w]. */
export function inputOf(bytes: Uint8Array, { channels, side, mean, std }: Description): Tensor {
  const area = side * side;
  const values = new Float32Array(channels * area);
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < area; i++)
      values[c * area + i] = ((bytes[c * area + i] ?? 0) / 255 - (mean[c] ?? 0)) / (std[c] ?? 1);
  return new Tensor(values, [channels, side, side]);
}

/** A grey drawing for a network of so many channels. */
export function drawnBytes(grey: Uint8Array, channels: number): Uint8Array {
  const bytes = new Uint8Array(channels * grey.length);
  for (let c = 0; c < channels; c++) bytes.set(grey, c * grey.length);
  return bytes;
}

/** A share for each class. */
export function sharesOf(net: nn.Module, x: Tensor): number[] {
  const restore = net.evalForNow();
  try {
    const scores = noGrad(() => net.forward(new Tensor(x.data, [1, ...x.shape])));
    return [...softmax(scores, { axis: 1 }).data];
  } finally {
    restore();
  }
}

const firstConv = (net: nn.Module): nn.Conv2d | undefined =>
  net.namedModules().find((entry): entry is [string, nn.Conv2d] => entry[1] instanceof nn.Conv2d)?.[1];

export function kernelsOf(net: nn.Module): Pick<Seen, 'kernels' | 'depth'> {
  const conv = firstConv(net);
  if (!conv) return { kernels: null, depth: 1 };
  const [filters = 1, depth = 1, height = 1, width = 1] = conv.weight.shape;
  const values = Float32Array.from(conv.weight.data);
  return { kernels: { count: filters * depth, height, width, values }, depth };
}

export function mapsOf(net: nn.Module, x: Tensor, layer: string): Maps {
  const { [layer]: found } = featureMaps(net, x, { layers: [layer] });
  const [count = 1, height = 1, width = 1] = found?.shape ?? [];
  return { count, height, width, values: Float32Array.from(found?.data ?? []) };
}
