// Programs and eager operations in the checked mode: the same plans, steps and addresses as the library's own, carried out on
// one thread with every load and store checked against the arrays of its step, units in pieces of random size and order, and
// memory full of NaN wherever nothing was written in this run.
//
//   const before = setBackend(checkedBackend(new Generator(1)));
//   try { … operations, compile, compileTraining … } finally { setBackend(before) }
//
// A step that reaches outside of its arrays throws a KernelViolation; arrays of overlapping lives that share memory, an Error.

import type {
  Executable,
  ProgramReport,
  ResultOptions,
} from '../../packages/neocog/src/backends/executable.ts';
import { type Given, isFrames, valuesOf } from '../../packages/neocog/src/backends/frames.ts';
import type { Graph, GraphValue } from '../../packages/neocog/src/backends/graph.ts';
import type { Kernel } from '../../packages/neocog/src/backends/wasm/kernels/kernel.ts';
import { slackBytes } from '../../packages/neocog/src/backends/wasm/kernels/kernel.ts';
import type { Room } from '../../packages/neocog/src/backends/wasm/program/arrays.ts';
import { type FrameMemory, FrameWriter } from '../../packages/neocog/src/backends/wasm/program/frames.ts';
import type { Layout } from '../../packages/neocog/src/backends/wasm/program/layout.ts';
import type { Lowered } from '../../packages/neocog/src/backends/wasm/program/lowering.ts';
import type { Values } from '../../packages/neocog/src/backends/work.ts';
import type { Generator } from '../../packages/neocog/src/tensor/random.ts';
import { pieces } from '../pieces.ts';
import { checkedKernel, type Units } from './kernel.ts';
import { writtenOperands } from './operands.ts';
import { arrangements, type Span, tableBytes } from './table.ts';

interface Life {
  readonly first: number;
  readonly last: number;
}

export class CheckedProgram implements Executable {
  readonly #graph: Graph;
  readonly #lowered: Lowered;
  readonly #layout: Layout;
  readonly #random: Generator;
  readonly #lives: ReadonlyMap<Room, Life>;
  readonly #scratch: number;
  readonly memory: WebAssembly.Memory;
  /** Where frames begin, and how many bytes those of this run need. */
  readonly #tail: number;
  #tailBytes = 0;
  readonly #frames: FrameWriter;

  constructor(graph: Graph, { lowered, layout }: { lowered: Lowered; layout: Layout }, random: Generator) {
    this.#graph = graph;
    this.#lowered = lowered;
    this.#layout = layout;
    this.#random = random;
    this.#lives = livesOf(lowered);
    needApart(this.#lives, layout);
    const steps = [...lowered.steps, ...lowered.preparations.flatMap((p) => p.steps)];
    const scratchBytes = Math.max(0, ...steps.map(({ kernel }) => kernel.scratchBytes));
    this.#scratch = Math.ceil((tableBytes + layout.end + slackBytes) / 64) * 64;
    this.#tail = Math.ceil((this.#scratch + scratchBytes + slackBytes) / 64) * 64;
    const pages = Math.ceil((this.#tail + slackBytes) / 65536);
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: 65536 });
    this.#frames = new FrameWriter(graph, lowered.frames, this.#frameMemory());
    new Float32Array(this.memory.buffer).fill(Number.NaN);
    for (const [room, values] of lowered.arrays.contents) this.#view(room, values).set(values);
    for (const preparation of lowered.preparations) this.#prepare(preparation);
  }

  #prepare({ source, values, steps, part }: Lowered['preparations'][number]): void {
    this.#clear(source);
    this.#view(source, values).set(values);
    for (const { kernel, rooms } of steps) {
      const spans = this.#spans(kernel, rooms).map((span, i) =>
        rooms[i] === source ? { ...span, before: (part?.start ?? 0) * 4 } : span,
      );
      this.#carryOut(kernel, spans, part ?? { from: 0, to: kernel.units });
    }
  }

  #frameMemory(): FrameMemory {
    return {
      reserve: (bytes) => {
        this.#tailBytes = bytes;
        const missing = this.#tail + bytes + slackBytes - this.memory.buffer.byteLength;
        if (missing > 0) this.memory.grow(Math.ceil(missing / 65536));
        // Bytes that nobody wrote are noise; no NaN could show them.
        const random = this.#random;
        new Uint8Array(this.memory.buffer, this.#tail, bytes).forEach((_, i, all) => {
          all[i] = random.integer(256);
        });
      },
      tail: (at, length) => new Uint8Array(this.memory.buffer, this.#tail + at, length),
      header: (room, length) => this.#view(room, new Int32Array(0), length),
    };
  }

  runNow(inputs: readonly Given[]): Values[] {
    const { inputs: given, outputs, steps } = this.#lowered;
    this.#frames.write(inputs);
    // An input whose memory serves others later is cleared by these.
    given.forEach((room, i) => {
      const values = inputs[i] as Given;
      if (isFrames(values) || !this.#layout.addresses.has(room)) return;
      const own = valuesOf(values, this.#graph.inputs[i].dtype);
      this.#view(room, own).set(own);
    });
    steps.forEach(({ kernel, rooms }, at) => {
      for (const room of new Set(rooms))
        if (!room.lasting && this.#lives.get(room)?.first === at) this.#clear(room);
      this.#carryOut(kernel, this.#spans(kernel, rooms), { from: 0, to: kernel.units });
    });
    return this.#graph.outputs.map((value, i) => {
      const like = value.dtype === 'int32' ? new Int32Array(0) : new Float32Array(0);
      return this.#view(outputs[i] as Room, like, value.size).slice();
    });
  }

  async run(inputs: readonly Given[], { into = [] }: ResultOptions = {}): Promise<Values[]> {
    return this.runNow(inputs).map((values, i) => {
      into[i]?.set(values);
      return into[i] ?? values;
    });
  }

  #spans(kernel: Kernel, rooms: readonly Room[]): Span[] {
    const written = writtenOperands(kernel);
    return rooms.map((room, i) => {
      const name = kernel.operands[i] as string;
      const place = room.grows
        ? { address: this.#tail, bytes: this.#tailBytes }
        : { address: this.#place(room), bytes: room.bytes };
      return { name, ...place, writable: written.includes(name) };
    });
  }

  #carryOut(kernel: Kernel, spans: readonly Span[], { from, to }: Units): void {
    const call = checkedKernel(kernel).on(this.memory);
    const { scratchBytes } = kernel;
    const scratch = { name: 'scratch', address: this.#scratch, bytes: scratchBytes, writable: true };
    for (const piece of pieces(to - from, this.#random)) {
      this.#fill(this.#scratch, scratchBytes + slackBytes);
      const units = { from: from + piece.from, to: from + piece.to };
      const arrangement = arrangements[
        this.#random.integer(arrangements.length)
      ] as (typeof arrangements)[number];
      call.call([...spans, scratch], units, { arrangement, random: this.#random });
    }
  }

  #place(room: Room): number {
    const address = this.#layout.addresses.get(room);
    if (address === undefined) throw new Error(`room ${room.id} has no address`);
    return tableBytes + address;
  }

  #view<T extends Values>(room: Room, like: T, length = like.length): T {
    const { buffer } = this.memory;
    const made = like instanceof Int32Array ? Int32Array : Float32Array;
    // The kind is that of `like`.
    return new made(buffer, this.#place(room), length) as Values as T;
  }

  #clear(room: Room): void {
    this.#fill(this.#place(room), room.bytes + slackBytes);
  }

  #fill(address: number, bytes: number): void {
    new Float32Array(this.memory.buffer, address, Math.floor(bytes / 4)).fill(Number.NaN);
  }

  read(state: GraphValue): Values {
    return this.#stateView(state).slice();
  }

  write(state: GraphValue, values: Values): void {
    this.#stateView(state).set(values);
  }

  #stateView(state: GraphValue): Values {
    const placed = this.#lowered.arrays.find(state, null);
    const data = state.data as Values;
    return placed ? this.#view(placed.room, data, state.size) : data;
  }

  report(): ProgramReport {
    const memory = {
      constants: 0,
      activations: 0,
      scratch: 0,
      total: this.memory.buffer.byteLength,
      least: 0,
    };
    return {
      threads: 1,
      cache: null,
      note: 'the checked mode reports nothing',
      tuning: null,
      simd: '',
      exact: false,
      steps: [],
      memory,
      code: 0,
    };
  }

  profile(): Promise<ProgramReport> {
    return Promise.resolve(this.report());
  }

  text(): string {
    return '';
  }

  dispose(): void {}
}

/** The first and last step that uses each room: −1 for what is given, the number of steps for what is handed out. */
function livesOf({ steps, inputs, outputs }: Lowered): ReadonlyMap<Room, Life> {
  const lives = new Map<Room, Life>();
  const use = (room: Room, at: number): void => {
    const { first, last } = lives.get(room) ?? { first: at, last: at };
    lives.set(room, { first: Math.min(first, at), last: Math.max(last, at) });
  };
  for (const room of inputs) use(room, -1);
  steps.forEach(({ rooms }, at) => {
    for (const room of rooms) use(room, at);
  });
  for (const room of outputs) use(room, steps.length);
  return lives;
}

/** @throws Error if two rooms that are in use at the same time share memory, or one lies outside of it */
function needApart(lives: ReadonlyMap<Room, Life>, { addresses, end }: Layout): void {
  const placed = [...lives]
    .filter(([room]) => !room.within && !room.grows)
    .map(([room, { first, last }]) => ({
      ...{ id: room.id, start: addresses.get(room) ?? -1, bytes: room.bytes + slackBytes },
      ...(room.lasting ? { first: -1, last: Number.POSITIVE_INFINITY } : { first, last }),
    }));
  for (const [i, a] of placed.entries()) {
    if (a.start < 64 || a.start + a.bytes > end + slackBytes)
      throw new Error(`room ${a.id} lies outside of memory`);
    for (const b of placed.slice(i + 1)) {
      const together = a.first <= b.last && b.first <= a.last;
      if (together && a.start < b.start + b.bytes && b.start < a.start + a.bytes)
        throw new Error(`rooms ${a.id} and ${b.id} share memory while both are in use`);
    }
  }
}
