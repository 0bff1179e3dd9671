// The order in which an imported network of TensorFlow or Keras computes, step by step. In the file images are channels-last;
// inside, what convolutions touch stays channels-first, as neocog's layers have it, and axes move only where a value leaves
// that realm. A value may so exist in two orders, of which the second is made when somebody asks for it.

import { type nn, permute, reshape, type Tensor } from 'neocog';
import { type Budget, willHold } from '../budget.ts';
import { fromStart } from '../shape.ts';
import type { Step } from './block.ts';
import type { GraphInput } from './given.ts';
import { GraphModule } from './graphModule.ts';
import { moduleName, UniqueNames } from './names.ts';
import { Operation, operation } from './operation.ts';
import { anyAxes, batchAxis, nameAxes } from './shapes.ts';
import { HostArray, toFloats, toTensor, type Value } from './value.ts';

/** A value of the network. */
export interface Wire {
  /** Its name in the order of axes of the file; null until it is needed. */
  last: string | null;
  /** Its name with channels first; null until it is needed. */
  first: string | null;
  /** How many axes it has, where that is known. */
  readonly rank: number | undefined;
  /** Known at load. */
  readonly constant: Value | null;
}

/** `[n, …spatial, c]` → `[n, c, …spatial]` */
export const firstOrder = (rank: number): number[] => [
  0,
  rank - 1,
  ...Array.from({ length: rank - 2 }, (_, i) => i + 1),
];
/** `[n, c, …spatial]` → `[n, …spatial, c]` */
export const lastOrder = (rank: number): number[] => [
  0,
  ...Array.from({ length: rank - 2 }, (_, i) => i + 2),
  1,
];

/** Where an axis of channels-last data is in channels-first data. */
export function firstAxis(axis: number, rank: number): number {
  const at = fromStart(axis, rank);
  return at === 0 ? 0 : at === rank - 1 ? 1 : at + 1;
}

/** Options per axis of channels-last data, in channels-first order. */
export const inFirstOrder = <T>(perAxis: readonly T[]): T[] =>
  firstOrder(perAxis.length).map((axis) => perAxis[axis]);

/** What a step takes, roughly. */
const stepBytes = 512;

export class Plan {
  /** Begins errors. */
  readonly about: string;
  readonly #budget: Budget;
  readonly #inputs: GraphInput[] = [];
  readonly #steps: Step[] = [];
  readonly #constants = new Map<string, Value>();
  readonly #names = new UniqueNames();
  readonly #owned = new Set<nn.Module>();
  /** Constants for channels-first values, by name and rank. */
  readonly #turned = new Map<string, string>();
  #values = 0;

  /** `budget` counts what is computed at load, and bounds the runs of the network. */
  constructor(budget: Budget) {
    this.about = budget.about;
    this.#budget = budget;
  }

  #fresh(count = 1): string[] {
    return Array.from({ length: count }, () => `#${this.#values++}`);
  }

  input(input: GraphInput): Wire {
    this.#inputs.push(input);
    return { last: input.name, first: null, rank: input.shape.length, constant: null };
  }

  constant(value: Value): Wire {
    return { last: this.#constant(value), first: null, rank: value.shape.length, constant: value };
  }

  /** The name of a value with axes as in the file. */
  last(wire: Wire): string {
    if (wire.last !== null) return wire.last;
    const { first, rank } = wire;
    const order = lastOrder(rank!); // what is channels-first has a known rank
    wire.last = this.#move('channels_last', first!, order);
    return wire.last;
  }

  /** The name of a value with channels first. Its rank must be known. */
  first(wire: Wire): string {
    wire.first ??= this.#move('channels_first', this.last(wire), firstOrder(wire.rank!));
    return wire.first;
  }

  #move(name: string, from: string, order: readonly number[]): string {
    const module = operation('Transpose', ([x]) => permute(toTensor(x!), order));
    return this.#call(name, module, [from]);
  }

  /** A step with one result. */
  #call(name: string, module: nn.Module, inputs: readonly string[]): string {
    return this.#add({ name, module, inputs, outputs: this.#fresh() })[0];
  }

  /** Adds a step. A module that has a step already is used again without being a part again. */
  #add({ name, module, inputs, outputs }: Step): readonly string[] {
    this.#budget.bytes(stepBytes, name);
    const again = this.#owned.has(module) && !(module instanceof Operation);
    const part = again ? operation(module.constructor.name, ([x]) => module.forward(toTensor(x!))) : module;
    this.#owned.add(module);
    this.#steps.push({ name: this.#names.take(moduleName(name) || 'step'), module: part, inputs, outputs });
    return outputs;
  }

  /** A module of channels-first images: `[n, c, …]` in and out. */
  images(name: string, module: nn.Module, x: Wire): Wire {
    return this.imagesWith(name, module, [x]);
  }

  /** A module of channels-first images that is told other values, such as sizes. */
  imagesWith(name: string, module: nn.Module, [x, ...others]: readonly Wire[]): Wire {
    const inputs = [this.first(x), ...others.map((wire) => this.last(wire))];
    return { last: null, first: this.#call(name, module, inputs), rank: x.rank, constant: null };
  }

  /** An operation on channels-first images whose results are such images of the same rank. */
  imageParts(name: string, module: Operation, x: Wire, count: number): Wire[] {
    const names = this.#add({ name, module, inputs: [this.first(x)], outputs: this.#fresh(count) });
    return names.map((first) => ({ last: null, first, rank: x.rank, constant: null }));
  }

  /** An operation on channels-first images whose result has its axes as in the file; how many is not known here. */
  fromImages(name: string, module: Operation, x: Wire): Wire {
    return { last: this.#call(name, module, [this.first(x)]), first: null, rank: undefined, constant: null };
  }

  /** A module that sees values with axes as in the file. */
  plain(name: string, module: nn.Module, inputs: readonly Wire[], rank: number | undefined): Wire {
    return this.several(name, module, inputs, [rank])[0];
  }

  /** As `plain`, with a result for each of `ranks`. What depends on constants alone is computed now. */
  several(
    name: string,
    module: nn.Module,
    inputs: readonly Wire[],
    ranks: readonly (number | undefined)[],
  ): Wire[] {
    if (module instanceof Operation && inputs.every((wire) => wire.constant !== null)) {
      let results: readonly Value[] = [];
      willHold(() => {
        results = module.apply(inputs.map((wire) => wire.constant!));
        return results;
      });
      return results.map((value) => this.constant(value));
    }
    const names = inputs.map((wire) => this.last(wire));
    const outputs = this.#add({ name, module, inputs: names, outputs: this.#fresh(ranks.length) });
    return outputs.map((last, i) => ({ last, first: null, rank: ranks[i], constant: null }));
  }

  /** A module that does not care for the order of axes, on whichever there is. */
  either(name: string, module: nn.Module, x: Wire): Wire {
    if (x.first === null) return this.plain(name, module, [x], x.rank);
    return this.images(name, module, x);
  }

  /** A module that is made for an axis of the file's order. */
  alongAxis(name: string, make: (axis: number) => nn.Module, axis: number, x: Wire): Wire {
    const { first, rank } = x;
    const channels = first !== null && rank !== undefined && fromStart(axis, rank) === rank - 1;
    return channels ? this.images(name, make(1), x) : this.plain(name, make(axis), [x], rank);
  }

  /** A function of elements, whose operands broadcast. Stays channels-first where an operand is. */
  elementwise(name: string, module: Operation, inputs: readonly Wire[]): Wire {
    const ranks = inputs.map((wire) => wire.rank);
    const rank = ranks.includes(undefined) ? undefined : Math.max(...ranks.map((r) => r!));
    const stays = (wire: Wire): boolean => wire.rank === rank || wire.rank === 0 || wire.constant !== null;
    if (rank === undefined || rank < 3 || !inputs.some((wire) => wire.first) || !inputs.every(stays)) {
      return this.plain(name, module, inputs, rank);
    }
    const names = inputs.map((wire) => this.#operand(wire, rank));
    return { last: null, first: this.#call(name, module, names), rank, constant: null };
  }

  /** Joins values along an axis of the file's order. */
  concat(name: string, axis: number, join: (axis: number) => Operation, inputs: readonly Wire[]): Wire {
    const rank = inputs.find((wire) => wire.rank !== undefined)?.rank;
    const images = rank !== undefined && rank > 2 && inputs.some((wire) => wire.first !== null);
    if (!images) return this.plain(name, join(axis), inputs, rank);
    const names = inputs.map((wire) => this.first({ ...wire, rank }));
    const first = this.#call(name, join(firstAxis(axis, rank)), names);
    return { last: null, first, rank, constant: null };
  }

  /** An operation that is told axes and keeps the rank: `make` builds it for either order, from where an axis is. */
  axes(name: string, x: Wire, make: (place: (axis: number) => number) => Operation): Wire {
    const { first, rank } = x;
    if (first === null || rank === undefined) return this.plain(name, make(Number), [x], rank);
    const module = make((axis) => firstAxis(axis, rank));
    return this.images(name, module, x);
  }

  /** The name of an operand among channels-first values of this rank. */
  #operand(wire: Wire, rank: number): string {
    if (wire.rank === rank && wire.constant === null) return this.first(wire);
    if (wire.constant === null || wire.constant.shape.length === 0) return this.last(wire);
    // One for each rank: it broadcasts against values of that rank only.
    const key = `${wire.last} ${rank}`;
    const name = this.#turned.get(key) ?? this.#constant(firstConstant(wire.constant, rank));
    this.#turned.set(key, name);
    return name;
  }

  #constant(value: Value): string {
    const [name] = this.#fresh();
    this.#constants.set(name, value);
    return name;
  }

  /** The network. What is given out takes the name of the output. */
  build(outputs: readonly { readonly name: string; readonly wire: Wire }[]): GraphModule {
    const renamed = new Map<string, string>();
    for (const { name, wire } of outputs) {
      const value = this.last(wire);
      const computed = value.startsWith('#') && wire.constant === null;
      const passes = computed && !renamed.has(value);
      renamed.set(passes ? value : this.#pass(name, value), name);
    }
    const nameOf = (value: string): string => renamed.get(value) ?? value;
    const spec = {
      inputs: this.#inputs,
      outputs: outputs.map(({ name, wire: { rank } }) => {
        const shape = rank === undefined ? [anyAxes] : nameAxes(name, new Array<null>(rank).fill(null));
        return { name, shape, dtype: 'float32' as const };
      }),
      steps: this.#steps.map((step) => ({
        ...step,
        inputs: step.inputs.map(nameOf),
        outputs: step.outputs.map(nameOf),
      })),
      constants: this.#constants,
      budget: this.#budget,
    };
    return GraphModule.assemble(spec, batchAxis);
  }

  /** A value once more: an input, a constant, or what is an output already. */
  #pass(name: string, value: string): string {
    const module = operation('Identity', ([x]) => x!);
    return this.#call(`${name}_output`, module, [value]);
  }
}

/** A constant that broadcasts against channels-last data of this rank, for channels-first data. */
function firstConstant(value: Value, rank: number): Tensor {
  const floats: Tensor = value instanceof HostArray ? toFloats(value) : value;
  const lead = new Array<number>(rank - floats.rank).fill(1);
  return permute(reshape(floats, [...lead, ...floats.shape]), firstOrder(rank));
}
