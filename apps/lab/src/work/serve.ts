// In a worker: answers the calls of the page. See connect.ts.

export interface Call {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

export type Reply =
  | { readonly id: number; readonly progress: unknown }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: { readonly name: string; readonly message: string } };

/** What a task gets beside its argument. */
export interface TaskContext {
  /** Sends something to the page's `onProgress`. */
  readonly report: (progress: unknown) => void;
  /** Aborted by the page. */
  readonly signal: AbortSignal;
}

/** A function that the page may call by its name. */
// biome-ignore lint/suspicious/noExplicitAny: each task states its own argument; `connect` reads it from there.
export type Task = (argument: any, context: TaskContext) => unknown;
export type Tasks = Readonly<Record<string, Task>>;

/** A result whose buffers move to the page instead of being copied. */
export class Transfer<T> {
  readonly value: T;
  readonly buffers: readonly Transferable[];

  constructor(value: T, buffers: readonly Transferable[]) {
    this.value = value;
    this.buffers = buffers;
  }
}

interface Port {
  postMessage(message: Reply, transfer?: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<Call | { abort: number }>) => void): void;
}

/** Answers calls with `tasks`. Call it once, in the worker's file. */
export function serve<T extends Tasks>(tasks: T): T {
  const port = globalThis as unknown as Port;
  const running = new Map<number, AbortController>();
  port.addEventListener('message', ({ data }) => {
    if ('abort' in data) running.get(data.abort)?.abort();
    else void answer(data);
  });

  async function answer({ id, name, argument }: Call): Promise<void> {
    const controller = new AbortController();
    running.set(id, controller);
    const report = (progress: unknown): void => port.postMessage({ id, progress });
    try {
      const task = tasks[name];
      if (!task) throw new Error(`the worker has no task '${name}'`);
      const result = await task(argument, { report, signal: controller.signal });
      if (result instanceof Transfer) port.postMessage({ id, result: result.value }, [...result.buffers]);
      else port.postMessage({ id, result });
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      port.postMessage({ id, error: { name, message } });
    } finally {
      running.delete(id);
    }
  }
  return tasks;
}
