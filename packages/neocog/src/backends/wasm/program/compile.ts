// A graph as a machine: steps chosen, memory planned, code generated, weights prepared.

import type {
  CompileOptions,
  Executable,
  ProgramReport,
  RanksOptions,
  ResultOptions,
} from '../../executable.ts';
import { type Given, isFrames } from '../../frames.ts';
import type { Graph, GraphValue } from '../../graph.ts';
import type { Values } from '../../work.ts';
import { commonEngine, engine, engineName } from '../engine.ts';
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
import { type FrameMemory, FrameWriter } from './frames.ts';
import type { Layout } from './layout.ts';
import type { Lowered } from './lowering.ts';
import { type GraphPlan, planLowered, prepareRoutine } from './plan.ts';
import { type Handed, RemoteProgram } from './remote.ts';
import { type Reported, reportOf } from './report.ts';
import { type Segment, Stops } from './stops.ts';

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
  const { fn, exact, exactConvolution, compact = false, threads, apart = false, ranks = null } = options;
  const { measured = null } = options;
  const e = exact ? commonEngine : engine();
  const limits = { exact: exact || exactConvolution, compact };
  const kept = measured?.mayTime ? copiesOf(graph) : null;
  const how = { graph, engine: e, limits };
  const { lowered, tuning } = measured?.mayTime
    ? await lowerTuned({ ...how, measured })
    : lowerByKnown({ ...how, measured });
  const plan = planLowered(lowered, home?.constants);
  const kind = { simd: engineName(e), exact, tuning };
  const handed = copyConstants(plan, kept);
  const remote = apart && !home ? await remoteProgram(plan, handed, { graph, fn, kind, threads }) : null;
  if (remote instanceof RemoteProgram) return remote;
  const workforce = remote === null ? { threads, apart } : { threads: 1, note: `${callerAlone}: ${remote}` };
  let machine: Machine | null = null;
  try {
    machine = await (home ?? Machine).start(plan.code, { ...workforce, fn });
    if (home) machine.workplace.settle(alignUp(home.constants.end), fn);
    await handOver(machine, plan, handed);
    return new WasmProgram({ graph, ...plan, machine, kind, ranks });
  } catch (error) {
    machine?.dispose();
    plan.taken?.release();
    throw error;
  }
}

/**
 * A program in a worker of its own where threads cannot share memory with it, or why there is none. Null where they can, or where
 * there are no workers.
 */
async function remoteProgram(
  plan: GraphPlan,
  handed: Handed,
  { threads, ...what }: Pick<Reported, 'graph' | 'kind'> & { fn: string; threads: number },
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

/** Of the type that a value has. */
const emptyOf = ({ dtype }: GraphValue): Values =>
  dtype === 'int32' ? new Int32Array(0) : new Float32Array(0);

/** Where a room lies now: what is no constant of a shared memory moves with the base. */
const addressAt = (machine: Machine, { addresses }: Layout, room: Room): number =>
  (addresses.get(room) as number) + (room.lasting ? 0 : machine.workplace.base);

/** Memory as values of a type. */
function view<T extends Values>(
  machine: Machine,
  { address, length }: { address: number; length: number },
  like: T,
): T {
  const { buffer } = machine.memory;
  return (like instanceof Int32Array
    ? new Int32Array(buffer, address, length)
    : new Float32Array(buffer, address, length)) as Values as T;
}

/**
 * Into an array that is whole still, or a new one. Unlike `slice`, the constructor does not write zeros first: less than 3/4 of
 * its time for megabytes.
 */
function copyOf(values: Values, into?: Values): Values {
  if (into?.length === values.length) {
    into.set(values);
    return into;
  }
  try {
    return values instanceof Int32Array ? new Int32Array(values) : new Float32Array(values);
  } catch (error) {
    throw refusalOf(error, 'run', `a copy of ${values.length} values`);
  }
}

/** What a program is made of. */
interface Parts extends Pick<GraphPlan, 'lowered' | 'layout' | 'segments' | 'taken'> {
  readonly graph: Graph;
  readonly machine: Machine;
  readonly kind: Reported['kind'];
  readonly ranks: RanksOptions | null;
}

class WasmProgram implements Executable {
  readonly #graph: Graph;
  readonly #lowered: Lowered;
  readonly #layout: Layout;
  readonly #machine: Machine;
  readonly #kind: Parts['kind'];
  readonly #frames: FrameWriter | null;
  readonly #segments: readonly Segment[];
  readonly #taken: Parts['taken'];
  /** Null for a program of one rank. */
  readonly #stops: Stops | null;
  readonly #ranks: RanksOptions | null;
  /** Of the run that is on its way, or was last. */
  #inputs: readonly Given[] = [];

  constructor({ graph, lowered, layout, machine, kind, segments, taken, ranks }: Parts) {
    this.#graph = graph;
    this.#lowered = lowered;
    this.#layout = layout;
    this.#machine = machine;
    this.#kind = kind;
    this.#frames =
      lowered.frames.length > 0 ? new FrameWriter(graph, lowered.frames, this.#frameMemory()) : null;
    this.#segments = segments;
    this.#taken = taken;
    this.#ranks = ranks;
    this.#stops = ranks && new Stops({ ...ranks, ...this.#rooms() }, segments);
  }

  #rooms() {
    return {
      view: (room: Room, length: number) => this.#view(room, length, new Float32Array(0)),
      addressOf: (room: Room) => this.#layout.addresses.get(room) as number,
    };
  }

  #frameMemory(): FrameMemory {
    const machine = this.#machine;
    return {
      reserve: (bytes) => machine.grow(bytes),
      tail: (at, length) => new Uint8Array(machine.memory.buffer, machine.tail + at, length),
      header: (room, length) => this.#view(room, length, new Int32Array(0)),
    };
  }

  async run(inputs: readonly Given[], { into = [], view = false }: ResultOptions = {}): Promise<Values[]> {
    const { outputs: outRooms } = this.#lowered;
    this.#inputs = inputs;
    this.#give();
    // Without ranks the work begins at once, as the caller's arrays are now.
    if (!this.#stops) await this.#machine.run('run');
    else
      for (const segment of this.#segments) {
        await this.#stopBefore(segment);
        await this.#machine.run(segment.routine, this.#between);
      }
    return this.#graph.outputs.map((value, i) => {
      const found = this.#view(outRooms[i], value.size, emptyOf(value));
      return view ? found : copyOf(found, into[i]);
    });
  }

  /** Brings the inputs to their places, in which other arrays may have been since. */
  #give(): void {
    this.#frames?.write(this.#inputs);
    this.#inputs.forEach((values, i) => {
      if (isFrames(values)) return;
      this.#view(this.#lowered.inputs[i], values.length, emptyOf(this.#graph.inputs[i])).set(values);
    });
  }

  /** Between the steps of several ranks, what is on its way moves on. */
  readonly #between = (): void => this.#ranks?.world.advance();

  async #stopBefore(segment: Segment): Promise<void> {
    const { inputs } = this.#graph;
    await this.#stops?.carryOut(segment, (input) => {
      const values = this.#inputs[inputs.indexOf(input)];
      return !isFrames(values) && values[0] !== 0;
    });
  }

  #view<T extends Values>(room: Room, length: number, like: T): T {
    const address = addressAt(this.#machine, this.#layout, room);
    return view(this.#machine, { address, length }, like);
  }

  read(state: GraphValue): Values {
    return copyOf(this.#stateView(state));
  }

  write(state: GraphValue, values: Values): void {
    this.#stateView(state).set(values);
  }

  #stateView(state: GraphValue): Values {
    const placed = this.#lowered.arrays.find(state, null);
    if (!placed) return state.data as Values;
    return this.#view(placed.room, state.size, state.data as Values);
  }

  report(): ProgramReport {
    return this.#report(null);
  }

  async profile(): Promise<ProgramReport> {
    const times: number[] = [];
    this.#give();
    for (const segment of this.#segments) {
      await this.#stopBefore(segment);
      times.push(...(await this.#machine.profile(segment.routine)));
    }
    return this.#report(times);
  }

  #report(times: readonly number[] | null): ProgramReport {
    const { threads, note, scratchBytes, codeBytes, memory } = this.#machine;
    const machine = { threads, note, scratchBytes, codeBytes, memoryBytes: memory.buffer.byteLength };
    const [graph, lowered, layout, kind] = [this.#graph, this.#lowered, this.#layout, this.#kind];
    return reportOf({ graph, lowered, layout, kind, machine }, times);
  }

  text(): string {
    return this.#machine.text();
  }

  dispose(): void {
    this.#machine.dispose();
    this.#taken?.release();
  }
}
