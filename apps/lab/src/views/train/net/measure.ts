// Shapes, parameters and multiply-adds of a list of layers, and what is wrong with it, in words. The numbers are the library's.

import { explain } from 'neocog';
import { count } from '../../../design/numbers.ts';
import type { LayerSpec } from './layers.ts';

/** `[channels, height, width]`, or `[units]` once the maps are a list. */
export type Size = readonly number[];

export interface Measured {
  /** What goes out; null from the first layer that does not fit on. */
  readonly out: Size | null;
  readonly parameters: number;
  readonly multiplyAdds: number;
  readonly problem: string | null;
}

export interface Measurement {
  /** One for each layer, and one for the last, which gives a score for each class. */
  readonly layers: readonly Measured[];
  readonly parameters: number;
  readonly multiplyAdds: number;
  /** The first that is wrong; null for a network that can be built. */
  readonly problem: string | null;
}

/** So that a pass takes no more than about a minute. */
const mostParameters = 1_000_000;
const mostMultiplyAdds = 20_000_000;

interface Cost {
  readonly out: Size;
  readonly parameters: number;
  readonly multiplyAdds: number;
}

const shown = (size: Size): string => size.join('×');
const product = (sizes: Size): number => sizes.reduce((all, size) => all * size, 1);
const free = (out: Size): Cost => ({ out, parameters: 0, multiplyAdds: 0 });

class Unfit extends Error {}

/** Convolutions, pooling and the means of maps need maps. */
function needMaps(size: Size, what: string): void {
  if (size.length === 3) return;
  throw new Unfit(
    `${what} needs maps, and here come ${shown(size)} values; move it up, above what makes a list of them`,
  );
}

function convCost(layer: Extract<LayerSpec, { kind: 'conv' }>, input: Size): Cost {
  needMaps(input, 'A convolution');
  const { filters, kernel, stride, norm, skip } = layer;
  const main = explain.conv2d({ input, filters, kernel, stride, padding: padOf(kernel), bias: !norm });
  const out = main.outputShape;
  const passes = skip && shown(out) !== shown(input);
  const side = passes ? explain.conv2d({ input, filters, kernel: 1, stride, bias: false }) : null;
  if (side && shown(side.outputShape) !== shown(out))
    throw new Unfit(
      `Adding the input needs maps of one size: the layer gives ${shown(out)}, the way past it ${shown(side.outputShape)}; take an odd kernel`,
    );
  return {
    out,
    parameters: main.parameters + (side?.parameters ?? 0) + (norm ? 2 * filters : 0),
    multiplyAdds: main.multiplyAdds + (side?.multiplyAdds ?? 0),
  };
}

/** As many cells on each side as keep the size at stride 1, for odd kernels. */
export const padOf = (kernel: number): number => Math.floor(kernel / 2);

function linearCost(input: Size, outFeatures: number): Cost {
  const { parameters, multiplyAdds } = explain.linear({ input: [product(input)], outFeatures });
  return { out: [outFeatures], parameters, multiplyAdds };
}

function poolCost(size: number, input: Size): Cost {
  needMaps(input, 'Pooling');
  const [, height = 1, width = 1] = input;
  if (size > Math.min(height, width))
    throw new Unfit(
      `A window of ${size}×${size} does not fit into maps of ${height}×${width}; make it smaller or leave it out`,
    );
  return free(explain.maxPool2d({ input, kernel: size }).outputShape);
}

function costOf(layer: LayerSpec, input: Size): Cost {
  switch (layer.kind) {
    case 'conv':
      return convCost(layer, input);
    case 'max':
    case 'mean':
      return poolCost(layer.size, input);
    case 'global':
      needMaps(input, 'The mean of maps');
      return free([input[0] ?? 1]);
    case 'dropout':
      return free(input);
    case 'linear':
      return linearCost(input, layer.units);
    default:
      return layer satisfies never;
  }
}

const unknown: Measured = { out: null, parameters: 0, multiplyAdds: 0, problem: null };

function measured(cost: () => Cost): Measured {
  try {
    return { ...cost(), problem: null };
  } catch (error) {
    return { ...unknown, problem: error instanceof Error ? error.message : String(error) };
  }
}

/** Of layers after each other; `input` is a picture `[channels, height, width]`. */
export function measure(layers: readonly LayerSpec[], input: Size, classes: number): Measurement {
  const found: Measured[] = [];
  let size: Size | null = input;
  for (const layer of layers) {
    const before: Size | null = size;
    const one: Measured = before === null ? unknown : measured(() => costOf(layer, before));
    found.push(one);
    size = one.out;
  }
  const last = size;
  found.push(last === null ? unknown : measured(() => linearCost(last, classes)));
  const parameters = found.reduce((sum, one) => sum + one.parameters, 0);
  const multiplyAdds = found.reduce((sum, one) => sum + one.multiplyAdds, 0);
  const broken = found.findIndex(({ problem }) => problem !== null);
  const problem =
    broken >= 0 ? `Layer ${broken + 1}: ${found[broken]?.problem}` : tooLarge(parameters, multiplyAdds);
  return { layers: found, parameters, multiplyAdds, problem };
}

function tooLarge(parameters: number, multiplyAdds: number): string | null {
  if (parameters > mostParameters)
    return `The network has ${count(parameters)} parameters; at most ${count(mostParameters)} are trained here. Pool more, or take fewer filters or units.`;
  if (multiplyAdds > mostMultiplyAdds)
    return `A picture costs ${count(multiplyAdds)} multiply-adds; at most ${count(mostMultiplyAdds)} are trained here. Pool earlier, or take fewer filters.`;
  return null;
}
