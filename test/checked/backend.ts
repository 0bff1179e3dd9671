// The WebAssembly backend in the checked mode: what it computes is lowered as always, and carried out by checked programs.

import type { Backend } from '../../packages/neocog/src/backends/backend.ts';
import type { CompileOptions } from '../../packages/neocog/src/backends/executable.ts';
import type { Graph } from '../../packages/neocog/src/backends/graph.ts';
import { wasmBackend } from '../../packages/neocog/src/backends/wasm/backend.ts';
import { stepsOfMap } from '../../packages/neocog/src/backends/wasm/eager/map.ts';
import { graphOf, lowerExactly } from '../../packages/neocog/src/backends/wasm/eager/routine.ts';
import { commonEngine, engine } from '../../packages/neocog/src/backends/wasm/engine.ts';
import { layOut } from '../../packages/neocog/src/backends/wasm/program/layout.ts';
import { planGraph } from '../../packages/neocog/src/backends/wasm/program/plan.ts';
import { kindOf, settled } from '../../packages/neocog/src/backends/work.ts';
import type { Generator } from '../../packages/neocog/src/tensor/random.ts';
import { checkedMap } from './map.ts';
import { CheckedProgram } from './program.ts';

/** These run no generated code. */
const moves: readonly string[] = ['take', 'scatterAdd', 'truncate', 'copy', 'copyAdd'];

/** @param random in what pieces, and with arrays in what places, kernels run */
export const checkedBackend = (random: Generator): Backend => ({
  ...wasmBackend,
  run: (work, inputs) => {
    if (moves.includes(work.op) || settled(work, inputs.map(kindOf))) return wasmBackend.run(work, inputs);
    const steps = work.op === 'fused' && stepsOfMap(work.loop);
    if (steps) return [checkedMap(work.loop, steps, inputs, random)];
    // An array that is given twice to a loop is one.
    const arrays = 'loop' in work ? [...new Set(inputs)] : inputs;
    const order = inputs.map((values, i) => ('loop' in work ? arrays.indexOf(values) : i));
    const graph = graphOf(work, arrays.map(kindOf), order);
    const lowered = lowerExactly(graph, engine());
    return new CheckedProgram(graph, { lowered, layout: layOut(lowered) }, random).runNow(arrays);
  },
  compile: async (graph, options) => checkedProgram(graph, options, random),
  compiler: () => async (graph, options) => checkedProgram(graph, options, random),
});

/** A graph as `compileGraph` plans it, on one thread. */
export function checkedProgram(
  graph: Graph,
  { exact, exactConvolution, compact = false }: Omit<CompileOptions, 'threads' | 'fn'>,
  random: Generator,
): CheckedProgram {
  const limits = { exact: exact || exactConvolution, compact };
  return new CheckedProgram(graph, planGraph(graph, exact ? commonEngine : engine(), limits), random);
}
