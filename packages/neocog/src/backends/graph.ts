// Computations that feed each other, as data, with arrays that need not exist yet. Whoever compiles a network starts from this.

import type { Expr } from '../expression/expression.ts';
import type { FrameInput } from '../geometry/frames/picture.ts';
import type { ArrayKind, MatmulWork, Values, Work } from './work.ts';

/** An array, row-major as the shape that an operation sees in it. */
export interface GraphValue extends ArrayKind {
  /** Unique in its graph. */
  readonly id: number;
  /**
   * `input`: given anew for each run. `constant`: known now. `state`: known now and changed by `assign`, kept from run to
   * run. `node`: computed.
   */
  readonly source: 'input' | 'constant' | 'state' | 'node';
  /** Of constants and states. */
  readonly data: Values | null;
  /** Of an input whose values each run makes of frames. */
  readonly frames?: FrameInput;
}

/** Where a computation stands among others. */
interface Placed {
  /** The part of the module that asked for it: `layer1.0.conv1`. */
  readonly label: string;
  /** What it reads, in the order that its kind of work states. */
  readonly inputs: readonly GraphValue[];
  /** What it computes, one for each result of its work. */
  readonly outputs: readonly GraphValue[];
}

/** A computation among others. */
export type NodeOf<W extends Work> = W & Placed;

/** inputs: the new values, the state that they become. */
export interface AssignNode extends Placed {
  readonly op: 'assign';
}

/** What becomes of an array that every rank of a world has one of. */
export interface Exchange {
  /**
   * `sum`: the sums over all ranks. `gather`: the arrays of all ranks, one after the other. `scatter`: the sums over all ranks of this
   * rank's part, where the array has a part for each; the adjoint of `gather`.
   */
  readonly way: 'sum' | 'gather' | 'scatter';
  /** How many ranks there are. */
  readonly ranks: number;
  /** Only of sums: `gradient` and `other` may wait for further ones, and travel with those of their kind. Null: at once. */
  readonly bulk: 'gradient' | 'other' | null;
}

/** inputs: x, and perhaps an input of the graph that is 0 in runs that leave x as it is; outputs: what becomes of x. */
export interface ExchangeNode extends Exchange, Placed {
  readonly op: 'exchange';
}

/** A computation, a state's new value or an exchange among others; `op` says which. */
export type GraphNode = NodeOf<Work> | AssignNode | ExchangeNode;

/** What is left when matrix products have become convolutions, as `normalForm` makes them: what compilers know. */
export type NormalNode = Exclude<GraphNode, MatmulWork>;

/**
 * The end of a training step: parameters and what the optimiser remembers of them move by the gradients. All lists are in
 * the order of the parameters, and each list lies side by side in memory, so that one loop serves them all.
 */
export interface Update {
  /** States. */
  readonly parameters: readonly GraphValue[];
  /** Computed by the nodes. */
  readonly gradients: readonly GraphValue[];
  /** States; a list for each thing that is remembered. */
  readonly memory: readonly (readonly GraphValue[])[];
  /** Of one element: inputs, or computed by the nodes. */
  readonly scalars: readonly GraphValue[];
  /**
   * The new parameter, then the new memory, from the values of before: over input 0, the parameter; 1, its gradient; then
   * the scalars; then the memory.
   */
  readonly formulas: readonly Expr[];
}

/** A computation as a whole: of one run of a network, or of one step of its training. */
export interface Graph {
  /** In an order in which they can be carried out. */
  readonly nodes: readonly GraphNode[];
  /** After all nodes. */
  readonly updates: readonly Update[];
  /** Given anew for each run, in the order in which `run` takes them. */
  readonly inputs: readonly GraphValue[];
  /** In the order in which `run` gives them. */
  readonly outputs: readonly GraphValue[];
}

/** A graph without matrix products. */
export interface NormalGraph extends Graph {
  readonly nodes: readonly NormalNode[];
}
