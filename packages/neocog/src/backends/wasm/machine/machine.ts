// Runs a program's steps: one memory, one WebAssembly module, one or more threads.

import { assert, DeviceError } from '../../../errors.ts';
import { type Routine, routineName } from './assemble.ts';
import type { MachineCode } from './code.ts';
import { Control } from './control.ts';
import { JobNumbers } from './jobs.ts';
import { pageBytes } from './layout.ts';
import { buildParts, type Parts } from './parts.ts';
import type { Phase } from './phases.ts';
import type { Team } from './team.ts';

/** Ends the workers of a machine that nobody can reach any more. */
const forgotten = new FinalizationRegistry<Team>((team) => team.end('its machine is gone'));

/** A routine's function: see RoutineFunction. */
type RunRoutine = (job: number, scratch: number, from: number, to: number) => number;

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
  /** The function that was called, for errors. */
  readonly fn?: string;
}

/** Every method throws a DeviceError once a step or a thread has failed, or the machine was disposed. */
export class Machine {
  readonly memory: WebAssembly.Memory;
  /** Really in use. */
  readonly threads: number;
  /** Why these are fewer than were asked for, or null. */
  readonly note: string | null;
  readonly codeBytes: number;
  /** Of all threads together. */
  readonly scratchBytes: number;
  readonly #parts: Parts;
  readonly #control: Control | null;
  readonly #numbers: JobNumbers;
  #running = false;
  /** Why nothing can be run any more, or null. */
  #over: string | null = null;

  private constructor(parts: Parts) {
    const { layout, assembled, memory, team, note } = parts;
    this.#parts = parts;
    this.memory = memory;
    this.threads = layout.threads;
    this.note = note;
    this.codeBytes = assembled.bytes.length;
    this.scratchBytes = layout.scratchStride * layout.threads;
    this.#control = team && new Control(memory, layout);
    this.#numbers = new JobNumbers(assembled.routines.size);
    if (team) forgotten.register(this, team, this);
  }

  /**
   * Compiles the code, and starts a worker for every thread but the caller's, or for all of them where it takes no part. A page's
   * main thread may not wait for others: there all of several threads are workers. Where there can be no workers the machine has one thread, and `note` says why.
   *
   * @throws DeviceError if there is not enough memory
   */
  static async start(
    code: MachineCode,
    { threads, apart = false, fn = 'machine' }: StartOptions,
  ): Promise<Machine> {
    assert(Number.isInteger(threads) && threads >= 1, `a machine of ${threads} threads`);
    return new Machine(await buildParts(code, { threads, apart }, fn));
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
    this.#check();
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
      return job.routine.phases.flatMap((phase, i) => spread(phase, (times[i + 1] ?? 0) - (times[i] ?? 0)));
    });
  }

  /** Where what grows begins. */
  get tail(): number {
    return this.#parts.layout.tail;
  }

  /** Makes the tail at least so large. @throws DeviceError if the engine has no more memory, or this machine may not have it */
  grow(tailBytes: number): void {
    const missing = Math.ceil((this.tail + tailBytes - this.memory.buffer.byteLength) / pageBytes);
    if (missing <= 0) return;
    try {
      this.memory.grow(missing);
    } catch (cause) {
      const wanted = (tailBytes / 2 ** 20).toFixed(1);
      throw new DeviceError(
        `run: the engine refuses ${wanted} MiB for frames (${cause}); use smaller frames, or fewer at a time`,
        { cause },
      );
    }
  }

  /** The code as WebAssembly text. */
  text(): string {
    return this.#parts.assembled.text();
  }

  /** Ends the workers. The memory stays for as long as somebody holds it. */
  dispose(): void {
    this.#end('it was disposed');
    forgotten.unregister(this);
  }

  async #exclusively<T>(body: () => Promise<T>): Promise<T> {
    this.#check();
    this.#running = true;
    try {
      return await body();
    } finally {
      this.#running = false;
    }
  }

  #check(): void {
    this.#look();
    if (this.#running) throw new DeviceError('machine: another run uses this memory; await it first');
  }

  /** @throws DeviceError if a thread has failed */
  #look(): void {
    const why = this.#over ?? this.#control?.failure() ?? this.#parts.team?.failure() ?? null;
    if (why !== null) throw this.#end(why);
  }

  #end(why: string, cause?: unknown): DeviceError {
    this.#over ??= why;
    this.#control?.fail();
    this.#parts.team?.end(this.#over);
    return new DeviceError(`machine: it no longer runs, because ${this.#over}; compile the program again`, {
      cause,
    });
  }

  #begin(name: string, profile: boolean): Job {
    const routine = this.#parts.assembled.routines.get(name);
    assert(routine, `no routine ${name}`);
    const number = this.#numbers.take(routine.index, routine.pieces);
    if (routine.pieces > 0) this.#control?.post(number, profile);
    return { routine, number };
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
    let done: number;
    try {
      done = run(number, this.#parts.layout.scratch, from, to);
    } catch (cause) {
      throw this.#end(`a step failed: ${cause}`, cause);
    }
    if (done === 0) this.#look();
    return done !== 0;
  }

  /** What the workers need for a job that the caller takes no part in. */
  async #finished({ routine }: Job): Promise<readonly number[]> {
    const { team } = this.#parts;
    if (!team || routine.pieces === 0) return [];
    try {
      return await team.finished();
    } catch {
      this.#look();
      throw this.#end('its workers have ended');
    }
  }
}

/** A phase's time as that of its steps. */
const spread = ({ steps }: Phase, time: number): number[] => steps.map(() => time / steps.length);

/** Lets events come through. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
