// A computation as data: what a backend was asked for, call by call, with arrays that need not exist yet. Whoever compiles
// a network starts from this; a node means what the method of `Backend` of its name means.

import type { Expr } from '../expression/expression.ts';
import type { ConvGeometry, PoolGeometry } from '../geometry/types.ts';
import type { FusedLoop, MatmulShape, StridedView, Values } from './work.ts';

/** An array, row-major as the shape that an operation sees in it. */
export interface GraphValue {
  readonly id: number;
  readonly size: number;
  readonly dtype: 'float32' | 'int32';
  /**
   * `input`: given anew for each run. `constant`: known now. `state`: known now and changed by `assign`, kept from run to
   * run. `node`: computed.
   */
  readonly source: 'input' | 'constant' | 'state' | 'node';
  /** Of constants and states. */
  readonly data: Values | null;
}

/** What follows a convolution before its result is stored; made by fusing later nodes into it. */
export interface Finish {
  /** Over input 0, the sum with its bias, and the extras. */
  readonly formula: Expr | null;
  /** `pixel`: an array like the result. `channel`: one value per channel of the result. */
  readonly extras: readonly ('pixel' | 'channel')[];
}

export const plainFinish: Finish = { formula: null, extras: [] };

interface Node<Op extends string> {
  readonly op: Op;
  /** The part of the module that asked for it: `layer1.0.conv1`. */
  readonly label: string;
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
}

/** inputs: x (or y), weight, bias if `bias`, then the extras of `finish`. */
export interface ConvNode extends Node<'conv' | 'inputGrad'> {
  readonly geometry: ConvGeometry;
  readonly bias: boolean;
  readonly finish: Finish;
}

/** inputs: x, y. */
export interface WeightGradNode extends Node<'weightGrad'> {
  readonly geometry: ConvGeometry;
}

/** outputs: the largest values, and where they are. */
export interface MaxPoolNode extends Node<'maxPool'> {
  readonly geometry: PoolGeometry;
}

/** inputs: x (or y), scale. */
export interface SumPoolNode extends Node<'sumPool' | 'sumPoolGrad'> {
  readonly geometry: PoolGeometry;
}

/** inputs: x, indices. */
export interface TakeNode extends Node<'take'> {
  readonly planes: number;
}

/** inputs: y, indices. */
export interface ScatterAddNode extends Node<'scatterAdd'> {
  readonly planes: number;
}

export interface MatmulNode extends Node<'matmul'> {
  readonly shape: MatmulShape;
}

export interface FusedNode extends Node<'fused'> {
  readonly loop: FusedLoop;
}

export interface TruncateNode extends Node<'truncate'> {}

/** Several formulas over one loop and the same inputs, each with an output of its own. `loop.expr` is the first. */
export interface FusedManyNode extends Node<'fusedMany'> {
  readonly loop: FusedLoop;
  readonly exprs: readonly Expr[];
}

export interface CopyNode extends Node<'copy'> {
  readonly view: StridedView;
}

/** inputs: one per view. */
export interface CopyAddNode extends Node<'copyAdd'> {
  readonly views: readonly StridedView[];
}

/** inputs: the new values, the state that they become. */
export interface AssignNode extends Node<'assign'> {}

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
