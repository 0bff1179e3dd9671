// The work of a batch shared out to workers by BullMQ, and what came of it. Redis only carries jobs: answers are files, and a job that is lost or done
// twice changes nothing in them.

import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Job, Queue } from 'bullmq';
import { CommandError } from '../files.ts';
import { version } from '../version.ts';
import type { Compute, Work } from './batch.ts';
import { connect, queueName } from './connection.ts';
import type { Done } from './job.ts';
import { wholePlace } from './places.ts';

/** What a worker is given. */
export interface JobData extends Work {
  readonly version: string;
  readonly files: readonly string[];
}

/** How work is shared out. */
export interface QueueWords {
  readonly url: string;
  /** Files of one job. */
  readonly job: number;
  readonly priority: number | undefined;
}

/** What a worker begins the reason with that holds for all jobs of a batch. */
export const forAll = 'all jobs: ';

/** Milliseconds between two looks at the queue. */
const between = 300;

/** Milliseconds that a batch which is over waits for a Redis that is away. */
const patience = 2000;

/** Seconds. */
const oneDay = 86_400;

/** A job that has failed so often is tried no more. */
const attempts = 3;

/** By all workers of a queue. */
export const computeByQueue =
  ({ url, job: size, priority }: QueueWords): Compute =>
  async (work, files, { signal, onDone }) => {
    const redis = await connect(url);
    const queue = new Queue<JobData, Done[]>(queueName, { connection: redis });
    queue.on('error', () => {}); // Redis is away; the connection comes back by itself
    const batch = new QueuedBatch(queue, work, priority);
    try {
      for (let i = 0; i < files.length; i += size) batch.plan(files.slice(i, i + size));
      while (batch.isOpen && !signal.aborted) {
        for (const done of await batch.look()) onDone(done);
        if (batch.isOpen) await delay(between, undefined, { signal }).catch(() => {});
      }
    } finally {
      await Promise.race([batch.withdraw(), delay(patience, undefined, { ref: false })]);
      redis.disconnect();
    }
  };

/** What a worker did, with files as they are called here. */
function named(files: readonly string[], done: readonly Done[]): Done[] {
  const names = new Map(files.map((file) => [wholePlace(file), file]));
  return done.map((one) => ({ ...one, file: names.get(one.file) ?? one.file }));
}

class QueuedBatch {
  readonly #queue: Queue<JobData, Done[]>;
  readonly #work: Work;
  readonly #priority: number | undefined;
  /** Files of jobs that are not done, by the jobs' numbers. */
  readonly #open = new Map<string, readonly string[]>();

  constructor(queue: Queue<JobData, Done[]>, work: Work, priority: number | undefined) {
    this.#queue = queue;
    this.#work = work;
    this.#priority = priority;
  }

  get isOpen(): boolean {
    return this.#open.size > 0;
  }

  /** The same files of the same work are the same job: a batch that begins anew finds those of before. */
  plan(files: readonly string[]): void {
    const { hash, parts } = this.#work;
    const id = createHash('sha256')
      .update(JSON.stringify([hash, parts, files]))
      .digest('hex')
      .slice(0, 32);
    this.#open.set(id, files);
  }

  /** What has been done since the last look; jobs that are not in the queue are added. */
  async look(): Promise<Done[]> {
    const found = await Promise.all(
      [...this.#open].map(async ([id, files]) => ({ id, files, job: await Job.fromId(this.#queue, id) })),
    );
    await this.#add(found.flatMap(({ id, job }) => (job ? [] : [id])));
    const done: Done[] = [];
    for (const { id, files, job } of found) {
      if (!job?.finishedOn) continue;
      this.#open.delete(id);
      done.push(
        ...(job.failedReason ? this.#failed(files, job.failedReason) : named(files, job.returnvalue)),
      );
      await job.remove();
    }
    return done;
  }

  async #add(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const opts = {
      ...{ attempts, backoff: { type: 'exponential', delay: 500 } },
      // Of a batch that was ended meanwhile, nobody takes them out.
      ...{ removeOnComplete: { age: oneDay }, removeOnFail: { age: oneDay } },
      ...(this.#priority !== undefined && { priority: this.#priority }),
    };
    await this.#queue.addBulk(
      ids.map((jobId) => {
        const files = this.#filesOf(jobId).map(wholePlace);
        return { name: 'pictures', data: { ...this.#work, version, files }, opts: { ...opts, jobId } };
      }),
    );
  }

  readonly #filesOf = (id: string): readonly string[] => this.#open.get(id) ?? [];

  /** Pictures of a job that failed are tried one by one; one that fails by itself is set aside. */
  #failed(files: readonly string[], reason: string): Done[] {
    if (reason.startsWith(forAll)) throw new CommandError(reason.slice(forAll.length));
    const [only, ...others] = files;
    if (others.length === 0)
      return [{ file: only as string, picture: null, broken: `it ended its worker: ${reason}` }];
    for (const file of files) this.plan([file]);
    return [];
  }

  /** Takes what nobody has begun out of the queue. */
  async withdraw(): Promise<void> {
    for (const id of this.#open.keys()) await this.#queue.remove(id).catch(() => {});
  }
}
