// A graph as a TensorFlow Lite file, as its converters write one: channels last, batch normalisation and activations within
// convolutions. The schema: https://github.com/google-ai-edge/LiteRT/blob/main/tflite/converter/schema/schema.fbs. A FlatBuffer table is a
// list of fields by number; here each is a method of the builder, a value, and what is left out because it is the default.

import { Builder } from 'flatbuffers';
import { simplify } from '../engines/simplify.js';
import { bytesOf, ofSigmoid, stepsOf, stepsOfAll, sumsOf } from './steps.js';

/** @typedef {import('../graph.js').Graph} Graph */
/** @typedef {import('./steps.js').Steps} Steps */
/** @typedef {import('../graph.js').Op & { data: Record<string, Float32Array>, activation?: string }} Op */

/** BuiltinOperator */
const operators = {
  ADD: 0,
  CONCATENATION: 2,
  CONV_2D: 3,
  DEPTHWISE_CONV_2D: 4,
  DEQUANTIZE: 6,
  FULLY_CONNECTED: 9,
  LOGISTIC: 14,
  MAX_POOL_2D: 17,
  MUL: 18,
  RELU: 19,
  RELU6: 21,
  RESHAPE: 22,
  PAD: 34,
  MEAN: 40,
  QUANTIZE: 114,
};
/** BuiltinOptions */
const options = { conv: 1, depthwise: 2, pool: 5, linear: 8, concat: 10, add: 11, reshape: 17, mul: 21, pad: 22, mean: 27 }; // biome-ignore format: a row
/** ActivationFunctionType */
const activations = { none: 0, relu: 1, relu6: 3 };
/** TensorType */
const types = { float32: 0, int32: 2, int8: 9 };
/** Padding */
const paddings = { same: 0, valid: 1 };

/** `[a, b, …taps]` as `[a, …taps, b]` or, with the first two turned around, `[b, …taps, a]`. @template {Float32Array | Int8Array} T @param {T} values @param {number[]} shape @param {boolean} turned */
function tapsBetween(values, [a, b, height, width], turned) {
  const taps = height * width;
  const result = /** @type {T} */ (values.slice());
  for (let i = 0; i < a; i++)
    for (let j = 0; j < b; j++)
      for (let t = 0; t < taps; t++) {
        const to = turned ? (j * taps + t) * a + i : (i * taps + t) * b + j;
        result[to] = values[(i * b + j) * taps + t];
      }
  return result;
}

/** Tensors and operators of a subgraph, before they are written. */
class Subgraph {
  /** @type {{ name: string, shape: number[], type: number, data: Uint8Array | null, steps: Steps | undefined }[]} */
  tensors = [];
  /** @type {{ operator: keyof typeof operators, inputs: number[], outputs: number[], kind: number, fields: [number, string, any, any][] }[]} */
  operators = [];
  /** @type {Map<string, number>} */
  numbers = new Map();

  /** @param {Map<string, Steps>} steps of what is bytes between operations; what has none is floats */
  constructor(steps) {
    this.steps = steps;
  }

  /** @param {string} name @param {number[]} shape @param {Float32Array | Int32Array | Int8Array | null} [values] @param {Steps} [steps] */
  tensor(name, shape, values = null, steps = this.steps.get(name)) {
    const data = values && new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const floats = steps ? types.int8 : types.float32;
    const type = values instanceof Int32Array ? types.int32 : floats;
    this.tensors.push({ name, shape, type, data, steps });
    this.numbers.set(name, this.tensors.length - 1);
    return this.tensors.length - 1;
  }

  /** @param {string} name */
  shapeOf(name) {
    return this.tensors[/** @type {number} */ (this.numbers.get(name))].shape;
  }

  /**
   * @param {keyof typeof operators} operator @param {(string | number)[]} inputs @param {string} output @param {number[]} shape
   * @param {number} [kind] @param {[number, string, any, any][]} [fields]
   */
  add(operator, inputs, output, shape, kind = 0, fields = []) {
    const numbers = inputs.map((each) =>
      typeof each === 'number' ? each : /** @type {number} */ (this.numbers.get(each)),
    );
    this.operators.push({ operator, inputs: numbers, outputs: [this.tensor(output, shape)], kind, fields });
  }

  /**
   * The weight and the bias of a layer that reads `x`: floats, or bytes and sums.
   *
   * @param {Op} op @param {string} x @param {number[]} shape of the weight, in the order of the file
   * @param {{ axis?: number, order?: <T extends Float32Array | Int8Array>(values: T) => T }} [layout] the axis of output channels; what brings values into that order
   */
  parameters({ data, output }, x, shape, { axis = 0, order = (values) => values } = {}) {
    const out = shape[axis];
    const { weight, bias = new Float32Array(out) } = data;
    const into = this.steps.get(x);
    const [weightName, biasName] = [`${output}.weight`, `${output}.bias`];
    if (!into) return [this.tensor(weightName, shape, order(weight)), this.tensor(biasName, [out], bias)];
    const { bytes, steps } = bytesOf(weight, out, axis);
    const sums = sumsOf(bias, into, steps);
    return [
      this.tensor(weightName, shape, order(bytes), steps),
      this.tensor(biasName, [out], sums.values, sums.steps),
    ];
  }
}

/** @param {Op} op @param {number[]} shape */
const spread = ({ kernel, stride, dilation, pads }, [n, height, width]) =>
  [n, ...[height, width].map((size, i) => 1 + Math.floor((size + pads[i][0] + pads[i][1] - (kernel[i] - 1) * (dilation?.[i] ?? 1) - 1) / stride[i]))]; // biome-ignore format: one formula

/** Whether the padding of a window is the one that TensorFlow calls the same. @param {Op} op */
const isSame = ({ kernel, stride, dilation, pads }) =>
  pads.every(([before, after], i) => stride[i] === 1 && before === after && 2 * before === (kernel[i] - 1) * (dilation?.[i] ?? 1)); // biome-ignore format: one formula

/** The input of a window and the window's own padding: what that cannot say is zeros around the input. @param {Subgraph} g @param {Op} op @returns {{ x: string, padding: number }} */
function padded(g, op) {
  const [name] = op.inputs;
  if (op.pads.flat().every((/** @type {number} */ n) => n === 0)) return { x: name, padding: paddings.valid };
  if (isSame(op)) return { x: name, padding: paddings.same };
  const shape = g.shapeOf(name);
  const pads = [[0, 0], ...op.pads, [0, 0]];
  const list = g.tensor(`${op.output}.pads`, [4, 2], Int32Array.from(pads.flat()));
  const to = shape.map((size, i) => size + pads[i][0] + pads[i][1]);
  const x = `${op.output}.padded`;
  const steps = g.steps.get(name);
  if (steps) g.steps.set(x, steps);
  g.add('PAD', [name, list], x, to, options.pad);
  return { x, padding: paddings.valid };
}

/** @param {Op} op */
const activationOf = ({ activation = 'none' }) =>
  activations[/** @type {keyof typeof activations} */ (activation)];

/** How each operation is written. @type {Record<string, (g: Subgraph, op: Op) => void>} */
const writers = {
  conv(g, op) {
    const [out, width, ...taps] = op.weights.weight.shape;
    const isDepthwise = op.groups > 1 && width === 1;
    if (op.groups > 1 && !isDepthwise) throw new Error('no grouped convolution');
    const shape = [...spread(op, g.shapeOf(op.inputs[0])), out];
    const { x, padding } = padded(g, op);
    const weightShape = isDepthwise ? [1, ...taps, out] : [out, ...taps, width];
    const [weight, bias] = g.parameters(op, x, weightShape, {
      axis: isDepthwise ? 3 : 0,
      order: (values) => tapsBetween(values, [out, width, ...taps], isDepthwise),
    });
    const [[sy, sx], [dy, dx]] = [op.stride, op.dilation];
    const window = [[0, 'Int8', padding, 0], [1, 'Int32', sx, 0], [2, 'Int32', sy, 0]]; // biome-ignore format: rows
    const fields = isDepthwise
      ? [...window, [3, 'Int32', out / op.groups, 0], [4, 'Int8', activationOf(op), 0], [5, 'Int32', dx, 1], [6, 'Int32', dy, 1]] // biome-ignore format: rows
      : [...window, [3, 'Int8', activationOf(op), 0], [4, 'Int32', dx, 1], [5, 'Int32', dy, 1]]; // biome-ignore format: rows
    g.add(
      isDepthwise ? 'DEPTHWISE_CONV_2D' : 'CONV_2D',
      [x, weight, bias],
      op.output,
      shape,
      isDepthwise ? options.depthwise : options.conv,
      /** @type {[number, string, any, any][]} */ (fields),
    );
  },
  // Only behind a ReLU, where a 0 in the padding is no more than what is there.
  maxPool(g, op) {
    const from = g.shapeOf(op.inputs[0]);
    const { x, padding } = padded(g, op);
    const [[sy, sx], [height, width]] = [op.stride, op.kernel];
    g.add('MAX_POOL_2D', [x], op.output, [...spread(op, from), from[3]], options.pool, [
      [0, 'Int8', padding, 0],
      [1, 'Int32', sx, 0],
      [2, 'Int32', sy, 0],
      [3, 'Int32', width, 0],
      [4, 'Int32', height, 0],
    ]);
  },
  linear(g, op) {
    const [out] = op.weights.weight.shape;
    const [x] = op.inputs;
    const [weight, bias] = g.parameters(op, x, op.weights.weight.shape);
    const [n] = g.shapeOf(x);
    g.add('FULLY_CONNECTED', [x, weight, bias], op.output, [n, out], options.linear);
  },
  globalAvgPool(g, op) {
    const [n, , , c] = g.shapeOf(op.inputs[0]);
    const axes = g.tensor(`${op.output}.axes`, [2], Int32Array.of(1, 2));
    g.add('MEAN', [op.inputs[0], axes], op.output, [n, 1, 1, c], options.mean, [[0, 'Int8', 1, 0]]);
  },
  // Of one cell, so that the order of axes does not matter.
  flatten(g, op) {
    const [n, ...rest] = g.shapeOf(op.inputs[0]);
    const shape = [n, rest.reduce((a, b) => a * b, 1)];
    const list = g.tensor(`${op.output}.shape`, [2], Int32Array.from(shape));
    g.add('RESHAPE', [op.inputs[0], list], op.output, shape, options.reshape, [[0, 'ints', shape, null]]);
  },
  concat(g, op) {
    const shapes = op.inputs.map((name) => g.shapeOf(name));
    const shape = [...shapes[0].slice(0, 3), shapes.reduce((sum, each) => sum + each[3], 0)];
    g.add('CONCATENATION', op.inputs, op.output, shape, options.concat, [[0, 'Int32', 3, 0]]);
  },
  relu: (g, op) => g.add('RELU', op.inputs, op.output, g.shapeOf(op.inputs[0])),
  relu6: (g, op) => g.add('RELU6', op.inputs, op.output, g.shapeOf(op.inputs[0])),
  sigmoid: (g, op) => g.add('LOGISTIC', op.inputs, op.output, g.shapeOf(op.inputs[0])),
  silu(g, op) {
    const shape = g.shapeOf(op.inputs[0]);
    const gate = `${op.output}.sigmoid`;
    if (g.steps.size > 0) g.steps.set(gate, stepsOf(ofSigmoid));
    g.add('LOGISTIC', op.inputs, gate, shape);
    g.add('MUL', [op.inputs[0], gate], op.output, shape, options.mul);
  },
  add: (g, op) => g.add('ADD', op.inputs, op.output, g.shapeOf(op.inputs[0]), options.add),
  mul: (g, op) => g.add('MUL', op.inputs, op.output, g.shapeOf(op.inputs[0]), options.mul),
  dropout: (g, op) => void g.numbers.set(op.output, /** @type {number} */ (g.numbers.get(op.inputs[0]))),
};

/** @param {Builder} b @param {number[]} numbers */
function ints(b, numbers) {
  b.startVector(4, numbers.length, 4);
  for (const number of numbers.toReversed()) b.addInt32(number);
  return b.endVector();
}

/** @param {Builder} b @param {number[]} offsets */
function tables(b, offsets) {
  b.startVector(4, offsets.length, 4);
  for (const offset of offsets.toReversed()) b.addOffset(offset);
  return b.endVector();
}

/** QuantizationParameters. @param {Builder} b @param {Steps} steps */
function quantisation(b, { scales, zeros, axis }) {
  b.startVector(4, scales.length, 4);
  for (const scale of scales.toReversed()) b.addFloat32(scale);
  const scale = b.endVector();
  b.startVector(8, zeros.length, 8);
  for (const zero of zeros.toReversed()) b.addInt64(BigInt(zero));
  const zero = b.endVector();
  return table(b, 7, [[2, 'Offset', scale, 0], [3, 'Offset', zero, 0], [6, 'Int32', axis, 0]]); // biome-ignore format: rows
}

/** A table of fields `[number, type, value, default]`; `Offset` is of something that is written already. @param {Builder} b @param {number} count @param {[number, string, any, any][]} fields */
function table(b, count, fields) {
  b.startObject(count);
  /** @type {any} */ for (const [field, type, value, usual] of fields)
    b[`addField${type}`](field, value, usual);
  return b.endObject();
}

/** @param {Builder} b @param {Uint8Array | null} data */
function buffer(b, data) {
  if (!data) return table(b, 3, []);
  const inside = /** @type {{ space: number, bb: { bytes(): Uint8Array } }} */ (/** @type {unknown} */ (b));
  b.startVector(1, data.length, 16);
  // All at once, as `createByteVector` does, but aligned for vectors of 128 bits.
  inside.space -= data.length;
  inside.bb.bytes().set(data, inside.space);
  return table(b, 3, [[0, 'Offset', b.endVector(), 0]]);
}

/**
 * The bytes of a file. Its input and output are floats, channels last.
 *
 * @param {Graph} graph @param {Float32Array} weights
 * @param {Map<string, [least: number, most: number]>} [ranges] of what comes in and of every result: all between is bytes then
 */
export function writeTflite(graph, weights, ranges) {
  const ops = simplify(graph, weights, ['relu', 'relu6']);
  const g = new Subgraph(ranges ? stepsOfAll(ops, ranges) : new Map());
  const [n, c, ...space] = graph.input;
  const from = ranges ? 'x.floats' : 'x';
  g.tensor(from, [n, ...space, c]);
  if (ranges) g.add('QUANTIZE', [from], 'x', [n, ...space, c]);
  for (const op of ops) writers[op.op](g, /** @type {Op} */ (op));
  const to = ranges ? 'y.floats' : graph.output;
  if (ranges) g.add('DEQUANTIZE', [graph.output], to, g.shapeOf(graph.output));
  const b = new Builder(weights.byteLength + 2 ** 16);
  const buffers = tables(
    b,
    [null, ...g.tensors.map(({ data }) => data)].map((data) => buffer(b, data)),
  );
  const tensors = tables(
    b,
    g.tensors.map(({ name, shape, type, steps }, i) => {
      const [text, sizes] = [b.createString(name), ints(b, shape)];
      const whole = steps ? quantisation(b, steps) : 0;
      return table(b, 5, [[0, 'Offset', sizes, 0], [1, 'Int8', type, 0], [2, 'Int32', i + 1, 0], [3, 'Offset', text, 0], [4, 'Offset', whole, 0]]); // biome-ignore format: rows
    }),
  );
  const used = [...new Set(g.operators.map(({ operator }) => operator))];
  const codes = tables(
    b,
    used.map((name) =>
      table(b, 4, [[0, 'Int8', operators[name], 0], [2, 'Int32', 1, 1], [3, 'Int32', operators[name], 0]]),
    ), // biome-ignore format: rows
  );
  const list = tables(
    b,
    g.operators.map(({ operator, inputs, outputs, kind, fields }) => {
      const written = fields.map(([field, type, value, usual]) => /** @type {[number, string, any, any]} */ (type === 'ints' ? [field, 'Offset', ints(b, value), 0] : [field, type, value, usual])); // biome-ignore format: one choice
      const options = kind === 0 ? 0 : table(b, 8, written);
      const [from, to] = [ints(b, inputs), ints(b, outputs)];
      return table(b, 5, [[0, 'Int32', used.indexOf(operator), 0], [1, 'Offset', from, 0], [2, 'Offset', to, 0], [3, 'Int8', kind, 0], [4, 'Offset', options, 0]]); // biome-ignore format: rows
    }),
  );
  const [inputs, outputs] = [ints(b, [0]), ints(b, [/** @type {number} */ (g.numbers.get(to))])];
  const subgraph = table(b, 5, [[0, 'Offset', tensors, 0], [1, 'Offset', inputs, 0], [2, 'Offset', outputs, 0], [3, 'Offset', list, 0]]); // biome-ignore format: rows
  const subgraphs = tables(b, [subgraph]);
  const model = table(b, 5, [[0, 'Int32', 3, 0], [1, 'Offset', codes, 0], [2, 'Offset', subgraphs, 0], [4, 'Offset', buffers, 0]]); // biome-ignore format: rows
  b.finish(model, 'TFL3');
  return b.asUint8Array();
}
