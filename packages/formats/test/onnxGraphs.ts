// Small ONNX models for tests, written by hand.

import { Tensor } from 'neocog';
import { encode } from '../src/onnx/protobuf.ts';
import { type AttributeProto, modelType, type TensorProto, type ValueInfoProto } from '../src/onnx/schema.ts';

export const typeNumbers = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  uint64: 13,
} as const;
export type TypeName = keyof typeof typeNumbers;

/** A whole number, a text, lists of either, or a float. */
export type AttributeValue =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | { readonly float: number };

export interface Operand {
  readonly type?: TypeName;
  /** Without one the rank is unknown. */
  readonly shape?: readonly (number | string)[];
  /** An initializer's; without them it is an input. */
  readonly values?: readonly number[];
}

export interface OneNode {
  readonly op: string;
  readonly domain?: string;
  readonly opset?: number;
  /** In order; a name of blanks is an operand that is left out. */
  readonly operands: Readonly<Record<string, Operand>>;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** Types by the names of outputs. Default one of float32, y. */
  readonly outputs?: Readonly<Record<string, TypeName>>;
}

/** The bytes of a model of one node. */
export function oneNode({
  op,
  domain,
  opset = 17,
  operands,
  attributes = {},
  outputs = { y: 'float32' },
}: OneNode) {
  const named = Object.entries(operands).filter(([name]) => name.trim() !== '');
  const node = {
    opType: op,
    ...(domain !== undefined && { domain }),
    input: Object.keys(operands).map((name) => name.trim()),
    output: Object.keys(outputs),
    attribute: Object.entries(attributes).map(([name, value]) => attributeOf(name, value)),
  };
  return encode(modelType, {
    irVersion: 8,
    opsetImport: [{ domain: domain ?? '', version: opset }],
    graph: {
      node: [node],
      initializer: named.flatMap(([name, operand]) => (operand.values ? [initializer(name, operand)] : [])),
      input: named.flatMap(([name, operand]) => (operand.values ? [] : [valueInfo(name, operand)])),
      output: Object.entries(outputs).map(([name, type]) => valueInfo(name, { type })),
    },
  });
}

const isTexts = (value: readonly (number | string)[]): value is readonly string[] =>
  typeof value[0] === 'string';

export function attributeOf(name: string, value: AttributeValue): AttributeProto {
  if (typeof value === 'number') return { name, type: 2, i: value };
  if (typeof value === 'string') return { name, type: 3, s: new TextEncoder().encode(value) };
  if ('float' in value) return { name, type: 1, f: value.float };
  if (isTexts(value)) return { name, type: 8, strings: value.map((text) => new TextEncoder().encode(text)) };
  return { name, type: 7, ints: [...value] };
}

export const valueInfo = (name: string, { type = 'float32', shape }: Operand): ValueInfoProto => ({
  name,
  type: {
    tensorType: {
      elemType: typeNumbers[type],
      ...(shape && {
        shape: { dim: shape.map((n) => (typeof n === 'number' ? { dimValue: n } : { dimParam: n })) },
      }),
    },
  },
});

export function initializer(name: string, { type = 'float32', shape, values = [] }: Operand): TensorProto {
  const field = { float32: 'floatData', int64: 'int64Data', uint64: 'uint64Data' } as const;
  const key = Object.hasOwn(field, type) ? field[type as keyof typeof field] : 'int32Data';
  const dims = shape?.map(Number) ?? [values.length];
  return { name, dims, dataType: typeNumbers[type], [key]: [...values] };
}

export const floats = (shape: readonly number[], ...values: number[]): Tensor =>
  new Tensor(Float32Array.from(values), shape);

export const wholes = (shape: readonly number[], ...values: number[]): Tensor =>
  new Tensor(Int32Array.from(values), shape);
