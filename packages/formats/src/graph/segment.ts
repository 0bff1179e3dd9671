// Steps of a network as a network of their own: what `compile` makes one program of.

import { nn, type Tensor } from 'neocog';
import { atCostOf, type Budget, willHold } from '../budget.ts';
import type { Block } from './block.ts';
import { asTensor, checkInputs, type GraphInput } from './given.ts';
import type { Value } from './value.ts';

interface SegmentSpec {
  readonly block: Block;
  readonly inputs: readonly GraphInput[];
  /** In the order of the block's. */
  readonly outputs: readonly GraphInput[];
  readonly budget: Budget | undefined;
}

export class Segment extends nn.NamedModule {
  readonly inputs: readonly GraphInput[];
  readonly outputs: readonly GraphInput[];
  readonly #block: Block;
  readonly #budget: Budget | undefined;

  constructor({ block, inputs, outputs, budget }: SegmentSpec) {
    super();
    this.#block = block;
    this.inputs = inputs;
    this.outputs = outputs;
    this.#budget = budget;
  }

  override children(): [name: string, child: nn.Module][] {
    return this.#block.children();
  }

  run(inputs: nn.NamedTensors): Record<string, Tensor> {
    return runBlock({ block: this.#block, budget: this.#budget }, this, inputs);
  }
}

/** What a block gives for tensors, by name, at the cost of one run. */
export function runBlock(
  { block, budget }: Pick<SegmentSpec, 'block' | 'budget'>,
  { inputs, outputs }: Pick<SegmentSpec, 'inputs'> & { readonly outputs: readonly nn.NamedValue[] },
  tensors: nn.NamedTensors,
): Record<string, Tensor> {
  const given = checkInputs(inputs, tensors);
  const run = (): Value[] => {
    willHold(() => given.map(([, value]) => value));
    return block.runIn(undefined, given);
  };
  const values = budget ? atCostOf(runBudget(budget, tensors), run) : run();
  return Object.fromEntries(outputs.map(({ name, dtype }, i) => [name, asTensor(values[i], dtype)]));
}

/** For one run on these inputs. */
export const runBudget = (budget: Budget, inputs: nn.NamedTensors): Budget =>
  budget.forRun(
    'run',
    Object.values(inputs).reduce((sum, { size }) => sum + size, 0),
  );
