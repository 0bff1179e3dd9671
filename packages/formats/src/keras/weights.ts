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

/** What a name is without the numbers that a program adds where a name is taken: `conv1_2` → `conv1`. */
const familyOf = (name: string): string => name.replace(/(_\d+)+$/, '');

/** The weights of a file, for all who look for theirs. */
export interface WeightIndex {
  readonly weights: readonly NamedWeight[];
  readonly byEnd: ReadonlyMap<string, readonly NamedWeight[]>;
  /** Names in the file that layers of similar names have taken. */
  readonly taken: Set<string>;
}

export const indexWeights = (weights: readonly NamedWeight[]): WeightIndex => ({
  weights,
  byEnd: groupBy(weights, ({ path }) => path.slice(-2).join('/')),
  taken: new Set(),
});

/** Weights by paths that end in the layer's name and the weight's, either with a number added where the name was taken. */
export class NamedWeights implements WeightStore {
  readonly #index: WeightIndex;
  /** The names of the networks around the layer. */
  readonly #around: readonly string[];
  /** What the layer may be called in the file. */
  readonly #names: readonly string[];
  #name: string | undefined;

  constructor(index: WeightIndex, around: readonly string[] = [], names: readonly string[] = []) {
    this.#index = index;
    this.#around = around;
    this.#names = names;
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
    const layer = this.#layer();
    const candidates =
      this.#index.byEnd.get(`${layer}/${name}`) ??
      this.#own(layer).filter(({ path }) => familyOf(path.at(-1)!) === name);
    const place = [...this.#around, layer, name];
    const likeness = candidates.map(({ path }) => 2 * commonEnd(path, place) - path.length);
    return candidates[likeness.indexOf(Math.max(...likeness))];
  }

  /** Its name in the file. Layers of one name in several networks take theirs in the order in which they are made. */
  #layer(): string {
    const { taken } = this.#index;
    this.#name ??= this.#names.find((name) => !taken.has(name)) ?? this.#names[0] ?? '';
    if (this.#names.length > 1) taken.add(this.#name);
    return this.#name;
  }

  #own(layer: string): NamedWeight[] {
    return this.#index.weights.filter(({ path }) => path.at(-2) === layer);
  }

  all(): Tensor[] {
    return this.#own(this.#layer()).map(({ read }) => read());
  }

  layers(layers: readonly LayerId[]): WeightStore[] {
    const names = layers.map(({ name }) => name);
    const inFile = new Set(this.#index.weights.map(({ path }) => path.at(-2) ?? ''));
    const around = [...this.#around, ...this.#names.slice(0, 1)];
    const found = namesInFile(names, inFile);
    return names.map((name) => new NamedWeights(this.#index, around, found.get(name)!));
  }
}

/** What layers may be called in a file that added numbers to names; those of one family keep their order. */
function namesInFile(layers: readonly string[], inFile: ReadonlySet<string>): Map<string, readonly string[]> {
  const families = groupBy(inFile, familyOf);
  const isLayer = new Set(layers);
  const found = new Map<string, readonly string[]>();
  for (const [family, own] of groupBy(layers, familyOf)) {
    const names = families.get(family) ?? [];
    const added = names.filter((name) => !isLayer.has(name));
    const isInOrder = added.length > 0 && names.length === own.length;
    const byLayer = groupBy(added, (name) => name.replace(/_\d+$/, ''));
    own.forEach((layer, i) => {
      const similar = inFile.has(layer) ? [] : (byLayer.get(layer) ?? []);
      found.set(layer, isInOrder ? [names[i]] : similar.length > 0 ? similar : [layer]);
    });
  }
  return found;
}

function commonEnd(a: readonly string[], b: readonly string[]): number {
  let count = 0;
  while (count < a.length && count < b.length && a.at(-1 - count) === b.at(-1 - count)) count++;
  return count;
}

function groupBy<T>(items: Iterable<T>, keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(item);
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
      return group ? new GroupWeights(listedWeights(group), name) : noWeights;
    });
  }
}

/** The weights of one group, whatever they are called: a layer's lie in the order in which it makes them. */
class GroupWeights implements WeightStore {
  readonly #listed: readonly NamedWeight[];
  readonly #named: NamedWeights;

  constructor(listed: readonly NamedWeight[], name: string) {
    this.#listed = listed;
    this.#named = new NamedWeights(indexWeights(listed), [], [name]);
  }

  read(names: readonly string[]): Map<string, Tensor> {
    const found = this.#named.read(names);
    if (found.size === names.length || names.length !== this.#listed.length) return found;
    return new Map(names.map((name, i) => [name, this.#listed[i].read()]));
  }

  all(): Tensor[] {
    return this.#listed.map(({ read }) => read());
  }

  layers(layers: readonly LayerId[]): WeightStore[] {
    return this.#named.layers(layers);
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
