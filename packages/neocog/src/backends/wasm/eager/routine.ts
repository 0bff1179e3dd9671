// An eager operation is a program of one node: the graph is lowered, its arrays laid out, and what that gives is kept for
// the next operation of the same kind and sizes.

import type { Graph, GraphNode, GraphValue } from '../../graph.ts';
import { normalForm } from '../../normalForm.ts';
import { type ArrayKind, kindOf, resultsOf, settled, type Values, type Work } from '../../work.ts';
import { type Engine, engine, engineKey } from '../engine.ts';
import { slackBytes } from '../kernels/kernel.ts';
import { Chooser } from '../program/choose.ts';
import { layOut } from '../program/layout.ts';
import { lower } from '../program/lower.ts';
import type { Lowered } from '../program/lowering.ts';
import { Cache } from './cache.ts';
import { type Call, compiled } from './compile.ts';
import { keyOf } from './key.ts';
import { put, reserve, takeFloats, takeInts } from './memory.ts';

interface Place {
  readonly address: number;
  /** Index of the input or output. */
  readonly index: number;
}

interface Routine {
  /** Bytes of memory that it works in. */
  readonly bytes: number;
  /** Inputs that are read. */
  readonly inputs: readonly Place[];
  readonly constants: readonly { readonly address: number; readonly values: Values }[];
  readonly steps: readonly { readonly call: Call; readonly args: readonly number[] }[];
  readonly outputs: readonly (Place & Pick<GraphValue, 'size' | 'dtype'>)[];
}

/** Null for what computes nothing. */
const routines = new Cache<Routine | null>(4096);

/** Carries out a computation whose input i is `arrays[order[i]]`; each of its own unless stated. */
export function carryOut(work: Work, arrays: readonly Values[], order?: readonly number[]): Values[] {
  const e = engine();
  const routine = routines.get(`${engineKey(e)} ${keyOf(work, arrays, order)}`, () => {
    const graph = graphOf(work, arrays.map(kindOf), order);
    return settled(work, graph.nodes[0].inputs) ? null : routineOf(graph, e);
  });
  if (!routine)
    return settled(
      work,
      (order ?? [...arrays.keys()]).map((i) => kindOf(arrays[i])),
    ) as Values[];
  reserve(routine.bytes);
  for (const { address, index } of routine.inputs) put(address, arrays[index]);
  for (const { address, values } of routine.constants) put(address, values);
  for (const { call, args } of routine.steps) call(...args);
  return routine.outputs.map(({ address, size, dtype }) =>
    dtype === 'int32' ? takeInts(address, size) : takeFloats(address, size),
  );
}

/** The graph of one computation over arrays of such kinds. */
export function graphOf(
  work: Work,
  arrays: readonly ArrayKind[],
  order: readonly number[] = [...arrays.keys()],
): Graph {
  let id = 0;
  const value = (kind: ArrayKind, source: GraphValue['source']): GraphValue => ({
    ...kind,
    id: id++,
    source,
    data: null,
  });
  const given = arrays.map((kind) => value(kind, 'input'));
  const inputs = order.map((i) => given[i]);
  const outputs = resultsOf(work, inputs).map((kind) => value(kind, 'node'));
  const node = { ...work, label: '', inputs, outputs } as GraphNode;
  return { nodes: [node], updates: [], inputs: given, outputs };
}

/** Plain sums only: eager operations follow the definition. */
export const lowerExactly = (graph: Graph, e: Engine): Lowered =>
  lower(normalForm(graph), e, new Chooser({ exact: true }), false);

function routineOf(graph: Graph, e: Engine): Routine {
  const all = lowerExactly(graph, e);
  const used = new Set(all.steps.flatMap((step) => step.rooms));
  const lowered = { ...all, inputs: all.inputs.filter((room) => used.has(room)) };
  const { addresses, end } = layOut(lowered);
  const addressOf = (room: (typeof all.inputs)[number]): number => addresses.get(room) as number;
  const scratch = end + slackBytes;
  const scratchBytes = all.steps.reduce((most, { kernel }) => Math.max(most, kernel.scratchBytes), 0);
  return {
    bytes: scratch + scratchBytes + slackBytes,
    inputs: lowered.inputs.map((room) => ({ address: addressOf(room), index: all.inputs.indexOf(room) })),
    constants: [...all.arrays.contents].map(([room, values]) => ({ address: addressOf(room), values })),
    steps: all.steps.map(({ kernel, rooms }) => ({
      call: compiled(kernel),
      args: [...rooms.map(addressOf), 0, kernel.units, scratch],
    })),
    outputs: graph.outputs.map(({ size, dtype }, index) => ({
      address: addressOf(all.outputs[index]),
      index,
      size,
      dtype,
    })),
  };
}
