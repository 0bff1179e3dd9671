// An ONNX graph in the making: names, nodes, initializers, and under which name and shape each recorded array can be read.
// Recorded arrays have sizes only; where a node needs another shape than the one that an array was made in, a Reshape joins
// them.

import { type GraphValue, UnsupportedError } from 'neocog';
import { UniqueNames } from '../../graph/names.ts';
import { sameShape } from '../../shape.ts';
import { type AttributeProto, attributeTypes, type NodeProto, type TensorProto } from '../schema.ts';

export type Attribute = number | string | readonly number[] | { readonly float: number };
export type Attributes = Readonly<Record<string, Attribute | undefined>>;

/** An array of the graph. */
export interface Named {
  readonly name: string;
  readonly shape: readonly number[];
}

/** An operator on arrays by their names. */
interface Call {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly attributes: Attributes;
}

export class GraphWriter {
  readonly nodes: NodeProto[] = [];
  readonly initializers: TensorProto[] = [];
  readonly opset: number;
  /** What new nodes are named after: the path of a part of the network. */
  label = '';
  readonly #names = new UniqueNames();
  readonly #values = new Map<number, Named>();
  readonly #shaped = new Map<string, string>();
  readonly #keys: ReadonlyMap<unknown, string>;
  readonly #read: ReadonlySet<number>;

  /**
   * @param keys Names of parameters and buffers by their arrays.
   * @param read The arrays, by their numbers, that lead to an output.
   */
  constructor(opset: number, keys: ReadonlyMap<unknown, string>, read: ReadonlySet<number>) {
    this.opset = opset;
    this.#keys = keys;
    this.#read = read;
  }

  /** Whether the array leads to an output. */
  reads(value: GraphValue): boolean {
    return this.#read.has(value.id);
  }

  /** Keeps a name from being given to anything else. */
  reserve(name: string): void {
    this.#names.take(name);
  }

  /** Says under which name and shape an array can be read. */
  define(value: GraphValue, named: Named): void {
    this.#values.set(value.id, named);
  }

  /** The array as it was made. */
  original(value: GraphValue, shape: readonly number[] = [value.size]): Named {
    const known = this.#values.get(value.id);
    if (known) return known;
    if (value.data === null) throw new UnsupportedError('saveOnnx: an array is read before it is computed');
    const key = this.#keys.get(value.data);
    const named = { name: this.tensor(value.data, shape, key), shape };
    this.define(value, named);
    return named;
  }

  /** The name under which the array has this shape. */
  read(value: GraphValue, shape: readonly number[]): string {
    return this.reshaped(this.original(value, shape), shape);
  }

  reshaped({ name, shape: own }: Named, shape: readonly number[]): string {
    if (sameShape(own, shape)) return name;
    const key = `${name} ${shape}`;
    const known = this.#shaped.get(key);
    if (known) return known;
    const isFlat = shape.length === 2 && own.length > 2 && own[0] === shape[0];
    const made = isFlat
      ? this.add('Flatten', [name], { axis: 1 })
      : this.add('Reshape', [name, this.int64s(shape)]);
    this.#shaped.set(key, made);
    return made;
  }

  /** Adds a node with one output and gives its name. */
  add(op: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.#addNode({ op, inputs, attributes })[0];
  }

  /** Adds a node with two outputs. */
  addPair(op: string, inputs: readonly string[], attributes: Attributes = {}): string[] {
    return this.#addNode({ op, inputs, attributes }, 2);
  }

  #addNode({ op, inputs, attributes }: Call, count = 1): string[] {
    const output = Array.from({ length: count }, () =>
      this.#names.take(this.label ? `${this.label}.${op}` : op),
    );
    this.nodes.push({
      name: output[0],
      opType: op,
      input: [...inputs],
      output,
      attribute: attributesOf(attributes),
    });
    return output;
  }

  /** An initializer of float32 or int32. */
  tensor(data: Float32Array | Int32Array, shape: readonly number[], name = 'constant'): string {
    const dataType = data instanceof Float32Array ? 1 : 6;
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return this.#initializer({ name, dims: [...shape], dataType, rawData });
  }

  /** An initializer of whole numbers of 8 bits. */
  bytes(type: 'int8' | 'uint8', data: ArrayLike<number>, shape: readonly number[], name = 'zero'): string {
    const rawData = Uint8Array.from(data, (v) => v & 0xff);
    return this.#initializer({ name, dims: [...shape], dataType: type === 'int8' ? 3 : 2, rawData });
  }

  scalar(value: number): string {
    return this.#once(`scalar ${Object.is(value, -0) ? '-0' : value}`, () =>
      this.tensor(Float32Array.of(value), [], 'scalar'),
    );
  }

  int64s(values: readonly number[]): string {
    return this.#once(`int64 ${values}`, () => {
      const rawData = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
      return this.#initializer({ name: 'shape', dims: [values.length], dataType: 7, rawData });
    });
  }

  /** Equal constants are written once. */
  #once(key: string, make: () => string): string {
    const name = this.#shaped.get(key) ?? make();
    this.#shaped.set(key, name);
    return name;
  }

  /** Under its name, or under one like it that is free. */
  #initializer(tensor: TensorProto & { readonly name: string }): string {
    const name = this.#names.take(tensor.name);
    this.initializers.push({ ...tensor, name });
    return name;
  }
}

function attributesOf(attributes: Attributes): AttributeProto[] {
  return Object.entries(attributes).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, ...attributeOf(value) }],
  );
}

function attributeOf(value: Attribute): AttributeProto {
  const types = attributeTypes;
  if (typeof value === 'number') return { type: types.int, i: value };
  if (typeof value === 'string') return { type: types.string, s: new TextEncoder().encode(value) };
  if ('float' in value) return { type: types.float, f: value.float };
  return { type: types.ints, ints: [...value] };
}
