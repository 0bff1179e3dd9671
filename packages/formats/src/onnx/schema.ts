// The messages of ONNX, as far as they are read and written here. Field numbers: onnx.proto of https://github.com/onnx/onnx.

import type { MessageType } from './protobuf.ts';

export interface TensorProto {
  readonly dims: number[];
  readonly dataType?: number;
  readonly segment?: object;
  readonly floatData?: number[];
  readonly int32Data?: number[];
  readonly stringData?: Uint8Array[];
  readonly int64Data?: number[];
  readonly name?: string;
  readonly rawData?: Uint8Array;
  readonly doubleData?: number[];
  readonly uint64Data?: number[];
  readonly externalData?: EntryProto[];
  readonly dataLocation?: number;
}

/** Values at `indices` of zeros: places counted row-major `[k]`, or one row of coordinates each `[k, rank]`. */
export interface SparseTensorProto {
  readonly values?: TensorProto;
  readonly indices?: TensorProto;
  readonly dims: number[];
}

export interface EntryProto {
  readonly key?: string;
  readonly value?: string;
}

export interface AttributeProto {
  readonly name?: string;
  readonly type?: number;
  readonly f?: number;
  readonly i?: number;
  readonly s?: Uint8Array;
  readonly t?: TensorProto;
  readonly g?: GraphProto;
  readonly floats?: number[];
  readonly ints?: number[];
  readonly strings?: Uint8Array[];
  readonly refAttrName?: string;
  readonly sparseTensor?: SparseTensorProto;
}

export interface NodeProto {
  readonly input: string[];
  readonly output: string[];
  readonly name?: string;
  readonly opType?: string;
  readonly domain?: string;
  readonly attribute: AttributeProto[];
}

export interface DimensionProto {
  readonly dimValue?: number;
  readonly dimParam?: string;
}

export interface ValueInfoProto {
  readonly name?: string;
  readonly type?: { tensorType?: { elemType?: number; shape?: { dim: DimensionProto[] } } };
}

export interface GraphProto {
  readonly node: NodeProto[];
  readonly name?: string;
  readonly initializer: TensorProto[];
  readonly sparseInitializer?: SparseTensorProto[];
  readonly input: ValueInfoProto[];
  readonly output: ValueInfoProto[];
}

export interface ModelProto {
  readonly irVersion?: number;
  readonly producerName?: string;
  readonly producerVersion?: string;
  readonly graph?: GraphProto;
  readonly opsetImport: { domain?: string; version?: number }[];
  readonly metadataProps?: { key?: string; value?: string }[];
  readonly functions?: { name?: string; domain?: string }[];
}

const entry: MessageType = [
  [1, 'key', 'text'],
  [2, 'value', 'text'],
];

/** As NumPy has it. */
export const mostAxes = 64;

export const tensorType: MessageType = [
  [1, 'dims', 'ints', mostAxes],
  [2, 'dataType', 'int'],
  [3, 'segment', 'message', () => []],
  [4, 'floatData', 'floats'],
  [5, 'int32Data', 'ints'],
  [6, 'stringData', 'blobs'],
  [7, 'int64Data', 'ints'],
  [8, 'name', 'text'],
  [9, 'rawData', 'bytes'],
  [10, 'doubleData', 'doubles'],
  [11, 'uint64Data', 'ints'],
  [13, 'externalData', 'messages', () => entry],
  [14, 'dataLocation', 'int'],
];

const sparseTensorType: MessageType = [
  [1, 'values', 'message', () => tensorType],
  [2, 'indices', 'message', () => tensorType],
  [3, 'dims', 'ints', mostAxes],
];

const dimension: MessageType = [
  [1, 'dimValue', 'int'],
  [2, 'dimParam', 'text'],
];

const shape: MessageType = [[1, 'dim', 'messages', () => dimension]];

const tensorTypeOfValue: MessageType = [
  [1, 'elemType', 'int'],
  [2, 'shape', 'message', () => shape],
];

const valueType: MessageType = [[1, 'tensorType', 'message', () => tensorTypeOfValue]];

const valueInfo: MessageType = [
  [1, 'name', 'text'],
  [2, 'type', 'message', () => valueType],
];

const attribute: MessageType = [
  [1, 'name', 'text'],
  [2, 'f', 'float'],
  [3, 'i', 'int'],
  [4, 's', 'bytes'],
  [5, 't', 'message', () => tensorType],
  [6, 'g', 'message', () => graph],
  [7, 'floats', 'floats'],
  [8, 'ints', 'ints'],
  [9, 'strings', 'blobs'],
  [20, 'type', 'int'],
  [21, 'refAttrName', 'text'],
  [22, 'sparseTensor', 'message', () => sparseTensorType],
];

const node: MessageType = [
  [1, 'input', 'texts'],
  [2, 'output', 'texts'],
  [3, 'name', 'text'],
  [4, 'opType', 'text'],
  [5, 'attribute', 'messages', () => attribute],
  [7, 'domain', 'text'],
];

const graph: MessageType = [
  [1, 'node', 'messages', () => node],
  [2, 'name', 'text'],
  [5, 'initializer', 'messages', () => tensorType],
  [11, 'input', 'messages', () => valueInfo],
  [12, 'output', 'messages', () => valueInfo],
  [15, 'sparseInitializer', 'messages', () => sparseTensorType],
];

const opset: MessageType = [
  [1, 'domain', 'text'],
  [2, 'version', 'int'],
];

const functionType: MessageType = [
  [1, 'name', 'text'],
  [10, 'domain', 'text'],
];

export const modelType: MessageType = [
  [1, 'irVersion', 'int'],
  [2, 'producerName', 'text'],
  [3, 'producerVersion', 'text'],
  [7, 'graph', 'message', () => graph],
  [8, 'opsetImport', 'messages', () => opset],
  [14, 'metadataProps', 'messages', () => entry],
  [25, 'functions', 'messages', () => functionType],
];

/** `AttributeProto.type`. */
export const attributeTypes = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
};
