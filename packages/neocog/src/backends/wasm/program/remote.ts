// A program in a worker of its own, on a memory that nobody else sees: inputs and results are sent.

import { assert } from '../../../errors.ts';
import type { Executable, ProgramReport, ResultOptions } from '../../executable.ts';
import { type Given, isFrames, valuesOf } from '../../frames.ts';
import type { Graph } from '../../graph.ts';
import type { Values } from '../../work.ts';
import { type RemoteCall, RemoteMachine } from '../machine/index.ts';
import type { Room } from './arrays.ts';
import { FrameWriter } from './frames.ts';
import { type GraphPlan, prepareRoutine } from './plan.ts';
import { type Reported, reportOf } from './report.ts';

type Write = RemoteCall['writes'][number];

/** Copies of a program's constants, each in memory of its own. */
export interface Handed {
  readonly contents: readonly { readonly room: Room; readonly values: Values }[];
  /** In the order of the preparations. */
  readonly weights: readonly { readonly room: Room; readonly values: Values }[];
}

/** What a remote program is made of. */
interface Parts extends Omit<Reported, 'machine'> {
  readonly graph: Graph;
  readonly plan: GraphPlan;
  readonly machine: RemoteMachine;
  readonly note: string | null;
}

/** A program of inference: it has no states that anybody reads. */
export class RemoteProgram implements Executable {
  readonly #parts: Parts;
  readonly #frames: FrameWriter | null;
  /** Of the run that is on its way, or was last. */
  #inputs: readonly Given[] = [];
  /** What frames have written, and how much of the tail they need. */
  #written: Write[] = [];
  #tailBytes = 0;

  private constructor(parts: Parts) {
    const { graph, plan, machine } = parts;
    const { lowered } = plan;
    this.#parts = parts;
    const note = (address: number, bytes: Uint8Array): void => void this.#written.push({ address, bytes });
    const memory = {
      reserve: (bytes: number) => {
        this.#tailBytes = bytes;
      },
      tail: (at: number, length: number) => {
        const bytes = new Uint8Array(length);
        note(machine.tail + at, bytes);
        return bytes;
      },
      header: (room: Room, length: number) => {
        const words = new Int32Array(length);
        note(this.#addressOf(room), new Uint8Array(words.buffer));
        return words;
      },
    };
    this.#frames = lowered.frames.length > 0 ? new FrameWriter(graph, lowered.frames, memory) : null;
  }

  /**
   * Constants are handed over when the worker is there.
   *
   * @param what.note why more threads than one cannot be had, if they were wanted
   * @returns the reason if no worker could be started; nothing is handed over then
   */
  static async start(
    plan: GraphPlan,
    { contents, weights }: Handed,
    { fn, ...what }: Omit<Parts, 'layout' | 'plan' | 'machine'> & { readonly fn: string },
  ): Promise<RemoteProgram | string> {
    const put = ({ room, values }: Handed['weights'][number]): Write => ({
      address: plan.place(room),
      bytes: new Uint8Array(values.buffer),
    });
    const machine = await RemoteMachine.start(plan.code, fn);
    if (typeof machine === 'string') return machine;
    try {
      await machine.carryOut({ writes: contents.map(put) });
      for (const [i, one] of weights.entries())
        await machine.carryOut({ writes: [put(one)], routine: prepareRoutine(i) });
    } catch (error) {
      machine.dispose();
      throw error;
    }
    return new RemoteProgram({ ...what, layout: plan.layout, plan, machine });
  }

  async run(inputs: readonly Given[], { into = [] }: ResultOptions = {}): Promise<Values[]> {
    const { graph, plan, machine } = this.#parts;
    this.#inputs = inputs;
    const reads = graph.outputs.map(({ size }, i) => ({
      address: this.#addressOf(plan.lowered.outputs[i]),
      length: 4 * size,
    }));
    const results = await machine.carryOut({ ...this.#given(), routine: 'run', reads });
    return graph.outputs.map(({ dtype }, i) => {
      const { buffer } = results[i];
      const values = dtype === 'int32' ? new Int32Array(buffer) : new Float32Array(buffer);
      const place = into[i];
      if (place?.length !== values.length) return values;
      place.set(values);
      return place;
    });
  }

  /** The inputs as they are now. */
  #given(): Pick<RemoteCall, 'writes' | 'tailBytes'> {
    [this.#written, this.#tailBytes] = [[], 0];
    this.#frames?.write(this.#inputs);
    this.#inputs.forEach((given, i) => {
      if (isFrames(given)) return;
      const values = valuesOf(given, this.#parts.graph.inputs[i].dtype);
      const bytes = new Uint8Array((values === given ? values.slice() : values).buffer);
      this.#written.push({ address: this.#addressOf(this.#parts.plan.lowered.inputs[i]), bytes });
    });
    return { writes: this.#written, tailBytes: this.#tailBytes };
  }

  #addressOf(room: Room): number {
    return this.#parts.plan.place(room);
  }

  read(): Values {
    assert(false, 'a remote program has no states');
  }

  write(): void {
    assert(false, 'a remote program has no states');
  }

  report(): ProgramReport {
    return this.#report(null);
  }

  async profile(): Promise<ProgramReport> {
    return this.#report(await this.#parts.machine.profile({ ...this.#given(), routine: 'run' }));
  }

  #report(times: readonly number[] | null): ProgramReport {
    const { machine, note } = this.#parts;
    const { scratchBytes, codeBytes, memoryBytes } = machine;
    return reportOf(
      { ...this.#parts, machine: { threads: 1, note, scratchBytes, codeBytes, memoryBytes } },
      times,
    );
  }

  text(): string {
    return this.#parts.machine.text();
  }

  dispose(): void {
    this.#parts.machine.dispose();
  }
}
