// An ONNX file as checked data: the graph's values have one source each, its nodes are in an order in which they can run.
// Not here: what operators mean.

import { FormatError, NeocogError, UnsupportedError } from 'neocog';
import type { Budget } from '../budget.ts';
import { plainly, shown } from '../shown.ts';
import { decode } from './protobuf.ts';
import {
  type GraphProto,
  type ModelProto,
  modelType,
  type NodeProto,
  type SparseTensorProto,
  type TensorProto,
} from './schema.ts';

export interface Model {
  readonly graph: GraphProto;
  /** Version of the operators of ONNX itself. */
  readonly opset: number;
  /** Texts that the file carries. */
  readonly metadata: Readonly<Record<string, string>>;
}

const oldestOpset = 1;
const newestOpset = 28;

/** @throws FormatError if the bytes are no model. @throws UnsupportedError for an opset outside 1–28. */
export function parseModel(about: string, bytes: Uint8Array, budget: Budget): Model {
  const model = decodeModel(about, bytes, budget);
  const { graph, opsetImport } = model;
  if (!graph)
    throw new FormatError(`${about} cannot be read as ONNX: it holds no graph; is it another format?`);
  const named = opsetImport.find(({ domain = '' }) => domain === '' || domain === 'ai.onnx')?.version;
  // The first versions of the format knew one set of operators.
  const oldest = model.irVersion !== undefined && model.irVersion < 3 ? 1 : undefined;
  const opset = named ?? oldest ?? (isForeign(graph) ? newestOpset : undefined);
  if (opset === undefined) {
    throw new FormatError(`${about} cannot be read as ONNX: it does not say which operators it uses`);
  }
  if (!(opset >= oldestOpset && opset <= newestOpset)) {
    throw new UnsupportedError(
      `${about}: the operators are of opset ${opset}, but neocog reads ${oldestOpset} to ${newestOpset}; convert it with onnx.version_converter`,
    );
  }
  checkGraph(about, graph, new Names());
  // Entries, not assignments: a key may be __proto__.
  const metadata = Object.fromEntries(
    (model.metadataProps ?? []).map(({ key = '', value = '' }) => [key, value]),
  );
  return { graph, opset, metadata };
}

/** Whether every node is of another domain: such files need not say which of ONNX's operators they use. */
const isForeign = ({ node }: GraphProto): boolean => node.length > 0 && node.every((each) => !isOnnx(each));

/** Whether the operator of a node is one of ONNX itself. */
export const isOnnx = ({ domain = '' }: NodeProto): boolean => domain === '' || domain === 'ai.onnx';

function decodeModel(about: string, bytes: Uint8Array, budget: Budget): ModelProto {
  try {
    return decode<ModelProto>(modelType, bytes, budget);
  } catch (error) {
    // The reader of numbers has errors of its own.
    if (error instanceof NeocogError || !(error instanceof Error)) throw error;
    throw new FormatError(`${about} cannot be read as ONNX: ${error.message}`, { cause: error });
  }
}

/** Graphs inside the nodes of a graph. */
export const innerGraphs = (node: NodeProto): GraphProto[] =>
  node.attribute.flatMap(({ g }) => (g ? [g] : []));

/** Every tensor of a graph and of the graphs inside it. */
export function* tensorsOf(graph: GraphProto): Generator<TensorProto> {
  yield* graph.initializer;
  for (const sparse of graph.sparseInitializer ?? []) yield* partsOf(sparse);
  for (const node of graph.node) {
    for (const { t, sparseTensor } of node.attribute) {
      if (t) yield t;
      if (sparseTensor) yield* partsOf(sparseTensor);
    }
    for (const inner of innerGraphs(node)) yield* tensorsOf(inner);
  }
}

const partsOf = ({ values, indices }: SparseTensorProto): TensorProto[] =>
  [values, indices].filter((part) => part !== undefined);

/** Names of the weights of a graph. */
export const weightNames = ({ initializer, sparseInitializer = [] }: GraphProto): string[] =>
  [...initializer, ...sparseInitializer.map(({ values }) => values)].map((part) => part?.name ?? '');

/** Names of values, of a graph and of those around it. Graphs inside look outwards instead of copying what is there. */
class Names {
  readonly #own = new Set<string>();
  readonly #outer: Names | undefined;

  constructor(outer?: Names) {
    this.#outer = outer;
  }

  has(name: string): boolean {
    return this.#own.has(name) || (this.#outer?.has(name) ?? false);
  }

  add(name: string): void {
    this.#own.add(name);
  }
}

/** Refuses values with two sources and values with none. `outer` are those that the graph finds around it. */
function checkGraph(about: string, graph: GraphProto, outer: Names): void {
  const fail = (problem: string): never => {
    throw new FormatError(`${about} cannot be read as ONNX: ${problem}`);
  };
  const known = new Names(outer);
  const add = (name: string, what: string): void => {
    if (known.has(name))
      fail(`the value ${shown(name)} is computed or given twice, the second time by ${what}`);
    known.add(name);
  };
  const weights = weightNames(graph);
  for (const name of weights) add(name, 'an initializer');
  const initializers = new Set(weights);
  // Until version 4 of the format every initializer is an input too.
  for (const { name = '' } of graph.input) {
    if (!initializers.has(name) && !outer.has(name)) add(name, 'an input');
  }
  const [nodes, rest] = runOrder(graph.node, known);
  for (const node of nodes) {
    for (const output of node.output) if (output !== '') add(output, `node ${describeNode(node)}`);
    for (const inner of innerGraphs(node)) checkGraph(about, inner, known);
  }
  if (rest) {
    const missing = rest.input.find((name) => name !== '' && !known.has(name));
    fail(`node ${describeNode(rest)} reads ${shown(missing)}, which no node computes, or waits for itself`);
  }
  nodes.forEach((node, i) => {
    graph.node[i] = node;
  });
  for (const { name = '' } of graph.output) {
    if (!known.has(name)) fail(`no node computes the output ${shown(name)}`);
  }
}

/** A node's own name, or that of its first result. */
export const nodeName = ({ name, output }: NodeProto): string =>
  name || (output.find((result) => result !== '') ?? '');

export const describeNode = (node: NodeProto): string =>
  `${shown(nodeName(node))} (${plainly(node.opType ?? '')})`;

/** Names that a node reads, those that its inner graphs take from around them included. */
export function readsOf(node: NodeProto): string[] {
  const reads = node.input.filter((name) => name !== '');
  for (const inner of innerGraphs(node)) {
    const own = new Set([...weightNames(inner), ...inner.input.map(({ name = '' }) => name)]);
    for (const { output } of inner.node) for (const name of output) own.add(name);
    for (const name of [...inner.node.flatMap(readsOf), ...inner.output.map(({ name = '' }) => name)]) {
      if (!own.has(name)) reads.push(name);
    }
  }
  return reads;
}

/** Nodes in an order in which they can run, the given one where it is one; and a node that can never run, if any. */
function runOrder(nodes: readonly NodeProto[], given: Names): [NodeProto[], NodeProto | undefined] {
  if (canRun(nodes, given)) return [[...nodes], undefined];
  const waiting = new Map<string, number[]>();
  const missing = nodes.map((node, i) => {
    const names = new Set(readsOf(node).filter((name) => !given.has(name)));
    for (const name of names) listAt(waiting, name).push(i);
    return names.size;
  });
  const order: NodeProto[] = [];
  const ready = nodes.flatMap((_, i) => (missing[i] === 0 ? [i] : []));
  for (let at = 0; at < ready.length; at++) {
    const node = nodes[ready[at]];
    order.push(node);
    for (const name of node.output) {
      for (const i of waiting.get(name) ?? []) if (--missing[i] === 0) ready.push(i);
      waiting.delete(name);
    }
  }
  return [order, nodes.find((_, i) => missing[i] > 0)];
}

function canRun(nodes: readonly NodeProto[], given: Names): boolean {
  const known = new Names(given);
  return nodes.every((node) => {
    const ready = readsOf(node).every((name) => known.has(name));
    for (const name of node.output) known.add(name);
    return ready;
  });
}

function listAt(lists: Map<string, number[]>, name: string): number[] {
  const list = lists.get(name) ?? [];
  lists.set(name, list);
  return list;
}
