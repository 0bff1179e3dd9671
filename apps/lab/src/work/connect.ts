// In the page: calls the tasks of a worker by name, typed by them.

import type { Call, Reply, TaskContext, Tasks, Transfer } from './serve.ts';

type ArgumentOf<T> = T extends (argument: infer A, context: TaskContext) => unknown ? A : never;
type Untransferred<T> = T extends Transfer<infer V> ? V : T;
// biome-ignore lint/suspicious/noExplicitAny: any function.
type ResultOf<T> = T extends (...all: any[]) => infer R ? Untransferred<Awaited<R>> : never;

export interface CallOptions {
  /** Buffers that move to the worker instead of being copied. */
  readonly transfer?: Transferable[];
  readonly onProgress?: (progress: unknown) => void;
  /** Ends the waiting and tells the task. */
  readonly signal?: AbortSignal;
}

export interface Connection<T extends Tasks> {
  /** @throws what the task throws, with its name and message */
  call<N extends keyof T & string>(
    name: N,
    argument: ArgumentOf<T[N]>,
    options?: CallOptions,
  ): Promise<ResultOf<T[N]>>;
  /** Ends the worker, for good. What waits for it, or is asked later, is never answered: whoever asked has gone. */
  close(): void;
}

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
  readonly onProgress: ((progress: unknown) => void) | undefined;
}

class Line {
  readonly #start: () => Worker;
  #worker: Worker | null = null;
  #waiting = new Map<number, Waiting>();
  #next = 0;
  #isClosed = false;

  constructor(start: () => Worker) {
    this.#start = start;
  }

  call(name: string, argument: unknown, options: CallOptions = {}): Promise<unknown> {
    if (this.#isClosed) return new Promise(() => {});
    const { transfer = [], onProgress, signal } = options;
    const id = this.#next++;
    this.#worker ??= this.#open();
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      this.#waiting.set(id, { resolve, reject, onProgress });
      signal?.addEventListener('abort', () => {
        worker.postMessage({ abort: id });
        this.#settle(id)?.reject(signal.reason);
      });
      worker.postMessage({ id, name, argument } satisfies Call, transfer);
    });
  }

  close(): void {
    this.#worker?.terminate();
    this.#isClosed = true;
    this.#waiting.clear();
  }

  #open(): Worker {
    const worker = this.#start();
    worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => this.#receive(data));
    worker.addEventListener('error', ({ message }) =>
      this.#fail(new Error(message || 'The worker did not start.')),
    );
    return worker;
  }

  #receive(reply: Reply): void {
    if ('progress' in reply) return this.#waiting.get(reply.id)?.onProgress?.(reply.progress);
    const waiting = this.#settle(reply.id);
    if (!waiting) return;
    if ('result' in reply) waiting.resolve(reply.result as never);
    else waiting.reject(Object.assign(new Error(reply.error.message), { name: reply.error.name }));
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #fail(error: Error): void {
    for (const id of [...this.#waiting.keys()]) this.#settle(id)?.reject(error);
  }
}

/**
 * Starts the worker at the first call.
 *
 * @example
 * // blur.worker.ts
 * export const tasks = serve({ blur: (pixels: ImageData) => … });
 * // the page
 * const worker = connect<typeof import('./blur.worker.ts').tasks>(
 *   () => new Worker(new URL('./blur.worker.ts', import.meta.url), { type: 'module' }),
 * );
 * const blurred = await worker.call('blur', pixels);
 */
export const connect = <T extends Tasks>(start: () => Worker): Connection<T> =>
  new Line(start) as unknown as Connection<T>;
