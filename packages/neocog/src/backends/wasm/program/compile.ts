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
import { Machine } from '../machine/index.ts';
import { refusalOf } from '../refusal.ts';
import type { Room } from './arrays.ts';
import { type FrameMemory, FrameWriter } from './frames.ts';
import type { Layout } from './layout.ts';
import type { Lowered } from './lowering.ts';
import { leastBytes, planGraph, prepareRoutine } from './plan.ts';
import { type Segment, Stops } from './stops.ts';

/** @throws DeviceError where the engine has no memory for it, or refuses the code */
export async function compileGraph(graph: Graph, options: CompileOptions): Promise<Executable> {
  try {
    return await programOf(graph, options);
  } catch (error) {
    throw refusalOf(error, options.fn, 'the program');
  }
}

async function programOf(graph: Graph, options: CompileOptions): Promise<Executable> {
  const { fn, exact, exactConvolution, compact = false, threads, apart = false, ranks = null } = options;
  const e = exact ? commonEngine : engine();
  const limits = { exact: exact || exactConvolution, compact };
  const { lowered, layout, code, place, segments } = planGraph(graph, e, limits);
  // Copies: the module may change before the machine is there.
  const contents = [...lowered.arrays.contents].map(([room, values]) => ({ room, values: values.slice() }));
  const weights = lowered.preparations.map(({ source, values }) => ({
    room: source,
    values: values.slice(),
  }));
  const machine = await Machine.start(code, { threads, apart, fn });
  try {
    for (const { room, values } of contents)
      view(machine, { address: place(room), length: values.length }, values).set(values);
    for (const [i, { room, values }] of weights.entries()) {
      view(machine, { address: place(room), length: values.length }, values).set(values);
      await machine.run(prepareRoutine(i));
    }
  } catch (error) {
    machine.dispose();
    throw error;
  }
  const kind = { simd: engineName(e), exact };
  return new WasmProgram({ graph, lowered, layout, machine, kind, segments, ranks });
}

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
interface Parts {
  readonly graph: Graph;
  readonly lowered: Lowered;
  readonly layout: Layout;
  readonly machine: Machine;
  readonly kind: Pick<ProgramReport, 'simd' | 'exact'>;
  readonly segments: readonly Segment[];
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
  /** Null for a program of one rank. */
  readonly #stops: Stops | null;
  readonly #ranks: RanksOptions | null;
  /** Of the run that is on its way, or was last. */
  #inputs: readonly Given[] = [];

  constructor({ graph, lowered, layout, machine, kind, segments, ranks }: Parts) {
    this.#graph = graph;
    this.#lowered = lowered;
    this.#layout = layout;
    this.#machine = machine;
    this.#kind = kind;
    this.#frames =
      lowered.frames.length > 0 ? new FrameWriter(graph, lowered.frames, this.#frameMemory()) : null;
    this.#segments = segments;
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
    const address = this.#layout.addresses.get(room) as number;
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
    const { constants, end } = this.#layout;
    const total = this.#machine.memory.buffer.byteLength;
    return {
      constants,
      activations: end - constants,
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
  }
}
