// A network of the library in the sizes that weights have: how many classes there are, channels of the input and units of hidden
// linear layers, is seen from the shapes of those weights that grow with each.

import { init, NeocogError, type nn, type Tensor } from 'neocog';
import type { Model, Sizes } from './networks.ts';

type Weights = Readonly<Record<string, Tensor>>;

/** The network with these weights, and the input that it is made for. @throws ShapeError if they are of another network */
export function withWeights(model: Model, weights: Weights): { module: nn.Module; input: readonly number[] } {
  const sizes = sizesOf(model, weights);
  const module = init.skip(() => model.build(sizes));
  module.loadStateDict(weights);
  const [batch, channels, ...spatial] = model.input;
  return { module, input: [batch, sizes.inChannels ?? channels, ...spatial] };
}

/** A size that no network has of itself, to see what grows with it. */
const probe = 7;

function sizesOf(model: Model, weights: Weights): Sizes {
  const usual = shapesOf(model, {});
  const fits = Object.entries(usual).every(([key, shape]) => String(weights[key]?.shape) === String(shape));
  if (fits) return {};
  const names = ['classes', 'inChannels', 'hidden'] as const;
  const found = names.map((name) => [name, sizeIn(weights, usual, probeShapes(model, name))] as const);
  return Object.fromEntries(found.filter(([, size]) => size !== undefined));
}

type Shapes = Readonly<Record<string, readonly number[]>>;

const shapesOf = (model: Model, sizes: Sizes): Shapes => {
  const state = init.skip(() => model.build(sizes)).stateDict();
  return Object.fromEntries(Object.entries(state).map(([key, { shape }]) => [key, shape]));
};

/** Nothing of a network that does not have this size. */
function probeShapes(model: Model, name: keyof Sizes): Shapes {
  try {
    return shapesOf(model, { [name]: probe });
  } catch (error) {
    if (error instanceof NeocogError) return {};
    throw error;
  }
}

/** What the weights have where the probe shows; undefined where that is what the network has anyway. */
function sizeIn(weights: Weights, usual: Shapes, probed: Shapes): number | undefined {
  for (const [key, shape] of Object.entries(probed)) {
    const axis = shape.findIndex((size, i) => size === probe && usual[key]?.[i] !== probe);
    const size = axis < 0 ? undefined : weights[key]?.shape[axis];
    if (size !== undefined && size !== usual[key]?.[axis]) return size;
  }
  return undefined;
}
