// A graph as a machine: steps chosen, memory planned, code generated, weights prepared.

import type {
  CompileOptions,
  Executable,
  MemoryReport,
  ProgramReport,
  RanksOptions,
  ResultOptions,
  StepReport,
} from '../../executable.ts';
import { type Given, isFrames } from '../../frames.ts';
import type { Graph, GraphValue } from '../../graph.ts';
import type { Values } from '../../work.ts';
import { commonEngine, engine, engineName } from '../engine.ts';
import { slackBytes } from '../kernels/kernel.ts';
import { firstData, Machine, type MachineCode, type Workplace } from '../machine/index.ts';
import { refusalOf } from '../refusal.ts';
import type { Room } from './arrays.ts';
import { Constants } from './constants.ts';
import { type FrameMemory, FrameWriter } from './frames.ts';
import type { Layout } from './layout.ts';
import type { Lowered } from './lowering.ts';
import { type GraphPlan, leastBytes, planGraph, prepareRoutine } from './plan.ts';
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
  const e = exact ? commonEngine : engine();
  const limits = { exact: exact || exactConvolution, compact };
  const plan = planGraph(graph, e, limits, home?.constants);
  const give = handOver(plan);
  let machine: Machine | null = null;
  try {
    machine = await (home ?? Machine).start(plan.code, { threads, apart, fn });
    if (home) machine.workplace.settle(alignUp(home.constants.end), fn);
    await give(machine);
    const kind = { simd: engineName(e), exact };
    return new WasmProgram({ graph, ...plan, machine, kind, ranks });
  } catch (error) {
    machine?.dispose();
    plan.taken?.release();
    throw error;
  }
}

/** Cache lines are fetched in pairs. */
const alignUp = (bytes: number): number => Math.ceil(bytes / 128) * 128;

/**
 * Writes the constants that are not there yet, and prepares weights. They are copied when it is called: the module may change
 * before the machine is there.
 */
function handOver({ lowered, preparations, layout, taken }: GraphPlan): (machine: Machine) => Promise<void> {
  const contents = [...lowered.arrays.contents]
    .filter(([room]) => !taken || taken.fresh.has(room))
    .map(([room, values]) => ({ room, values: values.slice() }));
  const weights = preparations.map(({ source, values }) => ({ room: source, values: values.slice() }));
  return async (machine) => {
    const put = (room: Room, values: Values): void =>
      view(machine, { address: addressAt(machine, layout, room), length: values.length }, values).set(values);
    for (const { room, values } of contents) put(room, values);
    for (const [i, { room, values }] of weights.entries()) {
      put(room, values);
      await machine.run(prepareRoutine(i));
    }
  };
}

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
  readonly kind: Pick<ProgramReport, 'simd' | 'exact'>;
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
      const like = value.dtype === 'int32' ? new Int32Array(0) : new Float32Array(0);
      const found = this.#view(outRooms[i], value.size, like);
      return view ? found : copyOf(found, into[i]);
    });
  }

  /** Brings the inputs to their places, in which other arrays may have been since. */
  #give(): void {
    this.#frames?.write(this.#inputs);
    this.#inputs.forEach((values, i) => {
      if (!isFrames(values)) this.#view(this.#lowered.inputs[i], values.length, values).set(values);
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
    const { steps, entries } = this.#lowered;
    const reports = entries.map((entry, at): StepReport | null => {
      const own = steps.map((step, i) => ({ step, i })).filter(({ step }) => step.entry === at);
      if (own.length === 0) return null;
      const rooms = new Set(own.flatMap(({ step }) => step.rooms));
      return {
        label: entry.label,
        operation: entry.op,
        geometry: entry.choice?.geometry ?? null,
        description: entry.description,
        candidates: entry.choice?.candidates ?? [],
        multiplyAdds: entry.multiplyAdds,
        bytes: [...rooms].reduce((sum, room) => sum + room.bytes, 0),
        milliseconds: times && own.reduce((sum, { i }) => sum + times[i], 0),
      };
    });
    return {
      threads: this.#machine.threads,
      note: this.#machine.note,
      ...this.#kind,
      steps: reports.filter((report) => report !== null),
      memory: this.#memory(),
      code: this.#machine.codeBytes,
    };
  }

  #memory(): MemoryReport {
    const { constants, activations } = this.#layout;
    const total = this.#machine.memory.buffer.byteLength;
    return {
      constants,
      activations,
      scratch: this.#machine.scratchBytes,
      total,
      least: leastBytes(this.#graph),
    };
  }

  text(): string {
    return this.#machine.text();
  }

  dispose(): void {
    this.#machine.dispose();
    this.#taken?.release();
  }
}
