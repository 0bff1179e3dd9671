// A node of a TensorFlow graph as operators see it: attributes with types and defaults, inputs as wires, and one way to
// refuse. Attributes are those of TensorFlow's op registry, as JSON writes protocol buffers.

import { FormatError, UnsupportedError } from 'neocog';
import { counted } from 'neocog/arguments';
import type { Plan, Wire } from '../graph/plan.ts';
import { readHost } from '../graph/value.ts';
import { isObject } from '../json.ts';
import { shown } from '../shown.ts';

export class GraphNode {
  readonly name: string;
  readonly op: string;
  readonly plan: Plan;
  readonly inputs: readonly Wire[];
  readonly #about: string;
  readonly #attributes: Readonly<Record<string, unknown>>;

  constructor(
    plan: Plan,
    { name, op, attributes }: { name: string; op: string; attributes: Readonly<Record<string, unknown>> },
    inputs: readonly Wire[] = [],
  ) {
    this.#about = `${plan.about}: ${op} ${shown(name)}`;
    // Converters leave the calls in names that they have inlined.
    this.name = name.replace(/^(StatefulPartitionedCall\/|PartitionedCall\/)+/, '');
    this.op = op;
    this.plan = plan;
    this.inputs = inputs;
    this.#attributes = attributes;
  }

  fail(problem: string): never {
    throw new FormatError(`${this.#about} ${problem}`);
  }

  refuse(problem: string): never {
    throw new UnsupportedError(`${this.#about} ${problem}`);
  }

  input(i: number): Wire {
    return this.inputs[i] ?? this.fail(`has ${counted(this.inputs.length, 'input')}, but needs ${i + 1}`);
  }

  /** The numbers of an input that is known at load; null for one that is not. */
  known(i: number): number[] | null {
    const { constant } = this.input(i);
    return constant === null ? null : [...readHost(this.op, constant).data];
  }

  /** The numbers of an input that must be known at load. */
  numbers(i: number): number[] {
    return this.known(i) ?? this.refuse(`computes its input ${i} while it runs, but needs a constant`);
  }

  #attribute(key: string, kind: string): unknown {
    const attribute = Object.hasOwn(this.#attributes, key) ? this.#attributes[key] : undefined;
    return isObject(attribute) ? attribute[kind] : undefined;
  }

  flag(key: string, otherwise = false): boolean {
    return Boolean(this.#attribute(key, 'b') ?? otherwise);
  }

  number(key: string, otherwise: number): number {
    const value = this.#attribute(key, 'i') ?? this.#attribute(key, 'f') ?? otherwise;
    const number = Number(value);
    return Number.isNaN(number) ? this.fail(`has ${key} ${shown(value)} instead of a number`) : number;
  }

  /** A list of numbers, which JSON may hold as texts. */
  list(key: string): number[] {
    const list = this.#attribute(key, 'list');
    const numbers = isObject(list) ? (list.i ?? list.f ?? []) : [];
    const read = Array.isArray(numbers) ? numbers.map(Number) : [Number.NaN];
    return read.some(Number.isNaN) ? this.fail(`has a list ${key} without numbers`) : read;
  }

  text(key: string, otherwise = ''): string {
    const value = this.#attribute(key, 's');
    return value === undefined ? otherwise : this.#decode(key, value);
  }

  texts(key: string): string[] {
    const list = this.#attribute(key, 'list');
    const texts = isObject(list) && Array.isArray(list.s) ? list.s : [];
    return texts.map((text) => this.#decode(key, text));
  }

  /** Bytes in base64. */
  #decode(key: string, value: unknown): string {
    try {
      if (typeof value === 'string') return atob(value);
    } catch {
      // Refused below.
    }
    return this.fail(`has ${key} ${shown(value)} instead of base64`);
  }

  /** `DT_FLOAT`, or the number that stands for it. */
  type(key: string): string {
    const value = this.#attribute(key, 'type');
    return typeof value === 'number' ? (types[value] ?? `type ${value}`) : String(value ?? 'DT_FLOAT');
  }

  /** A size per axis, null for those that are open; undefined where the rank is unknown. */
  shape(key: string): (number | null)[] | undefined {
    const shape = this.#attribute(key, 'shape');
    if (!isObject(shape) || shape.unknownRank === true) return undefined;
    const dims = Array.isArray(shape.dim) ? shape.dim : [];
    return dims.map((dim: unknown) => {
      const size = Number(isObject(dim) ? (dim.size ?? -1) : -1);
      if (size !== -1 && !(Number.isSafeInteger(size) && size > 0)) this.fail(`has a size of ${size}`);
      return size === -1 ? null : size;
    });
  }
}

/** TensorFlow's DataType, by number. */
const types: Readonly<Record<number, string>> = {
  1: 'DT_FLOAT',
  3: 'DT_INT32',
  9: 'DT_INT64',
  10: 'DT_BOOL',
};

/** What a node becomes. */
export type OperatorReader = (node: GraphNode) => Wire | readonly Wire[];

export interface Operators {
  readonly [op: string]: OperatorReader;
}
