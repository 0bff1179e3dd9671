// A network as a graph of its layers: what a drawing of it shows. Found from a recording of one forward pass, so that
// what a module does between its layers, such as an addition, is a node as well. No values, and no layout.

import { need } from '../arguments/field.ts';
import { needOptions } from '../arguments/options.ts';
import type { GraphNode } from '../backends/graph.ts';
import type { Expr } from '../expression/expression.ts';
import * as e from '../expression/expression.ts';
import { multiplyAdds } from '../geometry/conv.ts';
import { product } from '../geometry/window.ts';
import type { Module } from '../nn/module.ts';
import { aModule } from '../nn/parts.ts';
import type { Shape } from '../tensor/shape.ts';
import { type RecordedCall, type RecordedNetwork, type RecordOptions, recordNetwork } from './recorded.ts';
import { inputField } from './signature.ts';

/** A node of a `NetworkGraph`. */
export interface NetworkNode {
  /** Its place in the list of nodes. */
  readonly id: number;
  /** `layer`: a part that has no parts. `operation`: what a part with parts computes itself, between them. */
  readonly kind: 'input' | 'layer' | 'operation' | 'output';
  /** Path of the part that computes it, such as `layer1.0.conv1`; of inputs and outputs their name. */
  readonly name: string;
  /** The class of a layer, the operator of a file's node, or what an operation does: `add`, `concat`, …. */
  readonly type: string;
  /** The options of a layer as text. */
  readonly options: string;
  /** Of its first result, batch included; null where no tensor of a part shows it. */
  readonly shape: Shape | null;
  /** Weights and biases of this layer itself. */
  readonly parameters: number;
  /** Multiplications, each with its addition, of one forward pass. */
  readonly multiplyAdds: number;
  /** Ids of the nodes whose results it reads, each once; all are smaller than its own. */
  readonly inputs: readonly number[];
}

/** A network as nodes that read each other. */
export interface NetworkGraph {
  /** In the order in which they run: inputs first, outputs last. */
  readonly nodes: readonly NetworkNode[];
}

/**
 * The layers of a network and how they feed each other, for inputs of some shapes. Nothing is computed. What depends on
 * weights alone is left out.
 *
 * @throws ShapeError for impossible shapes. @throws UnsupportedError if `forward` looks at values or draws some.
 * @example networkGraph(models.resnet18(), { input: [1, 3, 224, 224] }).nodes.filter(({ type }) => type === 'add').length // 8
 */
export function networkGraph(module: Module, options: RecordOptions = {}): NetworkGraph {
  need('networkGraph', 'module', module, aModule);
  needOptions('networkGraph', options, { input: inputField });
  const recording = recordNetwork(module, options);
  const builder = new Builder(recording);
  for (const { name, value, shape } of recording.inputs) builder.begin({ name, shape }, value.id);
  for (const piece of piecesOf(recording)) builder.add(piece);
  for (const { name, value, shape } of recording.outputs) builder.end({ name, shape }, value.id);
  return { nodes: builder.nodes };
}

/** A stretch of the recording that becomes a node: a call of a part without parts, or what stands between such calls. */
interface Piece {
  readonly call: RecordedCall | null;
  readonly from: number;
  readonly to: number;
}

/** All pieces in their order. */
function piecesOf({ nodes, calls }: RecordedNetwork): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  const between = (until: number): void => {
    for (; at < until; at++) pieces.push({ call: null, from: at, to: at + 1 });
  };
  for (const call of calls.filter(({ part }) => part.children().length === 0)) {
    // A part that stands within another call of a part without parts, such as one that calls a module of its own making.
    if (call.from < at) continue;
    between(call.from);
    pieces.push({ call, from: call.from, to: call.to });
    at = call.to;
  }
  between(nodes.length);
  return pieces;
}

/** A value of the network that has a name. */
interface Named {
  readonly name: string;
  readonly shape: Shape;
}

class Builder {
  readonly nodes: NetworkNode[] = [];
  readonly #recording: RecordedNetwork;
  /** By id of an array: the node that gave it, or null where it follows from constants alone. */
  readonly #givers = new Map<number, number | null>();
  readonly #shapes: Map<number, Shape>;

  constructor(recording: RecordedNetwork) {
    this.#recording = recording;
    const seen = recording.calls.flatMap(({ input, output }) => [input, output]);
    this.#shapes = new Map(
      [...seen, ...recording.outputs].map(({ value, shape }) => [value.id, shape] as const),
    );
  }

  begin({ name, shape }: Named, value: number): void {
    this.#push({ kind: 'input', name, type: 'input', shape, inputs: [] });
    this.#givers.set(value, this.nodes.length - 1);
  }

  end({ name, shape }: Named, value: number): void {
    this.#push({ kind: 'output', name, type: 'output', shape, inputs: this.#giversOf([value]) });
  }

  add({ call, from, to }: Piece): void {
    const works = this.#recording.nodes.slice(from, to);
    const given = works.flatMap(({ outputs }) => outputs.map(({ id }) => id));
    const own = new Set(given);
    const read = works.flatMap(({ inputs }) => inputs.map(({ id }) => id)).filter((id) => !own.has(id));
    const inputs = this.#giversOf(call && works.length === 0 ? [call.input.value.id] : read);
    if (inputs.length === 0) {
      for (const id of given) this.#givers.set(id, null);
      return;
    }
    if (call) this.#addCall(call, works, inputs);
    else this.#addOperation(works[0], inputs);
    for (const id of call ? [...given, call.output.value.id] : given)
      this.#givers.set(id, this.nodes.length - 1);
  }

  #addCall({ path, part, output }: RecordedCall, works: readonly GraphNode[], inputs: number[]): void {
    const { shape } = output;
    const options = part.describe();
    const isOperator = part.parameters().length === 0 && /^[A-Z]\w*$/.test(options);
    this.#push({
      kind: 'layer',
      name: path,
      type: isOperator ? options : part.constructor.name,
      options: isOperator ? '' : options,
      shape,
      parameters: part.parameters().reduce((sum, { size }) => sum + size, 0),
      multiplyAdds: works.reduce((sum, work) => sum + workOf(work), 0),
      inputs,
    });
  }

  #addOperation(work: GraphNode, inputs: number[]): void {
    this.#push({
      kind: 'operation',
      name: work.label,
      type: nameOf(work),
      shape: this.#shapeOf(work),
      multiplyAdds: workOf(work),
      inputs,
    });
  }

  /** A loop over elements keeps the shape of what it reads. */
  #shapeOf(work: GraphNode): Shape | null {
    const [{ id, size }] = work.outputs;
    const like = work.op === 'fused' ? work.inputs.filter((input) => input.size === size) : [];
    const shapes = [id, ...like.map((input) => input.id)].map((value) => this.#shapes.get(value));
    const shape = shapes.find((found) => found !== undefined) ?? null;
    if (shape) this.#shapes.set(id, shape);
    return shape;
  }

  #push(node: Partial<NetworkNode> & Pick<NetworkNode, 'kind' | 'name' | 'type' | 'shape' | 'inputs'>): void {
    this.nodes.push({ options: '', parameters: 0, multiplyAdds: 0, ...node, id: this.nodes.length });
  }

  #giversOf(values: readonly number[]): number[] {
    const ids = values.map((id) => this.#givers.get(id)).filter((id) => id !== undefined && id !== null);
    return [...new Set(ids)];
  }
}

function workOf(work: GraphNode): number {
  if (work.op === 'conv' || work.op === 'inputGrad') return multiplyAdds(work.geometry);
  if (work.op !== 'matmul') return 0;
  const { batch, m, k, n } = work.shape;
  return product([batch, m, k, n]);
}

/** Words for computations that stand by themselves. */
const words: Partial<Record<GraphNode['op'], string>> = {
  inputGrad: 'transposed conv',
  maxPool: 'max pool',
  sumPool: 'pool',
  take: 'gather',
  copy: 'rearrange',
  copyAdd: 'concat',
};

/** What networks do without a layer, by its formula; equal formulas are one object. */
const formulas: readonly (readonly [Expr, string])[] = [
  [e.select(e.ge(0, e.input(0)), 0, e.input(0)), 'relu'],
];

function nameOf(work: GraphNode): string {
  if (work.op !== 'fused') return words[work.op] ?? work.op;
  const { expr, reduced, combine } = work.loop;
  const known = formulas.find(([formula]) => formula === expr)?.[1];
  if (known) return known;
  if (reduced.includes(true)) return combine;
  if ('b' in expr && expr.op !== 'select' && work.inputs.length > 1) return expr.op;
  return 'a' in expr && expr.a.op === 'input' && !('b' in expr) ? expr.op : 'elementwise';
}
