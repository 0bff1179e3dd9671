// An eager operation is a program of one node: the graph is lowered, its arrays laid out, and what that gives is kept for
// the next operation of the same kind and sizes.

import type { Graph, GraphNode, GraphValue } from '../../graph.ts';
import { normalForm } from '../../normalForm.ts';
import type { Values } from '../../work.ts';
import { type Engine, engine, engineKey } from '../engine.ts';
import { slackBytes } from '../kernels/kernel.ts';
import { Chooser } from '../program/choose.ts';
import { layOut } from '../program/layout.ts';
import { lower } from '../program/lower.ts';
import type { Lowered } from '../program/lowering.ts';
import { Cache } from './cache.ts';
import { type Call, compiled } from './compile.ts';
import { put, reserve, takeFloats, takeInts } from './memory.ts';

/** What an operation is, over given inputs. */
export type Describe = (inputs: readonly GraphValue[], output: MakeValue) => GraphNode;
export type MakeValue = (size: number, dtype?: GraphValue['dtype']) => GraphValue;

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

const routines = new Cache<Routine>(4096);

/**
 * Carries out the node that `describe` makes.
 *
 * @param key states everything that `describe` depends on, sizes and types of the inputs included
 */
export function carryOut(key: string, inputs: readonly Values[], describe: Describe): Values[] {
  const e = engine();
  const routine = routines.get(`${engineKey(e)} ${key}`, () =>
    routineOf(graphOf(inputs.map(lengthAndType), describe), e),
  );
  reserve(routine.bytes);
  for (const { address, index } of routine.inputs) put(address, inputs[index]);
  for (const { address, values } of routine.constants) put(address, values);
  for (const { call, args } of routine.steps) call(...args);
  return routine.outputs.map(({ address, size, dtype }) =>
    dtype === 'int32' ? takeInts(address, size) : takeFloats(address, size),
  );
}

export const lengthAndType = (values: Values) => ({
  length: values.length,
  dtype: values instanceof Int32Array ? ('int32' as const) : ('float32' as const),
});

/** The graph of one node over arrays of such lengths and types. */
export function graphOf(
  arrays: readonly { readonly length: number; readonly dtype: GraphValue['dtype'] }[],
  describe: Describe,
): Graph {
  let id = 0;
  const value = (size: number, dtype: GraphValue['dtype'], source: GraphValue['source']): GraphValue => ({
    id: id++,
    size,
    dtype,
    source,
    data: null,
  });
  const inputs = arrays.map(({ length, dtype }) => value(length, dtype, 'input'));
  const node = describe(inputs, (size, dtype = 'float32') => value(size, dtype, 'node'));
  return { nodes: [node], updates: [], inputs, outputs: node.outputs };
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
