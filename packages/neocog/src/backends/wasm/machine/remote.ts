// A machine in one worker, on a memory that nobody else sees: for a page that shares none, and yet is to stay smooth. What goes in
// and out is sent.

import { assert, DeviceError } from '../../../errors.ts';
import { type Loaded, type Routine, routineName } from './assemble.ts';
import type { MachineCode } from './code.ts';
import { pageBytes, tailRefusal } from './layout.ts';
import { load } from './parts.ts';
import { stepTimes } from './phases.ts';
import { sourceOf } from './source.ts';
import { starters } from './starters.ts';
import { machineOver, obstacle, Team } from './team.ts';
import type { RemoteTask } from './thread.ts';

/** What the machine does at once. */
export interface RemoteCall {
  /** How much of the tail is needed, in bytes. Default none. */
  readonly tailBytes?: number;
  /** What is written first, each of a memory of its own, which is handed over. */
  readonly writes: RemoteTask['writes'];
  /** What is run then, and whether its phases are timed. */
  readonly routine?: string | null;
  readonly timed?: boolean;
  /** What is read then. */
  readonly reads?: RemoteTask['reads'];
}

/** Every method throws a DeviceError once the worker has failed, or the machine was disposed. */
export class RemoteMachine {
  readonly #loaded: Loaded;
  readonly #team: Team;
  #pages: number;
  #over: string | null = null;

  private constructor(loaded: Loaded, team: Team) {
    this.#loaded = loaded;
    this.#team = team;
    this.#pages = loaded.layout.pages;
    team.endWith(this);
  }

  /** Why no thread can share memory here, so that a machine like this is wanted; null if threads can, or where there are no workers. */
  static get reason(): string | null {
    return starters().length === 0 ? null : obstacle();
  }

  /** A machine, or why no worker could be started. @throws DeviceError if the engine refuses the code */
  static async start(code: MachineCode, fn: string): Promise<RemoteMachine | string> {
    const source = sourceOf(code);
    const layout = source.layOut(1);
    let loading: Promise<Loaded> | undefined;
    const { pages, mostPages } = layout;
    const tasks = async (): Promise<RemoteTask[]> => {
      loading ??= load(source, layout, fn);
      const { module } = await loading;
      return [{ code: { module, pages, mostPages }, pages, writes: [], routine: null, reads: [] }];
    };
    const team = await Team.start('remote', 1, tasks);
    return typeof team === 'string'
      ? team
      : new RemoteMachine(await (loading ?? load(source, layout, fn)), team);
  }

  get codeBytes(): number {
    return this.#loaded.assembled.bytes.length;
  }

  get scratchBytes(): number {
    return this.#loaded.layout.scratchStride;
  }

  get memoryBytes(): number {
    return this.#pages * pageBytes;
  }

  /** Where what grows begins. */
  get tail(): number {
    return this.#loaded.layout.tail;
  }

  /** What was read. @throws DeviceError also if the memory cannot grow as far as is wanted */
  async carryOut(call: RemoteCall): Promise<readonly Uint8Array[]> {
    return (await this.#ask(call)).results;
  }

  /** The milliseconds of each step of the routine. */
  async profile(call: RemoteCall & { readonly routine: string }): Promise<number[]> {
    const { times } = await this.#ask({ ...call, timed: true });
    return stepTimes(this.#routine(call.routine).phases, times);
  }

  #routine(name: string): Routine {
    const routine = this.#loaded.assembled.routines.get(name);
    assert(routine, `no routine ${name}`);
    return routine;
  }

  async #ask({ tailBytes = 0, writes, routine = null, timed = false, reads = [] }: RemoteCall) {
    this.#look();
    const pages = Math.max(this.#pages, Math.ceil((this.tail + tailBytes) / pageBytes));
    const answer = await this.#answer({
      code: null,
      pages,
      writes,
      routine: this.#toRun(routine, timed),
      reads,
    });
    if (answer.refusal !== null) throw new DeviceError(tailRefusal(tailBytes, answer.refusal));
    this.#pages = pages;
    return answer;
  }

  #toRun(name: string | null, timed: boolean): RemoteTask['routine'] {
    if (name === null) return null;
    const { index, phases } = this.#routine(name);
    return { name: routineName(index), scratch: this.#loaded.layout.scratch, phases: phases.length, timed };
  }

  async #answer(task: RemoteTask) {
    try {
      return await this.#team.ask(task);
    } catch (error) {
      this.#over ??= error instanceof DeviceError ? error.message : `${error}`;
      this.#team.end(this.#over);
      this.#look();
      throw error;
    }
  }

  #look(): void {
    if (this.#over !== null) throw machineOver(this.#over);
  }

  /** The code as WebAssembly text. */
  text(): string {
    return this.#loaded.assembled.text();
  }

  /** Ends the worker, and with it the memory. */
  dispose(): void {
    this.#over ??= 'it was disposed';
    this.#team.end(this.#over);
  }
}
