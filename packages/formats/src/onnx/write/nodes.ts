// Recorded nodes as ONNX nodes: what remains where no layer is known as a whole.

import {
  convTransposeGeometry,
  type GraphNode,
  inputShape,
  outputShape,
  poolOutputShape,
  UnsupportedError,
  type WindowAxis,
  weightShape,
} from 'neocog';
import { product } from '../../shape.ts';
import { writeFormula } from './formula.ts';
import type { GraphWriter } from './graphWriter.ts';
import { writeSum, writeView } from './moves.ts';

/** The kind of node that an operation is one of; several operations may share a kind. */
type NodeOf<Op, N = GraphNode> = N extends { op: infer Own } ? (Op extends Own ? N : never) : never;

/** Writes one node and says where its outputs can be read. @throws UnsupportedError for what inference does not do. */
export function writeNode(writer: GraphWriter, node: GraphNode): void {
  switch (node.op) {
    case 'conv':
      return writeConv(writer, node);
    case 'inputGrad':
      return writeTransposed(writer, node);
    case 'maxPool':
      return writeMaxPool(writer, node as NodeOf<'maxPool'>);
    case 'sumPool':
      return writeSumPool(writer, node);
    case 'matmul':
      return writeMatmul(writer, node);
    case 'fused':
      return writeFused(writer, node);
    case 'copy':
      return writeCopy(writer, node);
    case 'copyAdd':
      return writeCopyAdd(writer, node);
    case 'take':
      return writeTake(writer, node);
    case 'truncate':
      return writeTruncate(writer, node);
    default:
      throw new UnsupportedError(
        `saveOnnx: ${node.label || 'the network'} computes '${node.op}', and ONNX has no node for that; leave it out`,
      );
  }
}

const sizes = (axes: readonly WindowAxis[], key: keyof WindowAxis): number[] => axes.map((axis) => axis[key]);

const windowOf = (axes: readonly WindowAxis[]) => ({
  kernel_shape: sizes(axes, 'kernel'),
  strides: sizes(axes, 'stride'),
  dilations: sizes(axes, 'dilation'),
});

/** How many cells all windows of an axis reach over, which is what a transposed convolution without padding writes. */
function spansOf(axes: readonly WindowAxis[]): number[] {
  const [output, kernel] = [sizes(axes, 'output'), sizes(axes, 'kernel')];
  const options = { stride: sizes(axes, 'stride'), dilation: sizes(axes, 'dilation') };
  const rank = axes.length as 1 | 2 | 3; // of a geometry
  const plane = convTransposeGeometry('saveOnnx', rank, [1, 1, ...output], [1, 1, ...kernel], options);
  return sizes(plane.axes, 'input');
}

/** Padding as ONNX has it, with just as much at the end as the last window needs. */
function padsOf(axes: readonly WindowAxis[]): number[] {
  const spans = spansOf(axes);
  const after = axes.map(({ input, padBefore }, d) => Math.max(0, spans[d] - input - padBefore));
  return [...sizes(axes, 'padBefore'), ...after];
}

const padModes: Readonly<Record<string, string>> = {
  reflect: 'reflect',
  replicate: 'edge',
  circular: 'wrap',
};

function writeConv(writer: GraphWriter, node: NodeOf<'conv'>): void {
  const { geometry: g, inputs, outputs, bias } = node;
  const name = convNode(writer, node, [
    writer.read(inputs[0], inputShape(g)),
    writer.read(inputs[1], weightShape(g)),
    ...(bias ? [writer.read(inputs[2], [g.outChannels])] : []),
  ]);
  writer.define(outputs[0], { name: asStored(writer, name, node), shape: outputShape(g) });
}

/** Whole numbers of 32 bits are computed as floats. */
const asStored = (writer: GraphWriter, name: string, { whole }: NodeOf<'conv' | 'matmul'>): string =>
  whole?.result === 'int32' ? writer.add('Cast', [name], { to: 6 }) : name;

/** A convolution of such operands, by their names: input, weight and bias. */
export function convNode(
  writer: GraphWriter,
  { geometry: g }: Pick<NodeOf<'conv'>, 'geometry'>,
  [input, ...weights]: readonly string[],
): string {
  let x = input;
  let pads = padsOf(g.axes);
  if (g.paddingMode !== 'zeros' && pads.some((n) => n > 0)) {
    const mode = padModes[g.paddingMode];
    if (!mode) throw new UnsupportedError(`saveOnnx: ONNX has no padding mode '${g.paddingMode}'`);
    if (mode === 'wrap' && writer.opset < 19) {
      throw new UnsupportedError("saveOnnx: padding mode 'circular' needs opset 19; pass { opset: 19 }");
    }
    const rank = g.axes.length;
    x = writer.add('Pad', [x, writer.int64s([0, 0, ...pads.slice(0, rank), 0, 0, ...pads.slice(rank)])], {
      mode,
    });
    pads = pads.map(() => 0);
  }
  return writer.add('Conv', [x, ...weights], { ...windowOf(g.axes), pads, group: g.groups });
}

function writeTransposed(
  writer: GraphWriter,
  { geometry: g, inputs, outputs, bias }: NodeOf<'inputGrad'>,
): void {
  if (g.paddingMode !== 'zeros') {
    throw new UnsupportedError(
      `saveOnnx: ONNX has no transposed convolution with padding mode '${g.paddingMode}'`,
    );
  }
  const y = writer.read(inputs[0], outputShape(g));
  const weights = [
    writer.read(inputs[1], weightShape(g)),
    ...(bias ? [writer.read(inputs[2], [g.inChannels])] : []),
  ];
  const spans = spansOf(g.axes);
  const extra = g.axes.map(({ input, padBefore, padAfter }, d) => input + padBefore + padAfter - spans[d]);
  const name = writer.add('ConvTranspose', [y, ...weights], {
    ...windowOf(g.axes),
    pads: [...sizes(g.axes, 'padBefore'), ...sizes(g.axes, 'padAfter')],
    output_padding: extra,
    group: g.groups,
  });
  writer.define(outputs[0], { name, shape: inputShape(g) });
}

function writeMaxPool(writer: GraphWriter, { geometry: g, inputs, outputs }: NodeOf<'maxPool'>): void {
  const x = writer.read(inputs[0], [g.batch, g.channels, ...sizes(g.axes, 'input')]);
  const window = { ...windowOf(g.axes), pads: padsOf(g.axes) };
  const shape = poolOutputShape(g);
  if (!writer.reads(outputs[1]))
    return writer.define(outputs[0], { name: writer.add('MaxPool', [x], window), shape });
  const [name, places] = writer.addPair('MaxPool', [x], window);
  writer.define(outputs[0], { name, shape });
  // ONNX counts through the whole array, neocog through each plane.
  const plane = writer.int64s([product(sizes(g.axes, 'input'))]);
  writer.define(outputs[1], {
    name: writer.add('Cast', [writer.add('Mod', [places, plane])], { to: 6 }),
    shape,
  });
}

/** A mean that counts padding, times what turns it into the scaled sum. */
function writeSumPool(
  writer: GraphWriter,
  { geometry: g, inputs, outputs }: NodeOf<'sumPool' | 'sumPoolGrad'>,
): void {
  const x = writer.read(inputs[0], [g.batch, g.channels, ...sizes(g.axes, 'input')]);
  const isDilated = g.axes.some(({ dilation }) => dilation !== 1);
  if (isDilated && writer.opset < 19) {
    throw new UnsupportedError(
      'saveOnnx: an average over dilated windows needs opset 19; pass { opset: 19 }',
    );
  }
  const { dilations, ...plain } = windowOf(g.axes);
  const window = isDilated ? { ...plain, dilations } : plain;
  const average = writer.add('AveragePool', [x], { ...window, pads: padsOf(g.axes), count_include_pad: 1 });
  const shape = poolOutputShape(g);
  const cells = product(sizes(g.axes, 'kernel'));
  const scale = Float32Array.from(inputs[1].data ?? [], (v) => v * cells);
  const isMean = scale.every((v) => Math.abs(v - 1) < 1e-6);
  const factor = (): string => writer.tensor(scale, [1, 1, ...shape.slice(2)], 'scale');
  writer.define(outputs[0], { name: isMean ? average : writer.add('Mul', [average, factor()]), shape });
}

function writeMatmul(writer: GraphWriter, node: NodeOf<'matmul'>): void {
  const { shape: s, inputs, outputs } = node;
  const { batch, m, k, n } = s;
  const matrices = [
    { turned: s.transposeA, rows: m, columns: k },
    { turned: s.transposeB, rows: k, columns: n },
  ];
  const operands = matrices.map(({ turned, rows, columns }, i) => {
    const name = writer.read(inputs[i], turned ? [batch, columns, rows] : [batch, rows, columns]);
    return turned ? writer.add('Transpose', [name], { perm: [0, 2, 1] }) : name;
  });
  const name = asStored(writer, writer.add('MatMul', operands), node);
  writer.define(outputs[0], { name, shape: [batch, m, n] });
}

/** A formula over broadcast inputs, combined along some axes. */
function writeFused(writer: GraphWriter, { loop, inputs, outputs }: NodeOf<'fused'>): void {
  const { shape, strides, reduced } = loop;
  const names = inputs.map((value, i) => {
    // As they are recorded, loops read whole arrays, which broadcast.
    const name = writer.read(
      value,
      shape.map((n, d) => (strides[i][d] === 0 ? 1 : n)),
    );
    return value.dtype === 'int32' ? writer.add('Cast', [name], { to: 1 }) : name;
  });
  const mapped = writeFormula(writer, loop.expr, { shape, inputs: names });
  const kept = shape.map((n, d) => (reduced[d] ? 1 : n));
  writer.define(outputs[0], { name: writeReduction(writer, mapped, loop), shape: kept });
}

const reductions: Readonly<Record<string, string>> = {
  sum: 'ReduceSum',
  mean: 'ReduceMean',
  max: 'ReduceMax',
};

function writeReduction(
  writer: GraphWriter,
  name: string,
  { reduced, combine }: NodeOf<'fused'>['loop'],
): string {
  const axes = [...reduced.keys()].filter((d) => reduced[d]);
  if (axes.length === 0) return name;
  // Axes of ReduceSum are an input since opset 13, of the others since 18.
  const asInput = combine === 'sum' || writer.opset >= 18;
  const inputs = asInput ? [name, writer.int64s(axes)] : [name];
  return writer.add(reductions[combine], inputs, { ...(asInput ? {} : { axes }), keepdims: 1 });
}

function writeCopy(writer: GraphWriter, { view, inputs, outputs }: NodeOf<'copy'>): void {
  writer.define(outputs[0], { name: writeView(writer, writer.original(inputs[0]), view), shape: view.shape });
}

function writeCopyAdd(writer: GraphWriter, { views, inputs, outputs }: NodeOf<'copyAdd'>): void {
  const parts = views.map((view, i) => ({ name: writer.read(inputs[i], view.shape), view }));
  writer.define(outputs[0], writeSum(writer, parts, outputs[0].size));
}

function writeTake(writer: GraphWriter, { planes, inputs, outputs }: NodeOf<'take'>): void {
  const [x, indices] = inputs.map((value) => writer.read(value, [planes, value.size / planes]));
  const name = writer.add('GatherElements', [x, indices], { axis: 1 });
  writer.define(outputs[0], { name, shape: [planes, outputs[0].size / planes] });
}

function writeTruncate(writer: GraphWriter, { inputs, outputs }: NodeOf<'truncate'>): void {
  const { name, shape } = writer.original(inputs[0]);
  writer.define(outputs[0], { name: writer.add('Cast', [name], { to: 6 }), shape });
}
