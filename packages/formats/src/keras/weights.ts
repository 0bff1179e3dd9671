// Where a layer's weights are in a file: numbered in the groups of a Keras 3 archive, or by name in an HDF5 file of Keras
// and in TensorFlow.js. Either way a layer asks for them by their names, in the order in which it makes them.

import type { Tensor } from 'neocog';
import type { Hdf5Group } from './hdf5.ts';

export interface LayerId {
  readonly className: string;
  readonly name: string;
}

/** The weights of a layer, or of a network of layers. */
export interface WeightStore {
  /** Those of the layer itself that the file has. */
  read(names: readonly string[]): Map<string, Tensor>;
  /** All of the layer itself, in the order of the file. */
  all(): Tensor[];
  /** The stores of the layers of a network, in their order. */
  layers(layers: readonly LayerId[]): WeightStore[];
}

export const noWeights: WeightStore = {
  read: () => new Map(),
  all: () => [],
  layers: (layers) => layers.map(() => noWeights),
};

/** The groups of `model.weights.h5`: `vars` holds a layer's weights by number, `layers` what it consists of. */
export class ArchiveWeights implements WeightStore {
  readonly #group: Hdf5Group;

  constructor(group: Hdf5Group) {
    this.#group = group;
  }

  read(names: readonly string[]): Map<string, Tensor> {
    const found = names.map((name, i): [string, Tensor | null] => [name, this.#group.array(`vars/${i}`)]);
    return new Map(found.filter((entry): entry is [string, Tensor] => entry[1] !== null));
  }

  all(): Tensor[] {
    const count = this.#group.group('vars')?.keys.length ?? 0;
    return [...this.read(Array.from({ length: count }, (_, i) => String(i))).values()];
  }

  layers(layers: readonly LayerId[]): WeightStore[] {
    const inner = this.#group.group('layers') ?? this.#group.group('_layer_checkpoint_dependencies');
    if (inner === null) return layers.map(() => noWeights);
    const named = new Map(inner.keys.map((key) => [inner.group(`${key}/vars`)?.attribute('name'), key]));
    const counts = new Map<string, number>();
    return layers.map(({ className, name }) => {
      const numbered = numberedKey(className, counts);
      const group = inner.group(named.get(name) ?? numbered);
      return group ? new ArchiveWeights(group) : noWeights;
    });
  }
}

/** `conv2d`, `conv2d_1` …: before Keras 3.8 groups were told apart by class and number alone. */
function numberedKey(className: string, counts: Map<string, number>): string {
  const key = snakeCase(className);
  const count = counts.get(key) ?? 0;
  counts.set(key, count + 1);
  return count === 0 ? key : `${key}_${count}`;
}

/** `SeparableConv2D` → `separable_conv2d`, by Keras's two rules. */
const snakeCase = (name: string): string =>
  name
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();

/** A weight of a file that gives it a path such as `block/conv/kernel:0`. */
export interface NamedWeight {
  readonly path: readonly string[];
  readonly read: () => Tensor;
}

export const weightPath = (name: string): string[] => name.replace(/:\d+$/, '').split('/');

/** What a weight is called by one program and another. */
const aliases: Readonly<Record<string, string>> = { kernel: 'depthwise_kernel', depthwise_kernel: 'kernel' };

/** Weights by paths that end in the layer's name and the weight's. */
export class NamedWeights implements WeightStore {
  readonly #weights: readonly NamedWeight[];
  readonly #byEnd: ReadonlyMap<string, readonly NamedWeight[]>;
  /** The names of the network and of those around it, and of the layer. */
  readonly #place: readonly string[];
  readonly #inner: (layer: LayerId) => WeightStore;

  constructor(
    weights: readonly NamedWeight[],
    place: readonly string[] = [],
    byEnd: ReadonlyMap<string, readonly NamedWeight[]> = groupByEnd(weights),
  ) {
    this.#weights = weights;
    this.#byEnd = byEnd;
    this.#place = place;
    this.#inner = ({ name }) => new NamedWeights(weights, [...place, name], byEnd);
  }

  read(names: readonly string[]): Map<string, Tensor> {
    const found = names.map((name): [string, NamedWeight | undefined] => [
      name,
      this.#find(name) ?? (Object.hasOwn(aliases, name) ? this.#find(aliases[name]) : undefined),
    ]);
    return new Map(found.flatMap(([name, weight]) => (weight ? [[name, weight.read()] as const] : [])));
  }

  /** Where several networks have a layer of this name, the path says which: the most of it that fits, the least that does not. */
  #find(name: string): NamedWeight | undefined {
    const candidates = this.#byEnd.get(`${this.#place.at(-1)}/${name}`) ?? [];
    const place = [...this.#place, name];
    const likeness = candidates.map(({ path }) => 2 * commonEnd(path, place) - path.length);
    return candidates[likeness.indexOf(Math.max(...likeness))];
  }

  all(): Tensor[] {
    const name = this.#place.at(-1);
    return this.#weights.filter(({ path }) => path.at(-2) === name).map(({ read }) => read());
  }

  layers(layers: readonly LayerId[]): WeightStore[] {
    return layers.map(this.#inner);
  }
}

function commonEnd(a: readonly string[], b: readonly string[]): number {
  let count = 0;
  while (count < a.length && count < b.length && a.at(-1 - count) === b.at(-1 - count)) count++;
  return count;
}

function groupByEnd(weights: readonly NamedWeight[]): Map<string, NamedWeight[]> {
  const groups = new Map<string, NamedWeight[]>();
  for (const weight of weights) {
    const end = weight.path.slice(-2).join('/');
    if (!groups.has(end)) groups.set(end, []);
    groups.get(end)!.push(weight);
  }
  return groups;
}

/** An HDF5 file of Keras: a group for each layer of the network, which lists the paths of its weights. */
export class Hdf5Weights implements WeightStore {
  readonly #group: Hdf5Group;

  constructor(group: Hdf5Group) {
    this.#group = group;
  }

  read(): Map<string, Tensor> {
    return new Map();
  }

  all(): Tensor[] {
    return [];
  }

  layers(layers: readonly LayerId[]): WeightStore[] {
    return layers.map(({ name }) => {
      const group = this.#group.group(name);
      return group ? new NamedWeights(listedWeights(group), [name]) : noWeights;
    });
  }
}

/** Lists longer than an attribute may be are cut: `weight_names0`, `weight_names1` … */
function listedWeights(group: Hdf5Group): NamedWeight[] {
  const names = textList(group.attribute('weight_names'));
  for (let i = 0; ; i++) {
    const more = textList(group.attribute(`weight_names${i}`));
    if (more.length === 0) break;
    names.push(...more);
  }
  return names.flatMap((name) => {
    const read = () => group.array(name)!; // asked for only where it was found
    return group.has(name) ? [{ path: weightPath(name), read }] : [];
  });
}

/** Texts of fixed length end in zeros. */
const textList = (value: unknown): string[] =>
  Array.isArray(value) ? value.map((text) => String(text).replace(/\0+$/, '')) : [];
