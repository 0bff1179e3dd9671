// Small files that ask for much: each is to be refused in under two seconds and a gigabyte. Made here, since some would be
// large on disk. What they multiply: memory, time, depth, names.

import { zipSync } from 'fflate';
import { ones } from 'neocog';
import { loadOnnx, loadTfjs, parseNpy, parseSafetensors, parseTorch } from '../src/index.ts';
import { encode } from '../src/onnx/protobuf.ts';
import { attributeTypes, modelType } from '../src/onnx/schema.ts';

/** Reads a file, and runs what is in it. */
export type HostileFile = () => unknown;

const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
type Part = string | number | readonly number[] | Uint8Array;
const bytesOf = (part: Part): Uint8Array =>
  part instanceof Uint8Array
    ? part
    : typeof part === 'string'
      ? ascii(part)
      : Uint8Array.from(typeof part === 'number' ? [part] : [...part]);
const bytes = (...parts: readonly Part[]): Uint8Array => new Uint8Array(Buffer.concat(parts.map(bytesOf)));
const repeated = (part: Uint8Array, times: number): Uint8Array =>
  new Uint8Array(Buffer.alloc(part.length * times, part));

// Pickles of torch.save.

const torch = (...pickle: readonly Part[]): HostileFile => {
  const data = bytes([0x80, 2], ...pickle);
  return () => parseTorch(zipSync({ 'a/data.pkl': data, 'a/byteorder': ascii('little') }, { level: 0 }));
};

const callAgain = (callee: string, argument: Uint8Array, times: number): HostileFile =>
  torch(`c${callee}q\0`, argument, 'q\x01(', repeated(bytes('h\0h\x01R'), times), 'l.');

const numbers = (count: number): Uint8Array => bytes('(', repeated(bytes('K\x01'), count), 't\x85');
const pairs = (count: number): Uint8Array => bytes('(', repeated(bytes('K\x01K\x02\x86'), count), 'l\x85');

// ONNX.

interface Attribute {
  readonly i?: number;
  /** A graph inside: nodes that read what is around them. */
  readonly g?: readonly Node[];
  readonly ints?: readonly number[];
  readonly s?: Uint8Array;
}
type Node = readonly [op: string, inputs: string, outputs: string, attributes?: Record<string, Attribute>];

function attributeOf(name: string, { g, ...rest }: Attribute): object {
  if (g)
    return { name, type: attributeTypes.graph, g: { node: g.map(nodeOf), output: [{ name: lastOf(g) }] } };
  const { i, ints } = rest;
  const type = i !== undefined ? attributeTypes.int : ints ? attributeTypes.ints : attributeTypes.string;
  return { name, type, ...rest };
}

const nodeOf = ([opType, input, output, attributes = {}]: Node): object => ({
  opType,
  input: words(input),
  output: words(output),
  attribute: Object.entries(attributes).map(([name, each]) => attributeOf(name, each)),
});

const lastOf = (nodes: readonly Node[]): string => words(nodes.at(-1)![2])[0];

interface Graph {
  readonly nodes: readonly Node[];
  readonly shape?: readonly number[];
  readonly opset?: number;
  readonly weights?: Readonly<Record<string, readonly number[]>>;
  /** Of the weights: 7 is int64, 1 is float32. */
  readonly type?: number;
  /** The name of the input. */
  readonly input?: string;
  /** A weight that lies in another file. */
  readonly external?: { readonly name: string; readonly location: string };
}

const words = (text: string): string[] => text.split(' ');

const outside = ({ name, location }: NonNullable<Graph['external']>): object => ({
  name,
  dataType: 1,
  dims: [1],
  dataLocation: 1,
  externalData: [{ key: 'location', value: location }],
});

export function onnx(graph: Graph): Uint8Array {
  const { nodes, shape = [1], opset = 17, weights = {}, type = 7, input: given = 'x', external } = graph;
  const value = (name: string, dims: readonly number[]) => ({
    name,
    type: { tensorType: { elemType: 1, shape: { dim: dims.map((dimValue) => ({ dimValue })) } } },
  });
  return encode(modelType, {
    irVersion: 8,
    opsetImport: [{ domain: '', version: opset }],
    graph: {
      node: nodes.map(nodeOf),
      initializer: [
        ...Object.entries(weights).map(([name, values]) => ({
          name,
          dataType: type,
          dims: [values.length],
          ...(type === 7 ? { int64Data: values } : { floatData: values }),
        })),
        ...(external ? [outside(external)] : []),
      ],
      input: [value(given, shape)],
      output: [{ name: lastOf(nodes), type: { tensorType: { elemType: 1 } } }],
    },
  });
}

/** Loads and runs a network. */
const network =
  (graph: Graph): HostileFile =>
  async () => {
    const net = await loadOnnx(onnx(graph));
    return net.run({ x: ones(graph.shape ?? [1]) });
  };

const doubled: Node[] = Array.from({ length: 33 }, (_, i) => [
  'Concat',
  `c${i} c${i}`,
  `c${i + 1}`,
  { axis: { i: 0 } },
]);

/** A field with a length. */
function field(number: number, content: Uint8Array): Uint8Array {
  const length: number[] = [];
  for (let rest = content.length; ; rest = Math.floor(rest / 128)) {
    length.push(rest < 128 ? rest : (rest % 128) + 128);
    if (rest < 128) break;
  }
  return bytes([8 * number + 2], length, content);
}

/** A model whose graph has these bytes. */
const graphOf =
  (content: () => Uint8Array): HostileFile =>
  () =>
    loadOnnx(bytes([0x08, 8], field(7, content())));

/** A message with a part that is repeated without content. */
const emptyParts = (part: readonly number[], times: number): HostileFile =>
  graphOf(() => repeated(Uint8Array.from(part), times));

// TensorFlow.js.

const list = (values: readonly number[]) => ({ shape: [values.length], dtype: 'int32', values });

/** A graph of constants and one operator on them. */
const graph =
  (op: string, constants: readonly (readonly number[])[], attr: Record<string, unknown> = {}): HostileFile =>
  async () => {
    const weights = constants.map((values, i) => ({ ...list(values), name: `c${i}` }));
    const node = [
      {
        name: 'x',
        op: 'Placeholder',
        attr: { dtype: { type: 'DT_FLOAT' }, shape: { shape: { dim: [{ size: 1 }] } } },
      },
      ...weights.map(({ name }) => ({ name, op: 'Const', attr: {} })),
      { name: 'big', op, input: weights.map(({ name }) => name), attr },
      { name: 'float', op: 'Cast', input: ['big'], attr: { DstT: { type: 'DT_FLOAT' } } },
      { name: 'y', op: 'AddV2', input: ['x', 'float'], attr: {} },
    ];
    const specs = weights.map(({ name, shape, dtype }) => ({ name, shape, dtype }));
    const net = await loadTfjs({
      modelJson: { modelTopology: { node }, weightsManifest: [{ paths: ['w'], weights: specs }] },
      weights: new Uint8Array(Int32Array.from(constants.flat()).buffer),
    });
    return net.run({ x: ones([1]) });
  };

const layers =
  (className: string, config: object, shape: readonly number[] = [null as never, 4, 4, 1]): HostileFile =>
  async () => {
    const input = { class_name: 'InputLayer', config: { name: 'x', batch_shape: shape } };
    const net = await loadTfjs({
      modelJson: {
        modelTopology: {
          model_config: {
            class_name: 'Sequential',
            config: { layers: [input, { class_name: className, config: { name: 'l', ...config } }] },
          },
        },
      },
      weights: [],
    });
    return net.run({ x: ones([1, ...shape.slice(1)]) });
  };

/** A network whose layer is a network of the same kind, which it calls twice; the innermost one calls a ReLU. */
function calledTwice(depth: number): object {
  let layer: object = { class_name: 'ReLU', name: 'l', config: { name: 'l' } };
  for (let i = 0; i < depth; i++) {
    const calls = [[['x', 0, 0, {}]], [['l', 0, 0, {}]]];
    // Among outputs, a network's own call is counted too.
    const second = i === 0 ? 1 : 2;
    const input = {
      class_name: 'InputLayer',
      name: 'x',
      config: { name: 'x', batch_shape: [null, 4] },
      inbound_nodes: [],
    };
    const layers = [input, { ...layer, inbound_nodes: calls }];
    const config = { name: 'l', layers, input_layers: [['x', 0, 0]], output_layers: [['l', second, 0]] };
    layer = { class_name: 'Functional', name: 'l', config };
  }
  return { modelTopology: { model_config: layer }, weightsManifest: [] };
}

// NumPy and safetensors.

const npy = (header: string, values = new Uint8Array(0)): HostileFile => {
  const text = ascii(`${header}\n`);
  return () => parseNpy(bytes([0x93], 'NUMPY', [1, 0, text.length & 255, text.length >> 8], text, values));
};

const safetensors = (header: string, size = 0): HostileFile => {
  const text = ascii(header);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(text.length), true);
  return () => parseSafetensors(bytes(length, text, new Uint8Array(size)));
};

export const hostileFiles: Readonly<Record<string, HostileFile>> = {
  'torch: a call that holds itself': torch(
    ']q\0(ctorch._tensor\n_rebuild_from_type_v2\nq\x01Nh\0e0h\x01h\0R.',
  ),
  'torch: one large dict, made again and again': callAgain(
    'collections\nOrderedDict\n',
    pairs(65_000),
    50_000,
  ),
  'torch: one large set, made again and again': callAgain('builtins\nset\n', numbers(300_000), 100_000),
  'torch: one large size, made again and again': callAgain('torch\nSize\n', numbers(300_000), 100_000),
  'torch: lists of lists of lists': torch(
    ']q\0',
    ...Array.from({ length: 12 }, (_, i) => [
      bytes(']q', i + 1, '(', repeated(bytes('h', i), 40), 'e'),
    ]).flat(),
    '.',
  ),
  'torch: dicts from a byte each': torch('(', repeated(bytes('}'), 8_000_000), 'l.'),
  'torch: a long key before many tensors': torch(
    `}X\0\0\x10\0${'k'.repeat(2 ** 20)}](ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x01tQK\0)))tR`,
    bytes('q\0', repeated(bytes('h\0'), 100_000), 'es.'),
  ),
  'onnx: Expand to 200 million': network({
    nodes: [['Expand', 'c s', 'y']],
    weights: { c: [1], s: [2e8] },
  }),
  'onnx: Tile to 200 million': network({ nodes: [['Tile', 'c s', 'y']], weights: { c: [1], s: [2e8] } }),
  'onnx: ConstantOfShape of 2^28': network({
    nodes: [['ConstantOfShape', 's', 'y']],
    weights: { s: [2 ** 28] },
  }),
  'onnx: ConstantOfShape of 2^26 for each of 40 nodes': network({
    nodes: [
      ...Array.from({ length: 40 }, (_, i): Node => ['ConstantOfShape', 's', `c${i}`]),
      ['Sum', Array.from({ length: 40 }, (_, i) => `c${i}`).join(' '), 's40'],
      ['Add', 'x s40', 'y'],
    ],
    weights: { s: [2 ** 26] },
  }),
  'onnx: Range to 2^28': network({
    nodes: [['Range', 'a b c', 'y']],
    weights: { a: [0], b: [2 ** 28], c: [1] },
  }),
  'onnx: a constant doubled by Concat': network({ nodes: doubled, weights: { c0: [1] } }),
  'onnx: a float doubled by Concat': network({ nodes: doubled, weights: { c0: [1] }, type: 1 }),
  'onnx: an input doubled by Concat': network({
    nodes: [['Identity', 'x', 'c0'], ...doubled],
  }),
  'onnx: Split into 2^28': network({
    nodes: [['Split', 'x', 'y', { num_outputs: { i: 2 ** 28 } }]],
    opset: 18,
  }),
  'onnx: Add along axis −2^31': network({
    nodes: [['Add', 'x c', 'y', { broadcast: { i: 1 }, axis: { i: -(2 ** 31) } }]],
    opset: 6,
    weights: { c: [1] },
    type: 1,
  }),
  'onnx: TopK of 300 million': network({
    nodes: [['TopK', 'x k', 'y i']],
    shape: [2, 3],
    weights: { k: [3e8] },
  }),
  'onnx: LpPool over a billion': network({
    nodes: [['LpPool', 'x', 'y', { kernel_shape: { ints: [1e9, 2] }, pads: { ints: [5e8, 1, 5e8, 1] } }]],
    shape: [1, 1, 4, 4],
  }),
  'onnx: AveragePool over a billion': network({
    nodes: [
      ['AveragePool', 'x', 'y', { kernel_shape: { ints: [1e9, 2] }, pads: { ints: [5e8, 1, 5e8, 1] } }],
    ],
    shape: [1, 1, 4, 4],
  }),
  'onnx: ScatterElements into 300 million': network({
    nodes: [
      ['ConstantOfShape', 's', 'c'],
      ['ScatterElements', 'c i x', 'y'],
    ],
    weights: { s: [3e8], i: [0] },
  }),
  'onnx: output padding before AveragePool': network({
    nodes: [
      ['ConvTranspose', 'x x', 't', { output_padding: { ints: [1e6, 1000] } }],
      ['AveragePool', 't', 'y', { kernel_shape: { ints: [2, 2] } }],
    ],
    shape: [1, 1, 4, 4],
  }),
  'onnx: strides of a billion': network({
    nodes: [
      ['Reshape', 'x s', 't'],
      ['ConvTranspose', 't t', 'y', { strides: { ints: [1e9] } }],
    ],
    shape: [1, 1, 4],
    weights: { s: [1, 1, 4] },
  }),
  'onnx: Pad by a billion': network({ nodes: [['Pad', 'x p', 'y']], weights: { p: [1e9, 1e9] } }),
  'onnx: Pad by a billion, replicating': network({
    nodes: [['Pad', 'x p', 'y', { mode: { s: ascii('edge') } }]],
    weights: { p: [1e9, 1e9] },
  }),
  'onnx: Resize to a billion': network({
    nodes: [['Resize', 'x   s', 'y']],
    shape: [1, 1, 4],
    weights: { s: [1, 1, 1e9] },
  }),
  'onnx: Col2Im to a billion': network({
    nodes: [['Col2Im', 'x i b', 'y', { strides: { ints: [1e9] } }]],
    shape: [1, 1, 1],
    opset: 18,
    weights: { i: [1e9], b: [1] },
  }),
  'onnx: OneHot of a billion': network({
    nodes: [['OneHot', 'i d v', 'y']],
    weights: { i: [1], d: [1e9], v: [0, 1] },
  }),
  'onnx: EyeLike of a large constant': network({
    nodes: [
      ['Expand', 'c s', 'e'],
      ['EyeLike', 'e', 'y'],
    ],
    weights: { c: [1], s: [20_000, 20_000] },
  }),
  'onnx: a million axes': network({
    nodes: [
      ['Expand', 'z s', 'axes'],
      ['Unsqueeze', 'x axes', 'y'],
    ],
    weights: { z: [0], s: [1e6] },
  }),
  'onnx: an LSTM of 2^24 steps': network({
    nodes: [
      ['ConstantOfShape', 's', 'i'],
      ['Cast', 'i', 'x2', { to: { i: 1 } }],
      ['ConstantOfShape', 'w', 'ww'],
      ['LSTM', 'x2 ww ww', 'y', { hidden_size: { i: 1 } }],
    ],
    weights: { s: [2 ** 22, 1, 1], w: [1, 4, 1] },
  }),
  'onnx: a product of large constants': network({
    nodes: [
      ['ConstantOfShape', 's', 'a'],
      ['MatMul', 'a a', 'b'],
      ['Add', 'x b', 'y'],
    ],
    weights: { s: [5000, 5000] },
  }),
  'protobuf: 4 million empty nodes': emptyParts([0x0a, 0], 4e6),
  'protobuf: 8 million empty initializers': emptyParts([0x2a, 0], 8e6),
  'protobuf: a node of 8 million inputs': graphOf(() => field(1, repeated(bytes([0x0a, 0]), 8e6))),
  'protobuf: 20 million axes, packed': graphOf(() => field(5, field(1, repeated(bytes([1]), 20e6)))),
  'protobuf: 10 million axes, one by one': graphOf(() => field(5, repeated(bytes([8, 1]), 10e6))),
  'protobuf: 20 million axes of a sparse tensor': graphOf(() =>
    field(15, field(3, repeated(bytes([1]), 20e6))),
  ),
  'tfjs: networks in networks, each called twice': () =>
    loadTfjs({ modelJson: JSON.stringify(calledTwice(30)), weights: [] }),
  'tfjs: Fill of a billion': graph('Fill', [[1e9], [1]]),
  'tfjs: Range to a billion': graph('Range', [[0], [1e9], [1]]),
  'tfjs: Tile to a billion': graph('Tile', [[1], [1e9]]),
  'tfjs: BroadcastTo a billion': graph('BroadcastTo', [[1], [1e9]]),
  'tfjs: Pad by a billion': graph('Pad', [[1], [1e9, 1e9]]),
  'tfjs: Unpack into a billion': graph('Unpack', [[1]], { num: { i: '1000000000' } }),
  'tfjs: Split into a billion': graph('Split', [[0], [1]], { num_split: { i: '1000000000' } }),
  'tfjs: SparseToDense of a billion': graph('SparseToDense', [[0], [1e9], [1], [0]]),
  'tfjs: TopKV2 of a billion': graph('TopKV2', [[1, 2, 3], [1e9]]),
  'tfjs: padding by a billion': layers('ZeroPadding2D', { padding: [1e9, 1e9] }),
  'tfjs: enlarging a billion times': layers('UpSampling2D', { size: [1e9, 1e9] }),
  'tfjs: a vector repeated a billion times': layers('RepeatVector', { n: 1e9 }, [null as never, 4]),
  'tfjs: an input of a billion numbers': layers('ReLU', {}, [null as never, 100_000, 100_000]),
  'npy: a shape of 10^18': npy(
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000, 1000000000), }",
  ),
  'npy: a header of brackets': npy(`{'descr': ${'['.repeat(60_000)}`),
  'safetensors: a shape beyond the file': safetensors(
    '{"a":{"dtype":"F32","shape":[1000000000,1000000],"data_offsets":[0,4]}}',
    4,
  ),
  'safetensors: a million axes': safetensors(
    `{"a":{"dtype":"F32","shape":[${'1,'.repeat(1e6)}1],"data_offsets":[0,4]}}`,
    4,
  ),
  'json: brackets in brackets': () => loadTfjs({ modelJson: `{"a":${'['.repeat(5e6)}`, weights: [] }),
};
