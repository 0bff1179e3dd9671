// loadOnnx: an ONNX file as a module with named inputs and outputs.

import { FormatError, NeocogError, ShapeError, Tensor, tensor, UnsupportedError } from 'neocog';
import { atCostOf, type Budget } from '../budget.ts';
import { anyAxes, type GraphInput, GraphModule } from '../graph/graphModule.ts';
import { HostArray, type Value } from '../graph/value.ts';
import { type Opened, openSource, type ReadOptions } from '../open.ts';
import { shown } from '../shown.ts';
import { readBeside, type Source } from '../source.ts';
import { checkOperators, GraphBuilder } from './build.ts';
import { type Model, parseModel, tensorsOf, weightNames } from './model.ts';
import type { GraphProto, ValueInfoProto } from './schema.ts';
import { type ExternalFiles, elementType, externalLocation } from './tensors.ts';

/** What `loadOnnx` is told of a file beside its limits. */
export interface LoadOnnxOptions extends ReadOptions {
  /** Sizes of open axes: a shape by the name of an input, or a number by the name of an axis. */
  shapes?: Readonly<Record<string, readonly number[] | number>> | undefined;
  /** Inputs that are the same in every run, such as a sample rate: they become constants of the network. */
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
  return readOnnx(source, await openSource('loadOnnx', source, options, ['shapes', 'values']));
}

/** The network of a file whose bytes are at hand; `source` is where files beside it are. */
export async function readOnnx(
  source: Source,
  { bytes, budget, options }: Opened<LoadOnnxOptions>,
): Promise<GraphModule> {
  const { about } = budget;
  const model = parseModel(about, bytes, budget);
  checkOperators(about, model.graph);
  const files = await readExternal(about, source, model.graph);
  for (const { length } of files.values()) budget.grow(length);
  try {
    return atCostOf(budget, () => makeModule(budget, model, files, options));
  } catch (error) {
    // What a damaged file leads to may surface anywhere, for example as a typed array that cannot be made.
    if (error instanceof NeocogError || !(error instanceof Error)) throw error;
    throw new FormatError(`${about} cannot be read as ONNX: ${error.message}`, { cause: error });
  }
}

async function readExternal(about: string, source: Source, graph: GraphProto): Promise<ExternalFiles> {
  const files = new Map<string, Uint8Array>();
  for (const proto of tensorsOf(graph)) {
    const location = externalLocation(proto);
    if (location === undefined || files.has(location)) continue;
    files.set(location, await readBeside(about, source, location));
  }
  return files;
}

function makeModule(
  budget: Budget,
  { graph, opset }: Model,
  files: ExternalFiles,
  { shapes = {}, values = {} }: LoadOnnxOptions,
): GraphModule {
  const { about } = budget;
  const initializers = new Set(weightNames(graph));
  const declared = graph.input.filter(({ name = '' }) => !initializers.has(name));
  const inputs = declared.map((info) => inputOf(about, info));
  checkNames('values', values, inputs);
  const fixed = new Map(inputs.flatMap((input) => fixedValue(input, ownValue(values, input.name))));
  const open = inputs.filter(({ name }) => !fixed.has(name));
  const outputs = graph.output.map((info) => inputOf(about, info));
  const built = new GraphBuilder(about, graph, opset, files).build(graph, fixed);
  return GraphModule.assemble({
    inputs: open.map((input) => ({ ...input, shape: givenShape(input, shapes) })),
    outputs: outputs.map(({ name, shape, dtype }) => ({ name, shape: givenSizes(shape, shapes), dtype })),
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
    throw new UnsupportedError(`${what} is no tensor; only networks from tensors to tensors are read`);
  const { host } = elementType(what, type.elemType);
  const shape = type.shape?.dim.map(({ dimValue, dimParam }) => dimParam || sizeOr(dimValue)) ?? [anyAxes];
  return { name, shape, dtype: host === 'float32' ? 'float32' : 'int32', type: host };
}

/** A size of 0 is how some writers say that an axis is open. */
const sizeOr = (size: number | undefined): number | string =>
  size !== undefined && Number.isInteger(size) && size > 0 && size < 2 ** 31 ? size : '?';

function checkNames(what: string, given: object, inputs: readonly GraphInput[]): void {
  const unknown = Object.keys(given).find((key) => !inputs.some(({ name }) => name === key));
  if (unknown === undefined) return;
  const names = inputs.map(({ name }) => name).join(', ');
  throw new ShapeError(`loadOnnx: ${what} name '${unknown}', the network has the inputs ${names}`);
}

/** Inputs may have any name, also one that every object has a property of. */
const ownValue = <T>(values: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(values, name) ? values[name] : undefined;

function fixedValue(input: GraphInput, value: number | Tensor | undefined): [string, Value][] {
  if (value === undefined) return [];
  const t = value instanceof Tensor ? value : tensor(value);
  const type = input.type ?? input.dtype;
  return [[input.name, type === 'float32' ? t : new HostArray(type, Float64Array.from(t.data), t.shape)]];
}

type Sizes = NonNullable<LoadOnnxOptions['shapes']>;

function givenShape(input: GraphInput, shapes: Sizes): readonly (number | string)[] {
  const given = ownValue(shapes, input.name);
  if (given === undefined || typeof given === 'number') return givenSizes(input.shape, shapes);
  const isFree = (d: number): boolean => input.shape[0] === anyAxes || typeof input.shape[d] === 'string';
  const fits =
    (input.shape[0] === anyAxes || given.length === input.shape.length) &&
    given.every((n, d) => Number.isInteger(n) && n > 0 && (isFree(d) || input.shape[d] === n));
  if (fits) return [...given];
  throw new ShapeError(
    `loadOnnx: shapes give input '${input.name}' [${given}], the network needs [${input.shape}]`,
  );
}

const givenSizes = (shape: readonly (number | string)[], shapes: Sizes): (number | string)[] =>
  shape.map((axis) => {
    const size = typeof axis === 'string' ? ownValue(shapes, axis) : undefined;
    return typeof size === 'number' ? size : axis;
  });
