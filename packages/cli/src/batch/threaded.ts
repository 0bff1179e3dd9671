// A network on a thread of its own, so that this one stays free while it computes.

import { Worker } from 'node:worker_threads';
import { CommandError } from '../files.ts';
import type { AnsweringNetwork, Known, NetworkWords } from './network.ts';

/** What the thread begins with. */
export interface ThreadTask {
  readonly path: string;
  readonly words: NetworkWords;
  readonly threads: number;
}

export interface Asked {
  /** From 1. */
  readonly id: number;
  readonly name: string;
  readonly picture: Uint8Array;
}

/** The answer to a question, or why there is none; to 0 whether the network could be opened. */
export type Answered =
  | { readonly id: number; readonly known: Known | null }
  | { readonly id: number; readonly error: string };

interface Waiting {
  readonly resolve: (known: Known | null) => void;
  readonly reject: (error: Error) => void;
}

/** @throws CommandError as `openNetwork` does */
export async function openThreaded(task: ThreadTask): Promise<AnsweringNetwork> {
  // Beside this file, in the sources and where they are compiled.
  const file = new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js', import.meta.url);
  const thread = new Worker(file, { workerData: task, name: 'neocog answers' });
  const waiting = new Map<number, Waiting>();
  let [asked, over] = [0, ''];
  const end = (reason: string): void => {
    over = reason;
    for (const { reject } of waiting.values()) reject(new CommandError(reason));
    waiting.clear();
  };
  const answerTo = (id: number): Promise<Known | null> =>
    over === ''
      ? new Promise((resolve, reject) => waiting.set(id, { resolve, reject }))
      : Promise.reject(new CommandError(over));
  thread.on('message', (message: Answered) => {
    const { resolve, reject } = waiting.get(message.id) ?? {};
    waiting.delete(message.id);
    if ('error' in message) reject?.(new CommandError(message.error));
    else resolve?.(message.known);
  });
  thread.on('error', (error) => end(`the thread that computes has ended: ${error}`));
  thread.on('exit', () => end('the thread that computes has ended'));
  await answerTo(0);
  return {
    answer(name, picture) {
      const id = ++asked;
      const answer = answerTo(id);
      thread.postMessage({ id, name, picture } satisfies Asked);
      return answer as Promise<Known>; // null is for 0 alone
    },
    dispose: () => void thread.terminate(),
  };
}
