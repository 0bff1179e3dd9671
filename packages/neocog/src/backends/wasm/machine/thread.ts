// What a worker does: as a thread, wait for a job, do what others leave of it, wait for the next; or run a program of its own, on a
// memory that nobody else sees. Imported when workers are wanted, and nothing but types is imported here: where a bundler gives this
// file one of its own, a page starts that as a worker, and no code of the page is run in it.

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

/** What a worker is asked that has a program to itself. */
export interface RemoteTask {
  /** Only with the first one. */
  readonly code: {
    readonly module: WebAssembly.Module;
    readonly pages: number;
    readonly mostPages: number;
  } | null;
  /** The memory is made at least so large, in pages. */
  readonly pages: number;
  /** Then this is written. */
  readonly writes: readonly { readonly address: number; readonly bytes: Uint8Array }[];
  /** What is run next, and whether each of its phases is timed; null for nothing. */
  readonly routine: {
    readonly name: string;
    readonly scratch: number;
    readonly phases: number;
    readonly timed: boolean;
  } | null;
  /** What is then read, in bytes. */
  readonly reads: readonly { readonly address: number; readonly length: number }[];
}

export type ThreadMessage =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'finished';
      /** When each phase began and the last one ended, in milliseconds; empty unless they were asked for. */
      readonly times: readonly number[];
      /** What a remote program was asked to read. */
      readonly results: readonly Uint8Array[];
      /** Why the memory could not grow; nothing was run then. Null if it could. */
      readonly refusal: string | null;
    }
  /** `why`: where there is no memory in which it was said. */
  | { readonly kind: 'failed'; readonly why?: string };

/** Says something to who started the worker, and hands over the memory of what it sends. */
type Send = (message: ThreadMessage, handedOver?: readonly ArrayBufferLike[]) => void;

/** What takes a worker's tasks. Its text is a worker's source: see `serve`. */
export type Serve<Task> = (send: Send) => (task: Task) => void;

/**
 * Returns for another task, and after a failure: of this thread, which it then describes in the control block, or of another.
 *
 * Its text is a worker's source: it uses nothing from outside, and has no named functions within, around which bundlers
 * may put helpers of theirs.
 */
export const serve: Serve<ThreadTask> = (send) => (task) => {
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
      if (task.reports) send({ kind: 'finished', times, results: [], refusal: null });
    }
  } catch (error) {
    const text = `thread ${task.thread} stopped: ${error}`.slice(0, task.textBytes);
    const bytes = new Uint8Array(memory.buffer, control + word.text, text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    Atomics.store(shared, failedAt, text.length);
    Atomics.notify(shared, (control + word.done) >>> 2);
    send({ kind: 'failed' });
  }
};

/** Runs one program, task by task. Its text is a worker's source, as that of `serve`. */
export const serveRemote: Serve<RemoteTask> = (send) => {
  let [memory, instance]: [WebAssembly.Memory?, WebAssembly.Instance?] = [];
  return ({ code, pages, writes, routine, reads }) => {
    try {
      if (code) {
        memory = new WebAssembly.Memory({ initial: code.pages, maximum: code.mostPages });
        instance = new WebAssembly.Instance(code.module, { env: { memory } });
        send({ kind: 'ready' });
        return;
      }
      if (!memory || !instance) throw new Error('it has no code');
      const missing = pages - memory.buffer.byteLength / 65536;
      if (missing > 0) {
        try {
          memory.grow(missing);
        } catch (error) {
          send({ kind: 'finished', times: [], results: [], refusal: `${error}` });
          return;
        }
      }
      const all = new Uint8Array(memory.buffer);
      for (const { address, bytes } of writes) all.set(bytes, address);
      const times = [performance.now()];
      if (routine) {
        const run = instance.exports[routine.name] as (...args: number[]) => number;
        for (let from = 0; from < routine.phases; ) {
          const to = routine.timed ? from + 1 : routine.phases;
          run(0, routine.scratch, from, to, 0);
          times.push(performance.now());
          from = to;
        }
      }
      const results = reads.map(({ address, length }) => all.slice(address, address + length));
      send(
        { kind: 'finished', times, results, refusal: null },
        results.map(({ buffer }) => buffer),
      );
    } catch (error) {
      send({ kind: 'failed', why: `it stopped: ${error}` });
    }
  };
};

/** Workers by what they serve. */
export const threadName = 'neocog: a thread of a program';
export const remoteName = 'neocog: a program in a worker';
/** This file, or the one that it ended up in, if the module format knows it. */
export const threadUrl: string | undefined = import.meta.url;

interface WorkerScope {
  readonly name?: string;
  readonly document?: unknown;
  onmessage?: (event: { readonly data: never }) => void;
  postMessage(message: unknown, handedOver?: unknown): void;
}

const scope = globalThis as unknown as WorkerScope;

/** What a worker of this name is to serve in the engine's scope; nothing for other names. */
export function serveAs(name: string | undefined): ((task: never) => void) | undefined {
  const send: Send = (message, handedOver) => scope.postMessage(message, handedOver);
  return name === threadName ? serve(send) : name === remoteName ? serveRemote(send) : undefined;
}

// A page has a document, and its name is whatever the window was called.
const take = scope.document === undefined ? serveAs(scope.name) : undefined;
if (take) scope.onmessage = ({ data }) => take(data);
