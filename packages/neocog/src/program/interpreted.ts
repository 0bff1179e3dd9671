// A graph carried out node by node on a backend that does not compile: slow, and the judge of those that do.

import type { Backend } from '../backends/backend.ts';
import { beginExchange } from '../backends/exchange.ts';
import type {
  CompileOptions,
  Executable,
  ProgramReport,
  RanksOptions,
  ResultOptions,
} from '../backends/executable.ts';
import { framesToValues, type Given, isFrames, valuesOf } from '../backends/frames.ts';
import type { Graph, GraphValue } from '../backends/graph.ts';
import type { Values } from '../backends/work.ts';
import { assert } from '../errors.ts';
import type { FrameInput } from '../geometry/frames/picture.ts';
import { evaluation, type Question } from './evaluate.ts';

export class Interpreted implements Executable {
  readonly #backend: Backend;
  readonly #graph: Graph;
  readonly #states = new Map<GraphValue, Values>();
  /** Why there is one thread although more were asked for, or null. */
  readonly #note: string | null;
  readonly #ranks: RanksOptions | undefined;

  /** Weights and states are copied: neither changes the arrays that they come from, nor do these change them. */
  constructor(
    backend: Backend,
    graph: Graph,
    { threads, apart, ranks }: Pick<CompileOptions, 'threads' | 'apart' | 'ranks'>,
  ) {
    this.#backend = backend;
    this.#ranks = ranks;
    const computes = `backend '${backend.name}' computes node by node`;
    this.#note = apart
      ? `one thread, the calling one: ${computes}`
      : threads > 1
        ? `one thread: ${computes}`
        : null;
    const own = (value: GraphValue): GraphValue => {
      if (!value.data) return value;
      if (!this.#states.has(value)) this.#states.set(value, value.data.slice());
      return { ...value, data: this.#states.get(value) as Values };
    };
    const mine = new Map<GraphValue, GraphValue>();
    const ownOnce = (value: GraphValue): GraphValue => {
      const known = mine.get(value) ?? own(value);
      mine.set(value, known);
      return known;
    };
    const all = (values: readonly GraphValue[]): GraphValue[] => values.map(ownOnce);
    this.#graph = {
      nodes: graph.nodes.map((node) => ({ ...node, inputs: all(node.inputs), outputs: all(node.outputs) })),
      updates: graph.updates.map((update) => ({
        ...update,
        parameters: all(update.parameters),
        gradients: all(update.gradients),
        scalars: all(update.scalars),
        memory: update.memory.map(all),
      })),
      inputs: all(graph.inputs),
      outputs: all(graph.outputs),
    };
  }

  async run(inputs: readonly Given[], { into = [] }: ResultOptions = {}): Promise<Values[]> {
    const values = inputs.map((given, i) => {
      const { frames, dtype } = this.#graph.inputs[i];
      return isFrames(given) ? framesToValues(frames as FrameInput, given) : valuesOf(given, dtype);
    });
    const steps = evaluation(this.#backend, this.#graph, values);
    let step = steps.next();
    while (!step.done) step = steps.next(await this.#answer(step.value));
    return step.value.map((values, i) => copyOf(values, into[i]));
  }

  async #answer({ node, values }: Question): Promise<Values> {
    assert(this.#ranks, 'a graph of several ranks is run in a world');
    const { world, compress } = this.#ranks;
    const to = new Float32Array(node.outputs[0].size);
    const how = node.bulk === 'gradient' && compress ? { ...node, compress } : node;
    await beginExchange(world, how, { from: values as Float32Array, to }).wait();
    return to;
  }

  read(state: GraphValue): Values {
    return (this.#states.get(state) ?? (state.data as Values)).slice();
  }

  write(state: GraphValue, values: Values): void {
    this.#states.get(state)?.set(values);
  }

  report(): ProgramReport {
    const steps = this.#graph.nodes.map((node) => ({
      label: node.label,
      operation: node.op,
      geometry: null,
      description: `backend ${this.#backend.name}`,
      candidates: [],
      multiplyAdds: 0,
      bytes: [...node.inputs, ...node.outputs].reduce((sum, value) => sum + value.size * 4, 0),
      milliseconds: null,
    }));
    const memory = { constants: 0, activations: 0, scratch: 0, total: 0, least: 0 };
    const kind = { simd: this.#backend.name, exact: false, tuning: null };
    return { threads: 1, note: this.#note, cache: null, ...kind, steps, memory, code: 0 };
  }

  profile(): Promise<ProgramReport> {
    return Promise.resolve(this.report());
  }

  text(): string {
    return '';
  }

  dispose(): void {}
}

/** Into an array that is whole still, or a new one. */
function copyOf(values: Values, into: Values | undefined): Values {
  if (into?.length !== values.length) return values.slice();
  into.set(values);
  return into;
}
