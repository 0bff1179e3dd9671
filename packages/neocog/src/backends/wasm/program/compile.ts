// A graph as a machine: steps chosen, memory planned, code generated, weights prepared.

import type { CompileOptions, Executable } from '../../executable.ts';
import type { Graph, GraphValue } from '../../graph.ts';
import type { Values } from '../../work.ts';
import { engineName } from '../engine.ts';
import { slackBytes } from '../kernels/kernel.ts';
import {
  callerAlone,
  firstData,
  Machine,
  type MachineCode,
  RemoteMachine,
  type Workplace,
} from '../machine/index.ts';
import { refusalOf } from '../refusal.ts';
import { lowerByKnown, lowerTuned } from '../tune/tune.ts';
import type { Room } from './arrays.ts';
import { Constants } from './constants.ts';
import { notesOf } from './notes.ts';
import { type GraphPlan, leastBytes, planLowered, prepareRoutine } from './plan.ts';
import { type Handed, RemoteProgram } from './remote.ts';
import type { Reported } from './report.ts';
import { engineFor, limitsOf } from './target.ts';
import { addressAt, view, WasmProgram } from './wasmProgram.ts';

/** @throws DeviceError where the engine has no memory for it, or refuses the code */
export function compileGraph(graph: Graph, options: CompileOptions): Promise<Executable> {
  return compileAt(null, graph, options);
}

/** `compileGraph` for graphs that run, and are compiled, one after the other: on one memory, with the same threads. */
export function sharedCompiler(): typeof compileGraph {
  let home = new Home();
  return (graph, options) => {
    if (home.workplace?.isOver) home = new Home();
    return compileAt(home, graph, options);
  };
}

/** What programs share. */
class Home {
  readonly constants = new Constants(firstData + slackBytes);
  /** Null before the first program. */
  workplace: Workplace | null = null;

  async start(code: MachineCode, options: MachineOptions): Promise<Machine> {
    const machine = this.workplace
      ? await Machine.beside(this.workplace, code, options.fn)
      : await Machine.start(code, options);
    this.workplace = machine.workplace;
    return machine;
  }
}

type MachineOptions = Parameters<typeof Machine.start>[1];

async function compileAt(home: Home | null, graph: Graph, options: CompileOptions): Promise<Executable> {
  try {
    return await programOf(home, graph, options);
  } catch (error) {
    throw refusalOf(error, options.fn, 'the program');
  }
}

async function programOf(home: Home | null, graph: Graph, options: CompileOptions): Promise<Executable> {
  const { fn, exact, threads, apart = false, ranks = null, measured = null } = options;
  const e = engineFor(options);
  const kept = measured?.mayTime ? copiesOf(graph) : null;
  const how = { graph, engine: e, limits: limitsOf(options) };
  const { lowered, tuning } = measured?.mayTime
    ? await lowerTuned({ ...how, measured })
    : lowerByKnown({ ...how, measured });
  const plan = planLowered(lowered, home?.constants);
  const what = { graph, kind: { simd: engineName(e), exact, tuning }, ...factsOf(graph, plan) };
  const handed = copyConstants(plan, kept);
  const remote = apart && !home ? await remoteProgram(plan, handed, { ...what, fn, threads }) : null;
  if (remote instanceof RemoteProgram) return remote;
  const workforce = remote === null ? { threads, apart } : { threads: 1, note: `${callerAlone}: ${remote}` };
  let machine: Machine | null = null;
  try {
    machine = await (home ?? Machine).start(plan.code, { ...workforce, fn });
    if (home) machine.workplace.settle(alignUp(home.constants.end), fn);
    await handOver(machine, plan, handed);
    const find = (state: GraphValue): Room | undefined => plan.lowered.arrays.find(state, null)?.room;
    return new WasmProgram({ ...plan, ...what, find, options, machine, ranks });
  } catch (error) {
    machine?.dispose();
    plan.taken?.release();
    throw error;
  }
}

/** What a program tells of itself. */
const factsOf = (graph: Graph, { lowered }: GraphPlan): Pick<Reported, 'notes' | 'least'> => ({
  notes: () => notesOf(lowered),
  least: leastBytes(graph),
});

/**
 * A program in a worker of its own where threads cannot share memory with it, or why there is none. Null where they can, or where
 * there are no workers.
 */
async function remoteProgram(
  plan: GraphPlan,
  handed: Handed,
  { threads, ...what }: Omit<Reported, 'layout' | 'machine'> & { graph: Graph; fn: string; threads: number },
): Promise<RemoteProgram | string | null> {
  const { reason } = RemoteMachine;
  if (reason === null) return null;
  const note = threads === 1 ? null : `one thread, a worker: ${reason}`;
  return RemoteProgram.start(plan, handed, { ...what, note });
}

/** Cache lines are fetched in pairs. */
const alignUp = (bytes: number): number => Math.ceil(bytes / 128) * 128;

/** What a graph's constants and states are now, by their arrays: timing takes a while, in which the module may change. */
function copiesOf(graph: Graph): ReadonlyMap<Values, Values> {
  const all = graph.nodes.flatMap(({ inputs }) => inputs);
  const moved = graph.updates.flatMap(({ parameters, memory }) => [...parameters, ...memory.flat()]);
  const arrays = new Set([...all, ...moved].flatMap(({ data }) => data ?? []));
  return new Map([...arrays].map((values) => [values, values.slice()]));
}

/**
 * Copies, since the module may change before the machine is there.
 *
 * @param kept copies that were made before
 */
function copyConstants(
  { lowered, preparations, taken }: GraphPlan,
  kept: ReadonlyMap<Values, Values> | null,
): Handed {
  const copy = (room: Room, whole: Values, start = 0, length = whole.length) => ({
    room,
    values: (kept?.get(whole) ?? whole).slice(start, start + length),
  });
  return {
    contents: [...lowered.arrays.contents]
      .filter(([room]) => !taken || taken.fresh.has(room))
      .map(([room, values]) => copy(room, values)),
    weights: preparations.map(({ source, values, whole, part }) =>
      copy(source, whole, part?.start, values.length),
    ),
  };
}

/** Writes the constants that are not there yet, and prepares weights. */
async function handOver(
  machine: Machine,
  { layout }: GraphPlan,
  { contents, weights }: Handed,
): Promise<void> {
  const put = ({ room, values }: Handed['weights'][number]): void =>
    view(machine, { address: addressAt(machine, layout, room), length: values.length }, values).set(values);
  for (const one of contents) put(one);
  for (const [i, one] of weights.entries()) {
    put(one);
    await machine.run(prepareRoutine(i));
  }
}
