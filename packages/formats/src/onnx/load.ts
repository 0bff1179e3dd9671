// loadOnnx: an ONNX file as a module with named inputs and outputs.

import { FormatError, NeocogError, ShapeError, Tensor, tensor, UnsupportedError } from 'neocog';
import { atCostOf } from '../budget.ts';
import type { GraphInput } from '../graph/given.ts';
import { GraphModule } from '../graph/graphModule.ts';
import { anyAxes, fixAxes, fixInputs, type Shapes } from '../graph/shapes.ts';
import { HostArray, type Value } from '../graph/value.ts';
import { type Opened, opening, type ReadOptions } from '../open.ts';
import { shown } from '../shown.ts';
import { type FilesAtHand, readBeside, type Source } from '../source.ts';
import { checkOperators, GraphBuilder } from './build.ts';
import { expandMicrosoft } from './microsoft.ts';
import { type Model, parseModel, tensorsOf, weightNames } from './model.ts';
import type { GraphProto, ValueInfoProto } from './schema.ts';
import { type ExternalFiles, elementType, externalLocation } from './tensors.ts';

/** What `loadOnnx` is told of a file beside its limits. */
export interface LoadOnnxOptions extends ReadOptions {
  /** Sizes of open axes: a shape by the name of an input, or a number by the name of an axis. Default: they stay open. */
  shapes?: Shapes | undefined;
  /** Inputs that are the same in every run, such as a sample rate: they become constants of the network. Default none. */
  values?: Readonly<Record<string, number | Tensor>> | undefined;
}

/**
 * Loads an ONNX network, opset 1 to 28, as a module: run it, compile it, train it further, list it.
 *
 * Its weights are parameters under the names that the file gives them. Inputs of whole numbers are int32 tensors; floats of
 * other widths become float32. The network is in evaluation mode.
 *
 * @param source Bytes, a path or a URL. Weights outside the file are read from beside it, never from another folder.
 * @throws FormatError if the file is broken, or asks for more than `limits` allow. @throws UnsupportedError naming all nodes that neocog does not have.
 * @throws ShapeError if `options` do not fit the network.
 * @example
 * const net = await loadOnnx('detector.onnx', { shapes: { x: [1, 3, 640, 640] } });
 * const { scores } = net.run({ x: image });
 * const program = await compile(net, { input: [1, 3, 640, 640] });
 */
export async function loadOnnx(source: Source, options: LoadOnnxOptions = {}): Promise<GraphModule> {
  const opened = await opening('loadOnnx', options, ['shapes', 'values']).source(source);
  return (await readOnnx(source, opened)).network;
}

/** What a file whose bytes are at hand holds; `source` is where files beside it are. */
export async function readOnnx(
  source: Source | FilesAtHand,
  opened: Opened<LoadOnnxOptions>,
): Promise<{ network: GraphModule; metadata: Model['metadata'] }> {
  const { bytes, budget } = opened;
  const { about } = budget;
  const model = parseModel(about, bytes, budget);
  expandMicrosoft(model.graph);
  checkOperators(about, model.graph);
  const files = await readExternal(about, source, model.graph);
  for (const { length } of files.values()) budget.grow(length);
  try {
    const network = atCostOf(budget, () => makeModule(opened, model, files));
    return { network, metadata: model.metadata };
  } catch (error) {
    // What a damaged file leads to may surface anywhere, for example as a typed array that cannot be made.
    if (error instanceof NeocogError || !(error instanceof Error)) throw error;
    throw new FormatError(`${about} cannot be read as ONNX: ${error.message}`, { cause: error });
  }
}

async function readExternal(
  about: string,
  source: Source | FilesAtHand,
  graph: GraphProto,
): Promise<ExternalFiles> {
  const files = new Map<string, Uint8Array>();
  for (const proto of tensorsOf(graph)) {
    const location = externalLocation(proto);
    if (location === undefined || files.has(location)) continue;
    files.set(location, await readBeside(about, source, location));
  }
  return files;
}

function makeModule(
  { budget, options }: Opened<LoadOnnxOptions>,
  { graph, opset }: Model,
  files: ExternalFiles,
): GraphModule {
  const { about } = budget;
  const { shapes = {}, values = {} } = options;
  const initializers = new Set(weightNames(graph));
  const declared = graph.input.filter(({ name = '' }) => !initializers.has(name));
  const inputs = declared.map((info) => inputOf(about, info));
  const fixed = fixValues(about, inputs, values);
  const outputs = graph.output.map((info) => inputOf(about, info));
  const sized = fixInputs(about, { inputs, outputs }, shapes);
  const built = new GraphBuilder({ about, opset, files }, graph).build(graph, fixed);
  return GraphModule.assemble({
    inputs: sized.filter(({ name }) => !fixed.has(name)),
    outputs: outputs.map(({ name, shape, dtype }) => ({ name, shape: fixAxes(shape, shapes), dtype })),
    ...built,
    budget,
  });
}

/** An input or output of the graph. Axes without a size or a name are called `?`; without a shape there may be any. */
function inputOf(about: string, info: ValueInfoProto): GraphInput {
  const name = info.name ?? '';
  const what = `${about}: ${shown(name)}`;
  const type = info.type?.tensorType;
  if (!type)
    throw new UnsupportedError(
      `${what} is not a tensor; neocog reads networks whose inputs and outputs are tensors`,
    );
  const { host } = elementType(what, type.elemType);
  const shape = type.shape?.dim.map(({ dimValue, dimParam }) => dimParam || sizeOr(dimValue)) ?? [anyAxes];
  return { name, shape, dtype: host === 'float32' ? 'float32' : 'int32', type: host };
}

/** A size of 0 is how some writers say that an axis is open. */
const sizeOr = (size: number | undefined): number | string =>
  size !== undefined && Number.isInteger(size) && size > 0 && size < 2 ** 31 ? size : '?';

type Given = NonNullable<LoadOnnxOptions['values']>;

/** The inputs that have a value, by name. @throws ShapeError for names that no input has. */
function fixValues(about: string, inputs: readonly GraphInput[], values: Given): Map<string, Value> {
  const unknown = Object.keys(values).find((key) => !inputs.some(({ name }) => name === key));
  if (unknown !== undefined) {
    const names = inputs.map(({ name }) => name).join(', ');
    throw new ShapeError(`${about}: values name '${unknown}', but the network has the inputs ${names}`);
  }
  const given = inputs.filter(({ name }) => Object.hasOwn(values, name) && values[name] !== undefined);
  return new Map(given.map((input) => [input.name, fixedValue(input, values[input.name])]));
}

function fixedValue({ dtype, type = dtype }: GraphInput, value: number | Tensor): Value {
  const t = value instanceof Tensor ? value : tensor(value);
  return type === 'float32' ? t : new HostArray(type, Float64Array.from(t.data), t.shape);
}
