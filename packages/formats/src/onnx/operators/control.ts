// If. Where the condition is known at load, the branch has already taken the node's place; here it is known while the
// network runs: of a compiled one when it is recorded, if it follows from shapes, else in each run on the host.

import { ShapeError } from 'neocog';
import { type Block, Choice } from '../../graph/block.ts';
import type { Arguments } from '../../graph/operation.ts';
import type { OnnxNode, Operator } from '../node.ts';

class If extends Choice {
  readonly thenBranch: Block;
  readonly elseBranch: Block;
  readonly #node: OnnxNode;

  constructor(node: OnnxNode) {
    super();
    this.thenBranch = node.block('then_branch');
    this.elseBranch = node.block('else_branch');
    this.#node = node;
  }

  override get blocks(): readonly Block[] {
    return [this.thenBranch, this.elseBranch];
  }

  override choose([condition]: Arguments): Block {
    const { data, shape } = this.#node.read(condition!);
    if (data.length !== 1)
      throw new ShapeError(`${this.#node}: the condition has shape [${shape}]; it must hold one value`);
    return data[0] !== 0 ? this.thenBranch : this.elseBranch;
  }
}

export const controlOperators: readonly Operator[] = [
  {
    name: 'If',
    limits: 'a computed condition on the host; each branch that it takes is a program of its own',
    build: (node) => ({ module: new If(node), inputs: [0] }),
  },
];
