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
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
}

export interface ConvNode extends ConvWork, Placed {}
export interface WeightGradNode extends WeightGradWork, Placed {}
export interface MaxPoolNode extends MaxPoolWork, Placed {}
export interface SumPoolNode extends SumPoolWork, Placed {}
export interface TakeNode extends TakeWork, Placed {}
export interface ScatterAddNode extends ScatterAddWork, Placed {}
export interface MatmulNode extends MatmulWork, Placed {}
export interface FusedNode extends FusedWork, Placed {}
export interface FusedManyNode extends FusedManyWork, Placed {}
export interface TruncateNode extends TruncateWork, Placed {}
export interface CopyNode extends CopyWork, Placed {}
export interface CopyAddNode extends CopyAddWork, Placed {}

/** inputs: the new values, the state that they become. */
export interface AssignNode extends Placed {
  readonly op: 'assign';
}

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

export interface Graph {
  /** In an order in which they can be carried out. */
  readonly nodes: readonly GraphNode[];
  /** After all nodes. */
  readonly updates: readonly Update[];
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
}
