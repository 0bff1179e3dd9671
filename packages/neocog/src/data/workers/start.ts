// Starts a worker that serves samples: a thread of Node, or a worker of a page. Its text is short and the same everywhere; what
// it does is in serve.ts, which it loads by address.

import type { Job } from '../load.ts';
import type { Answer, Task } from './serve.ts';

/** A started worker. */
export interface Server {
  /** @throws what the engine throws for what it cannot copy */
  begin(setting: Setting): void;
  send(job: Job): void;
  /** Whether it keeps the process from ending. */
  hold(held: boolean): void;
  stop(): void;
}

export interface ServerListener {
  answer(answer: Answer): void;
  /** It could not start, or has ended by itself. */
  end(why: string): void;
}

/** What a worker is, and what it is to do. */
export interface Setting {
  readonly home: string;
  readonly task: Task;
}

interface NodeWorker {
  on(event: string, listener: (value: never) => void): void;
  postMessage(value: unknown): void;
  terminate(): Promise<unknown>;
  ref(): void;
  unref(): void;
}

interface Threads {
  readonly Worker: new (source: string, options: object) => NodeWorker;
}

const { process } = globalThis as {
  readonly process?: { getBuiltinModule?(name: string): unknown }; // not imported: bundlers for pages would look for it
};
const nodeThreads = (): Threads | undefined =>
  process?.getBuiltinModule?.('node:worker_threads') as Threads | undefined;

/** Jobs that come before the file is loaded wait. */
const body = `let waiting = [], listen = (job) => waiting.push(job);
const begin = ({ home, task }) => import(home).then(({ serve }) => serve(task, {
  answer: (answer, moved) => port.postMessage(answer, moved),
  onJob: (listener) => { waiting.forEach(listener); listen = listener; },
})).catch((error) => { setTimeout(() => { throw error; }); });
let begun = false;
const hear = (message) => { if (begun) listen(message); else { begun = true; begin(message); } };`;

const nodeText = `const { parentPort: port } = require('node:worker_threads');
${body}
port.on('message', hear);`;
const pageText = `const port = { postMessage: (answer, moved) => postMessage(answer, moved) };
${body}
onmessage = ({ data }) => hear(data);`;

/** Null where there are no workers. */
export function starter(): ((listener: ServerListener) => Server) | null {
  const threads = nodeThreads();
  if (threads) return (listener) => startInNode(threads, listener);
  return typeof Worker === 'undefined' ? null : startInPage;
}

function startInNode({ Worker: NodeWorker }: Threads, listener: ServerListener): Server {
  // The parent's loaders would only cost time.
  const worker = new NodeWorker(nodeText, { eval: true, execArgv: [], name: 'neocog samples' });
  let over = false;
  const end = (why: string): void => {
    if (!over) listener.end(why);
    over = true;
  };
  worker.on('message', (answer: Answer) => listener.answer(answer));
  worker.on('error', (error: unknown) => end(error instanceof Error ? error.message : String(error)));
  worker.on('exit', (code: number) => end(`it ended with code ${code}`));
  return {
    begin: (setting) => worker.postMessage(setting),
    send: (job) => worker.postMessage(job),
    hold: (held) => (held ? worker.ref() : worker.unref()),
    stop: () => {
      over = true;
      worker.terminate().catch(() => {});
    },
  };
}

function startInPage(listener: ServerListener): Server {
  const url = URL.createObjectURL(new Blob([pageText], { type: 'text/javascript' }));
  const worker = new Worker(url, { name: 'neocog samples' });
  worker.onmessage = ({ data }) => listener.answer(data);
  worker.onerror = (event) => {
    event.preventDefault?.();
    listener.end(event.message || 'the browser did not start it');
  };
  return {
    begin: (setting) => worker.postMessage(setting),
    send: (job) => worker.postMessage(job),
    hold: () => {},
    stop: () => {
      URL.revokeObjectURL(url);
      worker.terminate();
    },
  };
}
