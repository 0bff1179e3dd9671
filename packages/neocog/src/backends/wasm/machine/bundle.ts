// A worker that is a page's bundle: where a content security policy forbids workers made of text, and the bundle is one file,
// that file is started as a worker. Here it takes on its task, and keeps the rest of the file from running.

import type { remoteName, threadName } from './thread.ts';

/** They stand here and in the thread's file, which is to import nothing. */
const names: readonly [typeof threadName, typeof remoteName] = [
  'neocog: a thread of a program',
  'neocog: a program in a worker',
];
/** What such a worker throws once it is set up. */
export const threadStop = 'neocog: this worker is a thread, the rest of the file is not run in it';

interface WorkerScope {
  readonly name?: string;
  readonly document?: unknown;
  onmessage?: (event: { readonly data: never }) => void;
  onerror?: (message: string) => boolean;
}

const scope = globalThis as unknown as WorkerScope;

// A page has a document, and its name is whatever the window was called.
if (names.some((name) => name === scope.name) && scope.document === undefined) {
  const file = import('./thread.ts').then(({ serveAs }) => serveAs(scope.name));
  scope.onmessage = ({ data }) => void file.then((take) => take?.(data));
  // True: reported, nobody else needs to hear of it.
  scope.onerror = (message) => message.includes(threadStop);
  throw new Error(threadStop);
}
