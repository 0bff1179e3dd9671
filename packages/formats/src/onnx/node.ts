// A node as operators see it: attributes with types and defaults, inputs that are known at load, and one way to refuse.

import { FormatError, nn, type Tensor, UnsupportedError } from 'neocog';
import type { Block } from '../graph/block.ts';
import { type HostArray, readHost, toTensor, type Value } from '../graph/value.ts';
import { shown } from '../shown.ts';
import type { KnownValues } from './known.ts';
import { describeNode, nodeName } from './model.ts';
import type { AttributeProto, GraphProto, NodeProto } from './schema.ts';
import { type ExternalFiles, readSparse, readTensor } from './tensors.ts';

/** What a node becomes: a module, and which of the node's inputs it takes (an operation all, a layer the first). */
export interface Built {
  readonly module: nn.Module;
  readonly inputs?: readonly number[] | undefined;
}

/** An operator of ONNX. */
export interface Operator {
  readonly name: string;
  /** What it does not do, for the table in the documentation; empty where there is nothing to say. */
  readonly limits: string;
  readonly build: (node: OnnxNode) => nn.Module | Built;
}

/** What nodes of one model share. */
export interface BuildContext {
  readonly opset: number;
  readonly files: ExternalFiles;
  readonly constants: KnownValues;
  /** Weights by name, so that nodes that share a value share the parameter. */
  readonly parameters: Map<string, nn.Parameter>;
  /** Nodes that read the weight are to read this parameter. */
  readonly learn: (name: string, parameter: nn.Parameter) => void;
  /** Whether values of 8 bits occur. */
  readonly hasBytes: boolean;
  /** Names of values that were dequantised. */
  readonly dequantised: Set<string>;
  /** Builds a graph inside a node; the result runs among the values around it. */
  readonly block: (graph: GraphProto) => Block;
}

export class OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly opset: number;
  readonly #proto: NodeProto;
  readonly #context: BuildContext;

  constructor(proto: NodeProto, context: BuildContext) {
    this.op = proto.opType ?? '';
    this.inputs = proto.input;
    this.outputs = proto.output;
    this.opset = context.opset;
    this.#proto = proto;
    this.#context = context;
  }

  /** Name and operator, for errors. */
  toString(): string {
    return describeNode(this.#proto);
  }

  /** Its own name in the file, or that of its first result. */
  get name(): string {
    return nodeName(this.#proto);
  }

  refuse(why: string): never {
    throw new UnsupportedError(`${this}: ${why}`);
  }

  #attribute(name: string): AttributeProto | undefined {
    return this.#proto.attribute.find((attribute) => attribute.name === name);
  }

  has(name: string): boolean {
    return this.#attribute(name) !== undefined;
  }

  #broken(name: string, what: string): never {
    throw new FormatError(`${this}: attribute ${name} is not ${what}`);
  }

  int(name: string, otherwise: number): number {
    const attribute = this.#attribute(name);
    if (!attribute) return otherwise;
    // A writer may leave out what is 0.
    const value = attribute.i ?? 0;
    return Number.isSafeInteger(value) ? value : this.#broken(name, 'a whole number');
  }

  float(name: string, otherwise: number): number {
    const attribute = this.#attribute(name);
    return attribute ? (attribute.f ?? 0) : otherwise;
  }

  text(name: string, otherwise: string): string {
    const attribute = this.#attribute(name);
    return attribute ? new TextDecoder().decode(attribute.s) : otherwise;
  }

  /** What a text attribute stands for. @throws UnsupportedError for a text that the table lacks. */
  choice<T>(name: string, otherwise: string, table: Readonly<Record<string, T>>): T {
    const value = this.text(name, otherwise);
    if (Object.hasOwn(table, value)) return table[value];
    return this.refuse(`${name} is ${shown(value)}, but neocog knows ${Object.keys(table).join(', ')}`);
  }

  texts(name: string): string[] {
    return (this.#attribute(name)?.strings ?? []).map((bytes) => new TextDecoder().decode(bytes));
  }

  /** undefined where the attribute is absent. */
  ints(name: string): number[] | undefined {
    const ints = this.#attribute(name)?.ints;
    if (ints?.some((n) => !Number.isInteger(n))) this.#broken(name, 'a list of whole numbers');
    return ints && [...ints];
  }

  floats(name: string): number[] | undefined {
    const floats = this.#attribute(name)?.floats;
    return floats && [...floats];
  }

  tensor(name: string): Value | undefined {
    const proto = this.#attribute(name)?.t;
    return proto && readTensor(proto, this.#context.files);
  }

  sparse(name: string): Value | undefined {
    const proto = this.#attribute(name)?.sparseTensor;
    return proto && readSparse(proto, this.#context.files);
  }

  /** @throws FormatError if the attribute is absent. */
  block(name: string): Block {
    const graph = this.#attribute(name)?.g;
    return graph ? this.#context.block(graph) : this.#broken(name, 'a graph');
  }

  /** Whether input `i` comes from whole numbers. */
  isDequantised(i: number): boolean {
    return this.#context.dequantised.has(this.inputs[i] ?? '');
  }

  /** Whether inputs may be of int8 or uint8. */
  get mayBeBytes(): boolean {
    return this.#context.hasBytes;
  }

  /** Whether input `i` is there. */
  given(i: number): boolean {
    return (this.inputs[i] ?? '') !== '';
  }

  /** How many outputs somebody wants. */
  get outputCount(): number {
    return this.outputs.findLastIndex((name) => name !== '') + 1;
  }

  /** Input `i`, if it is known at load. */
  constant(i: number): Value | undefined {
    return this.given(i) ? this.#context.constants.get(this.inputs[i]) : undefined;
  }

  /** Input `i` as a tensor of float32, if it is known at load. */
  weight(i: number): Tensor | undefined {
    const value = this.constant(i);
    return value?.dtype === 'float32' ? toTensor(value) : undefined;
  }

  /** Whether input `i` is a learnable weight of the file. */
  isLearnable(i: number): boolean {
    return this.#context.constants.isLearnable(this.inputs[i] ?? '');
  }

  /**
   * Input `i` as a parameter; `change` says how the weight differs from what is in the file. Nodes that change a value in
   * the same way share one parameter.
   */
  parameter(i: number, how = '', change: (t: Tensor) => Tensor = (t) => t): nn.Parameter {
    const value = this.weight(i);
    if (!value) this.refuse(`input ${i} must be a weight that is known at load`);
    const key = JSON.stringify([this.inputs[i], how]);
    const { parameters } = this.#context;
    const parameter = parameters.get(key) ?? new nn.Parameter(change(value));
    parameters.set(key, parameter);
    return parameter;
  }

  /** The operation, owning those of its inputs that are learnable weights of the file. */
  withWeights(module: nn.Module, inputs: readonly number[]): nn.Module {
    for (const i of inputs) {
      if (!this.isLearnable(i)) continue;
      const parameter = this.parameter(i);
      this.#context.learn(this.inputs[i], parameter);
      const last = this.inputs[i].split(/[./]/).at(-1) ?? '';
      setWeights(module, { [['weight', 'bias'].includes(last) ? last : `operand${i}`]: parameter });
    }
    return module;
  }

  /** Input `i` as it is, or as the numbers of an attribute in opsets where it was one. */
  numbers(i: number, attribute: string): (inputs: readonly (Value | undefined)[]) => number[] | undefined {
    const fixed = this.ints(attribute) ?? this.floats(attribute);
    return (inputs) => {
      const value = inputs[i];
      return value === undefined ? fixed : [...this.read(value).data];
    };
  }

  /** Values to look at while the network runs. @throws UnsupportedError where a recording does not have them. */
  read(value: Value): HostArray {
    return readHost(String(this), value);
  }
}

/** Sets a layer's weights to those from the file; `null` is none. Layers may share a parameter. */
export const setWeights = (layer: nn.Module, weights: Readonly<Record<string, Tensor | null>>): void =>
  void Object.assign(layer, weights);
