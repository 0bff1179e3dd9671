// A list of layers as a network of the library.

import { manualSeed, nn, optim } from 'neocog';
import type { ActivationName, ConvSpec, LayerSpec } from '../net/layers.ts';
import { measure, padOf, type Size } from '../net/measure.ts';
import { namesOf } from '../net/names.ts';
import { type Recipe, usualRate } from '../recipe.ts';
import type { Description } from './facts.ts';

/** What a network takes and gives. */
export type Ends = Pick<Description, 'channels' | 'side' | 'classes'>;

const activationOf: Readonly<Record<ActivationName, () => nn.Module | null>> = {
  relu: () => new nn.ReLU(),
  leakyRelu: () => new nn.LeakyReLU({ negativeSlope: 0.1 }),
  gelu: () => new nn.GELU(),
  silu: () => new nn.SiLU(),
  tanh: () => new nn.Tanh(),
  sigmoid: () => new nn.Sigmoid(),
  none: () => null,
};

type Named = Record<string, nn.Module>;

const present = (layers: Record<string, nn.Module | null>): Named =>
  Object.fromEntries(
    Object.entries(layers).filter((entry): entry is [string, nn.Module] => entry[1] !== null),
  );

function convOf(from: number, spec: ConvSpec): nn.Module {
  const { filters, kernel, stride, activation, norm, skip } = spec;
  const conv = new nn.Conv2d(from, filters, kernel, { stride, padding: padOf(kernel), bias: !norm });
  const body = present({ conv, norm: norm ? new nn.BatchNorm2d(filters) : null });
  const same = from === filters && stride === 1;
  const shortcut = same ? null : new nn.Conv2d(from, filters, 1, { stride, bias: false });
  const inner = skip ? { sum: new nn.Residual(new nn.Sequential(body), shortcut) } : body;
  return new nn.Sequential(present({ ...inner, act: activationOf[activation]() }));
}

const product = (sizes: Size): number => sizes.reduce((all, size) => all * size, 1);

/** Maps are made a list of values first. */
const linearOf = (input: Size, units: number, activation: ActivationName): nn.Module =>
  new nn.Sequential(
    present({
      flatten: input.length > 1 ? new nn.Flatten() : null,
      linear: new nn.Linear(product(input), units),
      act: activationOf[activation](),
    }),
  );

function layerOf(layer: LayerSpec, input: Size): nn.Module {
  switch (layer.kind) {
    case 'conv':
      return convOf(input[0] ?? 1, layer);
    case 'max':
      return new nn.MaxPool2d(layer.size);
    case 'mean':
      return new nn.AvgPool2d(layer.size);
    case 'global':
      return new nn.Sequential(new nn.GlobalAvgPool(), new nn.Flatten());
    case 'dropout':
      return new nn.Dropout(layer.percent / 100);
    case 'linear':
      return linearOf(input, layer.units, layer.activation);
    default:
      return layer satisfies never;
  }
}

/** A network with random weights. @throws Error in words for layers that do not go together */
export function buildNet(layers: readonly LayerSpec[], { channels, side, classes }: Ends): nn.Sequential {
  const input = [channels, side, side];
  const { layers: sizes, problem } = measure(layers, input, classes.length);
  if (problem) throw new Error(problem);
  const sizeBefore = (i: number): Size => (i === 0 ? input : (sizes[i - 1]?.out ?? input));
  const names = namesOf(layers);
  const named = layers.map((layer, i) => [names[i] ?? '', layerOf(layer, sizeBefore(i))] as const);
  const answer = linearOf(sizeBefore(layers.length), classes.length, 'none');
  return new nn.Sequential({ ...Object.fromEntries(named), answer });
}

/** The same seed gives the same weights. */
export function seededNet({ layers, seed }: Recipe, ends: Ends): nn.Sequential {
  manualSeed(seed);
  return buildNet(layers, ends);
}

export function optimiserOf({ optimiser }: Recipe, net: nn.Module): optim.SGD | optim.Adam {
  const [parameters, lr] = [net.parameters(), usualRate[optimiser]];
  if (optimiser === 'adam') return new optim.Adam(parameters, { lr });
  return new optim.SGD(parameters, { lr, momentum: optimiser === 'momentum' ? 0.9 : 0 });
}
