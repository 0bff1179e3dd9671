// A graph as a machine: steps chosen, memory planned, code generated, weights prepared.

import type {
  CompileOptions,
  Executable,
  MemoryReport,
  ProgramReport,
  StepReport,
} from '../../executable.ts';
import type { Graph, GraphValue } from '../../graph.ts';
import type { Values } from '../../work.ts';
import { commonEngine, engine, engineName } from '../engine.ts';
import { Machine } from '../machine/index.ts';
import type { Room } from './arrays.ts';
import type { Layout } from './layout.ts';
import type { Lowered } from './lowering.ts';
import { leastBytes, planGraph, prepareRoutine } from './plan.ts';

export async function compileGraph(graph: Graph, options: CompileOptions): Promise<Executable> {
  const { exact, exactConvolution, compact = false, threads } = options;
  const e = exact ? commonEngine : engine();
  const limits = { exact: exact || exactConvolution, compact };
  const { lowered, layout, code, place } = planGraph(graph, e, limits);
  // Copies: the module may change before the machine is there.
  const contents = [...lowered.arrays.contents].map(([room, values]) => ({ room, values: values.slice() }));
  const weights = lowered.preparations.map(({ source, values }) => ({
    room: source,
    values: values.slice(),
  }));
  const machine = await Machine.start(code, { threads });
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
  return new WasmProgram({ graph, lowered, layout, machine, kind: { simd: engineName(e), exact } });
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
  if (into?.length !== values.length)
    return values instanceof Int32Array ? new Int32Array(values) : new Float32Array(values);
  into.set(values);
  return into;
}

/** What a program is made of. */
interface Parts {
  readonly graph: Graph;
  readonly lowered: Lowered;
  readonly layout: Layout;
  readonly machine: Machine;
  readonly kind: Pick<ProgramReport, 'simd' | 'exact'>;
}

class WasmProgram implements Executable {
  readonly #graph: Graph;
  readonly #lowered: Lowered;
  readonly #layout: Layout;
  readonly #machine: Machine;
  readonly #kind: Parts['kind'];

  constructor({ graph, lowered, layout, machine, kind }: Parts) {
    this.#graph = graph;
    this.#lowered = lowered;
    this.#layout = layout;
    this.#machine = machine;
    this.#kind = kind;
  }

  async run(inputs: readonly Values[], into: readonly (Values | undefined)[] = []): Promise<Values[]> {
    const { inputs: inRooms, outputs: outRooms } = this.#lowered;
    inputs.forEach((values, i) => {
      this.#view(inRooms[i], values.length, values).set(values);
    });
    await this.#machine.run('run');
    return this.#graph.outputs.map((value, i) => {
      const like = value.dtype === 'int32' ? new Int32Array(0) : new Float32Array(0);
      return copyOf(this.#view(outRooms[i], value.size, like), into[i]);
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
    return this.#report(await this.#machine.profile('run'));
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
