// A network as a graph of steps over named values. Each step is a module of its own, so that an imported network lists,
// trains, compiles and is summarised like any other.

import { nn, type Tensor } from 'neocog';
import type { Budget } from '../budget.ts';
import { Block, Scope, type Step } from './block.ts';
import { Division } from './division.ts';
import { asTensor, checkInputs, type GraphInput } from './given.ts';
import { runBlock, runBudget } from './segment.ts';
import { findOutputs } from './shapes.ts';
import { surveyBlock } from './survey.ts';
import type { Value } from './value.ts';

/** What a `GraphModule` is made of. */
export interface GraphSpec {
  /** What is given in each run, in order. */
  readonly inputs: readonly GraphInput[];
  /** Which values come out, in order, by the names that steps, inputs or constants give them. */
  readonly outputs: readonly nn.NamedValue[];
  /** In an order in which they can run. */
  readonly steps: readonly Step[];
  /** Values known at load that steps or outputs name. */
  readonly constants: ReadonlyMap<string, Value>;
  /** What bounds each run; without one there is no bound. */
  readonly budget?: Budget | undefined;
}

/**
 * A network made of steps.
 *
 * @example
 * const net = new GraphModule({
 *   inputs: [{ name: 'x', shape: ['n', 3, 8, 8], dtype: 'float32' }],
 *   outputs: [{ name: 'y', shape: ['n', 4, 8, 8], dtype: 'float32' }],
 *   steps: [{ name: 'conv', module: new nn.Conv2d(3, 4, 3, { padding: 1 }), inputs: ['x'], outputs: ['y'] }],
 *   constants: new Map(),
 * });
 */
export class GraphModule extends nn.StagedModule {
  readonly inputs: readonly GraphInput[];
  #outputs: readonly nn.NamedValue[];
  readonly #block: Block;
  readonly #budget: Budget | undefined;

  constructor({ inputs, outputs, steps, constants, budget }: GraphSpec) {
    super();
    this.#budget = budget;
    this.inputs = Object.freeze([...inputs]);
    this.#outputs = Object.freeze([...outputs]);
    const names = outputs.map((output) => output.name);
    this.#block = new Block(steps, names, constants);
  }

  /** A network for inference, whose outputs have the sizes that follow from those of its inputs, all known but for `batch`. */
  static assemble(spec: GraphSpec, batch?: string): GraphModule {
    const net = new GraphModule(spec).eval();
    net.#outputs = Object.freeze([...findOutputs(net, batch)]);
    return net;
  }

  get outputs(): readonly nn.NamedValue[] {
    return this.#outputs;
  }

  override children(): [name: string, child: nn.Module][] {
    return this.#block.children();
  }

  /** The sizes of the outputs are those that follow then. */
  override replaceChild(name: string, part: nn.Module): void {
    this.#block.replaceChild(name, part);
    const open = new Set(this.inputs.flatMap(({ shape }) => shape).filter((n) => typeof n === 'string'));
    const [batch] = open.size === 1 ? open : [];
    this.#outputs = this.#outputs.map(({ shape, ...output }) => {
      return { ...output, shape: shape.map((n, d) => (typeof n === 'string' ? n : `${output.name}_${d}`)) };
    });
    this.#outputs = Object.freeze([...findOutputs(this, batch)]);
  }

  override run(inputs: nn.NamedTensors): Record<string, Tensor> {
    return runBlock({ block: this.#block, budget: this.#budget }, this, inputs);
  }

  /** Programs of what can be recorded, with the rest on the host: how a network that looks at values is compiled. */
  *stages(inputs: nn.NamedTensors): nn.Stages {
    const sizes = checkInputs(this.inputs, inputs).map(([, { shape }], i) => ({ ...this.inputs[i], shape }));
    return yield* this.stagesFor(sizes)(inputs);
  }

  /** The same, divided once. */
  override stagesFor(sizes: readonly nn.NamedValue[]): (inputs: nn.NamedTensors) => nn.Stages {
    const inputs = this.inputs.map((input, i) => ({ ...input, shape: sizes[i].shape }));
    const [budget, outputs] = [this.#budget, this.outputs];
    const division = Division.of(surveyBlock(this.#block, inputs, budget), budget);
    return function* (tensors) {
      const given = checkInputs(inputs, tensors);
      const running = { scope: new Scope(given), budget: budget && runBudget(budget, tensors) };
      const values = yield* division.run(running);
      return Object.fromEntries(outputs.map(({ name, dtype }, i) => [name, asTensor(values[i], dtype)]));
    };
  }
}
