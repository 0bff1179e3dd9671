// A graph as a machine: steps chosen, memory planned, code generated, weights prepared.

import type { Values } from '../../backend.ts';
import type {
  CompileOptions,
  Executable,
  MemoryReport,
  ProgramReport,
  StepReport,
} from '../../executable.ts';
import type { Graph, GraphValue } from '../../graph.ts';
import { type Engine, engine, engineName } from '../engine.ts';
import { Machine, type MachineStep } from '../machine/index.ts';
import type { Room } from './arrays.ts';
import { Chooser } from './choose.ts';
import { type Layout, layOut } from './layout.ts';
import { lower } from './lower.ts';
import type { Lowered } from './lowering.ts';

/** A program may take this many times its weights and the two largest values. */
const allowance = 1.3;

/** Below this many bytes memory is not worth a slower algorithm: Winograd's weights for a layer of 256 channels fit. */
const smallProgram = 8 * 2 ** 20;

export async function compileGraph(graph: Graph, options: CompileOptions): Promise<Executable> {
  const e = engine();
  const lowered = lowerWithinBounds(graph, e, options.exactConvolution);
  const layout = layOut(lowered);
  const place = (room: Room): number => layout.addresses.get(room) as number;
  const machineStep = ({
    kernel,
    rooms,
  }: {
    kernel: MachineStep['kernel'];
    rooms: readonly Room[];
  }): MachineStep => ({
    kernel,
    addresses: rooms.map(place),
  });
  const routines: Record<string, readonly MachineStep[]> = { run: lowered.steps.map(machineStep) };
  lowered.preparations.forEach(({ steps }, i) => {
    routines[`prepare${i}`] = steps.map(machineStep);
  });
  const machine = await Machine.start({ routines, dataBytes: layout.end }, { threads: options.threads });
  try {
    for (const [room, values] of lowered.arrays.contents) view(machine, place(room), values).set(values);
    for (const [i, { source, values }] of lowered.preparations.entries()) {
      view(machine, place(source), values).set(values);
      await machine.run(`prepare${i}`);
    }
  } catch (error) {
    machine.dispose();
    throw error;
  }
  return new WasmProgram(graph, lowered, layout, machine, e);
}

/** Gives up transformed weights until the program fits its allowance, cheapest first. */
function lowerWithinBounds(graph: Graph, e: Engine, exact: boolean): Lowered {
  let chooser = new Chooser(exact);
  let limit: number | null = null;
  for (;;) {
    const lowered = lower(graph, e, chooser);
    const bytes = bytesOf(lowered);
    limit ??= Math.max(smallProgram, allowance * neededBytes(graph, e, chooser));
    const next = bytes > limit ? chooser.cheaper(bytes - limit) : null;
    if (!next) return lowered;
    chooser = next;
  }
}

function bytesOf(lowered: Lowered): number {
  const scratch = lowered.steps.reduce((most, step) => Math.max(most, step.kernel.scratchBytes), 0);
  return layOut(lowered).end + scratch;
}

/**
 * What the allowance is measured by. A training step keeps its activations for the way back: there it is what the step takes
 * with the most modest choices.
 */
function neededBytes(graph: Graph, e: Engine, chooser: Chooser): number {
  if (graph.updates.length === 0) return leastBytes(graph);
  const modest = chooser.cheaper(Number.POSITIVE_INFINITY);
  return modest ? bytesOf(lower(graph, e, modest)) : Number.POSITIVE_INFINITY;
}

/** Weights and other constants as they are, and the two largest values. */
function leastBytes(graph: Graph): number {
  const values = new Set(graph.nodes.flatMap((node) => [...node.inputs, ...node.outputs]));
  const lasts = ({ source }: GraphValue): boolean => source === 'constant' || source === 'state';
  const kept = [...values].filter(lasts);
  const computed = [...values].filter((value) => !lasts(value)).map((value) => value.size);
  const [first = 0, second = 0] = computed.sort((a, b) => b - a);
  return 4 * (kept.reduce((sum, value) => sum + value.size, 0) + first + second);
}

/** Memory as values of a type. */
function view<T extends Values>(machine: Machine, address: number, like: T, length = like.length): T {
  const { buffer } = machine.memory;
  return (like instanceof Int32Array
    ? new Int32Array(buffer, address, length)
    : new Float32Array(buffer, address, length)) as Values as T;
}

/** Unlike `slice`, the constructor does not write zeros first: less than 3/4 of its time for megabytes. */
const copyOf = (values: Values): Values =>
  values instanceof Int32Array ? new Int32Array(values) : new Float32Array(values);

class WasmProgram implements Executable {
  readonly #graph: Graph;
  readonly #lowered: Lowered;
  readonly #layout: Layout;
  readonly #machine: Machine;
  readonly #engine: Engine;

  constructor(graph: Graph, lowered: Lowered, layout: Layout, machine: Machine, e: Engine) {
    this.#graph = graph;
    this.#lowered = lowered;
    this.#layout = layout;
    this.#machine = machine;
    this.#engine = e;
  }

  async run(inputs: readonly Values[]): Promise<Values[]> {
    const { inputs: inRooms, outputs: outRooms } = this.#lowered;
    inputs.forEach((values, i) => {
      this.#view(inRooms[i], values.length, values).set(values);
    });
    await this.#machine.run('run');
    return this.#graph.outputs.map((value, i) => {
      const like = value.dtype === 'int32' ? new Int32Array(0) : new Float32Array(0);
      return copyOf(this.#view(outRooms[i], value.size, like));
    });
  }

  #view<T extends Values>(room: Room, length: number, like: T): T {
    return view(this.#machine, this.#layout.addresses.get(room) as number, like, length);
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
    const { steps, works } = this.#lowered;
    const reports = works.map((work, at): StepReport | null => {
      const own = steps.map((step, i) => ({ step, i })).filter(({ step }) => step.work === at);
      if (own.length === 0) return null;
      const rooms = new Set(own.flatMap(({ step }) => step.rooms));
      return {
        label: work.label,
        operation: work.op,
        geometry: work.choice?.geometry ?? null,
        description: work.description,
        candidates: work.choice?.candidates ?? [],
        multiplyAdds: work.multiplyAdds,
        bytes: [...rooms].reduce((sum, room) => sum + room.bytes, 0),
        milliseconds: times && own.reduce((sum, { i }) => sum + times[i], 0),
      };
    });
    return {
      threads: this.#machine.threads,
      note: this.#machine.note,
      simd: engineName(this.#engine),
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
