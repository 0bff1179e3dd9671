// Bad input beyond the reference vectors. Each is refused with a NeocogError whose message is one sentence that begins
// with the name of the function that was called.

import * as neocog from 'neocog';
import { describe, expect, it } from 'vitest';
import { call, construct, exported } from './conformance/harness.ts';

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

const zeros = (...shape: number[]) => neocog.zeros(shape);
const int = (...shape: number[]) => neocog.zeros(shape, { dtype: 'int32' });
const wanting = (...shape: number[]) => neocog.ones(shape, { requiresGrad: true });
const filled = (value: number) => neocog.full([1, 1, 2, 2], value, { dtype: 'int32' });
const image = () => zeros(1, 3, 8, 8);
const weight = () => zeros(4, 3, 3, 3);

/** What was wrong, by the function that must say so. */
type Attempts = Readonly<Record<string, Readonly<Record<string, () => unknown>>>>;

const attempts: Attempts = {
  tensor: {
    'a misspelt option': () => call('tensor', [1], [1], { requires_grad: true }),
    'ragged nested arrays': () => neocog.tensor([[1, 2], [3]]),
    'a number among rows': () => call('tensor', [[1, 2], 3]),
    'a row among numbers': () => call('tensor', [1, [2]]),
    'a word among numbers': () => call('tensor', [1, 'two']),
    'null as data': () => call('tensor', null),
    'undefined as data': () => call('tensor', undefined),
    'fewer values than the shape holds': () => neocog.tensor([1, 2, 3], [2, 2]),
    'more values than the shape holds': () => neocog.tensor([1, 2, 3, 4, 5], [2, 2]),
    'a fractional size': () => neocog.tensor([1, 2], [2.5]),
    'a negative size': () => neocog.tensor([1, 2], [-2]),
    'NaN as a size': () => neocog.tensor([1, 2], [nan]),
    'a shape that is a number': () => call('tensor', [1, 2], 2),
    'a fraction as int32': () => neocog.tensor([1.5], [1], { dtype: 'int32' }),
    'NaN as int32': () => neocog.tensor([nan], [1], { dtype: 'int32' }),
    'a number beyond int32': () => neocog.tensor([2 ** 31], [1], { dtype: 'int32' }),
    'an unknown dtype': () => call('tensor', [1], [1], { dtype: 'float16' }),
    'a gradient of integers': () => neocog.tensor([1], [1], { dtype: 'int32', requiresGrad: true }),
  },
  full: {
    'an unknown dtype': () => call('full', [2], 0, { dtype: 'int64' }),
    'a negative size': () => neocog.full([-1], 1),
    'more elements than an array holds': () => neocog.full([2 ** 20, 2 ** 20], 0),
    'a fraction as int32': () => neocog.full([2], 0.5, { dtype: 'int32' }),
  },
  arange: {
    'a step of 0': () => neocog.arange(0, 3, 0),
    'an end that is never reached': () => neocog.arange(0, infinity),
    NaN: () => neocog.arange(nan),
  },
  randn: { 'a fractional size': () => neocog.randn([1.5]) },
  Generator: {
    'a fractional seed': () => new neocog.Generator(0.5),
    'NaN as a seed': () => new neocog.Generator(nan),
  },
  item: {
    'several elements': () => zeros(2).item(),
    'no element': () => zeros(0).item(),
  },
  backward: {
    'nothing that requires a gradient': () => zeros(1).backward(),
    'several elements and no gradient': () => neocog.mul(wanting(2), 2).backward(),
    'a gradient of another shape': () => neocog.mul(wanting(2), 2).backward(zeros(3)),
    'a gradient of integers': () => neocog.mul(wanting(2), 2).backward(int(2)),
    'a gradient that is a number': () => backwardWithNumber(),
    'a result of noGrad': () => neocog.noGrad(() => neocog.mul(wanting(1), 2)).backward(),
  },
  conv2d: {
    'an array as input': () => call('conv2d', [[1]], weight()),
    'nothing as weight': () => call('conv2d', image()),
    'integers as input': () => neocog.conv2d(int(1, 3, 8, 8), weight()),
    'integers as weight': () => neocog.conv2d(image(), int(4, 3, 3, 3)),
    'integers as bias': () => neocog.conv2d(image(), weight(), { bias: int(4) }),
    'a number as bias': () => call('conv2d', image(), weight(), { bias: 1 }),
    'NaN as stride': () => neocog.conv2d(image(), weight(), { stride: nan }),
    'a fractional dilation': () => neocog.conv2d(image(), weight(), { dilation: [1, 1.5] }),
    'three padding pairs': () =>
      neocog.conv2d(image(), weight(), {
        padding: [
          [1, 1],
          [1, 1],
          [1, 1],
        ],
      }),
    'an unknown padding mode': () => call('conv2d', image(), weight(), { padding: 1, paddingMode: 'mirror' }),
    'an unknown layout': () => call('conv2d', image(), weight(), { layout: 'NHWC' }),
    'a misspelt option': () => call('conv2d', image(), weight(), { strides: 2 }),
    'a channels-last weight that does not fit': () =>
      neocog.conv2d(zeros(1, 8, 8, 4), weight(), { layout: 'channels-last' }),
    'a channels-last image without saying so': () => neocog.conv2d(zeros(1, 8, 8, 3), weight()),
  },
  convTranspose2d: {
    'an output padding as large as the stride': () =>
      neocog.convTranspose2d(zeros(1, 4, 4, 4), zeros(4, 2, 3, 3), { stride: 2, outputPadding: 2 }),
    'an output size out of reach': () =>
      neocog.convTranspose2d(zeros(1, 4, 4, 4), zeros(4, 2, 3, 3), { stride: 2, outputSize: [30, 30] }),
    'integers as input': () => neocog.convTranspose2d(int(1, 4, 4, 4), zeros(4, 2, 3, 3)),
    'a mirror larger than the output': () =>
      neocog.convTranspose2d(zeros(1, 4, 1, 1), zeros(4, 2, 3, 3), { padding: 1, paddingMode: 'reflect' }),
  },
  maxPool2d: {
    'integers as input': () => neocog.maxPool2d(int(1, 1, 4, 4), 2),
    'a window that holds padding only': () =>
      neocog.maxPool2d(zeros(1, 1, 4, 4), 2, { padding: 1, dilation: 9 }),
    'no kernel': () => call('maxPool2d', zeros(1, 1, 4, 4)),
  },
  avgPool2d: {
    'NaN as divisor': () => neocog.avgPool2d(zeros(1, 1, 4, 4), 2, { divisorOverride: nan }),
    'a dilation of 0': () => neocog.avgPool2d(zeros(1, 1, 4, 4), 2, { dilation: 0 }),
    'a dilation that reaches beyond': () => neocog.avgPool2d(zeros(1, 1, 4, 4), 2, { dilation: 4 }),
  },
  adaptiveAvgPool2d: {
    'an output size of 0': () => neocog.adaptiveAvgPool2d(image(), 0),
    'a fractional output size': () => neocog.adaptiveAvgPool2d(image(), [2, 2.5]),
    'an image without rows': () => neocog.adaptiveAvgPool2d(zeros(1, 3, 0, 8), 2),
  },
  lpPool1d: {
    'a norm below 1': () => neocog.lpPool1d(zeros(1, 3, 8), 2, { normType: 0.5 }),
    'an infinite norm': () => neocog.lpPool1d(zeros(1, 3, 8), 2, { normType: infinity }),
    'a padding, which it does not have': () => call('lpPool1d', zeros(1, 3, 8), 2, { padding: 1 }),
  },
  unfold: {
    'an array as input': () => call('unfold', [[1]], 2),
    'no kernel': () => call('unfold', image()),
    'a kernel of another rank': () => neocog.unfold(image(), [2, 2, 2]),
    'a kernel larger than the image': () => neocog.unfold(image(), 9),
    'a dilation that reaches beyond': () => neocog.unfold(image(), 3, { dilation: 4 }),
    'a stride of 0': () => neocog.unfold(image(), 2, { stride: 0 }),
    'an unknown padding': () => call('unfold', image(), 2, { padding: 'half' }),
    'an unknown padding mode': () => call('unfold', image(), 2, { padding: 1, paddingMode: 'edge' }),
    'a mirror larger than the image': () => neocog.unfold(image(), 3, { padding: 8, paddingMode: 'reflect' }),
    'a matrix': () => neocog.unfold(zeros(8, 8), 2),
    'four spatial axes': () => neocog.unfold(zeros(1, 1, 3, 3, 3, 3), 2),
    'a misspelt option': () => call('unfold', image(), 2, { strides: 2 }),
    'columns beyond what an index reaches': () => neocog.unfold(zeros(1, 1, 1, 2 ** 20), [1, 2 ** 19]),
  },
  fold: {
    'integers as columns': () => neocog.fold(int(1, 4, 4), [3, 3], 2),
    'a number as output size': () => call('fold', zeros(1, 4, 4), 3, 2),
    'no output size': () => call('fold', zeros(1, 4, 4)),
    'an output size of four axes': () => neocog.fold(zeros(1, 16, 1), [2, 2, 2, 2], 2),
    'a fractional output size': () => neocog.fold(zeros(1, 4, 4), [3, 2.5], 2),
    'columns of two axes': () => neocog.fold(zeros(4, 4), [3, 3], 2),
    'rows that the taps do not divide': () => neocog.fold(zeros(1, 6, 4), [3, 3], 2),
    'no rows': () => neocog.fold(zeros(1, 0, 4), [3, 3], 2),
    'another number of windows': () => neocog.fold(zeros(1, 4, 4), [3, 4], 2),
    'a misspelt option': () => call('fold', zeros(1, 4, 4), [3, 3], 2, { pad: 1 }),
  },
  Unfold: {
    'no kernel': () => construct('nn.Unfold'),
    'a kernel of 0': () => new neocog.nn.Unfold(0),
    'a stride of another rank': () => new neocog.nn.Unfold([2, 2], { stride: [1, 1, 1] }),
    'a dilation of 0': () => new neocog.nn.Unfold(2, { dilation: 0 }),
    'four axes': () => new neocog.nn.Unfold([1, 1, 1, 1]),
    'a misspelt option': () => construct('nn.Unfold', 2, { strides: 2 }),
  },
  Fold: {
    'a number as output size': () => construct('nn.Fold', 3, 2),
    'a size of 0': () => new neocog.nn.Fold([3, 0], 2),
    'a kernel of another rank': () => new neocog.nn.Fold([3, 3], [2]),
    'a misspelt option': () => construct('nn.Fold', [3, 3], 2, { strides: 2 }),
  },
  localResponseNorm: {
    'a matrix': () => neocog.localResponseNorm(zeros(2, 3), 3),
    'a size of 0': () => neocog.localResponseNorm(image(), 0),
    'no size': () => call('localResponseNorm', image()),
    'NaN as alpha': () => neocog.localResponseNorm(image(), 3, { alpha: nan }),
    'an infinite beta': () => neocog.localResponseNorm(image(), 3, { beta: infinity }),
    'a word as k': () => call('localResponseNorm', image(), 3, { k: '1' }),
    'integers as input': () => neocog.localResponseNorm(int(1, 3, 8), 3),
    'a misspelt option': () => call('localResponseNorm', image(), 3, { bias: 1 }),
  },
  LocalResponseNorm: {
    'a fractional size': () => new neocog.nn.LocalResponseNorm(2.5),
    'NaN as k': () => new neocog.nn.LocalResponseNorm(3, { k: nan }),
  },
  cumSum: {
    'an axis that does not exist': () => neocog.cumSum(zeros(2), { axis: 1 }),
    'a single number': () => neocog.cumSum(zeros()),
    'a list': () => call('cumSum', [1, 2]),
    'a misspelt option': () => call('cumSum', zeros(2), { dim: 0 }),
  },
  gather: {
    'indices that are floats': () => neocog.gather(zeros(3), zeros(2)),
    'indices in a list': () => call('gather', zeros(3), [0]),
    'an index outside': () => neocog.gather(zeros(3), neocog.full([1], 3, { dtype: 'int32' })),
    'a negative index outside': () => neocog.gather(zeros(3), neocog.full([1], -4, { dtype: 'int32' })),
    'indices of another rank': () => neocog.gather(zeros(3), int(1, 1)),
    'more rows of indices than there are': () => neocog.gather(zeros(2, 3), int(3, 1), { axis: 1 }),
    'an axis that does not exist': () => neocog.gather(zeros(3), int(1), { axis: 1 }),
    'a misspelt option': () => call('gather', zeros(3), int(1), { dim: 0 }),
  },
  scatter: {
    'indices that are floats': () => neocog.scatter(zeros(3), zeros(1), 1),
    'an index outside': () => neocog.scatter(zeros(3), neocog.full([1], 3, { dtype: 'int32' }), 1),
    'fewer values than indices': () => neocog.scatter(zeros(3), int(2), zeros(1)),
    'values of another rank': () => neocog.scatter(zeros(3), int(1), zeros(1, 1)),
    'values of another dtype': () => neocog.scatter(zeros(3), int(1), int(1)),
    'no values': () => call('scatter', zeros(3), int(1)),
    'a fraction among integers': () => neocog.scatter(int(3), int(1), 0.5),
    'an unknown reduction': () => call('scatter', zeros(3), int(1), 1, { reduction: 'sum' }),
  },
  tril: {
    'a row': () => neocog.tril(zeros(3)),
    'a fractional diagonal': () => neocog.tril(zeros(3, 3), { diagonal: 0.5 }),
    'a misspelt option': () => call('tril', zeros(3, 3), { k: 1 }),
  },
  triu: { 'a list': () => call('triu', [[1]]) },
  maxUnpool2d: {
    'positions outside': () => neocog.maxUnpool2d(zeros(1, 1, 2, 2), filled(16), 2),
    'positions of another shape': () => neocog.maxUnpool2d(zeros(1, 1, 2, 2), int(1, 1, 2, 3), 2),
    'positions that are floats': () => neocog.maxUnpool2d(zeros(1, 1, 2, 2), zeros(1, 1, 2, 2), 2),
    'an output size out of reach': () =>
      neocog.maxUnpool2d(zeros(1, 1, 2, 2), int(1, 1, 2, 2), 2, { outputSize: [4, 9] }),
  },
  permute: {
    'an axis named twice': () => neocog.permute(image(), [0, 1, 2, 2]),
    'an axis left out': () => neocog.permute(image(), [0, 2, 1]),
    'an axis that does not exist': () => neocog.permute(image(), [0, 1, 2, 4]),
    'a number': () => call('permute', image(), 1),
  },
  transpose: { 'an axis that does not exist': () => neocog.transpose(zeros(2, 3), 0, 2) },
  flip: { 'an axis that does not exist': () => neocog.flip(zeros(2, 3), [2]) },
  slice: {
    'a step of 0': () => neocog.slice(zeros(4), { step: 0 }),
    'a fractional start': () => neocog.slice(zeros(4), { start: 0.5 }),
    'more bounds than axes': () => neocog.slice(zeros(4), { end: [1, 2] }),
    'an axis beside lists': () => neocog.slice(zeros(4, 4), { axis: 1, start: [0, 1] }),
    'an axis that does not exist': () => neocog.slice(zeros(4), { axis: 1, start: 1 }),
    'a misspelt option': () => call('slice', zeros(4), { stop: 2 }),
  },
  concat: {
    nothing: () => neocog.concat([]),
    'a single tensor without a list': () => call('concat', zeros(2, 3), zeros(2, 3)),
    'another rank': () => neocog.concat([zeros(2, 3), zeros(2)]),
    'another size off the axis': () => neocog.concat([zeros(2, 3), zeros(3, 3)], { axis: 1 }),
    'another dtype': () => neocog.concat([zeros(2, 3), int(2, 3)]),
    'an axis that does not exist': () => neocog.concat([zeros(2), zeros(2)], { axis: 1 }),
  },
  pad: {
    'a pair too few': () => call('pad', zeros(2, 3), [[1, 1]]),
    'a negative pad': () => neocog.pad(zeros(3), [[-1, 0]]),
    'a mirror larger than the axis': () => neocog.pad(zeros(3), [[3, 0]], { mode: 'reflect' }),
    'an axis without cells to repeat': () => neocog.pad(zeros(0), [[1, 0]], { mode: 'replicate' }),
    'a value in another mode': () => neocog.pad(zeros(3), [[1, 0]], { mode: 'circular', value: 1 }),
    'a fraction among integers': () => neocog.pad(int(3), [[1, 0]], { value: 0.5 }),
  },
  pixelShuffle: {
    'channels that do not divide': () => neocog.pixelShuffle(image(), 2),
    'a fractional factor': () => neocog.pixelShuffle(image(), 1.5),
    'too few axes': () => neocog.pixelShuffle(zeros(4, 4), 2),
  },
  resize: {
    'neither size nor scale': () => neocog.resize(image(), {}),
    'a size and a scale that disagree': () => neocog.resize(image(), { size: 4, scale: 2 }),
    'a scale of 0': () => neocog.resize(image(), { scale: 0 }),
    'a scale to nothing': () => neocog.resize(image(), { scale: 0.1 }),
    'an unknown mode': () => call('resize', image(), { size: 4, mode: 'quartic' }),
    'a mode for other axes': () => neocog.resize(image(), { size: 4, mode: 'trilinear' }),
    'corners of nearest cells': () => neocog.resize(image(), { size: 4, alignCorners: true }),
    'smoothing of nearest cells': () => neocog.resize(image(), { size: 4, antialias: true }),
    'two ways of coordinates': () =>
      neocog.resize(image(), { size: 4, mode: 'linear', alignCorners: true, coordinates: 'half-pixel' }),
    'unknown coordinates': () => call('resize', image(), { size: 4, coordinates: 'centre' }),
    'a crop of too few axes': () => neocog.resize(image(), { size: 4, crop: [[0, 1]] }),
    'a size for one axis of two': () => neocog.resize(image(), { size: [4] }),
  },
  embedding: {
    'a row that is not there': () => neocog.embedding(filled(4), zeros(4, 2)),
    'floats as rows': () => neocog.embedding(zeros(2), zeros(4, 2)),
    'a weight of one axis': () => neocog.embedding(int(2), zeros(4)),
  },
  globalAvgPool: { 'no spatial axis': () => neocog.globalAvgPool(zeros(2, 3)) },
  globalMaxPool: { 'an unknown layout': () => call('globalMaxPool', image(), { layout: 'NHWC' }) },
  batchNorm: {
    'a variance without a mean': () => neocog.batchNorm(image(), null, neocog.ones([3])),
    'NaN as eps': () => neocog.batchNorm(image(), zeros(3), neocog.ones([3]), { eps: nan }),
    'a momentum above 1': () =>
      neocog.batchNorm(image(), zeros(3), neocog.ones([3]), { training: true, momentum: 2 }),
    'a single axis': () => neocog.batchNorm(zeros(3), zeros(3), neocog.ones([3])),
  },
  linear: {
    'a misspelt option': () => call('linear', zeros(2, 3), zeros(4, 3), { biases: zeros(4) }),
    'integers as input': () => neocog.linear(int(2, 3), zeros(4, 3)),
    'a bias of another length': () => neocog.linear(zeros(2, 3), zeros(4, 3), { bias: zeros(3) }),
    'a weight of one axis': () => neocog.linear(zeros(2, 3), zeros(3)),
  },
  matmul: {
    vectors: () => neocog.matmul(zeros(3), zeros(3)),
    'inner axes that differ': () => neocog.matmul(zeros(2, 3), zeros(4, 2)),
    'leading axes that differ': () => neocog.matmul(zeros(2, 3, 4), zeros(3, 4, 5)),
  },
  add: {
    'shapes that do not broadcast': () => neocog.add(zeros(2, 3), zeros(2)),
    integers: () => neocog.add(int(2), zeros(2)),
    'an array': () => call('add', zeros(2), [1, 2]),
  },
  sum: {
    'an option of another framework': () => call('sum', zeros(2, 3), { dim: 1 }),
    'an axis that does not exist': () => neocog.sum(zeros(2, 3), { axis: 2 }),
  },
  mean: { 'a fractional axis': () => neocog.mean(zeros(2, 3), { axis: 0.5 }) },
  reshape: {
    'another number of elements': () => neocog.reshape(zeros(2, 3), [7]),
    'a remainder for the inferred axis': () => neocog.reshape(zeros(2, 3), [4, -1]),
    'a fractional size': () => neocog.reshape(zeros(2, 3), [1.5, 4]),
    'an inferred axis beside one of size 0': () => neocog.reshape(zeros(0, 3), [0, -1]),
  },
  flatten: {
    'a misspelt option': () => call('flatten', zeros(2, 3), { start: 1 }),
    'axes in the wrong order': () => neocog.flatten(zeros(2, 3, 4), { startAxis: 2, endAxis: 1 }),
    'an axis that does not exist': () => neocog.flatten(zeros(2, 3), { startAxis: 5 }),
  },
  softmax: {
    integers: () => neocog.softmax(int(2, 3)),
    'a fractional axis': () => neocog.softmax(zeros(2, 3), { axis: 0.5 }),
  },
  relu: { 'a number': () => call('relu', 1), integers: () => neocog.relu(int(2)) },
  dropout: {
    'a misspelt option': () => call('dropout', zeros(2), { rate: 0 }),
    'a probability above 1': () => neocog.dropout(zeros(2), { p: 1.5 }),
    'NaN as probability': () => neocog.dropout(zeros(2), { p: nan }),
  },
  crossEntropy: {
    'floats of another shape as target': () => neocog.crossEntropy(zeros(2, 3), zeros(2)),
    'a class beyond the last': () =>
      neocog.crossEntropy(zeros(1, 3), neocog.tensor([3], [1], { dtype: 'int32' })),
    'smoothing above 1': () => neocog.crossEntropy(zeros(2, 3), int(2), { labelSmoothing: 2 }),
    'an unknown reduction': () => call('crossEntropy', zeros(2, 3), int(2), { reduction: 'average' }),
    'integers as logits': () => neocog.crossEntropy(int(2, 3), int(2)),
  },
  mse: { 'integers as target': () => neocog.mse(zeros(2), int(2)) },
  l1: { 'shapes that do not broadcast': () => neocog.l1(zeros(2, 3), zeros(2)) },
  smoothL1: { 'a negative beta': () => neocog.smoothL1(zeros(2), zeros(2), { beta: -1 }) },
  huber: { 'a delta of 0': () => neocog.huber(zeros(2), zeros(2), { delta: 0 }) },
  bce: {
    'a probability above 1': () => neocog.bce(neocog.tensor([1.5]), zeros(1)),
    'targets of another shape': () => neocog.bce(zeros(2), zeros(1)),
    'a weight larger than the input': () => neocog.bce(zeros(2), zeros(2), { weight: zeros(3, 2) }),
  },
  bceWithLogits: {
    'weights of another length': () =>
      neocog.bceWithLogits(zeros(2, 3), zeros(2, 3), { posWeight: zeros(2) }),
  },
  klDiv: { 'an unknown reduction': () => call('klDiv', zeros(2), zeros(2), { reduction: 'batchMean' }) },
  nll: {
    'probabilities as target': () => neocog.nll(zeros(2, 3), zeros(2, 3)),
    'a class below 0': () => neocog.nll(zeros(1, 3), neocog.tensor([-1], [1], { dtype: 'int32' })),
  },
  leakyRelu: {
    'a number as options': () => call('leakyRelu', zeros(2), 0.2),
    'NaN as slope': () => neocog.leakyRelu(zeros(2), { negativeSlope: nan }),
  },
  prelu: { 'a weight of two axes': () => neocog.prelu(zeros(2, 3), zeros(3, 1)) },
  celu: { 'an alpha of 0': () => neocog.celu(zeros(2), { alpha: 0 }) },
  gelu: { 'an unknown approximation': () => call('gelu', zeros(2), { approximate: 'erf' }) },
  hardTanh: { 'bounds in the wrong order': () => neocog.hardTanh(zeros(2), { min: 1, max: -1 }) },
  softShrink: { 'a negative lambda': () => neocog.softShrink(zeros(2), { lambda: -1 }) },
  softplus: { 'a beta of 0': () => neocog.softplus(zeros(2), { beta: 0 }) },
  instanceNorm: {
    'one cell per channel': () => neocog.instanceNorm(zeros(2, 3, 1)),
    'a variance without a mean': () => neocog.instanceNorm(image(), { runningVar: zeros(3) }),
  },
  groupNorm: {
    'no groups': () => call('groupNorm', image()),
    'one value per group': () => neocog.groupNorm(zeros(1, 4), { groups: 4 }),
  },
  layerNorm: {
    'other last axes': () => neocog.layerNorm(zeros(2, 3), { normalizedShape: 2 }),
    'a weight of another shape': () =>
      neocog.layerNorm(zeros(2, 3), { normalizedShape: 3, weight: zeros(2) }),
  },
  grad: {
    'nothing that requires a gradient': () => call('grad', zeros(1), [zeros(1)]),
  },
  withBackend: { 'an unknown backend': () => call('withBackend', 'cuda', () => 1) },
  SGD: {
    'a learning rate of Infinity': () => construct('optim.SGD', [wanting(2)], { lr: infinity }),
    'no parameters': () => construct('optim.SGD', [], { lr: 0.1 }),
    'a parameter without gradient': () => construct('optim.SGD', [zeros(2)], { lr: 0.1 }),
    'no options': () => construct('optim.SGD', [wanting(2)]),
  },
  Adam: {
    'a beta of 1': () => construct('optim.Adam', [wanting(2)], { betas: [0.9, 1] }),
    'a misspelt option': () => construct('optim.Adam', [wanting(2)], { beta: 0.9 }),
    'a parameter in two groups': () => {
      const parameters = [wanting(2)];
      construct('optim.Adam', [{ parameters }, { parameters }]);
    },
  },
  RMSprop: { 'an alpha of 1': () => construct('optim.RMSprop', [wanting(2)], { alpha: 1 }) },
  Adagrad: { 'a negative decay': () => construct('optim.Adagrad', [wanting(2)], { lrDecay: -1 }) },
  clipGradNorm: { 'a negative norm': () => neocog.optim.clipGradNorm([wanting(2)], -1) },
  clipGradValue: { 'a tensor': () => call('optim.clipGradValue', wanting(2), 1) },
  cosine: { 'no length': () => call('schedule.cosine', { baseLr: 1 }) },
  oneCycle: { 'a step after its end': () => neocog.schedule.oneCycle({ maxLr: 1, totalSteps: 3 })(3) },
  truncNormal: { 'bounds in the wrong order': () => neocog.init.truncNormal(zeros(2), { a: 1, b: 0 }) },
  orthogonal: { 'a vector': () => neocog.init.orthogonal(zeros(2)) },
  dirac: { 'a matrix': () => neocog.init.dirac(zeros(2, 2)) },
  eye: { 'a vector': () => neocog.init.eye(zeros(2)) },
  Conv2d: {
    'a misspelt option': () => construct('nn.Conv2d', 3, 4, 3, { strides: 2 }),
    'a fractional channel count': () => construct('nn.Conv2d', 2.5, 4, 3),
    'groups that do not divide the channels': () => construct('nn.Conv2d', 4, 6, 3, { groups: 4 }),
    'a kernel of three axes': () => construct('nn.Conv2d', 3, 4, [3, 3, 3]),
  },
  Linear: {
    'a misspelt option': () => construct('nn.Linear', 2, 3, { useBias: false }),
    'no features': () => construct('nn.Linear', 0, 3),
  },
  GroupNorm: { 'groups that do not divide the channels': () => construct('nn.GroupNorm', 4, 6) },
  LayerNorm: { 'no axes': () => construct('nn.LayerNorm', []) },
  Dropout: { 'a probability below 0': () => construct('nn.Dropout', -0.1) },
};

function backwardWithNumber(): void {
  const { backward } = neocog.Tensor.prototype;
  Reflect.apply(backward, neocog.mul(wanting(2), 2), [1]);
}

/** The export that a group of attempts needs, where it is not the function's own name. */
const homes: Readonly<Record<string, string>> = {
  item: 'Tensor',
  backward: 'Tensor',
  SGD: 'optim.SGD',
  Adam: 'optim.Adam',
  RMSprop: 'optim.RMSprop',
  Adagrad: 'optim.Adagrad',
  clipGradNorm: 'optim.clipGradNorm',
  clipGradValue: 'optim.clipGradValue',
  cosine: 'schedule.cosine',
  oneCycle: 'schedule.oneCycle',
  truncNormal: 'init.truncNormal',
  orthogonal: 'init.orthogonal',
  dirac: 'init.dirac',
  eye: 'init.eye',
  Unfold: 'nn.Unfold',
  Fold: 'nn.Fold',
  LocalResponseNorm: 'nn.LocalResponseNorm',
  GroupNorm: 'nn.GroupNorm',
  LayerNorm: 'nn.LayerNorm',
  Conv2d: 'nn.Conv2d',
  Linear: 'nn.Linear',
  Dropout: 'nn.Dropout',
};

function thrownBy(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

describe.each(Object.entries(attempts))('%s refuses', (name, each) => {
  if (exported(homes[name] ?? name) === undefined) {
    it('is exported', () => expect.fail(`neocog does not export ${homes[name] ?? name}`));
    return;
  }
  it.each(Object.entries(each))('%s', (_, run) => {
    const error = thrownBy(run);
    expect(error).toBeInstanceOf(neocog.NeocogError);
    const { message } = error as Error;
    expect(message.startsWith(`${name}: `)).toBe(true);
    expect(message).toMatch(/^[^\n]{20,400}[^.\n]$/);
    expect(message).not.toMatch(/\[object|\. [A-Z]/);
  });
});
