// One small example of every differentiable operation, for checks that hold for all of them. Inputs are random, away
// from kinks and ties, so that a small step changes no branch.

import * as neocog from 'neocog';
import { call } from './conformance/harness.ts';
import { normal, spread } from './samples.ts';

type Tensor = neocog.Tensor;

export interface Example {
  /** The export that must be there. */
  readonly needs: string;
  readonly note?: string;
  readonly inputs: readonly Tensor[];
  readonly run: (...inputs: Tensor[]) => Tensor;
}

/** An operation of one input, away from its kinks. */
const unary = (needs: string, options?: object): Example => ({
  needs,
  ...(options && { note: JSON.stringify(options) }),
  inputs: [spread(11, [2, 3, 4])],
  run: (x) => call(needs, x, ...(options ? [options] : [])),
});

/** An operation of tensors alone. */
const plain = (needs: string, note: string, ...inputs: Tensor[]): Example => ({
  needs,
  ...(note && { note }),
  inputs,
  run: (...values) => call(needs, ...values),
});

/** A loss of floats against floats. */
const loss = (needs: string, range: [number, number], options?: object): Example => {
  const target = spread(13, [3, 4], range);
  return {
    needs,
    ...(options && { note: JSON.stringify(options) }),
    inputs: [spread(12, [3, 4], range)],
    run: (x) => call(needs, x, target, options),
  };
};

const convolution = (needs: string, shapes: readonly number[][], options: object): Example => ({
  needs,
  note: JSON.stringify(options),
  inputs: shapes.map((shape, i) => normal(20 + i, shape, true)),
  run: (x, w, bias) => call(needs, x, w, { ...options, bias }),
});

const pooling = (needs: string, shape: readonly number[], ...args: unknown[]): Example => ({
  needs,
  note: JSON.stringify(args),
  inputs: [spread(30, shape, [0.1, 3])],
  run: (x) => call(needs, x, ...args),
});

/** An operation that only moves values. */
const moving = (needs: string, shape: readonly number[], ...args: unknown[]): Example => ({
  needs,
  note: JSON.stringify(args),
  inputs: [normal(40, shape, true)],
  run: (x) => call(needs, x, ...args),
});

const labels = neocog.tensor([2, 0, 1], [3], { dtype: 'int32' });

export const examples: readonly Example[] = [
  convolution('conv1d', [[2, 2, 7], [3, 2, 3], [3]], { stride: 2, padding: [[2, 1]] }),
  convolution('conv2d', [[2, 4, 5, 6], [6, 2, 3, 2], [6]], { groups: 2, padding: 1, dilation: [1, 2] }),
  convolution('conv2d', [[1, 2, 5, 5], [3, 2, 3, 3], [3]], { padding: 2, paddingMode: 'reflect' }),
  convolution('conv2d', [[1, 2, 5, 5], [3, 2, 3, 3], [3]], { padding: 2, paddingMode: 'symmetric' }),
  convolution('conv2d', [[1, 2, 5, 5], [3, 2, 3, 3], [3]], { padding: 3, paddingMode: 'replicate' }),
  convolution('conv2d', [[1, 2, 5, 5], [3, 2, 3, 3], [3]], { padding: 'same', paddingMode: 'circular' }),
  convolution('conv3d', [[1, 2, 3, 4, 3], [2, 2, 2, 2, 2], [2]], { padding: 1, stride: [1, 2, 1] }),
  convolution('convTranspose1d', [[2, 2, 4], [2, 3, 3], [3]], { stride: 3, outputPadding: 2 }),
  convolution('convTranspose2d', [[1, 4, 3, 4], [4, 1, 3, 2], [2]], { stride: 2, padding: 1, groups: 2 }),
  convolution('convTranspose3d', [[1, 2, 2, 3, 2], [2, 2, 2, 1, 2], [2]], { stride: [2, 1, 2] }),
  convolution('conv1d', [[2, 7, 2], [3, 1, 4], [4]], { groups: 2, layout: 'channels-last' }),
  convolution('conv2d', [[1, 2, 5, 4], [3, 2, 3, 2], [3]], { padding: 'full', flipKernel: true }),
  convolution('convTranspose1d', [[2, 4, 2], [3, 3, 2], [3]], { stride: 2, layout: 'channels-last' }),
  convolution('convTranspose2d', [[1, 2, 3, 4], [2, 3, 3, 3], [3]], { padding: 1, paddingMode: 'reflect' }),
  convolution('convTranspose2d', [[1, 2, 4, 4], [2, 3, 3, 3], [3]], { padding: 2, paddingMode: 'circular' }),
  pooling('maxPool1d', [2, 2, 9], 3, { stride: 2 }),
  pooling('maxPool2d', [1, 2, 6, 5], [3, 2], { padding: 1, stride: 2 }),
  pooling('maxPool3d', [1, 1, 4, 4, 4], 2, {}),
  pooling('avgPool1d', [2, 2, 9], 3, { padding: 1, ceilMode: true }),
  pooling('avgPool2d', [1, 2, 6, 5], [3, 2], { padding: 1, countIncludePad: false }),
  pooling('avgPool3d', [1, 1, 4, 4, 4], 2, { divisorOverride: 3 }),
  pooling('lpPool1d', [2, 2, 9], 3, { normType: 2 }),
  pooling('lpPool2d', [1, 2, 6, 6], 2, { normType: 3 }),
  pooling('adaptiveAvgPool1d', [2, 2, 7], 3),
  pooling('adaptiveAvgPool2d', [1, 2, 5, 7], [3, 2]),
  pooling('adaptiveAvgPool3d', [1, 1, 4, 5, 3], 2),
  pooling('adaptiveMaxPool1d', [2, 2, 7], 3),
  pooling('adaptiveMaxPool2d', [1, 2, 5, 7], [3, 2]),
  pooling('adaptiveMaxPool3d', [1, 1, 4, 5, 3], 2),
  pooling('avgPool2d', [1, 6, 5, 2], [3, 2], { layout: 'channels-last' }),
  pooling('maxPool2d', [1, 6, 5, 2], [3, 2], { layout: 'channels-last' }),
  pooling('lpPool1d', [2, 2, 9], 2, { normType: 1, ceilMode: true }),
  pooling('lpPool3d', [1, 1, 4, 4, 4], 2, { dilation: 2, stride: 1 }),
  pooling('avgPool2d', [1, 2, 7, 6], [3, 2], {
    dilation: [2, 3],
    padding: 1,
    stride: 1,
    countIncludePad: false,
  }),
  pooling('localResponseNorm', [2, 5, 2, 3], 4, { alpha: 0.8, k: 0.5 }),
  pooling('globalAvgPool', [2, 3, 4, 3]),
  pooling('globalMaxPool', [2, 3, 4, 3]),
  ...['relu', 'relu6', 'selu', 'gelu', 'silu', 'mish', 'sigmoid', 'logSigmoid', 'tanh', 'tanhShrink'].map(
    (name) => unary(name),
  ),
  ...[
    'hardSigmoid',
    'hardSwish',
    'softsign',
    'softmax',
    'logSoftmax',
    'leakyRelu',
    'elu',
    'celu',
    'softplus',
  ].map((name) => unary(name)),
  ...['hardTanh', 'hardShrink', 'softShrink'].map((name) => unary(name)),
  unary('gelu', { approximate: 'tanh' }),
  unary('leakyRelu', { negativeSlope: 0.3 }),
  unary('celu', { alpha: 0.6 }),
  unary('softplus', { beta: 2, threshold: 3 }),
  unary('softmax', { axis: 0 }),
  unary('logSoftmax', { axis: 1 }),
  ...['exp', 'abs', 'neg', 'square', 'erf', 'sin', 'cos'].map((name) => unary(name)),
  plain('tan', '', spread(11, [2, 3, 4], [-1.2, 1.2])),
  ...['log', 'sqrt', 'reciprocal'].map((name) => plain(name, '', spread(11, [2, 3, 4], [0.2, 3]))),
  unary('clamp', { min: -0.8, max: 1.1 }),
  plain('pow', 'broadcast', spread(11, [2, 3], [0.3, 2]), spread(12, [3])),
  { needs: 'pow', note: 'a number', inputs: [spread(11, [2, 3])], run: (x) => call('pow', x, 3) },
  plain('maximum', 'broadcast', spread(11, [2, 3]), spread(12, [2, 1])),
  plain('minimum', 'broadcast', spread(11, [2, 3]), spread(12, [2, 1])),
  {
    needs: 'clamp',
    note: 'between tensors',
    inputs: [spread(11, [2, 5]), spread(12, [5], [-1, 0]), spread(13, [2, 1], [0.1, 1])],
    run: (x, min, max) => call('clamp', x, { min, max }),
  },
  {
    needs: 'where',
    inputs: [spread(11, [2, 3]), spread(12, [3])],
    run: (a, b) => call('where', neocog.tensor([[1], [0]], [2, 1], { dtype: 'int32' }), a, b),
  },
  plain('prelu', '', spread(11, [2, 3, 4]), normal(1, [3], true)),
  plain('prelu', 'one slope', spread(11, [2, 3, 4]), normal(1, [1], true)),
  plain('add', 'broadcast', normal(1, [2, 3], true), normal(2, [3], true)),
  plain('sub', 'broadcast', normal(1, [2, 1], true), normal(2, [1, 3], true)),
  plain('mul', 'broadcast', normal(1, [2, 1, 4], true), normal(2, [3, 1], true)),
  plain('div', 'broadcast', normal(1, [2, 3], true), spread(2, [1, 3], [1, 2])),
  { needs: 'sum', inputs: [normal(1, [2, 3, 2], true)], run: (x) => call('sum', x, { axis: [0, 2] }) },
  {
    needs: 'mean',
    inputs: [normal(1, [2, 3, 2], true)],
    run: (x) => call('mean', x, { axis: -1, keepDims: true }),
  },
  ...[{}, { axis: 1 }, { axis: [0, 2], keepDims: true }].flatMap((options) =>
    ['max', 'min', 'prod', 'logSumExp'].map((needs) => ({
      needs,
      note: JSON.stringify(options),
      inputs: [spread(11, [2, 3, 3])],
      run: (x: Tensor) => call(needs, x, options),
    })),
  ),
  plain('matmul', '', normal(1, [2, 3, 4], true), normal(2, [2, 4, 2], true)),
  {
    needs: 'linear',
    inputs: [normal(1, [3, 4], true), normal(2, [5, 4], true), normal(3, [5], true)],
    run: (x, w, bias) => call('linear', x, w, { bias }),
  },
  { needs: 'reshape', inputs: [normal(1, [2, 6], true)], run: (x) => call('reshape', x, [3, -1]) },
  {
    needs: 'flatten',
    inputs: [normal(1, [2, 3, 2], true)],
    run: (x) => call('flatten', x, { startAxis: 1 }),
  },
  { needs: 'permute', inputs: [normal(1, [2, 3, 4], true)], run: (x) => call('permute', x, [2, 0, 1]) },
  {
    needs: 'concat',
    inputs: [normal(1, [2, 3], true), normal(2, [2, 1], true)],
    run: (...inputs) => call('concat', inputs, { axis: 1 }),
  },
  moving('expand', [3, 1], [2, 3, 4]),
  moving('tile', [2, 3], [2, 3]),
  moving('squeeze', [2, 1, 3]),
  moving('unsqueeze', [2, 3], [1, -1]),
  moving('indexSelect', [2, 4, 3], [3, 0, -4, 1], { axis: 1 }),
  {
    needs: 'stack',
    inputs: [normal(1, [2, 3], true), normal(2, [2, 3], true)],
    run: (...inputs) => call('stack', inputs, { axis: 1 }),
  },
  {
    needs: 'split',
    inputs: [normal(1, [2, 5], true)],
    run: (x) => {
      const [a, b] = call<Tensor[]>('split', x, [2, 3], { axis: 1 });
      return call('matmul', call('transpose', a), b);
    },
  },
  moving('transpose', [2, 3, 4], 0, 2),
  moving('flip', [2, 3, 4], [0, 2]),
  moving('slice', [5, 4], { start: [1, null], end: [-1, 0], step: [2, -1] }),
  ...['constant', 'reflect', 'symmetric', 'replicate', 'circular'].map((mode) =>
    moving(
      'pad',
      [2, 4],
      [
        [0, 0],
        [2, 1],
      ],
      { mode },
    ),
  ),
  moving(
    'pad',
    [2, 3],
    [
      [1, 0],
      [0, 2],
    ],
    { value: 3 },
  ),
  moving('cumSum', [2, 7, 3], { axis: 1 }),
  moving('cumSum', [2, 6], { axis: -1, exclusive: true, reverse: true }),
  moving('tril', [2, 3, 4], { diagonal: 1 }),
  moving('triu', [2, 3, 4]),
  moving('unfold', [2, 2, 7], 3, { stride: 2, padding: [[2, 1]], paddingMode: 'circular' }),
  moving('unfold', [1, 2, 5, 6], [3, 2], { padding: 1, dilation: [1, 2] }),
  moving('unfold', [1, 1, 3, 4, 3], 2, { padding: 'same', stride: [1, 2, 1] }),
  moving('fold', [2, 6, 4], [7], 3, { stride: 2, padding: 1 }),
  moving('fold', [1, 8, 20], [4, 5], 2, { padding: 'causal', paddingMode: 'replicate' }),
  moving('fold', [1, 8, 4], [3, 3, 2], 2),
  moving('gather', [3, 4], neocog.tensor([1, 0, -1, 2, 2, 2], [2, 3], { dtype: 'int32' }), { axis: 1 }),
  ...(['none', 'add'] as const).map(
    (reduction): Example => ({
      needs: 'scatter',
      note: reduction,
      inputs: [normal(1, [3, 4], true), normal(2, [2, 3], true)],
      run: (x, values) => {
        const indices = neocog.tensor([1, 3, 1, -1, 0, 3], [2, 3], { dtype: 'int32' });
        return call('scatter', x, indices, values, { axis: 1, reduction });
      },
    }),
  ),
  moving('pixelShuffle', [1, 8, 2, 3], 2),
  moving('pixelUnshuffle', [1, 2, 4, 6], 2),
  moving('resize', [1, 2, 5], { size: 8 }),
  moving('resize', [1, 2, 5], { size: 3, mode: 'linear' }),
  moving('resize', [1, 2, 3, 4], { scale: 2, mode: 'bilinear' }),
  moving('resize', [1, 2, 3, 4], { size: [5, 2], mode: 'bilinear', alignCorners: true }),
  moving('resize', [1, 1, 3, 4], { scale: [1.5, 2], mode: 'bicubic' }),
  moving('resize', [1, 1, 5, 7], { size: 3, mode: 'cubic', antialias: true }),
  moving('resize', [1, 1, 5, 7], { size: 3, mode: 'bilinear', antialias: true, alignCorners: true }),
  moving('resize', [1, 1, 4, 4], {
    size: 3,
    mode: 'linear',
    crop: [
      [0.4, 1.2],
      [0.6, 1.7],
    ],
  }),
  moving('resize', [1, 1, 2, 3, 2], { size: 3, mode: 'trilinear' }),
  {
    needs: 'embedding',
    inputs: [normal(1, [4, 3], true)],
    run: (weight) => call('embedding', neocog.tensor([1, 3, 1, 0], [2, 2], { dtype: 'int32' }), weight),
  },
  {
    needs: 'maxUnpool2d',
    inputs: [normal(1, [1, 2, 2, 2], true)],
    run: (x) => {
      const positions = neocog.tensor([0, 2, 12, 15, 5, 6, 9, 10], [1, 2, 2, 2], { dtype: 'int32' });
      return call('maxUnpool2d', x, positions, 2);
    },
  },
  {
    needs: 'batchNorm',
    note: 'training',
    inputs: [normal(1, [3, 2, 4], true), normal(2, [2], true), normal(3, [2], true)],
    run: (x, weight, bias) => call('batchNorm', x, null, null, { weight, bias, training: true }),
  },
  {
    needs: 'batchNorm',
    note: 'evaluation',
    inputs: [normal(1, [3, 2, 4], true), normal(2, [2], true), normal(3, [2], true)],
    run: (x, weight, bias) =>
      call('batchNorm', x, neocog.tensor([0.3, -1]), neocog.tensor([2, 0.5]), { weight, bias }),
  },
  {
    needs: 'instanceNorm',
    inputs: [normal(1, [2, 3, 5], true), normal(2, [3], true), normal(3, [3], true)],
    run: (x, weight, bias) => call('instanceNorm', x, { weight, bias }),
  },
  {
    needs: 'groupNorm',
    inputs: [normal(1, [2, 4, 3], true), normal(2, [4], true), normal(3, [4], true)],
    run: (x, weight, bias) => call('groupNorm', x, { groups: 2, weight, bias }),
  },
  {
    needs: 'layerNorm',
    inputs: [normal(1, [2, 3, 4], true), normal(2, [3, 4], true), normal(3, [3, 4], true)],
    run: (x, weight, bias) => call('layerNorm', x, { normalizedShape: [3, 4], weight, bias }),
  },
  loss('mse', [-1, 1]),
  loss('l1', [-1, 1]),
  loss('smoothL1', [-1, 1], { beta: 0.5 }),
  loss('huber', [-1, 1], { delta: 0.7 }),
  loss('bce', [0.1, 0.9]),
  loss('bceWithLogits', [0.1, 0.9]),
  loss('klDiv', [0.1, 0.9]),
  loss('klDiv', [-2, -0.1], { reduction: 'batchmean', logTarget: true }),
  {
    needs: 'bceWithLogits',
    note: 'gradients of everything',
    inputs: [1, 2, 3, 4].map((seed) => spread(seed, [3, 4], [0.1, 0.9])),
    run: (x, target, weight, posWeight) => call('bceWithLogits', x, target, { weight, posWeight }),
  },
  { needs: 'nll', inputs: [normal(1, [3, 4], true)], run: (x) => call('nll', x, labels) },
  { needs: 'crossEntropy', inputs: [normal(1, [3, 4], true)], run: (x) => call('crossEntropy', x, labels) },
  {
    needs: 'crossEntropy',
    note: 'weights, smoothing and an ignored class',
    inputs: [normal(1, [3, 4], true)],
    run: (x) => {
      const weight = neocog.tensor([1, 2, 0.5, 1]);
      return call('crossEntropy', x, labels, { weight, labelSmoothing: 0.1, ignoreIndex: 0 });
    },
  },
];
