// From a checked graph to a module: constants are computed once, choices that are known at load are made, each node
// becomes a step. All nodes that are not supported are reported together, before any work.

import { FormatError, init, nn, noGrad, Tensor, UnsupportedError } from 'neocog';
import { willHold } from '../budget.ts';
import { Block, type Step } from '../graph/block.ts';
import { moduleName, UniqueNames } from '../graph/names.ts';
import { Operation } from '../graph/operation.ts';
import { refuseAll } from '../graph/refuse.ts';
import type { Value } from '../graph/value.ts';
import { plainly } from '../shown.ts';
import { KnownValues } from './known.ts';
import { describeNode, innerGraphs, isOnnx, nodeName, readsOf, weightNames } from './model.ts';
import { type BuildContext, type Built, OnnxNode } from './node.ts';
import { operators } from './operators/index.ts';
import type { GraphProto, NodeProto } from './schema.ts';
import { readSparse, readTensor } from './tensors.ts';

/** Steps of a graph, and the constants that they read. */
export interface BuiltGraph {
  readonly steps: readonly Step[];
  readonly constants: ReadonlyMap<string, Value>;
}

/** Refuses what the table of operators lacks, all nodes at once. */
export function checkOperators(about: string, graph: GraphProto): void {
  const unknown = [...nodesOf(graph)].filter((node) => !operatorOf(node));
  refuseAll(
    about,
    'node',
    unknown.map((node) => describeNode(node) + (isOnnx(node) ? '' : ` of ${plainly(node.domain ?? '')}`)),
  );
}

function* nodesOf(graph: GraphProto): Generator<NodeProto> {
  for (const node of graph.node) {
    yield node;
    for (const inner of innerGraphs(node)) yield* nodesOf(inner);
  }
}

/** int8 and uint8 come from inputs or from quantisation. */
const hasBytes = (graph: GraphProto): boolean =>
  graph.input.some(({ type }) => [2, 3].includes(type?.tensorType?.elemType ?? 0)) ||
  [...nodesOf(graph)].some(({ opType }) => opType?.endsWith('QuantizeLinear'));

const operatorOf = (node: NodeProto) => (isOnnx(node) ? operators.get(node.opType ?? '') : undefined);

/** What all graphs of a file have in common. */
export interface ModelFile extends Pick<BuildContext, 'opset' | 'files'> {
  /** Begins errors. */
  readonly about: string;
}

/** Builds one graph and, through its nodes, those inside it. */
export class GraphBuilder {
  readonly #about: string;
  readonly #problems: string[];
  readonly #context: BuildContext;
  readonly #constants: KnownValues;
  readonly #names = new UniqueNames();
  readonly #steps: Step[] = [];
  /** Values that a node or an output of the graph reads. */
  readonly #read = new Set<string>();

  constructor(file: ModelFile, graph: GraphProto, outer?: GraphBuilder) {
    const { about, opset, files } = file;
    this.#about = about;
    this.#problems = outer ? outer.#problems : [];
    this.#constants = new KnownValues(outer ? outer.#constants : undefined);
    this.#context = {
      opset,
      files,
      constants: this.#constants,
      parameters: outer ? outer.#context.parameters : new Map(),
      learn: (name, parameter) => this.#constants.set(name, parameter),
      hasBytes: outer ? outer.#context.hasBytes : hasBytes(graph),
      dequantised: outer ? outer.#context.dequantised : new Set(),
      block: (part) => {
        const inner = new GraphBuilder(file, part, this);
        inner.add(part);
        return inner.#block(part.output.map(({ name = '' }) => name));
      },
    };
  }

  /** `fixed` are inputs with a value given at load. */
  build(graph: GraphProto, fixed: ReadonlyMap<string, Value>): BuiltGraph {
    for (const [name, value] of fixed) this.#constants.set(name, value);
    this.add(graph);
    refuseAll(this.#about, 'node', this.#problems);
    return { steps: this.#steps, constants: this.#usedConstants(graph.output.map(({ name = '' }) => name)) };
  }

  add(graph: GraphProto): void {
    const { files } = this.#context;
    for (const proto of graph.initializer) this.#addWeight(proto.name, () => readTensor(proto, files));
    for (const proto of graph.sparseInitializer ?? []) {
      this.#addWeight(proto.values?.name, () => readSparse(proto, files));
    }
    for (const { name = '' } of graph.output) this.#read.add(name);
    for (const node of graph.node) for (const name of readsOf(node)) this.#read.add(name);
    for (const node of graph.node) this.#addNode(node);
  }

  #addWeight(name = '', read: () => Value): void {
    const value = read();
    this.#constants.set(name, value);
    if (value instanceof Tensor) this.#constants.markLearnable(name);
  }

  #addNode(proto: NodeProto): void {
    const chosen = this.#chosenBranch(proto);
    if (chosen) return this.#addBranch(proto, chosen);
    const node = new OnnxNode(withReadOutputs(proto, this.#read), this.#context);
    if (!node.inputs[0] && node.op !== 'Constant') {
      throw new FormatError(`${this.#about}: ${node} lacks its first input`);
    }
    if (node.op === 'DequantizeLinear') this.#context.dequantised.add(node.outputs[0]);
    try {
      const built = init.skip(() => operatorOf(proto)!.build(node));
      if (built instanceof nn.Module) this.#addStep(node, { module: built });
      else this.#addStep(node, built);
    } catch (error) {
      if (!(error instanceof UnsupportedError)) throw this.#explain(node, error);
      this.#problems.push(error.message);
    }
  }

  #explain(node: OnnxNode, error: unknown): unknown {
    if (error instanceof FormatError) return error;
    const reason = error instanceof Error ? error.message : String(error);
    return new FormatError(`${this.#about}: ${node} cannot be built: ${reason}`, { cause: error });
  }

  #addStep(node: OnnxNode, { module, inputs }: Built): void {
    const all = module instanceof Operation ? node.inputs.map((_, i) => i) : [0];
    const names = (inputs ?? all).map((i) => node.inputs[i] ?? '');
    const step = { name: this.#nameOf(node), module, inputs: names, outputs: node.outputs };
    if (!this.#fold(step)) this.#steps.push(step);
  }

  /** Carries out a step whose inputs are all known. */
  #fold({ module, inputs, outputs }: Step): boolean {
    const values = inputs.map((name) => (name === '' ? undefined : this.#constants.get(name)));
    if (!(module instanceof Operation)) return false;
    if (inputs.some((name, i) => name !== '' && values[i] === undefined)) return false;
    // A weight that is learned stays one: what is computed from it follows it.
    if (this.#problems.length > 0) return false;
    module.eval();
    willHold(() => {
      const results = noGrad(() => module.apply(values.map((value) => withoutGradient(value))));
      const named = results.filter((_, i) => (outputs[i] ?? '') !== '');
      outputs.forEach((name, i) => {
        if (name !== '' && results[i]) this.#constants.set(name, results[i]);
      });
      return named;
    });
    return true;
  }

  /** A node's name in the state dict: that of its weight, as PyTorch writes it, or its own. */
  #nameOf(node: OnnxNode): string {
    const weight = node.inputs.find((name) => this.#constants.isLearnable(name) && /.\.weight$/.test(name));
    const own = moduleName(node.name);
    return this.#names.take(weight ? moduleName(weight.slice(0, -'.weight'.length)) : own || node.op);
  }

  /** The branch of an If whose condition is known. */
  #chosenBranch(proto: NodeProto): GraphProto | undefined {
    const condition = proto.opType === 'If' ? this.#constants.get(proto.input[0]) : undefined;
    // Of another length the node refuses it.
    if (condition?.data.length !== 1) return undefined;
    const name = condition.data[0] !== 0 ? 'then_branch' : 'else_branch';
    return proto.attribute.find((attribute) => attribute.name === name)?.g;
  }

  /** The nodes of the branch in the place of the If; names inside are unique, as they may hide none outside. */
  #addBranch(proto: NodeProto, branch: GraphProto): void {
    const prefix = `${proto.output[0]}/`;
    const renamed = renameValues(branch, prefix, new Map());
    this.add(renamed);
    proto.output.forEach((output, i) => {
      const source = renamed.output[i]?.name ?? '';
      this.#addNode({
        input: [source],
        output: [output],
        name: `${prefix}out`,
        opType: 'Identity',
        attribute: [],
      });
    });
  }

  #block(outputs: readonly string[]): Block {
    return new Block(this.#steps, outputs, this.#usedConstants(outputs));
  }

  /** What steps (and whatever is inside them) may read. */
  #usedConstants(outputs: readonly string[]): Map<string, Value> {
    return this.#constants.among(new Set([...outputs, ...this.#steps.flatMap(({ inputs }) => inputs)]));
  }
}

/** The node without the outputs that nobody reads, so that no operator has to give or refuse them. */
const withReadOutputs = (node: NodeProto, read: ReadonlySet<string>): NodeProto => ({
  ...node,
  name: nodeName(node),
  output: node.output.map((name) => (read.has(name) ? name : '')),
});

const withoutGradient = (value: Value | undefined): Value | undefined =>
  value instanceof Tensor ? value.detach() : value;

/** A graph whose own values have new names. Values from around it keep theirs. */
function renameValues(graph: GraphProto, prefix: string, outer: ReadonlyMap<string, string>): GraphProto {
  const names = new Map(outer);
  const own = [...weightNames(graph), ...graph.input.map(({ name = '' }) => name)];
  for (const name of [...own, ...graph.node.flatMap(({ output }) => output)]) {
    if (name !== '') names.set(name, prefix + name);
  }
  const now = (name = ''): string => names.get(name) ?? name;
  return {
    initializer: graph.initializer.map((tensor) => ({ ...tensor, name: now(tensor.name) })),
    sparseInitializer: (graph.sparseInitializer ?? []).map((tensor) => ({
      ...tensor,
      values: { ...tensor.values, dims: tensor.values?.dims ?? [], name: now(tensor.values?.name) },
    })),
    input: graph.input.map((input) => ({ ...input, name: now(input.name) })),
    output: graph.output.map((output) => ({ ...output, name: now(output.name) })),
    node: graph.node.map((node) => ({
      ...node,
      input: node.input.map(now),
      output: node.output.map(now),
      attribute: node.attribute.map((attribute) =>
        attribute.g ? { ...attribute, g: renameValues(attribute.g, prefix, names) } : attribute,
      ),
    })),
  };
}
