// The layers of a network and who calls whom, from what Keras 2, Keras 3 and TensorFlow.js write. Reads and checks; what
// the layers compute is elsewhere.

import { FormatError } from 'neocog';
import { isObject } from '../json.ts';
import { shown } from '../shown.ts';

/** A result of a layer: the `tensor`-th of its `call`-th call. */
export interface Reference {
  readonly layer: string;
  readonly call: number;
  readonly tensor: number;
}

/** What a layer is called with: results of layers, and numbers. */
export type Argument = Reference | number;

export interface LayerDescription {
  readonly className: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** A list of arguments for each call. */
  readonly calls: readonly (readonly Argument[])[];
}

export interface ModelDescription {
  readonly name: string;
  /** A chain, whose layers are called with each other's results. */
  readonly sequential: boolean;
  readonly layers: readonly LayerDescription[];
  readonly inputs: readonly Reference[];
  readonly outputs: readonly Reference[];
}

/** More layers than any network has. */
const layerLimit = 100_000;

export const isModel = (className: string): boolean =>
  ['Sequential', 'Functional', 'Model'].includes(className);

/** @throws FormatError, which `about` begins. `json` is `{ class_name, config }`. */
export function readModel(about: string, json: unknown): ModelDescription {
  const { class_name: className, config } = isObject(json) ? json : {};
  if (typeof className !== 'string' || !isModel(className)) {
    throw new FormatError(
      `${about}: the network is ${shown(className)} instead of Sequential or Functional; a subclass keeps its computation in Python code`,
    );
  }
  const fields = isObject(config) ? config : { layers: config };
  const { layers, name = '' } = fields;
  if (!Array.isArray(layers) || layers.length === 0 || layers.length > layerLimit) {
    throw new FormatError(`${about}: the network ${shown(name)} has no list of layers`);
  }
  const read = layers.map((layer: unknown) => readLayer(about, layer));
  const names = new Set<string>();
  const twice = read.find(({ name: layer }) => names.size === names.add(layer).size);
  if (twice) throw new FormatError(`${about}: two layers are named ${shown(twice.name)}`);
  const ends = (key: string): Reference[] => readEnds(about, fields[key]);
  const sequential = className === 'Sequential';
  return countFromZero({
    name: String(name),
    sequential,
    layers: read,
    inputs: sequential ? [] : ends('input_layers'),
    outputs: sequential ? [] : ends('output_layers'),
  });
}

/**
 * A network that is a layer has been called once before it got here, by its own inputs. Some programs count that call, some
 * do not, and Keras 3 counts it among the outputs only: in each list it shows where call 0 is missing or there are too many.
 */
function countFromZero(model: ModelDescription): ModelDescription {
  const nested = new Map(
    model.layers.filter(({ className }) => isModel(className)).map(({ name, calls }) => [name, calls.length]),
  );
  if (nested.size === 0) return model;
  const shift = (references: readonly Argument[], counted: boolean): ((argument: Argument) => Argument) => {
    const shifted = new Set(
      [...nested].filter((network) => countsOwn(references, network, counted)).map(([name]) => name),
    );
    return (argument) =>
      typeof argument === 'number' || !shifted.has(argument.layer)
        ? argument
        : { ...argument, call: argument.call - 1 };
  };
  const all = model.layers.flatMap(({ calls }) => calls.flat());
  const inside = shift(all, false);
  const outside = shift(model.outputs, true);
  return {
    ...model,
    layers: model.layers.map((layer) => ({ ...layer, calls: layer.calls.map((call) => call.map(inside)) })),
    outputs: model.outputs.map((output) => outside(output) as Reference),
  };
}

/** Whether references to a network with so many calls count its own; `counted` says what to think where it cannot be told. */
function countsOwn(
  references: readonly Argument[],
  [name, calls]: readonly [name: string, calls: number],
  counted: boolean,
): boolean {
  const used = references.flatMap((argument) =>
    typeof argument !== 'number' && argument.layer === name ? [argument.call] : [],
  );
  if (used.includes(0)) return false;
  return used.some((call) => call >= calls) || (counted && used.length > 0);
}

function readLayer(about: string, layer: unknown): LayerDescription {
  const { class_name: className, config, name, inbound_nodes: calls = [] } = isObject(layer) ? layer : {};
  if (typeof className !== 'string' || !isObject(config) || !Array.isArray(calls)) {
    throw new FormatError(`${about}: a layer has no class_name or config: ${shown(layer)}`);
  }
  const own = typeof name === 'string' ? name : config.name;
  if (typeof own !== 'string') throw new FormatError(`${about}: a layer ${className} has no name`);
  const place = `${about}: layer ${shown(own)}`;
  // Registered classes are written as `package>Class`.
  const plain = className.replace(/^.*>/, '');
  return { className: plain, name: own, config, calls: calls.map((call) => readCall(place, call)) };
}

/** `['x', 0, 0]`, a list of such, or an object of them by input name. */
function readEnds(about: string, value: unknown): Reference[] {
  if (isReference(value)) return [toReference(value)];
  const list = isObject(value) ? Object.values(value) : value;
  if (Array.isArray(list) && list.length > 0) return list.flatMap((end) => readEnds(about, end));
  throw new FormatError(`${about}: the network has no list of inputs or outputs`);
}

type Written = [layer: string, call: number, tensor: number];

const isReference = (value: unknown): value is Written =>
  Array.isArray(value) &&
  typeof value[0] === 'string' &&
  typeof value[1] === 'number' &&
  typeof value[2] === 'number';

const toReference = ([layer, call, tensor]: Written): Reference => ({ layer, call, tensor });

/** Keras 3 has `{ args, kwargs }`, Keras 2 and TensorFlow.js `[[layer, call, tensor, kwargs], …]`. */
function readCall(place: string, call: unknown): Argument[] {
  if (isObject(call)) return [...readArguments(place, call.args ?? []), ...readKeywords(place, call.kwargs)];
  if (!Array.isArray(call)) throw new FormatError(`${place} is called with ${shown(call)}`);
  const list: unknown[] = isReference(call) ? [call] : call;
  return list.flatMap((item) => readOld(place, item));
}

function readOld(place: string, item: unknown): Argument[] {
  if (!isReference(item)) throw new FormatError(`${place} is called with ${shown(item)}`);
  const keywords = (item as unknown[])[3];
  const first = item[0] === '_CONSTANT_VALUE' ? Number(item[2]) : toReference(item);
  return [first, ...readKeywords(place, keywords)];
}

/** Of the arguments by name, second operands matter; flags such as `training` do not. */
function readKeywords(place: string, keywords: unknown): Argument[] {
  if (!isObject(keywords)) return [];
  const tensor = Object.entries(keywords).find(
    ([key, value]) => holdsReference(value) && !operands.includes(key),
  );
  if (tensor)
    throw new FormatError(`${place} is given a value as ${tensor[0]}, but neocog reads values in order only`);
  return operands.flatMap((key) => readArguments(place, keywords[key] ?? []));
}

const operands = ['x1', 'x2', 'y'];

const holdsReference = (value: unknown): boolean =>
  isReference(value) || (isObject(value) && value.class_name === '__keras_tensor__');

function readArguments(place: string, value: unknown): Argument[] {
  if (typeof value === 'number') return [value];
  if (isReference(value)) return [toReference(value)];
  if (Array.isArray(value)) return value.flatMap((item) => readArguments(place, item));
  if (value === null || typeof value === 'boolean') return [];
  const history = isObject(value) && isObject(value.config) ? value.config.keras_history : undefined;
  if (isReference(history)) return [toReference(history)];
  throw new FormatError(`${place} is called with ${shown(value)} instead of results of layers`);
}

/** One call of a layer. */
export interface Call {
  readonly layer: number;
  readonly call: number;
}

const keyOf = (layer: string, call: number): string => `${call}:${layer}`;

/** All calls in an order in which they can be made. @throws FormatError for cycles and for results that nobody computes. */
export function orderCalls(about: string, model: ModelDescription): Call[] {
  const all = model.layers.flatMap(({ calls }, layer) =>
    (calls.length > 0 ? calls : [[]]).map((_, call): Call => ({ layer, call })),
  );
  const nameOf = ({ layer, call }: Call): string => keyOf(model.layers[layer].name, call);
  const waiting = new Map<string, { call: Call; missing: number }>();
  const readers = new Map<string, string[]>();
  for (const call of all) {
    const needed = new Set(
      argumentsOf(model, call).flatMap((arg) =>
        typeof arg === 'number' ? [] : [keyOf(arg.layer, arg.call)],
      ),
    );
    waiting.set(nameOf(call), { call, missing: needed.size });
    for (const key of needed) {
      if (!readers.has(key)) readers.set(key, []);
      readers.get(key)!.push(nameOf(call));
    }
  }
  const ready = all.filter((call) => waiting.get(nameOf(call))!.missing === 0);
  for (let i = 0; i < ready.length; i++) {
    for (const reader of readers.get(nameOf(ready[i])) ?? []) {
      const entry = waiting.get(reader)!;
      if (--entry.missing === 0) ready.push(entry.call);
    }
  }
  if (ready.length === all.length) return ready;
  const stuck = all.find((call) => waiting.get(nameOf(call))!.missing > 0)!;
  throw new FormatError(
    `${about}: layer ${shown(model.layers[stuck.layer].name)} waits for a result that is missing, or for its own`,
  );
}

/** Of calls in order those that the outputs need. */
export function neededCalls(model: ModelDescription, order: readonly Call[]): Call[] {
  const keysOf = (list: readonly Argument[]): string[] =>
    list.flatMap((arg) => (typeof arg === 'number' ? [] : [keyOf(arg.layer, arg.call)]));
  const needed = new Set(keysOf(model.outputs));
  return order
    .toReversed()
    .filter((call) => {
      const isNeeded = needed.has(keyOf(model.layers[call.layer].name, call.call));
      if (isNeeded) for (const key of keysOf(argumentsOf(model, call))) needed.add(key);
      return isNeeded;
    })
    .reverse();
}

export const argumentsOf = (model: ModelDescription, { layer, call }: Call): readonly Argument[] =>
  model.layers[layer].calls[call] ?? [];
