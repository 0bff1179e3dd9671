// Graphs of one operation each, against TensorFlow.js on the same input. Without the examples' packages (`npm install` in
// examples/) the tests say so and are left out.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { loadTfjs } from '@neocog/formats';
import { compile, Generator, Tensor } from 'neocog';
import { describe, expect, it } from 'vitest';
import { leftOut, packagesHint } from '../../test/leftOut.ts';
import { runTensorFlow, type TfParts } from './tensorflow.ts';

const require = createRequire(new URL('../package.json', import.meta.url));
const installed = existsSync(new URL('../node_modules/@tensorflow/tfjs-converter', import.meta.url));

type Attributes = Readonly<Record<string, object>>;
interface Constant {
  readonly values: readonly number[];
  readonly shape: readonly number[];
  readonly dtype: 'int32' | 'float32';
}

interface Case {
  readonly op: string;
  readonly shape: readonly number[];
  readonly attributes?: Attributes;
  /** Before and after `x` among the inputs. */
  readonly before?: readonly Constant[];
  readonly after?: readonly Constant[];
  /** How many results are compared. */
  readonly results?: number;
  /** Whether sizes of results follow from values. */
  readonly open?: boolean;
}

const generator = new Generator(5);
const random = (...shape: number[]): Constant => {
  const size = shape.reduce((a, b) => a * b, 1);
  return { values: Array.from({ length: size }, () => generator.uniform() * 2 - 1), shape, dtype: 'float32' };
};
const positive = (...shape: number[]): Constant => {
  const constant = random(...shape);
  return { ...constant, values: constant.values.map((v) => Math.abs(v) + 0.2) };
};
const whole = (...values: number[]): Constant => ({ values, shape: [values.length], dtype: 'int32' });
const rows = (...pairs: [number, number][]): Constant => ({
  values: pairs.flat(),
  shape: [pairs.length, 2],
  dtype: 'int32',
});
const single = (value: number): Constant => ({ values: [value], shape: [], dtype: 'int32' });

const fraction = (value: number): Constant => ({ values: [value], shape: [], dtype: 'float32' });
/** Boxes of which many overlap. */
const corners = (count: number): Constant => {
  const { values } = positive(count, 2);
  const all = Array.from({ length: count }, (_, k) => values.slice(2 * k, 2 * k + 2));
  return { values: all.flatMap(([y, x]) => [y, x, y + 0.6, x + 0.7]), shape: [count, 4], dtype: 'float32' };
};
/** How many stay, what they may share, and the least score. */
const boxLimits = [single(6), fraction(0.3), fraction(-0.4)];

const i = (value: number) => ({ i: String(value) });
const b = (value: boolean) => ({ b: value });
const s = (value: string) => ({ s: btoa(value) });
const list = (...values: number[]) => ({ list: { i: values.map(String) } });
const texts = (...values: string[]) => ({ list: { s: values.map((value) => btoa(value)) } });
const window = (stride: number, padding: string, dilation = 1) => ({
  strides: list(1, stride, stride, 1),
  dilations: list(1, dilation, dilation, 1),
  padding: s(padding),
  data_format: s('NHWC'),
});

const image = [2, 6, 8, 4];
const unary = [
  'Abs',
  'Neg',
  'Sign',
  'Floor',
  'Ceil',
  'Round',
  'Exp',
  'Expm1',
  'Square',
  'Erf',
  'Sin',
  'Cos',
  'Tan',
  'Sinh',
  'Cosh',
  'Asin',
  'Acos',
  'Atan',
  'Relu',
  'Relu6',
];
const activations = ['Elu', 'Selu', 'Sigmoid', 'Tanh', 'Softplus', 'Softmax', 'LogSoftmax', 'Reciprocal'];
const binary = ['Add', 'AddV2', 'Sub', 'Mul', 'RealDiv', 'DivNoNan', 'FloorDiv', 'Maximum', 'Minimum'];

const cases: readonly Case[] = [
  ...[...unary, ...activations].map((op) => ({ op, shape: [3, 5] })),
  ...binary.map((op) => ({ op, shape: image, after: [positive(4)] })),
  { op: 'SquaredDifference', shape: image, after: [positive(8, 4)] },
  { op: 'Atan2', shape: image, after: [random(8, 4)] },
  { op: 'Prelu', shape: image, after: [random(4)] },
  { op: 'LeakyRelu', shape: image, attributes: { alpha: { f: 0.3 } } },
  { op: 'BiasAdd', shape: image, attributes: { data_format: s('NHWC') }, after: [random(4)] },
  { op: 'Conv2D', shape: image, attributes: window(2, 'SAME'), after: [random(3, 3, 4, 5)] },
  { op: 'Conv2D', shape: image, attributes: window(1, 'SAME', 2), after: [random(3, 2, 4, 5)] },
  {
    op: 'Conv2D',
    shape: image,
    attributes: { ...window(1, 'EXPLICIT'), explicit_paddings: list(0, 0, 1, 2, 0, 1, 0, 0) },
    after: [random(3, 3, 4, 2)],
  },
  {
    op: '_FusedConv2D',
    shape: image,
    attributes: { ...window(1, 'VALID'), fused_ops: texts('BiasAdd', 'Relu'), num_args: i(1) },
    after: [random(3, 3, 4, 5), random(5)],
  },
  {
    op: '_FusedConv2D',
    shape: image,
    attributes: { ...window(1, 'SAME'), fused_ops: texts('BiasAdd', 'Prelu'), num_args: i(2) },
    after: [random(3, 3, 4, 5), random(5), random(5)],
  },
  { op: 'DepthwiseConv2dNative', shape: image, attributes: window(2, 'SAME'), after: [random(3, 3, 4, 2)] },
  {
    op: 'FusedDepthwiseConv2dNative',
    shape: image,
    attributes: { ...window(1, 'SAME'), fused_ops: texts('BiasAdd', 'Relu6'), num_args: i(1) },
    after: [random(3, 3, 4, 1), random(4)],
  },
  {
    op: 'Conv2DBackpropInput',
    shape: image,
    attributes: window(2, 'SAME'),
    before: [whole(2, 12, 15, 3), random(3, 3, 3, 4)],
  },
  {
    op: 'Conv2DBackpropInput',
    shape: image,
    attributes: window(2, 'VALID'),
    before: [whole(2, 14, 17, 3), random(3, 3, 3, 4)],
  },
  ...['MaxPool', 'AvgPool'].flatMap((op) => [
    { op, shape: image, attributes: { ...window(2, 'SAME'), ksize: list(1, 3, 3, 1) } },
    { op, shape: image, attributes: { ...window(1, 'VALID'), ksize: list(1, 2, 3, 1) } },
  ]),
  {
    op: 'FusedBatchNormV3',
    shape: image,
    attributes: { epsilon: { f: 0.01 }, is_training: b(false), data_format: s('NHWC') },
    after: [random(4), random(4), random(4), positive(4)],
  },
  ...['ResizeBilinear', 'ResizeNearestNeighbor'].flatMap((op) =>
    [{}, { align_corners: b(true) }, { half_pixel_centers: b(true) }].flatMap((attributes) => [
      { op, shape: image, attributes, after: [whole(9, 5)] },
      { op, shape: image, attributes, after: [whole(12, 16)] },
    ]),
  ),
  { op: 'DepthToSpace', shape: image, attributes: { block_size: i(2), data_format: s('NHWC') } },
  { op: 'SpaceToBatchND', shape: image, after: [whole(2, 2), rows([1, 1], [0, 2])] },
  { op: 'BatchToSpaceND', shape: [8, 3, 4, 2], after: [whole(2, 2), rows([0, 1], [1, 0])] },
  {
    op: 'MatMul',
    shape: [3, 4],
    after: [random(4, 5)],
    attributes: { transpose_a: b(false), transpose_b: b(false) },
  },
  {
    op: 'MatMul',
    shape: [4, 3],
    after: [random(5, 4)],
    attributes: { transpose_a: b(true), transpose_b: b(true) },
  },
  {
    op: 'BatchMatMulV2',
    shape: [2, 3, 4],
    after: [random(1, 4, 5)],
    attributes: { adj_x: b(false), adj_y: b(false) },
  },
  { op: 'Einsum', shape: image, after: [random(4, 5)], attributes: { equation: s('abcg,gf->abcf') } },
  { op: 'Einsum', shape: image, after: [random(8, 6, 3)], attributes: { equation: s('bhwc,whk->bkc') } },
  ...['Sum', 'Mean', 'Max', 'Min', 'Prod'].flatMap((op) => [
    { op, shape: image, after: [whole(1, 2)], attributes: { keep_dims: b(false) } },
    { op, shape: image, after: [whole(-1)], attributes: { keep_dims: b(true) } },
  ]),
  { op: 'ArgMax', shape: image, after: [single(3)] },
  { op: 'Transpose', shape: image, after: [whole(0, 3, 1, 2)] },
  { op: 'ExpandDims', shape: image, after: [single(-1)] },
  { op: 'Pad', shape: image, after: [rows([0, 0], [1, 2], [0, 1], [0, 0])] },
  {
    op: 'MirrorPad',
    shape: image,
    after: [rows([0, 0], [1, 2], [2, 0], [0, 0])],
    attributes: { mode: s('REFLECT') },
  },
  { op: 'Slice', shape: image, after: [whole(0, 1, 2, 0), whole(2, -1, 3, 2)] },
  // TensorFlow.js mixes up places where an axis is dropped beside a step other than 1.
  {
    op: 'StridedSlice',
    shape: image,
    after: [whole(0, -2, 7, 1), whole(2, 6, 0, 3), whole(1, 1, -2, 1)],
    attributes: { begin_mask: i(1), end_mask: i(2) },
  },
  {
    op: 'StridedSlice',
    shape: image,
    after: [whole(0, 1, 2, 1), whole(2, 6, 7, 2), whole(1, 1, 1, 1)],
    attributes: { shrink_axis_mask: i(8) },
  },
  {
    op: 'StridedSlice',
    shape: image,
    after: [whole(0, 0, 1), whole(0, 0, 3), whole(1, 1, 1)],
    attributes: { ellipsis_mask: i(1), new_axis_mask: i(2) },
  },
  { op: 'Tile', shape: [2, 3], after: [whole(2, 2)] },
  { op: 'GatherV2', shape: image, after: [whole(3, 0, 3), single(2)] },
  { op: 'GatherNd', shape: image, after: [rows([1, 5], [0, 2], [1, 0])] },
  { op: 'TopKV2', shape: [3, 5], after: [single(2)], attributes: { sorted: b(true) }, results: 2 },
  { op: 'Where', shape: [3, 5], attributes: { T: { type: 'DT_FLOAT' } }, open: true },
  { op: 'NonMaxSuppressionV3', shape: [12], before: [corners(12)], after: boxLimits, open: true },
  {
    op: 'NonMaxSuppressionV4',
    shape: [12],
    before: [corners(12)],
    after: boxLimits,
    attributes: { pad_to_max_output_size: b(true) },
    results: 2,
    open: true,
  },
  { op: 'NonMaxSuppressionV4', shape: [12], before: [corners(12)], after: boxLimits, results: 2, open: true },
  {
    op: 'NonMaxSuppressionV5',
    shape: [12],
    before: [corners(12)],
    after: [...boxLimits, fraction(0)],
    results: 2,
    open: true,
  },
  { op: 'TensorScatterUpdate', shape: image, after: [rows([1, 5], [0, 2]), random(2, 8, 4)] },
  {
    op: 'SparseToDense',
    shape: [3],
    before: [rows([1, 0], [2, 3], [0, 1]), whole(3, 4)],
    after: [{ values: [0.5], shape: [], dtype: 'float32' }],
  },
  { op: 'Split', shape: image, before: [single(3)], attributes: { num_split: i(2) }, results: 2 },
  {
    op: 'SplitV',
    shape: image,
    after: [whole(1, 3), single(3)],
    attributes: { num_split: i(2) },
    results: 2,
  },
  { op: 'Unpack', shape: [3, 2, 4], attributes: { axis: i(1), num: i(2) }, results: 2 },
  { op: 'Reshape', shape: image, after: [whole(4, -1, 8)] },
  { op: 'ReverseV2', shape: image, after: [whole(1, 3)] },
];

/** The operation between two others, so that its images have come from a convolution and go on to one. */
function modelOf({ op, shape, attributes = {}, before = [], after = [], results = 1 }: Case): TfParts {
  const constants = [...before, ...after];
  const name = (k: number): string => `c${k}`;
  const float = { T: { type: 'DT_FLOAT' } };
  const fromImages = shape.length === 4;
  const kernel: Constant = random(1, 1, shape.at(-1)!, shape.at(-1)!);
  const all = fromImages ? [...constants, kernel] : constants;
  const input = fromImages ? 'conv' : 'x';
  const node = [
    {
      name: 'x',
      op: 'Placeholder',
      attr: {
        dtype: { type: 'DT_FLOAT' },
        shape: { shape: { dim: shape.map((n) => ({ size: String(n) })) } },
      },
    },
    ...all.map(({ dtype, shape: sizes }, k) => ({
      name: name(k),
      op: 'Const',
      attr: {
        dtype: { type: dtype === 'int32' ? 'DT_INT32' : 'DT_FLOAT' },
        value: { tensor: { tensorShape: { dim: sizes.map((n) => ({ size: String(n) })) } } },
      },
    })),
    ...(fromImages
      ? [
          {
            name: 'conv',
            op: 'Conv2D',
            input: ['x', name(all.length - 1)],
            attr: { ...window(1, 'SAME'), ...float },
          },
        ]
      : []),
    {
      name: 'y',
      op,
      input: [...before.map((_, k) => name(k)), input, ...after.map((_, k) => name(before.length + k))],
      attr: { ...attributes, ...float },
    },
    ...Array.from({ length: results }, (_, k) => ({
      name: `out${k}`,
      op: 'Identity',
      input: [k === 0 ? 'y' : `y:${k}`],
      attr: float,
    })),
  ];
  const weights = all.map(({ dtype, shape: sizes }, k) => ({ name: name(k), shape: sizes, dtype }));
  const data = all.map(({ values, dtype }) =>
    dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values),
  );
  return {
    modelJson: {
      format: 'graph-model',
      modelTopology: { node, versions: { producer: 1 } },
      weightsManifest: [{ paths: ['a.bin'], weights }],
    },
    weights: data.map(({ buffer }) => new Uint8Array(buffer)),
  };
}

describe.skipIf(leftOut(installed ? null : packagesHint))('operators of TensorFlow.js', () => {
  it.each(cases.map((each, k) => ({ ...each, label: `${k} ${each.op}` })))('$label', async (each) => {
    const parts = modelOf(each);
    const { values, shape } = random(...each.shape);
    const x = new Tensor(Float32Array.from(values), shape);
    const net = await loadTfjs(parts);
    const given = net.run({ x });
    const wanted = await runTensorFlow(require, parts, [x], each.open);
    if (each.open) {
      const program = await compile(net, { input: [...shape] });
      expect(await program.run({ x })).toEqual(given);
      program.dispose();
    }
    expect(net.outputs).toHaveLength(wanted.length);
    net.outputs.forEach(({ name, shape: stated }, k) => {
      const y = given[name];
      expect(y.shape).toEqual(wanted[k].shape);
      if (!each.open) expect(stated).toEqual(wanted[k].shape);
      const far = y.data.findIndex(
        (v, at) => !(Math.abs(v - wanted[k].data[at]) <= 2e-5 * (1 + Math.abs(v))),
      );
      expect(far, `${name}: ${y.data[far]} instead of ${wanted[k].data[far]} at ${far}`).toBe(-1);
    });
  });
});
