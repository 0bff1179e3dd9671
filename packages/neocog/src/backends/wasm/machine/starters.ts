// The ways to start a worker: Node's, a page's from text, and a page's from the library's own file.

import { bundleUrl, threadName, threadStop } from './bundle.ts';
import { serve, type ThreadMessage, type ThreadTask } from './thread.ts';

/** A started worker, whatever it is to the engine. */
export interface Thread {
  send(task: ThreadTask): void;
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
export type Starter = (listener: ThreadListener) => Thread;

interface NodeWorker {
  on(event: string, listener: (value: never) => void): void;
  postMessage(value: unknown): void;
  terminate(): unknown;
  unref(): void;
  readonly performance: { eventLoopUtilization(): { readonly idle: number } };
}

interface WorkerThreads {
  readonly Worker: new (source: string, options: object) => NodeWorker;
}

/** Not imported: bundlers for browsers would look for it. */
const workerThreads = (): WorkerThreads | undefined =>
  (
    globalThis as { process?: { getBuiltinModule?(name: string): WorkerThreads | undefined } }
  ).process?.getBuiltinModule?.('node:worker_threads');

/** The ways that this engine has, in the order in which to try them. */
export function starters(): Starter[] {
  const threads = workerThreads();
  if (threads) return [nodeStarter(threads)];
  return typeof Worker === 'undefined' ? [] : [startFromText, startFromBundle];
}

const nodeSource = `const { parentPort } = require('node:worker_threads');
parentPort.once('message', (task) => (${serve})(task, (message) => parentPort.postMessage(message)));`;

function nodeStarter({ Worker: NodeWorker }: WorkerThreads): Starter {
  return (listener) => {
    // The parent's loaders would only cost time.
    const worker = new NodeWorker(nodeSource, { eval: true, execArgv: [], name: threadName });
    const idleTime = (): number => worker.performance.eventLoopUtilization().idle;
    let ended = false;
    const end = (why: string): void => {
      ended = true;
      listener.end(why);
    };
    worker.on('message', (message: ThreadMessage) => listener.message(message));
    worker.on('error', (error: unknown) => end(`${error}`));
    worker.on('exit', () => end('its worker has ended'));
    return {
      send: (task) => worker.postMessage(task),
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

const textSource = `onmessage = (event) => (${serve})(event.data, (message) => postMessage(message));`;

function startFromText(listener: ThreadListener): Thread {
  const url = URL.createObjectURL(new Blob([textSource], { type: 'text/javascript' }));
  const thread = pageThread(new Worker(url, { name: threadName }), listener);
  const release = (): void => URL.revokeObjectURL(url);
  const terminate = (): void => {
    release();
    thread.terminate();
  };
  return { ...thread, release, terminate };
}

function startFromBundle(listener: ThreadListener): Thread {
  // In a variable: bundlers take `new Worker(import.meta.url)` for one of their own.
  const url = bundleUrl;
  if (!url) throw new Error('the file of the library is unknown, it is no ECMAScript module');
  return pageThread(new Worker(url, { type: 'module', name: threadName }), listener);
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
    send: (task) => worker.postMessage(task),
    ended: () => ended,
    release: () => {},
    terminate: () => worker.terminate(),
  };
}
