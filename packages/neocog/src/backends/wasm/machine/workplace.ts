// Where machines run: a memory, and the threads that see it. Most have one of their own. Several may share one; then one runs at
// a time, and what each works on begins at a base behind what all of them keep.

import { DeviceError } from '../../../errors.ts';
import type { Loaded, Routine } from './assemble.ts';
import { Control } from './control.ts';
import { JobNumbers } from './jobs.ts';
import { type Layout, pageBytes } from './layout.ts';
import { tasksOf } from './tasks.ts';
import { machineOver, type Team } from './team.ts';

interface WorkplaceParts {
  readonly memory: WebAssembly.Memory;
  /** Null with one thread. */
  readonly team: Team | null;
  /** Whether the calling thread takes part, as thread 0. */
  readonly takesPart: boolean;
  /** Why there are fewer threads than were asked for, or null. */
  readonly note: string | null;
}

/** Every method throws a DeviceError once a step or a thread has failed, or the last machine was disposed. */
export class Workplace {
  readonly memory: WebAssembly.Memory;
  readonly threads: number;
  readonly takesPart: boolean;
  readonly note: string | null;
  readonly team: Team | null;
  readonly #control: Control | null;
  readonly #numbers = new JobNumbers();
  /** The number of the first routine of what the threads know. */
  #firsts = new Map<Loaded, number>();
  #base = 0;
  #running = false;
  /** Why nothing can be run any more, or null. */
  #over: string | null = null;

  /** @param first what the team serves already */
  constructor({ memory, team, takesPart, note }: WorkplaceParts, first: Loaded) {
    this.memory = memory;
    this.threads = first.layout.threads;
    this.takesPart = takesPart;
    this.note = note;
    this.team = team;
    this.#control = team && new Control(memory, first.layout);
    this.#know([first]);
    team?.endWith(this);
  }

  get isOver(): boolean {
    return this.#reason() !== null;
  }

  /** From where machines that share the workplace count their addresses. */
  get base(): number {
    return this.#base;
  }

  /** Lets the threads run more code. */
  add(loaded: Loaded): Promise<void> {
    return this.exclusively(async () => {
      const all = [...this.#firsts.keys(), loaded];
      this.#control?.post(this.#numbers.take(0, 1), { profile: false, base: 0 });
      await this.team?.serve(tasksOf(all, this));
      this.look();
      const gone = all.filter((one) => one !== loaded && !this.#firsts.has(one));
      this.#know(all);
      for (const one of gone) this.#firsts.delete(one);
    });
  }

  /** Code that is never run again. The threads forget it when they are given other code. */
  remove(loaded: Loaded): void {
    this.#firsts.delete(loaded);
    if (this.#firsts.size > 0) return;
    this.end('it was disposed');
  }

  #know(all: readonly Loaded[]): void {
    let routines = 1;
    this.#firsts = new Map(
      all.map((loaded) => {
        const first = routines;
        routines += loaded.assembled.routines.size;
        return [loaded, first];
      }),
    );
    this.#numbers.routines = routines;
  }

  /** Puts the base here, with room for all machines behind it. @throws DeviceError if the engine has no more memory */
  settle(base: number, fn: string): void {
    for (const { layout } of this.#firsts.keys()) this.makeRoom(layout, fn, base);
    this.#base = base;
  }

  /** For a machine. @throws DeviceError if the engine has no more memory */
  makeRoom({ tail }: Pick<Layout, 'tail'>, fn: string, base = this.#base): void {
    this.reserve(base + tail, (cause) => {
      const [all, kept] = [base + tail, base].map((bytes) => (bytes / 2 ** 20).toFixed(1));
      return `${fn}: the engine refuses ${all} MiB of memory, ${kept} for constants (${cause}); use a smaller size, or keep fewer`;
    });
  }

  /** Makes the memory at least so large. @throws DeviceError if the engine has no more, or this workplace may not have it */
  reserve(bytes: number, refusal: (cause: unknown) => string): void {
    const missing = Math.ceil((bytes - this.memory.buffer.byteLength) / pageBytes);
    if (missing <= 0) return;
    try {
      this.memory.grow(missing);
    } catch (cause) {
      throw new DeviceError(refusal(cause), { cause });
    }
  }

  /** Hands a job out to the threads; the number of its first piece. */
  begin(loaded: Loaded, { index, pieces }: Routine, profile: boolean): number {
    const number = this.#numbers.take((this.#firsts.get(loaded) as number) + index, pieces);
    if (pieces > 0) this.#control?.post(number, { profile, base: this.#base });
    return number;
  }

  async exclusively<T>(body: () => Promise<T>): Promise<T> {
    this.check();
    this.#running = true;
    try {
      return await body();
    } finally {
      this.#running = false;
    }
  }

  check(): void {
    this.look();
    if (this.#running) throw new DeviceError('machine: another run uses this memory; await it first');
  }

  /** @throws DeviceError if a thread has failed */
  look(): void {
    const why = this.#reason();
    if (why !== null) throw this.end(why);
  }

  #reason(): string | null {
    return this.#over ?? this.#control?.failure() ?? this.team?.failure() ?? null;
  }

  end(why: string, cause?: unknown): DeviceError {
    this.#over ??= why;
    this.#control?.fail();
    this.team?.end(this.#over);
    return machineOver(this.#over, cause);
  }
}
