// saveOnnx: any module as an ONNX file, from a recording of one forward pass.

import {
  type InputShapes,
  NeocogError,
  type nn,
  type RecordedCall,
  type RecordedNetwork,
  recordNetwork,
} from 'neocog';
import { checkMetadata, readOptions } from '../options.ts';
import { shown } from '../shown.ts';
import { encode } from './protobuf.ts';
import { modelType, type NodeProto, type ValueInfoProto } from './schema.ts';
import { GraphWriter } from './write/graphWriter.ts';
import { isLayer, writeLayer } from './write/layers.ts';
import { writeNode } from './write/nodes.ts';

/** For which inputs `saveOnnx` writes a network, and in which version. */
export interface SaveOnnxOptions {
  /** Shape of the input, or shapes by name, as for `compile`; the file is for these sizes. Needed unless the network states them itself. */
  input?: InputShapes | undefined;
  /** Version of ONNX's operators, 17 (default) to 21. */
  opset?: number | undefined;
  /** Strings that the file carries, by name; `loadFile` gives them back. Default none. */
  metadata?: Readonly<Record<string, string>> | undefined;
}

/** The version of the format that came with an opset. */
const formatVersions: Readonly<Record<number, number>> = { 17: 8, 18: 8, 19: 9, 20: 9, 21: 10 };

/**
 * The bytes of an ONNX file that computes what the module does in evaluation mode.
 *
 * Layers become nodes under their paths, weights initializers under their keys in the state dict. Whatever else `forward`
 * does becomes nodes as well.
 *
 * @throws ShapeError for impossible shapes. @throws UnsupportedError if `forward` looks at values, or does what ONNX has no
 * node for.
 * @example await writeFile('lenet5.onnx', saveOnnx(models.lenet5(), { input: [1, 1, 28, 28] }));
 */
export function saveOnnx(module: nn.Module, options: SaveOnnxOptions = {}): Uint8Array {
  const {
    opset = 17,
    input,
    metadata = {},
  } = readOptions('saveOnnx', options, ['input', 'opset', 'metadata']);
  checkMetadata('saveOnnx', metadata);
  const irVersion = Number.isInteger(opset) ? formatVersions[opset] : undefined;
  if (irVersion === undefined) {
    throw new NeocogError(`saveOnnx: opset is ${shown(opset)}; give 17 to 21`);
  }
  const network = recordNetwork(module, { input });
  // Of the keys of a weight that several layers share, the first.
  const entries = Object.entries(module.stateDict()).reverse();
  const keys = new Map(entries.map(([key, t]) => [t.data, key] as const));
  const writer = new GraphWriter(opset, keys, readValues(network));
  for (const { name } of [...network.inputs, ...network.outputs]) writer.reserve(name);
  for (const given of network.inputs) writer.define(given.value, given);
  writeAll(writer, network);
  const nodes = withOutputs(writer, network);
  const read = new Set(nodes.flatMap((node) => node.input));
  return encode(modelType, {
    irVersion,
    producerName: 'neocog',
    opsetImport: [{ domain: '', version: opset }],
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    graph: {
      name: module.constructor.name,
      node: nodes,
      initializer: writer.initializers.filter(({ name = '' }) => read.has(name)),
      input: network.inputs.map(valueInfo),
      output: network.outputs.map(valueInfo),
    },
  });
}

/** The recorded arrays that lead to an output. */
function readValues({ nodes, outputs }: RecordedNetwork): Set<number> {
  const read = new Set(outputs.map(({ value }) => value.id));
  for (const node of nodes.toReversed()) {
    if (node.outputs.some(({ id }) => read.has(id))) for (const { id } of node.inputs) read.add(id);
  }
  return read;
}

/** Every node that is read, those of a layer that ONNX has as a whole in one. */
function writeAll(writer: GraphWriter, { nodes, calls }: RecordedNetwork): void {
  const layers = new Map<number, RecordedCall>();
  // Outer calls come later and take the place of those inside.
  for (const call of calls) if (call.to > call.from && isLayer(call.part)) layers.set(call.from, call);
  for (let i = 0; i < nodes.length; ) {
    const call = layers.get(i);
    writer.label = call?.path ?? nodes[i].label;
    const name = call && writeLayer(writer, { ...call, nodes: nodes.slice(call.from, call.to) });
    if (call && name) writer.define(call.output.value, { name, shape: call.output.shape });
    else if (nodes[i].outputs.some((value) => writer.reads(value))) writeNode(writer, nodes[i]);
    i = call && name ? call.to : i + 1;
  }
}

/** Nodes that something reads, the last ones under the names of the outputs. */
function withOutputs(writer: GraphWriter, { outputs }: RecordedNetwork): NodeProto[] {
  writer.label = '';
  for (const { name, value, shape } of outputs) {
    const source = writer.read(value, shape);
    writer.nodes.push({ name, opType: 'Identity', input: [source], output: [name], attribute: [] });
  }
  const wanted = new Set(outputs.map(({ name }) => name));
  const kept: NodeProto[] = [];
  for (const node of writer.nodes.toReversed()) {
    if (!node.output.some((name) => wanted.has(name))) continue;
    for (const name of node.input) wanted.add(name);
    kept.push(node);
  }
  return kept.reverse();
}

const valueInfo = ({ name, shape, dtype }: RecordedNetwork['inputs'][number]): ValueInfoProto => ({
  name,
  type: {
    tensorType: { elemType: dtype === 'int32' ? 6 : 1, shape: { dim: shape.map((n) => ({ dimValue: n })) } },
  },
});
