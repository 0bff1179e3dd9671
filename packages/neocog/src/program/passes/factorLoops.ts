// What a loop computes of a few values only, of one per channel say, is computed once for each of them and not at every point. Factors of
// a product that are such values are gathered first, so that a division at every point becomes a product. A sum is multiplied by them
// when it is made, and sums that differed by them alone are one: the way back of a batch normalisation, four sums with nine
// divisions at each point, becomes two without any.

import type { Graph, GraphNode, GraphValue, NodeOf } from '../../backends/graph.ts';
import { ValueMaker } from '../../backends/rewrite.ts';
import { type FusedWork, workKey } from '../../backends/work.ts';
import { type FusedLoop, keptAxes } from '../../backends/workParts.ts';
import { heldOf } from '../../expression/bounds.ts';
import type { Expr } from '../../expression/expression.ts';
import * as e from '../../expression/expression.ts';
import { isSlow } from '../../expression/slow.ts';
import { product } from '../../geometry/window.ts';
import { sameShape, stridesOf } from '../../tensor/shape.ts';
import { InputList, isMap, readsPositions } from './joinLoops.ts';
import { assignedIn } from './rewrite.ts';

/** Points of the loop for each value, so that values are few and a loop over them costs next to nothing. */
const leastPoints = 16;
/** As many cheap steps are as well done at every point. */
const fewSteps = 3;

/**
 * The graph with such loops of their own. Products and quotients are rounded in another order, so this is for training steps, where nothing is
 * fed to a step function that other frameworks would compute to the last bit; formulas within comparisons and roundings keep their order.
 */
export function factorLoops(graph: Graph): Graph {
  const assigned = assignedIn(graph);
  const fits = ({ loop, inputs }: NodeOf<FusedWork>): boolean =>
    loop.combine !== 'max' && !readsPositions(loop.expr) && !inputs.some((value) => assigned.has(value));
  const nodes = new NodeList(graph);
  for (const node of graph.nodes) {
    if (node.op === 'fused' && fits(node)) factored(node, nodes);
    else nodes.push(node);
  }
  return { ...graph, nodes: nodes.all };
}

/** A loop as it is written down: its result is made when it is known whether there is one already. */
type Draft = Omit<NodeOf<FusedWork>, 'outputs'>;

class NodeList {
  readonly all: GraphNode[] = [];
  readonly #make: ValueMaker;
  readonly #made = new Map<string, GraphValue>();

  constructor(graph: Graph) {
    this.#make = new ValueMaker(graph);
  }

  push(node: GraphNode): void {
    this.all.push(node);
  }

  /** The result of a loop, which is there once. @param result what it is to be, if it is not there yet */
  once(draft: Draft, result?: GraphValue): GraphValue {
    const key = `${workKey(draft)} of ${draft.inputs.map(({ id }) => id)}`;
    const known = this.#made.get(key);
    if (known) return known;
    const made = result ?? this.#make.node(product(keptAxes(draft.loop)));
    this.#made.set(key, made);
    this.push({ ...draft, outputs: [made] });
    return made;
  }
}

function factored(node: NodeOf<FusedWork>, nodes: NodeList): void {
  const { loop, outputs } = node;
  const values = new FewValues(loop);
  const { outer, inner } = isMap(loop) ? { outer: one, inner: loop.expr } : values.factorsOf(loop.expr);
  const isScaled = outer !== one && !values.axesOf(outer).some((d) => loop.reduced[d]);
  const body = new Body(node, values, nodes);
  const expr = body.of(isScaled ? inner : loop.expr);
  const draft = body.draft(expr);
  if (isMap(loop)) {
    nodes.push({ ...draft, outputs });
    return;
  }
  const [result] = outputs;
  const sum = nodes.once(draft, isScaled ? undefined : result);
  if (sum === result) return;
  const kept = loop.shape.flatMap((_, d) => (loop.reduced[d] ? [] : [d]));
  const scaling = over(kept, node, isScaled ? outer : one);
  nodes.push({
    ...scaling,
    inputs: [...scaling.inputs, sum],
    loop: {
      ...scaling.loop,
      expr: e.mul(e.input(scaling.inputs.length), scaling.loop.expr),
      strides: [...scaling.loop.strides, stridesOf(keptAxes(loop))],
    },
    outputs,
  });
}

/** A formula of a loop as a map over some of its axes: those along which what it reads moves, or more. */
function over(axes: readonly number[], { label, loop, inputs }: NodeOf<FusedWork>, expr: Expr): Draft {
  const among = (values: readonly number[]): number[] => axes.map((d) => values[d]);
  const read = new InputList<readonly number[]>(sameShape);
  const own = e.substitute(expr, (i) => e.input(read.add(inputs[i], among(loop.strides[i]))));
  const shape = among(loop.shape);
  const strides = read.kinds;
  return {
    op: 'fused',
    label,
    inputs: read.values,
    loop: { expr: own, shape, strides, reduced: shape.map(() => false), combine: 'sum' },
  };
}

const one = e.constant(1);

/** `outer · inner`, where `outer` has few values. */
interface Factors {
  readonly outer: Expr;
  readonly inner: Expr;
}

/** Which parts of a loop's formula have few values. */
class FewValues {
  readonly #loop: FusedLoop;
  readonly #axes = new Map<Expr, readonly number[]>();

  constructor(loop: FusedLoop) {
    this.#loop = loop;
  }

  /** The axes along which a part changes. */
  axesOf(part: Expr): readonly number[] {
    const known = this.#axes.get(part);
    if (known) return known;
    const moves = (d: number): boolean =>
      part.op === 'input'
        ? this.#loop.shape[d] > 1 && this.#loop.strides[part.index][d] !== 0
        : e.operands(part).some((operand) => this.axesOf(operand).includes(d));
    const axes = this.#loop.shape.flatMap((_, d) => (moves(d) ? [d] : []));
    this.#axes.set(part, axes);
    return axes;
  }

  areFew(part: Expr): boolean {
    const { shape } = this.#loop;
    return leastPoints * product(this.axesOf(part).map((d) => shape[d])) <= product(shape);
  }

  factorsOf(part: Expr): Factors {
    if (this.areFew(part)) return { outer: part, inner: one };
    if (part.op === 'neg') {
      const { outer, inner } = this.factorsOf(part.a);
      return { outer: e.mul(outer, -1), inner };
    }
    if (part.op !== 'mul' && part.op !== 'div') return { outer: one, inner: part };
    const [a, b] = [this.factorsOf(part.a), this.factorsOf(part.b)];
    // To divide by many values takes no longer if few are divided.
    if (part.op === 'div' && a.inner === one && b.outer === one) return { outer: one, inner: part };
    const both = part.op === 'mul' ? e.mul : e.div;
    return { outer: both(a.outer, b.outer), inner: both(a.inner, b.inner) };
  }
}

/** Functions with steps: what is fed to them is computed as it is written. */
const jumps: ReadonlySet<Expr['op']> = new Set(['gt', 'ge', 'eq', 'floor', 'round', 'sign']);

/** The formula of a loop as it is computed at every point. */
class Body {
  readonly #node: NodeOf<FusedWork>;
  readonly #values: FewValues;
  readonly #nodes: NodeList;
  readonly #read = new InputList<readonly number[]>(sameShape);
  readonly #done = new Map<Expr, Expr>();
  readonly #kept = new Map<Expr, Expr>();

  constructor(node: NodeOf<FusedWork>, values: FewValues, nodes: NodeList) {
    this.#node = node;
    this.#values = values;
    this.#nodes = nodes;
  }

  draft(expr: Expr): Draft {
    const { op, label, loop } = this.#node;
    return { op, label, inputs: this.#read.values, loop: { ...loop, expr, strides: this.#read.kinds } };
  }

  /** A part of the formula, over the inputs that the draft has. `keep`: in the order in which it is written. */
  of(part: Expr, keep = false): Expr {
    const done = keep ? this.#kept : this.#done;
    const known = done.get(part);
    if (known) return known;
    const made = this.#made(part, keep);
    done.set(part, made);
    return made;
  }

  #made(part: Expr, keep: boolean): Expr {
    if (part.op === 'input') return this.#input(part.index);
    if (this.#values.areFew(part) && isWorthALoop(part)) return this.#once(part);
    const { outer, inner } = keep ? { outer: one, inner: part } : this.#values.factorsOf(part);
    if (outer !== one && inner !== one) return e.mul(this.of(inner), this.of(outer));
    const free = (operand: Expr): Expr => this.of(operand, keep);
    // A value that is held at a limit does not jump there.
    if (part.op === 'select' && heldOf(part).inner !== part)
      return e.rebuilt(part, (operand) => (operand === part.test ? e.rebuilt(operand, free) : free(operand)));
    return e.rebuilt(part, (operand) => this.of(operand, keep || jumps.has(part.op)));
  }

  #input(i: number): Expr {
    return e.input(this.#read.add(this.#node.inputs[i], this.#node.loop.strides[i]));
  }

  /** What a loop of its own computes. */
  #once(part: Expr): Expr {
    const axes = this.#values.axesOf(part);
    const draft = over(axes, this.#node, part);
    const dense = stridesOf(draft.loop.shape);
    const strides = this.#node.loop.shape.map((_, d) => (axes.includes(d) ? dense[axes.indexOf(d)] : 0));
    return e.input(this.#read.add(this.#nodes.once(draft), strides));
  }
}

function isWorthALoop(part: Expr): boolean {
  const steps = e.nodesOf(part).filter((node) => e.operands(node).length > 0);
  return (
    steps.length > fewSteps || steps.some((node) => isSlow(node) || node.op === 'div' || node.op === 'sqrt')
  );
}
