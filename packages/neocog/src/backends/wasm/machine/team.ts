// The workers of a machine: started together, watched, ended together.

import { DeviceError } from '../../../errors.ts';
import { processors, type Role, type Starter, starters, type Task, type Thread } from './starters.ts';
import type { RemoteTask, ThreadMessage } from './thread.ts';

/** Milliseconds until a worker that says nothing counts as not started; long, for machines that are busy. */
const startTime = 30_000;

/** As many threads are started on any machine. */
const fewThreads = 16;

/** More threads than this only cost memory and time. */
export const mostThreads = (): number => Math.max(fewThreads, processors());

/** Why threads cannot be had here, or null. */
export function obstacle(): string | null {
  const page = globalThis as { crossOriginIsolated?: boolean };
  if (page.crossOriginIsolated === false)
    return (
      'threads need a page that is isolated from other origins, by the headers ' +
      "'Cross-Origin-Opener-Policy: same-origin' and 'Cross-Origin-Embedder-Policy: require-corp'"
    );
  if (typeof SharedArrayBuffer === 'undefined')
    return 'threads need shared memory, and this engine has no SharedArrayBuffer';
  return starters().length === 0 ? 'this engine has no workers' : null;
}

/** Whether the calling thread may wait for others: it may, unless it is a page's main thread. */
export function mayWait(): boolean {
  try {
    return Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1) === 'not-equal';
  } catch {
    return false;
  }
}

/** What every method of a machine throws once it cannot run any more. */
export const machineOver = (why: string, cause?: unknown): DeviceError =>
  new DeviceError(`machine: it no longer runs, because ${why}; compile the program again`, { cause });

type Finished = Extract<ThreadMessage, { kind: 'finished' }>;

/** Ends the workers of those that nobody can reach any more. */
const forgotten = new FinalizationRegistry<Team>((team) => team.end('its machine is gone'));

export class Team {
  readonly #threads: Thread[] = [];
  /** Workers that have not said that they are ready. */
  #missing = 0;
  #failure: string | null = null;
  /** What waits for a message or a failure. */
  #wake: () => void = () => {};
  #finished: Finished | null = null;

  private constructor(start: Starter, role: Role, count: number) {
    for (let i = 0; i < count && this.#failure === null; i++) this.#add(start, role, i);
  }

  /**
   * Workers by the first way of starting them that works; if none does, the reasons.
   *
   * @param tasks what they are to serve, one each; called when the workers have begun to start
   * @throws what `tasks` or the sending of one throws; no worker is left then
   */
  static async start(
    kind: 'threads' | 'remote',
    count: number,
    tasks: () => Promise<readonly Task[]>,
  ): Promise<Team | string> {
    const reasons: string[] = [];
    const { serve, threadName, serveRemote, remoteName, threadUrl: url } = await import('./thread.ts');
    const role =
      kind === 'threads' ? { serve, name: threadName, url } : { serve: serveRemote, name: remoteName, url };
    for (const start of starters()) {
      const team = new Team(start, role, count);
      try {
        if (await team.serve(await tasks())) return team;
      } catch (error) {
        team.end('it was not started');
        throw error;
      }
      team.end('it was not started');
      reasons.push(`${team.#failure}`);
    }
    return `no worker could be started (${reasons.join('; ')})`;
  }

  #add(start: Starter, role: Role, worker: number): void {
    const listener = {
      message: (message: ThreadMessage) => this.#receive(message),
      end: (why: string) => this.#fail(`worker ${worker}: ${why}`),
    };
    try {
      this.#threads.push(start(role, listener));
    } catch (error) {
      this.#fail(`worker ${worker}: ${error}`);
    }
  }

  /** Whether all workers take on their tasks, which must be looking for some. */
  async serve(tasks: readonly Task[]): Promise<boolean> {
    this.#missing = tasks.length;
    const timer = setTimeout(() => this.#fail('a worker did not answer'), startTime);
    this.#threads.forEach((thread, i) => {
      thread.send(tasks[i]);
    });
    while (this.#missing > 0 && this.#failure === null) await this.#news();
    clearTimeout(timer);
    for (const thread of this.#threads) thread.release();
    return this.#failure === null;
  }

  #news(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #receive(message: ThreadMessage): void {
    if (message.kind === 'ready') this.#missing--;
    if (message.kind === 'finished') this.#finished = message;
    if (message.kind === 'failed') this.#fail(message.why ?? 'a thread failed');
    this.#wake();
  }

  #fail(why: string): void {
    this.#failure ??= why;
    this.#wake();
  }

  /** Why the team can do no more, or null. */
  failure(): string | null {
    if (this.#threads.some((thread) => thread.ended())) this.#fail('the worker of a thread has ended');
    return this.#failure;
  }

  /** Gives the only worker something to do, whose bytes are handed over, and waits until it is done. @throws DeviceError on a failure */
  ask(task: RemoteTask): Promise<Finished> {
    const [thread] = this.#threads;
    thread.send(
      task,
      task.writes.map(({ bytes }) => bytes.buffer),
    );
    return this.finished();
  }

  /** Waits until the worker that reports has finished the job that it has. @throws DeviceError on a failure */
  async finished(): Promise<Finished> {
    // Workers let the process end, but not before what it waits for.
    const alive = setInterval(() => {}, 2 ** 30);
    try {
      while (this.#finished === null) {
        const failure = this.failure();
        if (failure !== null) throw new DeviceError(failure);
        await this.#news();
      }
    } finally {
      clearInterval(alive);
    }
    const finished = this.#finished;
    this.#finished = null;
    return finished;
  }

  /** Ends the workers when `holder` is gone. */
  endWith(holder: object): void {
    forgotten.register(holder, this, this);
  }

  end(why: string): void {
    forgotten.unregister(this);
    this.#fail(why);
    for (const thread of this.#threads) thread.terminate();
  }
}
