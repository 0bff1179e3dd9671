// Modules that saveOnnx writes, with the shapes of their inputs: layers with settings at their edges, and what `forward` may do
// beside layers. Tests read what was written with this package, and in the examples with onnxruntime.

import {
  adaptiveAvgPool2d,
  adaptiveMaxPool2dWithIndices,
  add,
  cast,
  concat,
  expand,
  flip,
  greater,
  indexSelect,
  logSumExp,
  lpPool2d,
  matmul,
  max,
  maxPool2dWithIndices,
  mean,
  mul,
  nn,
  pad,
  permute,
  type Shape,
  slice,
  stack,
  sub,
  sum,
  type Tensor,
  transpose,
} from 'neocog';

export interface SaveCase {
  readonly name: string;
  readonly module: nn.Module;
  readonly shape: Shape;
  /** The first one that has what it takes. Default 17. */
  readonly opset?: number;
}

class Formula extends nn.Module {
  readonly #f: (x: Tensor) => Tensor;

  constructor(f: (x: Tensor) => Tensor) {
    super();
    this.#f = f;
  }

  forward(x: Tensor): Tensor {
    return this.#f(x);
  }
}

const layer = (name: string, module: nn.Module, shape: Shape, opset?: number): SaveCase => ({
  name,
  module: new nn.Sequential({ part: module }),
  shape,
  ...(opset && { opset }),
});

const formula = (name: string, shape: Shape, f: (x: Tensor) => Tensor, opset?: number): SaveCase => ({
  name,
  module: new Formula(f),
  shape,
  ...(opset && { opset }),
});

const image = [2, 4, 9, 7];

const convolutions = (): SaveCase[] => [
  layer('conv, reflected', new nn.Conv2d(4, 3, 3, { padding: [2, 1], paddingMode: 'reflect' }), image),
  layer(
    'conv, replicated, strided',
    new nn.Conv2d(4, 3, [3, 2], { padding: 1, stride: 2, paddingMode: 'replicate' }),
    image,
  ),
  layer(
    'conv, circular',
    new nn.Conv2d(4, 3, 3, { padding: [1, 2], dilation: [1, 2], paddingMode: 'circular' }),
    image,
    19,
  ),
  layer(
    'conv, uneven padding, groups',
    new nn.Conv2d(4, 6, 3, {
      padding: [
        [0, 2],
        [1, 0],
      ],
      groups: 2,
      stride: [2, 1],
    }),
    image,
  ),
  layer('conv, same', new nn.Conv2d(4, 3, [4, 3], { padding: 'same', dilation: [2, 1] }), image),
  layer('conv of sequences, causal', new nn.Conv1d(4, 3, 3, { padding: 'causal', dilation: 2 }), [2, 4, 9]),
  layer(
    'conv of volumes',
    new nn.Conv3d(2, 3, [2, 3, 1], { stride: [1, 2, 1], padding: 1 }),
    [1, 2, 4, 5, 3],
  ),
  layer('conv without bias', new nn.Conv2d(4, 3, 1, { bias: false }), image),
];

const transposed = (): SaveCase[] => [
  layer(
    'transposed, cells added',
    new nn.ConvTranspose2d(4, 3, 3, { stride: [3, 2], padding: 1, outputPadding: [2, 1] }),
    image,
  ),
  layer(
    'transposed, dilated, groups',
    new nn.ConvTranspose2d(4, 6, [2, 3], { dilation: [2, 1], groups: 2, stride: 2 }),
    image,
  ),
  layer(
    'transposed, shorter than the stride',
    new nn.ConvTranspose1d(4, 3, 2, { stride: 3, outputPadding: 1 }),
    [2, 4, 5],
  ),
  layer(
    'transposed volumes',
    new nn.ConvTranspose3d(2, 3, 2, { stride: [2, 1, 2], bias: false }),
    [1, 2, 3, 2, 3],
  ),
];

const pools = (): SaveCase[] => [
  layer('maximum, ceil', new nn.MaxPool2d(3, { stride: 2, padding: [1, 0], ceilMode: true }), image),
  layer('maximum, dilated', new nn.MaxPool2d([2, 3], { dilation: [3, 2], stride: 1 }), image),
  layer('maximum of volumes', new nn.MaxPool3d(2, { stride: [1, 2, 1], padding: 1 }), [1, 2, 3, 5, 4]),
  layer('mean, ceil', new nn.AvgPool2d(3, { stride: 2, padding: 1, ceilMode: true }), image),
  layer(
    'mean, ceil, without padding',
    new nn.AvgPool2d([3, 2], { stride: 2, padding: 1, ceilMode: true, countIncludePad: false }),
    image,
  ),
  layer(
    'mean of sequences',
    new nn.AvgPool1d(4, { stride: 3, padding: 2, countIncludePad: false }),
    [2, 4, 9],
  ),
  layer('channels last', new nn.MaxPool2d(2, { layout: 'channels-last' }), [2, 6, 5, 3]),
  layer('adaptive maximum', new nn.AdaptiveMaxPool2d([3, 4]), [1, 3, 7, 5]),
  layer('adaptive maximum of sequences', new nn.AdaptiveMaxPool1d(3), [2, 3, 7]),
  layer('adaptive maximum of volumes', new nn.AdaptiveMaxPool3d(2), [1, 2, 5, 4, 3]),
  layer('adaptive mean', new nn.AdaptiveAvgPool2d([4, 3]), image),
  formula('adaptive mean, wider', [1, 2, 3, 3], (x) => adaptiveAvgPool2d(x, [5, 4])),
  formula('p-norms', [1, 2, 5, 4], (x) => lpPool2d(x, 2, { normType: 3, stride: 1 })),
  formula(
    'positions of maxima',
    [2, 3, 5, 7],
    (x) => maxPool2dWithIndices(x, 2, { padding: 1, stride: 2 }).indices,
  ),
  formula('positions, adaptive', [2, 3, 5, 7], (x) => adaptiveMaxPool2dWithIndices(x, [3, 4]).indices),
  formula('maxima and positions', [1, 2, 4, 6], (x) => {
    const { output, indices } = maxPool2dWithIndices(x, 2);
    return add(output, cast(indices, 'float32'));
  }),
];

const norms = (): SaveCase[] => [
  layer('batch norm without weights', new nn.BatchNorm2d(4, { affine: false }), image),
  layer('layer norm without weights', new nn.LayerNorm([9, 7], { elementwiseAffine: false }), image),
  layer('layer norm of two axes', new nn.LayerNorm([9, 7]), image),
  layer('layer norm without bias', new nn.LayerNorm([7], { bias: false }), image),
  layer('group norm', new nn.GroupNorm(2, 4, { eps: 1e-3 }), image),
  layer('instance norm', new nn.InstanceNorm2d(4), image),
  layer('linear of more axes', new nn.Linear(7, 5), image),
  layer('linear without bias', new nn.Linear(7, 5, { bias: false }), [3, 7]),
  layer('slopes', new nn.PReLU(4), image),
  layer('one slope of rows', new nn.PReLU(1), [3, 4]),
  layer('means of planes', new nn.GlobalAvgPool(), image),
  layer('means of planes, channels last', new nn.GlobalAvgPool({ layout: 'channels-last' }), image),
  layer('maxima of planes, channels last', new nn.GlobalMaxPool({ layout: 'channels-last' }), image),
  layer('shares of channels', new nn.Softmax(1), image),
  layer('logarithms of shares', new nn.LogSoftmax(-2), image),
];

const moves = (): SaveCase[] => [
  formula('backwards', [3, 5], (x) => slice(x, { axis: 1, start: -1, step: -1 })),
  formula('backwards by two', [3, 6], (x) => slice(x, { axis: 1, start: -1, step: -2 })),
  formula('backwards by two, odd', [3, 7], (x) => slice(x, { axis: 1, start: 5, end: 0, step: -2 })),
  formula('backwards along two axes', [4, 5], (x) =>
    slice(x, { start: [3, 4], end: [0, null], step: [-2, -3] }),
  ),
  formula('backwards to before the first', [5], (x) => slice(x, { axis: 0, start: 3, step: -3 })),
  formula('forwards by three', [2, 8], (x) => slice(x, { axis: 1, start: 1, step: 3 })),
  formula('turned round', image, (x) => flip(x, [0, 3])),
  formula('turned and moved', image, (x) => permute(flip(x, [1]), [2, 0, 3, 1])),
  formula('chosen twice', image, (x) => indexSelect(x, [3, 3], { axis: 3 })),
  formula('chosen', image, (x) => indexSelect(x, [6, 0, 0, 3], { axis: 3 })),
  formula('repeated', [2, 1, 3], (x) => expand(x, [2, 4, 3])),
  formula('side by side', [2, 3], (x) => stack([x, mul(x, x)], { axis: 1 })),
  formula('one after the other', [2, 3], (x) => concat([x, mul(x, 2), x], { axis: 0 })),
  formula('zeros around', [2, 3], (x) =>
    pad(x, [
      [1, 0],
      [2, 3],
    ]),
  ),
  ...(['reflect', 'replicate', 'circular'] as const).map((mode) =>
    formula(`edges, ${mode}`, [1, 2, 4, 5], (x) =>
      pad(
        x,
        [
          [0, 0],
          [0, 0],
          [2, 1],
          [3, 2],
        ],
        { mode },
      ),
    ),
  ),
  formula('by its transpose', [3, 4], (x) => matmul(x, transpose(x))),
  formula('in batches', [2, 3, 4], (x) => matmul(permute(x, [0, 2, 1]), x)),
  formula('centred', [3, 4, 2], (x) => sub(x, mean(x, { axis: [0, 2], keepDims: true }))),
  formula('truth as numbers', [3, 4], (x) => add(greater(x, 0.1), mul(x, 2))),
  formula('sums and maxima', [3, 4], (x) => add(sum(x, { axis: 0 }), max(x, { axis: 0 }))),
  formula('logarithms of sums', [3, 4], (x) => logSumExp(x, { axis: 1 })),
];

export const saveCases = (): SaveCase[] => [
  ...convolutions(),
  ...transposed(),
  ...pools(),
  ...norms(),
  ...moves(),
  layer('mean, dilated', new nn.AvgPool2d(2, { stride: 1, dilation: 2 }), image, 19),
];
