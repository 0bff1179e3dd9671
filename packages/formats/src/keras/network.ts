// A network of Keras layers as a plan: layers are made once, with their weights, and called wherever the network calls
// them. Networks within networks are laid out in the network around them, under their names.

import { FormatError, init, nn, ShapeError, type Tensor, UnsupportedError } from 'neocog';
import { type Budget, willWork } from '../budget.ts';
import type { GraphModule } from '../graph/graphModule.ts';
import { operation } from '../graph/operation.ts';
import { chooseNamed } from '../graph/outputs.ts';
import { Plan, type Wire } from '../graph/plan.ts';
import { refuseAll } from '../graph/refuse.ts';
import { fixInputs, nameAxes, type Shapes } from '../graph/shapes.ts';
import { toTensor } from '../graph/value.ts';
import { isObject } from '../json.ts';
import { shown } from '../shown.ts';
import { absorbPadding } from './absorb.ts';
import { type Dialect, LayerConfig } from './config.ts';
import { kerasLayers } from './layers.ts';
import type { Apply } from './reader.ts';
import { functionCall, scalar } from './shapes.ts';
import {
  type Argument,
  argumentsOf,
  isModel,
  type LayerDescription,
  type ModelDescription,
  neededCalls,
  orderCalls,
  type Reference,
  readModel,
} from './topology.ts';
import type { WeightStore } from './weights.ts';

/**
 * A layer that a package or program defines for itself: from its configuration and its weights, by number in the order of
 * the file, a module of one input or a function of tensors with axes as in the file.
 */
export type CustomLayer = (
  config: Readonly<Record<string, unknown>>,
  weights: readonly Tensor[],
) => nn.Module | ((...inputs: Tensor[]) => Tensor);

/** By class name, or by the name of a single layer. */
export type CustomLayers = Readonly<Record<string, CustomLayer>>;

export interface NetworkSource {
  /** Begins every error, and counts what is made. */
  readonly budget: Budget;
  /** `{ class_name, config }` */
  readonly model: unknown;
  readonly weights: WeightStore;
  readonly dialect: Dialect;
  readonly customLayers: CustomLayers;
  /** Sizes of open axes. */
  readonly shapes: Shapes;
  /** Names of layers whose results come out; undefined for the outputs of the file. */
  readonly outputs: readonly string[] | undefined;
}

/** For each layer each time that it is laid out. */
const layoutSteps = 20_000;

/** Lays out a network for its inputs. */
type Layout = (plan: Plan, inputs: readonly Wire[]) => Wire[];

interface Context extends Pick<NetworkSource, 'dialect' | 'customLayers' | 'shapes'> {
  /** Begins every error. */
  readonly about: string;
  /** Begins the names of layers: those of the networks around them. */
  readonly prefix: string;
  /** Layers that are not read, with reasons. */
  readonly refusals: string[];
}

/**
 * @throws UnsupportedError naming every layer that neocog does not have.
 * @throws FormatError for a network that is none.
 */
export function buildNetwork({ model: json, weights, budget, ...source }: NetworkSource): GraphModule {
  const { about } = budget;
  const context: Context = { ...source, about, prefix: '', refusals: [] };
  const model = chooseOutputs(about, readModel(about, json), source.outputs);
  const layout = layOut(model, weights, context);
  refuseAll(about, 'layer', context.refusals);
  const plan = new Plan(budget);
  const inputs = fixInputs(about, { inputs: networkInputs(model, about) }, source.shapes);
  const outputs = layout(
    plan,
    inputs.map((input) => plan.input(input)),
  );
  return plan.build(outputs.map((wire, i) => ({ name: outputName(model, i), wire })));
}

function layOut(model: ModelDescription, weights: WeightStore, context: Context): Layout {
  // Stores count the layers of the file, also those that go.
  const stores = weights.layers(model.layers);
  const storeOf = new Map(model.layers.map(({ name }, i) => [name, stores[i]]));
  const network = absorbPadding(model);
  const applies = network.layers.map((layer) => makeLayer(layer, storeOf.get(layer.name)!, context));
  const layout = network.sequential ? chain(network, applies) : functional(network, applies, context.about);
  return (plan, inputs) => {
    // A network that is called twice, inside one that is called twice, is laid out four times, and so on.
    willWork(layoutSteps * network.layers.length, 'the network');
    return layout(plan, inputs);
  };
}

type LayerApply = (plan: Plan, inputs: readonly Wire[]) => Wire[];

const isInput = ({ className }: LayerDescription): boolean => className === 'InputLayer';

function makeLayer(layer: LayerDescription, weights: WeightStore, context: Context): LayerApply {
  const { className, name, config } = layer;
  if (isInput(layer)) return (_, inputs) => [...inputs];
  const path = `${context.prefix}${name}`;
  if (isModel(className)) {
    const model = readModel(context.about, { class_name: className, config });
    return layOut(model, weights, { ...context, prefix: `${path}.` });
  }
  try {
    const apply = readLayer({ ...layer, name: path }, weights, context);
    return (plan, inputs) => [apply(plan, inputs)];
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    context.refusals.push(error.message.replace(`${context.about}: `, ''));
    return (_, inputs) => [...inputs];
  }
}

function readLayer(layer: LayerDescription, weights: WeightStore, context: Context): Apply {
  const { className, name, config: raw } = layer;
  const { about, dialect, customLayers } = context;
  const config = new LayerConfig(about, { className, name, raw, dialect }, (names) => weights.read(names));
  const custom = [name, className].find((key) => Object.hasOwn(customLayers, key));
  if (custom !== undefined) return customLayer(config, customLayers[custom], weights);
  const kind = className === 'TFOpLambda' ? String(raw.function) : className;
  const known = Object.hasOwn(kerasLayers, kind);
  const takesNumbers = layer.calls.some((call) => call.some((argument) => typeof argument === 'number'));
  // `a * 2` has the name of a layer, which takes no numbers.
  const called = known && !takesNumbers ? null : functionCall(kind);
  if (called) return (plan, inputs) => called(plan, name, inputs);
  if (known) return init.skip(() => kerasLayers[kind](config));
  throw new UnsupportedError(`${kind} ${shown(name)}`);
}

function customLayer(config: LayerConfig, custom: CustomLayer, weights: WeightStore): Apply {
  const made = custom(config.raw, weights.all());
  if (made instanceof nn.Module) return (plan, [x]) => plan.plain(config.name, made, [x], x.rank);
  const compute = operation(config.className, (values) => made(...values.map((value) => toTensor(value!))));
  return (plan, inputs) => plan.plain(config.name, compute, inputs, inputs[0].rank);
}

/** The results of the last layer. */
function chain(model: ModelDescription, applies: readonly LayerApply[]): Layout {
  return (plan, inputs) =>
    model.layers.reduce<Wire[]>(
      (wires, layer, i) => (isInput(layer) ? wires : applies[i](plan, wires)),
      [...inputs],
    );
}

function functional(model: ModelDescription, applies: readonly LayerApply[], about: string): Layout {
  const order = neededCalls(model, orderCalls(about, model));
  return (plan, inputs) => {
    const results = new Map<string, Wire[]>();
    const find = (reference: Reference): Wire => findWire(about, results, reference);
    model.inputs.forEach((input, i) => results.set(keyOf(input), [inputs[i]]));
    for (const call of order) {
      const { name } = model.layers[call.layer];
      const key = keyOf({ layer: name, call: call.call });
      if (results.has(key)) continue;
      const wires = argumentsOf(model, call).map((arg) => operand(plan, arg, find));
      if (wires.length === 0) throw new FormatError(`${about}: layer ${shown(name)} has no inputs`);
      results.set(key, applies[call.layer](plan, wires));
    }
    return model.outputs.map(find);
  };
}

const keyOf = ({ layer, call }: { layer: string; call: number }): string => `${call}:${layer}`;

const operand = (plan: Plan, argument: Argument, find: (reference: Reference) => Wire): Wire =>
  typeof argument === 'number' ? plan.constant(scalar(argument)) : find(argument);

function findWire(about: string, results: ReadonlyMap<string, Wire[]>, reference: Reference): Wire {
  const wire = results.get(keyOf(reference))?.[reference.tensor];
  if (wire) return wire;
  throw new FormatError(
    `${about}: result ${reference.tensor} of layer ${shown(reference.layer)} is never computed`,
  );
}

function networkInputs(model: ModelDescription, about: string): nn.NamedValue[] {
  if (model.sequential) return [namedInput(about, model.layers[0], isInput(model.layers[0]) ? '' : '_input')];
  return model.inputs.map(({ layer }) => {
    const found = model.layers.find(({ name }) => name === layer);
    if (!found || !isInput(found))
      throw new FormatError(`${about}: the input ${shown(layer)} is not an input layer`);
    return namedInput(about, found, '');
  });
}

function namedInput(about: string, { name, config }: LayerDescription, suffix: string): nn.NamedValue {
  const shape = config.batch_shape ?? config.batch_input_shape ?? config.batchInputShape;
  const good = Array.isArray(shape) && shape.every((n) => n === null || (Number.isSafeInteger(n) && n > 0));
  if (!good) {
    throw new FormatError(`${about}: the input ${shown(name)} has shape ${shown(shape)} instead of sizes`);
  }
  const dtype = isObject(config.dtype) ? 'float32' : String(config.dtype ?? 'float32');
  return {
    name: `${name}${suffix}`,
    shape: nameAxes(name, shape),
    dtype: /int|bool/.test(dtype) ? 'int32' : 'float32',
  };
}

/** The network up to the layers that are named. @throws ShapeError for other names, and for several of a chain */
function chooseOutputs(
  about: string,
  model: ModelDescription,
  names: readonly string[] | undefined,
): ModelDescription {
  if (names === undefined) return model;
  if (model.sequential) return cutChain(about, model, names);
  const outputs = chooseNamed(about, names, {
    all: new Map(model.outputs.map((output, i) => [outputName(model, i), output])),
    inside: (name) => (hasLayer(model, name) ? { layer: name, call: 0, tensor: 0 } : undefined),
    kind: 'layer',
  });
  return { ...model, outputs };
}

const hasLayer = ({ layers }: ModelDescription, name: string): boolean =>
  layers.some((layer) => layer.name === name);

function cutChain(about: string, model: ModelDescription, names: readonly string[]): ModelDescription {
  const { layers } = model;
  if (names.length > 1)
    throw new ShapeError(`${about}: outputs name ${names.length} layers of a chain; name one of them`);
  const [last] = chooseNamed(about, names, {
    all: new Map([[layers[layers.length - 1].name, layers.length - 1]]),
    inside: (name) => (hasLayer(model, name) ? layers.findIndex((layer) => layer.name === name) : undefined),
    kind: 'layer',
  });
  return { ...model, layers: layers.slice(0, last + 1) };
}

/** Outputs are named by their layers. */
function outputName(model: ModelDescription, i: number): string {
  const layer = model.sequential ? model.layers.at(-1)!.name : model.outputs[i].layer;
  const before = model.outputs.slice(0, i).filter((other) => other.layer === layer).length;
  return before === 0 ? layer : `${layer}:${before}`;
}
