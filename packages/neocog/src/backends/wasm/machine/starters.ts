// The ways to start a worker: Node's, a page's from text, and a page's from the file that the thread's code is in.

import { threadStop } from './bundle.ts';
import type { RemoteTask, Serve, ThreadMessage, ThreadTask } from './thread.ts';

export type Task = ThreadTask | RemoteTask;

/** What a worker is started for. */
export interface Role {
  readonly name: string;
  /** Its text is the worker's source. */
  readonly serve: Serve<never>;
  /** Of the file that serves by a worker's name, if the module format knows it. */
  readonly url: string | undefined;
}

/** A started worker, whatever it is to the engine. */
export interface Thread {
  /** Hands over the memory of what it sends. */
  send(task: Task, handedOver?: readonly ArrayBufferLike[]): void;
  /** Whether it is known to have ended; asks the engine where that can be done without waiting for an event. */
  ended(): boolean;
  /** Lets the process end although the thread is there. */
  release(): void;
  terminate(): void;
}

export interface ThreadListener {
  message(message: ThreadMessage): void;
  /** The worker could not start, or has ended. */
  end(why: string): void;
}

/** @throws what the engine throws if it refuses at once */
export type Starter = (role: Role, listener: ThreadListener) => Thread;

interface NodeWorker {
  on(event: string, listener: (value: never) => void): void;
  postMessage(value: unknown, handedOver?: readonly ArrayBufferLike[]): void;
  terminate(): unknown;
  unref(): void;
  readonly performance: { eventLoopUtilization(): { readonly idle: number } };
}

interface WorkerThreads {
  readonly Worker: new (source: string, options: object) => NodeWorker;
}

interface NodeProcess {
  readonly versions?: Readonly<Record<string, string>>;
  /** Not imported: bundlers for browsers would look for it. */
  getBuiltinModule?(name: string): unknown;
}

const { process } = globalThis as { readonly process?: NodeProcess };
const workerThreads = (): WorkerThreads | undefined =>
  process?.getBuiltinModule?.('node:worker_threads') as WorkerThreads | undefined;

/** Deno lacks the function, and Bun has it and prints that it does nothing. */
const tellsIdleTime = !process?.versions?.bun && !process?.versions?.deno;

/** Of the machine, as far as the engine tells; else 1. */
export function processors(): number {
  const told = globalThis.navigator?.hardwareConcurrency;
  if (told) return told;
  // Node 20 has no navigator. Deno has one, and wants a permission for this.
  const os = process?.getBuiltinModule?.('node:os') as { availableParallelism?(): number } | undefined;
  return os?.availableParallelism?.() ?? 1;
}

/** The ways that this engine has, in the order in which to try them. */
export function starters(): Starter[] {
  const threads = workerThreads();
  if (threads) return [nodeStarter(threads)];
  return typeof Worker === 'undefined' ? [] : [startFromText, startFromFile];
}

const nodeSource = ({ serve }: Role): string => `const { parentPort } = require('node:worker_threads');
parentPort.on('message', (${serve})((message, handedOver) => parentPort.postMessage(message, handedOver)));`;

function nodeStarter({ Worker: NodeWorker }: WorkerThreads): Starter {
  return (role, listener) => {
    // The parent's loaders would only cost time.
    const worker = new NodeWorker(nodeSource(role), { eval: true, execArgv: [], name: role.name });
    const idleTime = (): number =>
      tellsIdleTime ? worker.performance.eventLoopUtilization().idle : Number.POSITIVE_INFINITY;
    let ended = false;
    const end = (why: string): void => {
      ended = true;
      listener.end(why);
    };
    worker.on('message', (message: ThreadMessage) => listener.message(message));
    worker.on('error', (error: unknown) => end(`${error}`));
    worker.on('exit', () => end('its worker has ended'));
    return {
      send: (task, handedOver) => worker.postMessage(task, handedOver),
      // From the moment when a worker stops, Node gives a negative idle time; the event comes a turn later.
      ended: () => ended || idleTime() < 0,
      release: () => {
        // Only after having been asked for during the worker's life.
        idleTime();
        worker.unref();
      },
      terminate: () => void worker.terminate(),
    };
  };
}

function startFromText({ serve, name }: Role, listener: ThreadListener): Thread {
  const text = `const take = (${serve})((message, handedOver) => postMessage(message, handedOver));
onmessage = ({ data }) => take(data);`;
  const url = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  const thread = pageThread(new Worker(url, { name }), listener);
  const release = (): void => URL.revokeObjectURL(url);
  const terminate = (): void => {
    release();
    thread.terminate();
  };
  return { ...thread, release, terminate };
}

function startFromFile({ url, name }: Role, listener: ThreadListener): Thread {
  if (!url) throw new Error('the file of the library is unknown, it is no ECMAScript module');
  return pageThread(new Worker(url, { type: 'module', name }), listener);
}

function pageThread(worker: Worker, listener: ThreadListener): Thread {
  let ended = false;
  worker.onmessage = ({ data }) => listener.message(data);
  worker.onerror = (event) => {
    event.preventDefault?.();
    if (event.message?.includes(threadStop)) return;
    ended = true;
    listener.end(event.message || 'the browser did not start the worker');
  };
  return {
    send: (task, handedOver = []) => worker.postMessage(task, [...handedOver] as Transferable[]),
    ended: () => ended,
    release: () => {},
    terminate: () => worker.terminate(),
  };
}
