// A graph as an ONNX file (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto), written as protocol buffers by hand:
// a message is its fields one after another, a field is a key, and a length where it has one, before its bytes.

/** @typedef {import('./graph.js').Graph} Graph */
/** @typedef {import('./graph.js').Op} Op */

const opset = 17;

/** @param {number} value a whole number of at least 0 */
function varint(value) {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

/** @param {number} field @param {number} value */
const int = (field, value) => Buffer.concat([varint(field * 8), varint(value)]);

/** A text, bytes or message. @param {number} field @param {string | Buffer} value */
function bytes(field, value) {
  const content = Buffer.from(value);
  return Buffer.concat([varint(field * 8 + 2), varint(content.length), content]);
}

/** @param {number} field @param {number} value */
function float(field, value) {
  const content = Buffer.alloc(4);
  content.writeFloatLE(value);
  return Buffer.concat([varint(field * 8 + 5), content]);
}

const message = Buffer.concat;

/** AttributeProto: a float that is not whole is a `f`, other numbers are `i`, arrays `ints`. @param {string} name @param {number | number[]} value */
function attribute(name, value) {
  const head = bytes(1, name);
  if (Array.isArray(value)) return message([head, ...value.map((each) => int(8, each)), int(20, 7)]);
  if (Number.isInteger(value)) return message([head, int(3, value), int(20, 2)]);
  return message([head, float(2, value), int(20, 1)]);
}

/**
 * NodeProto.
 *
 * @param {string} type
 * @param {string[]} inputs
 * @param {string} output
 * @param {Record<string, number | number[]>} [attributes]
 */
const node = (type, inputs, output, attributes = {}) =>
  message([
    ...inputs.map((name) => bytes(1, name)),
    bytes(2, output),
    bytes(4, type),
    ...Object.entries(attributes).map(([name, value]) => bytes(5, attribute(name, value))),
  ]);

/** TensorProto of float32. @param {string} name @param {number[]} shape @param {Float32Array} data */
const initializer = (name, shape, data) =>
  message([
    ...shape.map((size) => int(1, size)),
    int(2, 1),
    bytes(8, name),
    bytes(9, Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
  ]);

/** ValueInfoProto of float32. @param {string} name @param {number[]} shape */
function valueInfo(name, shape) {
  const dims = message(shape.map((size) => bytes(1, int(1, size))));
  return message([bytes(1, name), bytes(2, bytes(1, message([int(1, 1), bytes(2, dims)])))]);
}

/** @param {Op} op */
const windowOf = ({ kernel, stride, dilation, pads }) => ({
  kernel_shape: kernel,
  strides: stride,
  dilations: dilation,
  pads: [0, 1].flatMap((side) => pads.map((/** @type {number[]} */ pair) => pair[side])),
});

/** Each operation's nodes; `w` is the name of one of its weights. @type {Record<string, (op: Op, w: (key: string) => string) => Buffer[]>} */
const writers = {
  conv: (op, w) => [
    node('Conv', [...op.inputs, ...Object.keys(op.weights).map(w)], op.output, {
      ...windowOf(op),
      group: op.groups,
    }),
  ],
  convTranspose: (op, w) => [
    node('ConvTranspose', [...op.inputs, ...Object.keys(op.weights).map(w)], op.output, {
      ...windowOf(op),
      group: op.groups,
    }),
  ],
  batchNorm: (op, w) => [
    node('BatchNormalization', [...op.inputs, ...['scale', 'shift', 'mean', 'variance'].map(w)], op.output, {
      epsilon: op.eps,
    }),
  ],
  maxPool: (op) => [node('MaxPool', op.inputs, op.output, { ...windowOf(op), ceil_mode: Number(op.ceil) })],
  linear: (op, w) => [node('Gemm', [...op.inputs, w('weight'), w('bias')], op.output, { transB: 1 })],
  globalAvgPool: (op) => [node('GlobalAveragePool', op.inputs, op.output)],
  flatten: (op) => [node('Flatten', op.inputs, op.output)],
  concat: (op) => [node('Concat', op.inputs, op.output, { axis: 1 })],
  relu: (op) => [node('Relu', op.inputs, op.output)],
  relu6: (op) => [node('Clip', [...op.inputs, 'zero', 'six'], op.output)],
  sigmoid: (op) => [node('Sigmoid', op.inputs, op.output)],
  silu: (op) => [
    node('Sigmoid', op.inputs, `${op.output}.sigmoid`),
    node('Mul', [...op.inputs, `${op.output}.sigmoid`], op.output),
  ],
  add: (op) => [node('Add', op.inputs, op.output)],
  mul: (op) => [node('Mul', op.inputs, op.output)],
  dropout: (op) => [node('Identity', op.inputs, op.output)],
};

/**
 * The bytes of an ONNX file. Its input is `x`, its output is named as in the graph.
 *
 * @param {Graph} graph
 * @param {Float32Array} weights
 */
export function writeOnnx({ input, output, outputShape, ops }, weights) {
  const nodes = ops.flatMap((op) => writers[op.op](op, (key) => `${op.output}.${key}`));
  const placed = ops.flatMap((op) =>
    Object.entries(op.weights).map(([key, { at, shape }]) => {
      const size = shape.reduce((a, b) => a * b, 1);
      return initializer(`${op.output}.${key}`, shape, weights.subarray(at, at + size));
    }),
  );
  const constants = [initializer('zero', [], Float32Array.of(0)), initializer('six', [], Float32Array.of(6))];
  const graph = message([
    ...nodes.map((each) => bytes(1, each)),
    bytes(2, 'network'),
    ...[...constants, ...placed].map((each) => bytes(5, each)),
    bytes(11, valueInfo('x', input)),
    bytes(12, valueInfo(output, outputShape)),
  ]);
  return message([int(1, 8), bytes(7, graph), bytes(8, int(2, opset))]);
}
