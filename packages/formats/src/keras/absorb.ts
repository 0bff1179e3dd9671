// Layers of zeros around images whose only reader is a convolution become that convolution's padding, which costs nothing:
// kernels leave out the taps that fall on it. MobileNet and ResNet in Keras have them wherever they stride.

import type { LayerDescription, ModelDescription } from './topology.ts';

/** Convolutions that have no padding of their own yet. */
const readers = /^(Conv|DepthwiseConv|SeparableConv)([123]D)$/;

/** The network with such layers gone. The convolution's configuration holds their padding as `absorbed_padding`. */
export function absorbPadding(model: ModelDescription): ModelDescription {
  const sources = model.sequential ? chainSources(model) : callSources(model);
  const absorbed = new Map<string, LayerDescription>();
  const layers = model.layers.map((layer) => {
    const source = sources.get(layer);
    if (!source || !fits(source, layer)) return layer;
    absorbed.set(source.name, source);
    const config = { ...layer.config, absorbed_padding: source.config.padding };
    return { ...layer, config, calls: model.sequential ? layer.calls : source.calls };
  });
  return { ...model, layers: layers.filter(({ name }) => !absorbed.has(name)) };
}

function fits(source: LayerDescription, { className, config }: LayerDescription): boolean {
  const rank = readers.exec(className)?.[2];
  const order = ({ data_format: format }: LayerDescription['config']): unknown => format ?? 'channels_last';
  return (
    rank !== undefined &&
    source.className === `ZeroPadding${rank}` &&
    (config.padding ?? 'valid') === 'valid' &&
    order(source.config) === order(config)
  );
}

/** In a chain each layer reads the one before it. */
const chainSources = ({ layers }: ModelDescription): Map<LayerDescription, LayerDescription> =>
  new Map(layers.slice(1).map((layer, i) => [layer, layers[i]]));

/** For layers that are called once, with one result that nobody else reads, the layer that gave it. */
function callSources({ layers, outputs }: ModelDescription): Map<LayerDescription, LayerDescription> {
  const references = [...layers.flatMap(({ calls }) => calls.flat()), ...outputs];
  const counts = new Map<string, number>();
  for (const reference of references) {
    if (typeof reference !== 'number') counts.set(reference.layer, (counts.get(reference.layer) ?? 0) + 1);
  }
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const sources = new Map<LayerDescription, LayerDescription>();
  for (const layer of layers) {
    const [argument, ...others] = layer.calls.flat();
    if (
      argument === undefined ||
      typeof argument === 'number' ||
      others.length > 0 ||
      layer.calls.length !== 1
    )
      continue;
    const source = byName.get(argument.layer);
    if (source?.calls.length === 1 && counts.get(source.name) === 1) sources.set(layer, source);
  }
  return sources;
}
