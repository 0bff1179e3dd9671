// A graph carried out node by node on a backend that does not compile: slow, and the judge of those that do.

import type { Backend, Values } from '../backends/backend.ts';
import type { Executable, ProgramReport } from '../backends/executable.ts';
import type { Graph, GraphValue } from '../backends/graph.ts';
import { evaluateGraph } from './evaluate.ts';

export class Interpreted implements Executable {
  readonly #backend: Backend;
  readonly #graph: Graph;
  readonly #states = new Map<GraphValue, Values>();

  /** States are copied: the arrays that they come from do not change. */
  constructor(backend: Backend, graph: Graph) {
    this.#backend = backend;
    const own = (value: GraphValue): GraphValue => {
      if (value.source !== 'state' || !value.data) return value;
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

  run(inputs: readonly Values[], into: readonly (Values | undefined)[] = []): Promise<Values[]> {
    const results = evaluateGraph(this.#backend, this.#graph, inputs);
    into.forEach((values, i) => values?.set(results[i]));
    return Promise.resolve(results.map((values, i) => into[i] ?? values.slice()));
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
    return { threads: 1, note: null, simd: this.#backend.name, steps, memory, code: 0 };
  }

  profile(): Promise<ProgramReport> {
    return Promise.resolve(this.report());
  }

  text(): string {
    return '';
  }

  dispose(): void {}
}
