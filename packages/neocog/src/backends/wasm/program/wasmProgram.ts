// A program as it runs, on the machine that has it.

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
import type { Machine } from '../machine/index.ts';
import { refusalOf } from '../refusal.ts';
import type { Room } from './arrays.ts';
import { type FrameMemory, FrameWriter } from './frames.ts';
import { keptBytes } from './kept.ts';
import type { Layout } from './layout.ts';
import type { Lowered } from './lowering.ts';
import type { GraphPlan } from './plan.ts';
import { type Reported, reportOf } from './report.ts';
import { type Segment, Stops } from './stops.ts';

/** Of the type that a value has. */
const emptyOf = ({ dtype }: GraphValue): Values =>
  dtype === 'int32' ? new Int32Array(0) : new Float32Array(0);

/** Where a room lies now: what is no constant of a shared memory moves with the base. */
export const addressAt = (machine: Machine, { addresses }: Layout, room: Room): number =>
  (addresses.get(room) as number) + (room.lasting ? 0 : machine.workplace.base);

/** Memory as values of a type. */
export function view<T extends Values>(
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
export interface Parts
  extends Pick<GraphPlan, 'layout' | 'segments' | 'taken'>,
    Pick<Reported, 'notes' | 'least' | 'kind'> {
  readonly graph: Pick<Graph, 'inputs' | 'outputs' | 'updates'>;
  readonly lowered: Pick<Lowered, 'inputs' | 'outputs' | 'frames'>;
  /** The room of a state. */
  readonly find: (state: GraphValue) => Room | undefined;
  readonly options: Omit<CompileOptions, 'fn'>;
  readonly machine: Machine;
  readonly ranks: RanksOptions | null;
}

export class WasmProgram implements Executable {
  readonly #parts: Parts;
  readonly #graph: Parts['graph'];
  readonly #lowered: Parts['lowered'];
  readonly #layout: Layout;
  readonly #machine: Machine;
  readonly #frames: FrameWriter | null;
  readonly #segments: readonly Segment[];
  readonly #taken: Parts['taken'];
  /** Null for a program of one rank. */
  readonly #stops: Stops | null;
  readonly #ranks: RanksOptions | null;
  /** Of the run that is on its way, or was last. */
  #inputs: readonly Given[] = [];

  constructor(parts: Parts) {
    const { graph, lowered, layout, machine, segments, taken, ranks } = parts;
    this.#parts = parts;
    this.#graph = graph;
    this.#lowered = lowered;
    this.#layout = layout;
    this.#machine = machine;
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
    const room = this.#parts.find(state);
    return room ? this.#view(room, state.size, state.data as Values) : (state.data as Values);
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
    return reportOf({ ...this.#parts, machine }, times);
  }

  /** A program that others share memory with, of several ranks or with states is not kept. */
  keep(key: string, about?: unknown): Uint8Array | null {
    const keepsAll = !this.#taken && !this.#ranks && this.#graph.updates.length === 0;
    return keepsAll ? keptBytes({ key, about }, this.#parts) : null;
  }

  text(): string {
    return this.#machine.text();
  }

  dispose(): void {
    this.#machine.dispose();
    this.#taken?.release();
  }
}
