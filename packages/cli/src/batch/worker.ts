// A worker: takes jobs from a queue for as long as it is wanted. It keeps its lock on a job while its thread computes; where it is killed, another one
// takes the job over when the lock has run out.

import { hostname } from 'node:os';
import { UnrecoverableError, Worker } from 'bullmq';
import { NeocogError } from 'neocog';
import { listenForInterrupt } from '../interrupt.ts';
import { version } from '../version.ts';
import { connect, queueName } from './connection.ts';
import { carryOutJob, type Done } from './job.ts';
import { type AnsweringNetwork, hashNetwork } from './network.ts';
import { forAll, type JobData } from './queued.ts';
import { Store } from './store.ts';
import { openThreaded } from './threaded.ts';

export interface WorkerWords {
  readonly queue: string;
  readonly threads: number;
  /** Seconds after which others take a job over from a worker that was killed. */
  readonly lock: number;
  /** Jobs a second that all workers together begin; undefined for as many as they can. */
  readonly rate?: number;
}

/** Workers that may be killed on one job before it counts as one that kills them. */
const mostKilled = 5;

/** Until it is told to stop; the job that it has then is carried out first. */
export async function runWorker({ queue: url, threads, lock, rate }: WorkerWords): Promise<void> {
  const redis = await connect(url);
  const networks = new Networks(threads);
  let jobs = 0;
  const worker = new Worker<JobData, Done[]>(
    queueName,
    async ({ data }) => {
      const done = await networks.carryOut(data);
      jobs++;
      return done;
    },
    {
      connection: redis,
      ...{ lockDuration: 1000 * lock, stalledInterval: 1000 * lock, maxStalledCount: mostKilled },
      ...(rate !== undefined && { limiter: { max: rate, duration: 1000 } }),
    },
  );
  worker.on('error', () => {}); // Redis is away; the connection comes back by itself
  process.stdout.write(`waiting for work at ${url}\n`);
  const interrupt = listenForInterrupt();
  await new Promise<void>((resolve) => interrupt.signal.addEventListener('abort', () => resolve()));
  await worker.close();
  networks.dispose();
  redis.disconnect();
  process.stdout.write(`${jobs} jobs done\n`);
}

/** What ends the batch. */
const endOf = ({ message }: Error): UnrecoverableError =>
  new UnrecoverableError(`${forAll}the worker on ${hostname()}: ${message}`);

/** The network of the jobs at hand: batches come one after the other. */
class Networks {
  readonly #threads: number;
  #hash = '';
  #network: AnsweringNetwork | null = null;

  constructor(threads: number) {
    this.#threads = threads;
  }

  async carryOut(data: JobData): Promise<Done[]> {
    const network = await this.#open(data).catch((error: Error) => {
      throw endOf(error);
    });
    const store = new Store(data.parts, data.hash);
    return carryOutJob(data.files, { network, store }).catch((error: unknown) => {
      // Not of one picture: a full disk, names that do not fit.
      throw error instanceof NeocogError ? endOf(error) : error;
    });
  }

  async #open({ network, words, hash, version: wanted }: JobData): Promise<AnsweringNetwork> {
    if (wanted !== version)
      throw new Error(`it has version ${version} of neocog, the batch ${wanted}; install the same`);
    if (this.#network && this.#hash === hash) return this.#network;
    const own = await hashNetwork(network, words);
    if (own !== hash) throw new Error(`${network} is another file there; copy the network to all machines`);
    this.dispose();
    this.#network = await openThreaded({ path: network, words, threads: this.#threads });
    this.#hash = hash;
    return this.#network;
  }

  dispose(): void {
    this.#network?.dispose();
    this.#network = null;
  }
}
