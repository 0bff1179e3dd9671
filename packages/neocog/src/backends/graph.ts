// Computations that feed each other, as data, with arrays that need not exist yet. Whoever compiles a network starts from this.

import type { Expr } from '../expression/expression.ts';
import type {
  ArrayKind,
  ConvWork,
  CopyAddWork,
  CopyWork,
  FusedManyWork,
  FusedWork,
  MatmulWork,
  MaxPoolWork,
  ScatterAddWork,
  SumPoolWork,
  TakeWork,
  TruncateWork,
  Values,
  WeightGradWork,
} from './work.ts';

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
}

/** Where a computation stands among others. */
interface Placed {
  /** The part of the module that asked for it: `layer1.0.conv1`. */
  readonly label: string;
  /** What it reads, in the order that its work states. */
  readonly inputs: readonly GraphValue[];
  /** What it computes, one for each result of its work. */
  readonly outputs: readonly GraphValue[];
}

/** inputs: x, w, the bias if there is one, the extras; outputs: y. For `inputGrad` y comes in and x goes out. */
export interface ConvNode extends ConvWork, Placed {}
/** inputs: x, y; outputs: w. */
export interface WeightGradNode extends WeightGradWork, Placed {}
/** inputs: x; outputs: the largest values, and their positions in int32. */
export interface MaxPoolNode extends MaxPoolWork, Placed {}
/** inputs: x, and a scale per output cell of a plane; outputs: y. For `sumPoolGrad` y comes in and x goes out. */
export interface SumPoolNode extends SumPoolWork, Placed {}
/** inputs: x, and indices in int32; outputs: the elements at these. */
export interface TakeNode extends TakeWork, Placed {}
/** inputs: y, and indices in int32; outputs: the planes into which y was added. */
export interface ScatterAddNode extends ScatterAddWork, Placed {}
/** inputs: a, b; outputs: c. */
export interface MatmulNode extends MatmulWork, Placed {}
/** inputs: those of the formula; outputs: its result. */
export interface FusedNode extends FusedWork, Placed {}
/** inputs: those of all formulas; outputs: a result for each formula. */
export interface FusedManyNode extends FusedManyWork, Placed {}
/** inputs: float32 values; outputs: the same as int32. */
export interface TruncateNode extends TruncateWork, Placed {}
/** inputs: x; outputs: the elements that the view names. */
export interface CopyNode extends CopyWork, Placed {}
/** inputs: an array for each view; outputs: what they add up to. */
export interface CopyAddNode extends CopyAddWork, Placed {}

/** inputs: the new values, the state that they become. */
export interface AssignNode extends Placed {
  readonly op: 'assign';
}

/** A computation among others; `op` says which one. */
export type GraphNode =
  | ConvNode
  | WeightGradNode
  | MaxPoolNode
  | SumPoolNode
  | TakeNode
  | ScatterAddNode
  | MatmulNode
  | FusedNode
  | FusedManyNode
  | TruncateNode
  | CopyNode
  | CopyAddNode
  | AssignNode;

/** What is left when matrix products have become convolutions, as `normalForm` makes them: what compilers know. */
export type NormalNode = Exclude<GraphNode, MatmulNode>;

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
  /** Inputs of one element. */
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
