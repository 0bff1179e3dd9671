// Layers that ONNX has as one node. Each entry writes the node, or says with undefined that this layer, as it is set, is
// better written as the operations that it is made of.

import { type GraphNode, nn, type RecordedCall, type Tensor } from 'neocog';
import { type ByteScale, QuantizedConv, QuantizedLinear } from 'neocog/whole';
import type { Attributes, GraphWriter } from './graphWriter.ts';
import { convNode } from './nodes.ts';

/** A layer's call, and what was recorded of it. */
export interface LayerCall extends RecordedCall {
  readonly nodes: readonly GraphNode[];
}

type Constructor = abstract new (...args: never[]) => nn.Module;

interface Entry<M extends nn.Module = nn.Module> {
  readonly classes: readonly Constructor[];
  readonly write: (writer: GraphWriter, layer: M, call: LayerCall) => string | undefined;
}

/** An entry for layers of one type; the list holds them without it. */
const entry = <M extends nn.Module>(
  classes: readonly (abstract new (...args: never[]) => M)[],
  write: Entry<M>['write'],
): Entry => ({ classes, write }) as unknown as Entry;

const inputOf = (writer: GraphWriter, { input }: RecordedCall): string =>
  writer.read(input.value, input.shape);

const plain =
  (op: string, attributes: Attributes = {}): Entry['write'] =>
  (writer, _, call) =>
    writer.add(op, [inputOf(writer, call)], attributes);

/** The weights that there are, under their names in the state dict. */
const weightsOf = (
  writer: GraphWriter,
  call: RecordedCall,
  weights: Readonly<Record<string, Tensor | null>>,
): string[] =>
  Object.entries(weights).flatMap(([property, t]) => {
    const key = `${call.path}.${property.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)}`;
    return t ? [writer.tensor(t.data, t.shape, call.path ? key : key.slice(1))] : [];
  });

type BatchNorm = nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d;

function writeBatchNorm(writer: GraphWriter, layer: BatchNorm, call: RecordedCall): string | undefined {
  const { weight: scale, bias: shift, runningMean, runningVar, eps } = layer;
  if (!scale || !shift || !runningMean || !runningVar) return undefined;
  const names = weightsOf(writer, call, { weight: scale, bias: shift, runningMean, runningVar });
  return writer.add('BatchNormalization', [inputOf(writer, call), ...names], { epsilon: { float: eps } });
}

function writeLinear(writer: GraphWriter, layer: nn.Linear, call: RecordedCall): string | undefined {
  if (call.input.shape.length !== 2) return undefined;
  const names = weightsOf(writer, call, { weight: layer.weight, bias: layer.bias });
  return writer.add('Gemm', [inputOf(writer, call), ...names], { transB: 1 });
}

/** Values as bytes and back: who runs the file may compute what follows in whole numbers. */
function throughBytes(writer: GraphWriter, name: string, { scale, zero }: ByteScale): string {
  const grid = [writer.scalar(scale), writer.bytes('uint8', [zero], [])];
  return writer.add('DequantizeLinear', [writer.add('QuantizeLinear', [name, ...grid]), ...grid]);
}

/** The operands of a quantised layer: input, weight and bias. */
function quantisedOperands(
  writer: GraphWriter,
  layer: QuantizedConv | QuantizedLinear,
  call: RecordedCall,
): string[] {
  const x = inputOf(writer, call);
  const key = call.path ? `${call.path}.weight` : 'weight';
  const weight = writer.bytes('int8', layer.weight.data, layer.weight.shape, key);
  const [scale, ...bias] = weightsOf(writer, call, { weightScale: layer.weightScale, bias: layer.bias });
  return [
    layer.bytes ? throughBytes(writer, x, layer.bytes) : x,
    writer.add('DequantizeLinear', [weight, scale], { axis: 0 }),
    ...bias,
  ];
}

/** A layer that does more, such as an activation, is written as its operations. */
function writeQuantizedConv(writer: GraphWriter, layer: QuantizedConv, call: LayerCall): string | undefined {
  const { nodes } = call;
  const conv = nodes.find((node) => node.op === 'conv');
  const expected = layer.bytes ? 'fused conv fused' : 'conv fused';
  if (conv?.op !== 'conv' || nodes.map(({ op }) => op).join(' ') !== expected) return undefined;
  return convNode(writer, conv, quantisedOperands(writer, layer, call));
}

function writeQuantizedLinear(
  writer: GraphWriter,
  layer: QuantizedLinear,
  call: RecordedCall,
): string | undefined {
  if (call.input.shape.length !== 2) return undefined;
  return writer.add('Gemm', quantisedOperands(writer, layer, call), { transB: 1 });
}

function writeLayerNorm(writer: GraphWriter, layer: nn.LayerNorm, call: RecordedCall): string | undefined {
  if (!layer.weight) return undefined;
  const names = weightsOf(writer, call, { weight: layer.weight, bias: layer.bias });
  const axis = -layer.normalizedShape.length;
  return writer.add('LayerNormalization', [inputOf(writer, call), ...names], {
    axis,
    epsilon: { float: layer.eps },
  });
}

function writePRelu(writer: GraphWriter, layer: nn.PReLU, call: RecordedCall): string {
  const rank = call.input.shape.length;
  const shape =
    layer.weight.size === 1 ? [1] : [layer.weight.size, ...new Array<number>(Math.max(0, rank - 2)).fill(1)];
  const key = call.path ? `${call.path}.weight` : 'weight';
  return writer.add('PRelu', [inputOf(writer, call), writer.tensor(layer.weight.data, shape, key)]);
}

/** Pools of whole planes have an option for channels-last data, which ONNX does not. */
const globalPool =
  (op: string): Entry['write'] =>
  (writer, layer, call) =>
    layer.describe() === 'channels-last' ? undefined : plain(op)(writer, layer, call);

const alpha = (value: number | undefined, otherwise: number): Attributes => ({
  alpha: { float: value ?? otherwise },
});

const entries: readonly Entry[] = [
  entry([nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d], writeBatchNorm),
  entry([nn.Linear], writeLinear),
  entry([QuantizedConv], writeQuantizedConv),
  entry([QuantizedLinear], writeQuantizedLinear),
  entry([nn.LayerNorm], writeLayerNorm),
  entry([nn.PReLU], writePRelu),
  entry([nn.GlobalAvgPool], globalPool('GlobalAveragePool')),
  entry([nn.GlobalMaxPool], globalPool('GlobalMaxPool')),
  entry([nn.Softmax], (writer, layer, call) => plain('Softmax', { axis: layer.axis })(writer, layer, call)),
  entry([nn.LogSoftmax], (writer, layer, call) =>
    plain('LogSoftmax', { axis: layer.axis })(writer, layer, call),
  ),
  entry([nn.LeakyReLU], (writer, layer, call) =>
    plain('LeakyRelu', alpha(layer.options.negativeSlope, 0.01))(writer, layer, call),
  ),
  entry([nn.ELU], (writer, layer, call) => plain('Elu', alpha(layer.options.alpha, 1))(writer, layer, call)),
  entry([nn.CELU], (writer, layer, call) =>
    plain('Celu', alpha(layer.options.alpha, 1))(writer, layer, call),
  ),
  entry([nn.ReLU6], (writer, _, call) =>
    writer.add('Clip', [inputOf(writer, call), writer.scalar(0), writer.scalar(6)]),
  ),
];

/** Writes the layer of a call as one node, if ONNX has it. */
export function writeLayer(writer: GraphWriter, call: LayerCall): string | undefined {
  const known = entries.find(({ classes }) => classes.some((type) => call.part instanceof type));
  return known?.write(writer, call.part, call);
}

/** Whether `writeLayer` may know the layer. */
export const isLayer = (part: nn.Module): boolean =>
  entries.some(({ classes }) => classes.some((type) => part instanceof type));
