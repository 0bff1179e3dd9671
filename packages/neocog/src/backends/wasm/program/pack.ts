// A graph as data that runs elsewhere: code for engines with and without relaxed SIMD, of one thread and 128 bits, over the
// same constants. Weights stay as the graph has them; each code brings the routines that prepare its own.

import type { CompileOptions } from '../../executable.ts';
import type { Graph } from '../../graph.ts';
import type { ConstantPlace, PackedCode, PackedConstant, PackedGraph } from '../../packed.ts';
import type { Values } from '../../work.ts';
import { commonEngine, type Engine, engineName } from '../engine.ts';
import { assemble, routineName } from '../machine/assemble.ts';
import { layOut } from '../machine/layout.ts';
import { type GraphPlan, planGraph, prepareRoutine } from './plan.ts';
import { limitsOf } from './target.ts';

/** Engines without relaxed SIMD may also be of those that do not keep the order of loads. */
const engines: readonly Engine[] = [
  { fma: true, wide: false, keepsOrder: true },
  { fma: false, wide: false, keepsOrder: false },
];

export function packGraph(
  graph: Graph,
  { exact, exactConvolution, measured }: Omit<CompileOptions, 'threads' | 'fn'>,
): PackedGraph {
  const constants = new Constants(graph);
  const limits = limitsOf({ exact, exactConvolution, compact: true });
  const codes = (exact ? [commonEngine] : engines).map((e) =>
    packCode(planGraph(graph, e, limits, measured), engineName(e), constants),
  );
  const places = (code: PackedCode): PackedCode['places'] =>
    constants.all.map((_, i) => code.places[i] ?? []);
  return { constants: constants.all, codes: codes.map((code) => ({ ...code, places: places(code) })) };
}

function packCode(
  { lowered, preparations, code, place }: GraphPlan,
  simd: string,
  constants: Constants,
): PackedCode {
  const layout = layOut(code, 1);
  const { bytes, routines } = assemble(code, layout, { names: false });
  const nameOf = (routine: string): string => routineName(routines.get(routine)?.index as number);
  const places: ConstantPlace[][] = [];
  const put = (whole: Values, place: ConstantPlace): void => {
    const index = constants.indexOf(whole);
    places[index] ??= [];
    places[index].push(place);
  };
  for (const [room, values] of lowered.arrays.contents)
    put(values, { from: 0, to: values.length, address: place(room), routine: null });
  preparations.forEach(({ source, whole, values, part }, i) => {
    const from = part?.start ?? 0;
    const routine = nameOf(prepareRoutine(i));
    put(whole, { from, to: from + values.length, address: place(source), routine });
  });
  return {
    simd,
    wasm: bytes,
    pages: layout.pages,
    scratch: layout.scratch,
    run: nameOf('run'),
    inputs: lowered.inputs.map(place),
    outputs: lowered.outputs.map(place),
    places,
  };
}

/** Every array once, whichever codes need it. */
class Constants {
  readonly all: PackedConstant[] = [];
  readonly #index = new Map<Values, number>();
  readonly #rows = new Map<Values, number>();

  constructor(graph: Graph) {
    for (const node of graph.nodes) {
      if (node.op !== 'conv' && node.op !== 'inputGrad') continue;
      const { data } = node.inputs[1];
      if (data) this.#rows.set(data, node.geometry.outChannels);
    }
  }

  indexOf(values: Values): number {
    const index = this.#index.get(values) ?? this.#equal(values) ?? this.all.length;
    if (index === this.all.length) this.all.push({ values, rows: this.#rows.get(values) ?? null });
    this.#index.set(values, index);
    return index;
  }

  /** Tables are made anew for each code. */
  #equal(values: Values): number | undefined {
    const index = this.all.findIndex((known) => sameBytes(known.values, values));
    return index < 0 ? undefined : index;
  }
}

function sameBytes(a: Values, b: Values): boolean {
  if (a.constructor !== b.constructor || a.length !== b.length) return false;
  const [x, y] = [a, b].map((v) => new Int32Array(v.buffer, v.byteOffset, v.length));
  return x.every((word, i) => word === y[i]);
}
