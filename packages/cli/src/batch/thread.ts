// The thread that computes for a worker: pictures come as messages, answers go back. Its process meanwhile talks to the queue.

import { parentPort, workerData } from 'node:worker_threads';
import { openNetwork } from './network.ts';
import type { Answered, Asked, ThreadTask } from './threaded.ts';

const { path, words, threads } = workerData as ThreadTask;

const tell = (message: Answered): void => parentPort?.postMessage(message);

const network = openNetwork(path, words, threads);
network.then(
  () => tell({ id: 0, known: null }),
  (error: Error) => tell({ id: 0, error: error.message }),
);
parentPort?.on('message', ({ id, name, picture }: Asked) => {
  network
    .then((opened) => opened.answer(name, picture))
    .then(
      (known) => tell({ id, known }),
      (error: Error) => tell({ id, error: error.message }),
    );
});
