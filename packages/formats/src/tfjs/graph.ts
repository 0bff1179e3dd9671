// A TensorFlow graph as a plan: the nodes that its outputs need, in order, each through the reader of its operator.

import { FormatError, init, type nn, type Tensor } from 'neocog';
import type { Budget } from '../budget.ts';
import type { GraphModule } from '../graph/graphModule.ts';
import { chooseNamed } from '../graph/outputs.ts';
import { Plan, type Wire } from '../graph/plan.ts';
import { refuseAll } from '../graph/refuse.ts';
import { fixInputs, nameAxes, type Shapes } from '../graph/shapes.ts';
import { HostArray, type Value } from '../graph/value.ts';
import { isObject } from '../json.ts';
import { plainly, shown } from '../shown.ts';
import { GraphNode, type OperatorReader } from './node.ts';
import { graphOperators } from './operators/index.ts';

export interface GraphSource {
  /** Begins every error, and counts what is made. */
  readonly budget: Budget;
  readonly topology: Readonly<Record<string, unknown>>;
  readonly signature: unknown;
  readonly weights: ReadonlyMap<string, Tensor>;
  readonly shapes: Shapes;
  /** Names of what comes out; undefined for all that the file says. */
  readonly outputs: readonly string[] | undefined;
}

interface NodeDef {
  readonly name: string;
  readonly op: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly inputs: readonly Output[];
}

/** The `index`-th result of a node. */
interface Output {
  readonly node: string;
  readonly index: number;
}

interface NamedOutput extends Output {
  readonly name: string;
}

const isPlaceholder = ({ op }: NodeDef): boolean => op === 'Placeholder' || op === 'PlaceholderWithDefault';

/**
 * @throws UnsupportedError naming every node whose operator neocog does not have.
 * @throws FormatError for a graph that is none.
 */
export function buildGraph(source: GraphSource): GraphModule {
  const { budget, topology, signature, weights, shapes } = source;
  const { about } = budget;
  const nodes = readNodes(about, topology.node);
  const outputs = chooseOutputs(about, source.outputs, { nodes, all: readOutputs(about, signature, nodes) });
  // First of all: loops of TensorFlow are circles, which only a broken file has otherwise.
  refuseUnknown(about, neededNodes(about, nodes, outputs));
  const order = orderNodes(about, nodes, outputs);
  const plan = new Plan(budget);
  const wires = new Map<string, readonly Wire[]>();
  const names = inputNames(signature);
  const placeholders = order.filter(isPlaceholder);
  const open = placeholders.map((def) => readInput(plan, def, names));
  const inputs = fixInputs(about, { inputs: open }, shapes);
  placeholders.forEach((def, i) => wires.set(def.name, [plan.input(inputs[i])]));
  for (const def of order)
    if (!isPlaceholder(def)) wires.set(def.name, layNode({ plan, wires, weights }, def));
  return plan.build(outputs.map((output) => ({ name: output.name, wire: findWire(about, wires, output) })));
}

function readNodes(about: string, list: unknown): Map<string, NodeDef> {
  const nodes = new Map<string, NodeDef>();
  for (const item of Array.isArray(list) ? list : []) {
    const { name, op, attr, input = [] } = isObject(item) ? item : {};
    if (typeof name !== 'string' || typeof op !== 'string' || !Array.isArray(input)) {
      throw new FormatError(`${about}: a node has no name or op: ${shown(item)}`);
    }
    if (nodes.has(name)) throw new FormatError(`${about}: two nodes are named ${shown(name)}`);
    const data = input.map(String).filter((text) => !text.startsWith('^'));
    nodes.set(name, { name, op, attributes: isObject(attr) ? attr : {}, inputs: data.map(readReference) });
  }
  return nodes;
}

/** `node`, `node:1`, or `node:output:1`. */
function readReference(text: string): Output {
  const [node, ...rest] = text.split(':');
  return { node, index: Number(rest.at(-1) ?? 0) };
}

/** The inputs' or outputs' tensors by the signature's keys. */
function signatureEntries(signature: unknown, side: 'inputs' | 'outputs'): NamedOutput[] {
  const entries = isObject(signature) ? signature[side] : undefined;
  return Object.entries(isObject(entries) ? entries : {}).map(([key, value]) => ({
    name: key.replace(/:\d+$/, ''),
    ...readReference(String(isObject(value) ? (value.name ?? key) : key)),
  }));
}

const inputNames = (signature: unknown): Map<string, string> =>
  new Map(signatureEntries(signature, 'inputs').map(({ name, node }) => [node, name]));

/** Those of the signature; without one, the nodes that no other reads. */
function readOutputs(about: string, signature: unknown, nodes: ReadonlyMap<string, NodeDef>): NamedOutput[] {
  const signed = signatureEntries(signature, 'outputs').filter(({ node }) => nodes.has(node));
  const read = new Set([...nodes.values()].flatMap(({ inputs }) => inputs.map(({ node }) => node)));
  const ends = [...nodes.values()].filter(
    ({ name, op }) => !read.has(name) && op !== 'NoOp' && op !== 'Const',
  );
  const outputs = signed.length > 0 ? signed : ends.map(({ name }) => ({ name, node: name, index: 0 }));
  if (outputs.length > 0) return outputs;
  throw new FormatError(`${about}: its graph has no outputs`);
}

/** Outputs of the file by name, or the first results of nodes. @throws ShapeError for other names */
function chooseOutputs(
  about: string,
  chosen: readonly string[] | undefined,
  { nodes, all }: { nodes: ReadonlyMap<string, NodeDef>; all: readonly NamedOutput[] },
): readonly NamedOutput[] {
  return chooseNamed(about, chosen, {
    all: new Map(all.map((output) => [output.name, output])),
    inside: (name) => (nodes.has(name) ? { name, node: name, index: 0 } : undefined),
    kind: 'node',
  });
}

/** The nodes that the outputs need, in any order. */
function neededNodes(
  about: string,
  nodes: ReadonlyMap<string, NodeDef>,
  outputs: readonly Output[],
): NodeDef[] {
  const needed = new Map<string, NodeDef>();
  const open = outputs.map(({ node }) => node);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (needed.has(name)) continue;
    const def = nodes.get(name);
    if (!def) throw new FormatError(`${about}: node ${shown(name)} is missing, but others read it`);
    needed.set(name, def);
    for (const { node } of def.inputs) open.push(node);
  }
  return [...needed.values()];
}

/** The nodes that the outputs need, which are there, each after those that it reads. */
function orderNodes(
  about: string,
  nodes: ReadonlyMap<string, NodeDef>,
  outputs: readonly Output[],
): NodeDef[] {
  const order: NodeDef[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const stack = outputs.map(({ node }) => node).reverse();
  for (let name = stack.at(-1); name !== undefined; name = stack.at(-1)) {
    const def = nodes.get(name)!;
    const waiting = state.has(name) ? [] : def.inputs.filter(({ node }) => state.get(node) !== 'done');
    if (waiting.length > 0) {
      state.set(name, 'open');
      const circle = waiting.find(({ node }) => state.get(node) === 'open');
      if (circle) throw new FormatError(`${about}: node ${shown(name)} needs its own result`);
      for (const { node } of waiting.reverse()) stack.push(node);
      continue;
    }
    stack.pop();
    if (state.get(name) === 'done') continue;
    state.set(name, 'done');
    order.push(def);
  }
  return order;
}

function refuseUnknown(about: string, nodes: readonly NodeDef[]): void {
  const unknown = nodes.filter(
    (def) => !isPlaceholder(def) && def.op !== 'Const' && !Object.hasOwn(graphOperators, def.op),
  );
  refuseAll(
    about,
    'node',
    unknown.map(({ op, name }) => `${plainly(op)} ${shown(name)}`),
  );
}

function readInput(plan: Plan, def: NodeDef, names: ReadonlyMap<string, string>): nn.NamedValue {
  const node = new GraphNode(plan, def);
  const name = names.get(def.name) ?? def.name;
  const shape = node.shape('shape') ?? node.refuse('is an input of unknown rank');
  const float = node.type('dtype') === 'DT_FLOAT';
  return {
    name,
    shape: nameAxes(name, shape),
    dtype: float ? 'float32' : 'int32',
  };
}

/** The plan, and what nodes read. */
interface Laid {
  readonly plan: Plan;
  /** The results of nodes that have been laid out, by their names. */
  readonly wires: ReadonlyMap<string, readonly Wire[]>;
  readonly weights: ReadonlyMap<string, Tensor>;
}

function layNode({ plan, wires, weights }: Laid, def: NodeDef): readonly Wire[] {
  const { about } = plan;
  if (def.op === 'Const') return [plan.constant(constantOf(about, def, weights))];
  const inputs = def.inputs.map((input) => findWire(about, wires, input));
  const read: OperatorReader = graphOperators[def.op];
  const result = init.skip(() => read(new GraphNode(plan, def, inputs)));
  return Array.isArray(result) ? result : [result as Wire];
}

/** Whole numbers are computed with on the host: they are shapes and axes. */
function constantOf(about: string, def: NodeDef, weights: ReadonlyMap<string, Tensor>): Value {
  const weight = weights.get(def.name);
  if (!weight) throw new FormatError(`${about}: there are no values for the constant ${shown(def.name)}`);
  return weight.dtype === 'int32' ? new HostArray('int32', weight.data, weight.shape) : weight;
}

function findWire(about: string, wires: ReadonlyMap<string, readonly Wire[]>, { node, index }: Output): Wire {
  const wire = wires.get(node)?.[index];
  if (wire) return wire;
  throw new FormatError(`${about}: node ${shown(node)} has no result ${index}`);
}
