// A worker that is a page's bundle: where a content security policy forbids workers made of text, and the bundle is one file,
// that file is started as a worker. Here it takes on its task, and keeps the rest of the file from running.

import type { ThreadTask, threadName as threadFileName } from './thread.ts';

/** Stands here and in the thread's file, which is to import nothing. */
const threadName: typeof threadFileName = 'neocog: a thread of a program';
/** What such a worker throws once it is set up. */
export const threadStop = 'neocog: this worker is a thread, the rest of the file is not run in it';

interface WorkerScope {
  readonly name?: string;
  readonly document?: unknown;
  onmessage?: (event: { readonly data: ThreadTask }) => void;
  onerror?: (message: string) => boolean;
  postMessage(message: unknown): void;
}

const scope = globalThis as unknown as WorkerScope;

// A page has a document, and its name is whatever the window was called.
if (scope.name === threadName && scope.document === undefined) {
  const file = import('./thread.ts');
  scope.onmessage = ({ data }) =>
    void file.then(({ serve }) => serve(data, (message) => scope.postMessage(message)));
  // True: reported, nobody else needs to hear of it.
  scope.onerror = (message) => message.includes(threadStop);
  throw new Error(threadStop);
}
