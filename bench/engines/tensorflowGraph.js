// A graph on TensorFlow.js: channels-last, as its users hold their data. Batch normalisation and the activations that its
// convolutions know are folded into these, as its converter does.

import { simplify } from './simplify.js';
import { tf } from './tf.js';

/** `[n, c, …]` ↔ `[n, …, c]` */
export const channelsLast = (rank) => [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1];
const channelsFirst = (rank) => [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, i) => i + 1)];

/** Two axes at least, as two-dimensional operations want them. */
export const twoAxes = (values, fill) => (values.length === 1 ? [fill, ...values] : values);

const symmetric = (pads) => pads.every(([before, after]) => before === after);

function padding({ pads, kernel, dilation, stride }) {
  const same = pads.every(([before], i) => stride[i] === 1 && before * 2 === (kernel[i] - 1) * dilation[i]);
  if (same && symmetric(pads)) return 'same';
  return [[0, 0], ...twoAxes(pads, [0, 0]), [0, 0]];
}

/** PyTorch's `[out, in, …k]` as `[…k, in, out]`; depthwise as `[…k, channels, multiplier]`. */
function filterOf({ data, weights, groups, op, kernel }) {
  const [first, second] = weights.weight.shape;
  const plain = tf.tensor(data.weight, [first, second, ...twoAxes(kernel, 1)]);
  const taps = Array.from({ length: plain.rank - 2 }, (_, i) => i + 2);
  if (op === 'conv' && groups > 1) return tf.transpose(plain, [...taps, 0, 1]);
  return tf.transpose(plain, [...taps, 1, 0]);
}

function convolution(op) {
  const filter = filterOf(op);
  const bias = op.data.bias && tf.tensor1d(op.data.bias);
  const { activation } = op;
  const strides = twoAxes(op.stride, 1);
  const dilations = twoAxes(op.dilation, 1);
  const pad = padding(op);
  if (op.op === 'convTranspose') {
    const size = (x) => [x.shape[0], ...op.outputSize, filter.shape.at(-2)];
    return (x) => tf.add(tf.conv2dTranspose(x, filter, size(x), strides, pad), bias);
  }
  if (op.kernel.length === 3) return (x) => tf.add(tf.conv3d(x, filter, strides, pad), bias);
  const dimRoundingMode = pad === 'same' ? undefined : 'floor';
  const shared = { filter, strides, pad, dilations, dimRoundingMode, bias, activation };
  if (op.groups === 1) return (x) => tf.fused.conv2d({ x, ...shared });
  if (op.weights.weight.shape[1] === 1) return (x) => tf.fused.depthwiseConv2d({ x, ...shared });
  throw new Error('no grouped convolution');
}

/** Weights are transposed once: with `transposeB` and a bias this backend's fused product is wrong. */
function linear({ data, weights }) {
  const b = tf.transpose(tf.tensor2d(data.weight, weights.weight.shape));
  const bias = tf.tensor1d(data.bias);
  return (a) => tf.fused.matMul({ a, b, bias });
}

/** What makes the function of an operation's inputs. */
const makers = {
  conv: convolution,
  convTranspose: convolution,
  linear,
  maxPool: (op) => (x) => tf.maxPool(x, op.kernel, op.stride, op.pads[0][0], op.ceil ? 'ceil' : 'floor'),
  globalAvgPool: () => (x) => tf.mean(x, [1, 2], true),
  flatten: () => (x) => tf.reshape(x, [x.shape[0], -1]),
  concat:
    () =>
    (...parts) =>
      tf.concat(parts, 3),
  relu: () => tf.relu,
  relu6: () => tf.relu6,
  sigmoid: () => tf.sigmoid,
  silu: () => (x) => tf.mul(x, tf.sigmoid(x)),
  add: () => tf.add,
  mul: () => tf.mul,
  dropout: () => (x) => x,
};

/** The graph as a function; every intermediate value is freed. */
export function compile(graph, weights) {
  const steps = simplify(graph, weights, ['relu', 'relu6', 'sigmoid']).map((op) => {
    if (!makers[op.op]) throw new Error(`no ${op.op}`);
    return { ...op, apply: makers[op.op](op) };
  });
  return (x) =>
    tf.tidy(() => {
      const values = new Map([['x', x]]);
      for (const { inputs, output, apply } of steps)
        values.set(output, apply(...inputs.map((name) => values.get(name))));
      return values.get(graph.output);
    });
}

/** The tensor in the layout of the other engines. Sequences are images of height 1 here. */
export const plain = (y) =>
  tf.tidy(() => (y.rank > 2 ? tf.transpose(y, channelsFirst(y.rank)) : y).dataSync());
