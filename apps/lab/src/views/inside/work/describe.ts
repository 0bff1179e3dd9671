// The facts of a network: its layers in their order, with shapes, work, weights and receptive fields.

import { type NetworkGraph, networkGraph, nn, type Shape, summary, zeros } from 'neocog';
import type { LayerFacts, NetworkFacts, Seeing } from './facts.ts';
import { recipeOf, type Subject } from './open.ts';

/** Where a file leaves sides open. */
const usualSide = 224;

export function pictureOf(
  { seen, usual }: Subject,
  { side }: Seeing,
): readonly [number, number, number] | null {
  if (!seen) return null;
  const [h, w] = seen.size;
  const own = usual ? usual.slice(2) : [h, w];
  const channels = seen.channels ?? usual?.[1] ?? 3;
  const [height = null, width = null] = own;
  const open = seen.size[0] === null && side !== null ? side : null;
  return [channels, open ?? height ?? side ?? usualSide, open ?? width ?? side ?? usualSide];
}

export function describe(subject: Subject, seeing: Seeing): NetworkFacts {
  const picture = pictureOf(subject, seeing);
  const { module, seen } = subject;
  const net = seen?.net ?? module;
  const input = picture ? [1, ...picture] : inputsOf(module);
  const graph = networkGraph(net, { input });
  const layers = layersOf(net, graph, picture ? [1, ...picture] : null);
  const scores = graph.nodes.at(-1)?.shape;
  const total = (key: 'parameters' | 'multiplyAdds'): number =>
    layers.reduce((sum, layer) => sum + layer[key], 0);
  return {
    title: subject.title,
    format: subject.format,
    random: subject.random,
    parameters: net.parameters().reduce((sum, { size }) => sum + size, 0),
    multiplyAdds: total('multiplyAdds'),
    layers,
    picture,
    whyNoPicture: subject.whyNoPicture,
    open: seen !== null && seen.size[0] === null,
    classes: picture && scores?.length === 2 && (scores[1] ?? 0) > 1 ? (scores[1] ?? null) : null,
    ...recipeOf(subject.metadata),
    metadata: subject.metadata,
  };
}

/** Shapes of inputs that are no pictures: what is open is the batch, or 64. */
function inputsOf(module: nn.Module): Record<string, Shape> {
  if (!(module instanceof nn.NamedModule)) throw new Error('The network does not say what it takes.');
  return Object.fromEntries(
    module.inputs.map(({ name, shape }) => [
      name,
      shape.map((size, axis) => (typeof size === 'number' ? size : axis === 0 ? 1 : 64)),
    ]),
  );
}

function layersOf(net: nn.Module, { nodes }: NetworkGraph, shape: Shape | null): LayerFacts[] {
  const parts = new Map(net.namedModules());
  const fields = shape ? fieldsOf(net, shape) : new Map<string, LayerFacts['receptiveField']>();
  const lastOf = new Map(nodes.map(({ name, id }) => [name, id]));
  return nodes.map((node) => ({
    ...node,
    receptiveField: fields.get(node.name) ?? null,
    seen:
      node.kind === 'layer' ||
      (parts.has(node.name) && node.name !== '' && lastOf.get(node.name) === node.id),
    kernel: kernelOf(parts.get(node.name))?.shape ?? null,
  }));
}

function fieldsOf(net: nn.Module, shape: Shape): Map<string, LayerFacts['receptiveField']> {
  try {
    return new Map(summary(net, shape).layers.map(({ name, receptiveField }) => [name, receptiveField]));
  } catch {
    // A network that looks at values has no summary; its layers are shown without fields.
    return new Map();
  }
}

/** The weights of a convolution of two axes. */
export function kernelOf(part: nn.Module | undefined): nn.Parameter | null {
  if (!part || part.children().length > 0) return null;
  const found = part.namedParameters().find(([key, { shape }]) => key === 'weight' && shape.length === 4);
  return found?.[1] ?? null;
}

/** Zeros for every input, for a run without pictures. */
export const blankInputs = (module: nn.Module) =>
  Object.fromEntries(
    Object.entries(inputsOf(module)).map(([name, shape]) => {
      const dtype =
        (module as nn.NamedModule).inputs.find((input) => input.name === name)?.dtype ?? 'float32';
      return [name, zeros(shape, { dtype })];
    }),
  );
