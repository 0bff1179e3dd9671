// A worker that is this library itself: where a content security policy forbids workers made of text, the file that this
// module ended up in is started as a worker. There it takes on its task, and keeps the rest of the file from running.

import { serve, type ThreadTask } from './thread.ts';

export const threadName = 'neocog: a thread of a program';
/** What such a worker throws once it is set up. */
export const threadStop = 'neocog: this worker is a thread, the rest of the file is not run in it';
/** The file, if the module format knows it. */
export const bundleUrl: string | undefined = import.meta.url;

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
  scope.onmessage = ({ data }) => serve(data, (message) => scope.postMessage(message));
  // True: reported, nobody else needs to hear of it.
  scope.onerror = (message) => message.includes(threadStop);
  throw new Error(threadStop);
}
