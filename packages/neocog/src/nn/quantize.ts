// Networks of whole numbers, made of trained ones after the fact: sample inputs tell the range of what comes into each layer.

import { aFunction, field, need } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { ShapeError } from '../errors.ts';
import { noGrad } from '../tensor/graph.ts';
import { Tensor } from '../tensor/tensor.ts';
import { Conv1d, Conv2d, Conv3d } from './conv.ts';
import { Linear } from './layers.ts';
import type { Module } from './module.ts';
import { NamedModule, type NamedTensors } from './named.ts';
import { aModule } from './parts.ts';
import { QuantizedConv, QuantizedLinear, type Range } from './quantized.ts';
import { inEvaluation, watchParts } from './watch.ts';

type Layer = Conv1d | Conv2d | Conv3d | Linear;

const isLayer = (part: Module): part is Layer =>
  part instanceof Linear || part instanceof Conv1d || part instanceof Conv2d || part instanceof Conv3d;

/** Which layers are quantised. */
export interface QuantizeOptions {
  /** Says yes to those, by path such as `'layer1.0.conv1'`. Default: every convolution and linear layer. */
  filter?: ((path: string) => boolean) | undefined;
}

const fields: Fields<QuantizeOptions> = { filter: aFunction };

const someSamples = field<Iterable<Tensor | NamedTensors>>(
  'a list of input Tensors, or of Tensors by the names of the inputs',
  (v) => typeof v === 'object' && v !== null && Symbol.iterator in v && !(v instanceof Tensor),
);

/**
 * Makes the weights of convolution and linear layers of a trained network whole numbers from −127 to 127, with a scale for each output channel.
 * Where it is faster, layers multiply whole numbers too: inputs become bytes, with a scale and a zero point for the range that the samples
 * showed, and sums are exact. It is for linear layers, and for convolutions of at least 8 input channels per group whose kernels have one or three
 * taps along each axis (one, of volumes) or whose stride is above 1; elsewhere floats have algorithms of fewer products. What lies between
 * layers is floats. Layers are replaced in place, as `replaceHead` does; those that no sample reaches stay as they are.
 *
 * @param samples inputs as the network will meet them, `[n, …]` each; some tens or hundreds of typical ones will do.
 * @returns the network, or the new layer where it was one itself.
 * @throws ShapeError without samples, for one that the network does not take or that leads to infinite values, or if there is no layer to
 * quantise; nothing is changed then.
 * @example
 * const net = quantize(await loadPretrained('resnet18'), [photographs]);
 * const program = await compile(net, { input: [1, 3, 224, 224] });
 */
export function quantize(
  module: Module,
  samples: Iterable<Tensor | NamedTensors>,
  options: QuantizeOptions = {},
): Module {
  need('quantize', 'module', module, aModule);
  need('quantize', 'samples', samples, someSamples);
  needOptions('quantize', options, fields);
  const { filter = () => true } = options;
  const chosen = module.namedModules().filter(([path, part]) => isLayer(part) && filter(path));
  if (chosen.length === 0) {
    throw new ShapeError(
      'quantize: the network has no convolution or linear layer that the filter takes; give a network with one, or another filter',
    );
  }
  const ranges = rangesOf(module, new Set(chosen.map(([, part]) => part)), samples);
  const made = new Map(
    [...ranges].map(([layer, range]) => [layer, quantized(layer as Layer, range)] as const),
  );
  for (const [, parent] of module.namedModules())
    for (const [name, child] of parent.children()) {
      const next = made.get(child);
      if (next) parent.replaceChild(name, next);
    }
  return made.get(module) ?? module;
}

function quantized(layer: Layer, range: Range): Module {
  const made = layer instanceof Linear ? new QuantizedLinear(layer, range) : new QuantizedConv(layer, range);
  return made.train(layer.training);
}

/** What comes into each of the layers. */
function rangesOf(
  module: Module,
  layers: ReadonlySet<Module>,
  samples: Iterable<Tensor | NamedTensors>,
): Map<Module, Range> {
  const ranges = new Map<Module, Range>();
  const stop = watchParts(module, ({ name, part, x, forward }) => {
    if (layers.has(part)) ranges.set(part, widened(name, ranges.get(part), x));
    return forward();
  });
  let count = 0;
  try {
    for (const sample of samples) {
      inEvaluation(module, () => noGrad(() => run(module, sample, count)));
      count++;
    }
  } finally {
    stop();
  }
  if (count === 0)
    throw new ShapeError('quantize: there are no samples; give inputs as the network will meet them');
  return ranges;
}

function run(module: Module, sample: Tensor | NamedTensors, index: number): void {
  if (sample instanceof Tensor) module.forward(sample);
  else if (module instanceof NamedModule) module.run(sample);
  else
    throw new ShapeError(
      `quantize: sample ${index} is no Tensor, and the network has no names for its inputs`,
    );
}

function widened(path: string, known: Range | undefined, { data }: Tensor): Range {
  let { low, high } = known ?? { low: 0, high: 0 };
  for (let i = 0; i < data.length; i++) {
    low = Math.min(low, data[i]);
    high = Math.max(high, data[i]);
  }
  if (Number.isFinite(low) && Number.isFinite(high)) return { low, high };
  throw new ShapeError(
    `quantize: a value that comes into ${path || 'the layer'} is ${Number.isNaN(low + high) ? 'NaN' : 'infinite'}; give samples that the network computes finite values for`,
  );
}
