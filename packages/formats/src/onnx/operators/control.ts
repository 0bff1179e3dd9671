// If. Where the condition is known at load, the branch has already taken the node's place; here it is known while the
// network runs, which it is when it follows from shapes.

import { ShapeError } from 'neocog';
import { type Block, type Scope, ScopedModule } from '../../graph/graphModule.ts';
import type { Arguments } from '../../graph/operation.ts';
import type { Value } from '../../graph/value.ts';
import type { OnnxNode, Operator } from '../node.ts';

class If extends ScopedModule {
  readonly thenBranch: Block;
  readonly elseBranch: Block;
  readonly #node: OnnxNode;

  constructor(node: OnnxNode) {
    super();
    this.thenBranch = node.block('then_branch');
    this.elseBranch = node.block('else_branch');
    this.#node = node;
  }

  override get reads(): Set<string> {
    return new Set([...this.thenBranch.reads, ...this.elseBranch.reads]);
  }

  override runIn(scope: Scope, [condition]: Arguments): readonly Value[] {
    const { data, shape } = this.#node.read(condition!);
    if (data.length !== 1)
      throw new ShapeError(`${this.#node}: the condition has shape [${shape}]; it must hold one value`);
    const chosen = data[0] !== 0 ? this.thenBranch : this.elseBranch;
    return chosen.runIn(scope);
  }
}

export const controlOperators: readonly Operator[] = [
  {
    name: 'If',
    limits: 'compiled if the condition follows from shapes or from values fixed at load',
    build: (node) => ({ module: new If(node), inputs: [0] }),
  },
];
