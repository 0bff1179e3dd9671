// What a worker does: wait for a job, do what others leave of it, wait for the next. Imported when threads are wanted, and
// nothing but types is imported here: where a bundler gives this file one of its own, a page starts that as a worker, and
// no code of the page is run in it.

import type { words } from './layout.ts';

export interface ThreadTask {
  readonly memory: WebAssembly.Memory;
  /** Which thread this is. */
  readonly thread: number;
  /** The code there is, and where this thread's scratch memory lies for it, from the base. */
  readonly codes: readonly { readonly module: WebAssembly.Module; readonly scratch: number }[];
  /** What the lowest bits of a job's number name, as many as a power of two; null for nothing: another task is to come. */
  readonly routines: readonly ({
    readonly code: number;
    readonly name: string;
    readonly phases: number;
  } | null)[];
  /** The address of the control block, and what is where in it. */
  readonly control: number;
  readonly words: typeof words;
  readonly textBytes: number;
  /** Say when a job is finished: for a starter that takes no part in it. */
  readonly reports: boolean;
}

export type ThreadMessage =
  | { readonly kind: 'ready' }
  /** `times`: when each phase began and the last one ended, in milliseconds; empty unless they were asked for. */
  | { readonly kind: 'finished'; readonly times: readonly number[] }
  | { readonly kind: 'failed' };

/**
 * Returns for another task, and after a failure: of this thread, which it then describes in the control block, or of another.
 *
 * Its text is a worker's source: it uses nothing from outside, and has no named functions within, around which bundlers
 * may put helpers of theirs.
 */
export function serve(task: ThreadTask, send: (message: ThreadMessage) => void): void {
  const { memory, control, words: word, routines } = task;
  const shared = new Int32Array(memory.buffer);
  const [jobAt, failedAt] = [(control + word.job) >>> 2, (control + word.failed) >>> 2];
  // Milliseconds of looking for the next job before going to sleep.
  const patience = 0.05;
  try {
    const instances = task.codes.map(({ module }) => new WebAssembly.Instance(module, { env: { memory } }));
    let job = Atomics.load(shared, jobAt);
    send({ kind: 'ready' });
    for (;;) {
      const began = performance.now();
      while (Atomics.load(shared, jobAt) === job)
        if (performance.now() - began > patience) Atomics.wait(shared, jobAt, job, 1000);
      job = Atomics.load(shared, jobAt);
      const routine = routines[job & (routines.length - 1)];
      if (!routine) return;
      const { code, name, phases: count } = routine;
      const run = instances[code].exports[name] as (...args: number[]) => number;
      const base = Atomics.load(shared, (control + word.base) >>> 2);
      const scratch = base + task.codes[code].scratch;
      const profiled = task.reports && Atomics.load(shared, (control + word.profile) >>> 2) !== 0;
      const times = profiled ? [performance.now()] : [];
      for (let from = 0; from < count; ) {
        const to = profiled ? from + 1 : count;
        while (run(job, scratch, from, to, base) === 0) if (Atomics.load(shared, failedAt) !== 0) return;
        if (profiled) times.push(performance.now());
        from = to;
      }
      if (task.reports) send({ kind: 'finished', times });
    }
  } catch (error) {
    const text = `thread ${task.thread} stopped: ${error}`.slice(0, task.textBytes);
    const bytes = new Uint8Array(memory.buffer, control + word.text, text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    Atomics.store(shared, failedAt, text.length);
    Atomics.notify(shared, (control + word.done) >>> 2);
    send({ kind: 'failed' });
  }
}

export const threadName = 'neocog: a thread of a program';
/** This file, or the one that it ended up in, if the module format knows it. */
export const threadUrl: string | undefined = import.meta.url;

interface WorkerScope {
  readonly name?: string;
  readonly document?: unknown;
  onmessage?: (event: { readonly data: ThreadTask }) => void;
  postMessage(message: unknown): void;
}

const scope = globalThis as unknown as WorkerScope;

// A page has a document, and its name is whatever the window was called.
if (scope.name === threadName && scope.document === undefined)
  scope.onmessage = ({ data }) => serve(data, (message) => scope.postMessage(message));
