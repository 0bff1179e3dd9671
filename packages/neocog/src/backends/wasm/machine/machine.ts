// Runs a program's steps: one WebAssembly module on a workplace, with one or more threads.

import { assert, DeviceError } from '../../../errors.ts';
import { type Routine, routineName } from './assemble.ts';
import type { MachineCode } from './code.ts';
import { tailRefusal } from './layout.ts';
import { addParts, buildParts, type Parts } from './parts.ts';
import { stepTimes } from './phases.ts';
import { type CodeSource, type MadeCode, sourceOf } from './source.ts';
import { machineOver } from './team.ts';
import type { Workplace } from './workplace.ts';

/** A routine's function: see RoutineFunction. */
type RunRoutine = (job: number, scratch: number, from: number, to: number, base: number) => number;

/** A routine that is being run. */
interface Job {
  readonly routine: Routine;
  /** The number of its first piece. */
  readonly number: number;
}

interface StartOptions {
  readonly threads: number;
  /** Whether the calling thread takes no part. */
  readonly apart?: boolean;
  /** Why only the calling thread is left, where that is known. */
  readonly note?: string | null;
  /** The function that was called, for errors. */
  readonly fn?: string;
}

/** Every method throws a DeviceError once a step or a thread has failed, or the machine was disposed. */
export class Machine {
  readonly workplace: Workplace;
  readonly codeBytes: number;
  /** Of all threads together. */
  readonly scratchBytes: number;
  readonly #parts: Parts;
  #disposed = false;

  private constructor(parts: Parts) {
    const { layout, assembled } = parts.loaded;
    this.#parts = parts;
    this.workplace = parts.workplace;
    this.codeBytes = assembled.bytes.length;
    this.scratchBytes = layout.scratchStride * layout.threads;
  }

  /**
   * Compiles the code, and starts a worker for every thread but the caller's, or for all of them where it takes no part. A page's
   * main thread may not wait for others: there all of several threads are workers. Where there can be no workers the machine has one thread, and `note` says why.
   *
   * @throws DeviceError if there is not enough memory
   */
  static async start(
    code: MachineCode | CodeSource,
    { threads, apart = false, note = null, fn = 'machine' }: StartOptions,
  ): Promise<Machine> {
    assert(Number.isInteger(threads) && threads >= 1, `a machine of ${threads} threads`);
    return new Machine(await buildParts(sourceOf(code), { threads, apart, note }, fn));
  }

  /** Another machine for code that floats, on the memory and the threads of one that runs such code. */
  static async beside(workplace: Workplace, code: MachineCode, fn = 'machine'): Promise<Machine> {
    return new Machine(await addParts(sourceOf(code), workplace, fn));
  }

  get memory(): WebAssembly.Memory {
    return this.workplace.memory;
  }

  /** Really in use. */
  get threads(): number {
    return this.workplace.threads;
  }

  /** Why these are fewer than were asked for, or null. */
  get note(): string | null {
    return this.workplace.note;
  }

  /**
   * Does the steps of a routine. The calling thread takes part where it may wait; with one thread all is done when the
   * call returns.
   *
   * @param between Called now and then, where the calling thread takes part.
   * @throws DeviceError also if another run is in progress
   */
  run(routine: string, between?: () => void): Promise<void> {
    return this.#exclusively(async () => {
      const job = this.#begin(routine, false);
      if (!this.#parts.exports) await this.#finished(job);
      else if (between) await this.#shareSlowly(job, between);
      else await this.#share(job, 0, job.routine.phases.length);
    });
  }

  /** `run` while the caller waits. @throws DeviceError also on a page's main thread, unless the machine has one thread */
  runSync(routine: string): void {
    if (!this.#parts.exports)
      throw new DeviceError(
        "machine: a page's main thread may not wait for other threads; await run, or use one thread",
      );
    this.#look();
    this.workplace.check();
    const job = this.#begin(routine, false);
    let done = false;
    while (!done) done = this.#attempt(job, 0, job.routine.phases.length);
  }

  /**
   * Runs a routine, and gives the milliseconds of each of its steps. Steps that run as one, because they are small, share
   * their time equally.
   */
  profile(routine: string): Promise<number[]> {
    return this.#exclusively(async () => {
      const job = this.#begin(routine, true);
      const times = this.#parts.exports ? await this.#shareTimed(job) : await this.#finished(job);
      return stepTimes(job.routine.phases, times);
    });
  }

  /** Where what grows begins. */
  get tail(): number {
    return this.#parts.loaded.layout.tail;
  }

  /** Makes the tail at least so large. @throws DeviceError if the engine has no more memory, or this machine may not have it */
  grow(tailBytes: number): void {
    this.workplace.reserve(this.tail + tailBytes, (cause) => tailRefusal(tailBytes, cause));
  }

  /** Its code, for another machine of as many threads. */
  get made(): MadeCode {
    const { layout, assembled } = this.#parts.loaded;
    return { layout, bytes: assembled.bytes, routines: [...assembled.routines] };
  }

  /** The code as WebAssembly text. */
  text(): string {
    return this.#parts.loaded.assembled.text();
  }

  /** Ends the workers, if nobody else is on the workplace. The memory stays for as long as somebody holds it. */
  dispose(): void {
    this.#disposed = true;
    this.workplace.remove(this.#parts.loaded);
  }

  async #exclusively<T>(body: () => Promise<T>): Promise<T> {
    this.#look();
    return this.workplace.exclusively(body);
  }

  #look(): void {
    if (this.#disposed) throw machineOver('it was disposed');
    this.workplace.look();
  }

  #begin(name: string, profile: boolean): Job {
    const { loaded } = this.#parts;
    const routine = loaded.assembled.routines.get(name);
    assert(routine, `no routine ${name}`);
    return { routine, number: this.workplace.begin(loaded, routine, profile) };
  }

  /** The calling thread's share of some phases. Between waits that last long, events such as a worker's end come through. */
  async #share(job: Job, from: number, to: number): Promise<void> {
    while (!this.#attempt(job, from, to)) await turn();
  }

  /** The same phase by phase. */
  async #shareSlowly(job: Job, between: () => void): Promise<void> {
    for (let i = 0; i < job.routine.phases.length; i++) {
      await this.#share(job, i, i + 1);
      between();
    }
  }

  async #shareTimed(job: Job): Promise<number[]> {
    const times = [performance.now()];
    for (let i = 0; i < job.routine.phases.length; i++) {
      await this.#share(job, i, i + 1);
      times.push(performance.now());
    }
    return times;
  }

  /** Whether phases from … to − 1 are over; false after waiting long for another thread, which is still there. */
  #attempt({ routine, number }: Job, from: number, to: number): boolean {
    if (from === to) return true;
    const run = this.#parts.exports?.[routineName(routine.index)] as RunRoutine;
    const { base } = this.workplace;
    let done: number;
    try {
      done = run(number, base + this.#parts.loaded.layout.scratch, from, to, base);
    } catch (cause) {
      throw this.workplace.end(`a step failed: ${cause}`, cause);
    }
    if (done === 0) this.#look();
    return done !== 0;
  }

  /** What the workers need for a job that the caller takes no part in. */
  async #finished({ routine }: Job): Promise<readonly number[]> {
    const { team } = this.workplace;
    if (!team || routine.pieces === 0) return [];
    try {
      return (await team.finished()).times;
    } catch {
      this.#look();
      throw this.workplace.end('its workers have ended');
    }
  }
}

/** Lets events come through. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
