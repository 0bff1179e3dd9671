// Redis, as a queue needs it: one sentence where there is none at first, and patience where it goes away later.

import { Redis } from 'ioredis';
import { CommandError } from '../files.ts';

/** The queue that batches and workers meet at. */
export const queueName = 'neocog';

/** Milliseconds for the first answer. */
const patience = 5000;

/** @throws CommandError for an address that is none, or where no Redis answers */
export async function connect(url: string): Promise<Redis> {
  if (!/^rediss?:\/\/./.test(url))
    throw new CommandError(`--queue ${url} is no address of a Redis; give one such as redis://host:6379`);
  // Commands wait for as long as Redis is away.
  const redis = new Redis(url, { maxRetriesPerRequest: null, lazyConnect: true, connectTimeout: patience });
  let reason = 'it does not answer';
  redis.on('error', (error: Error) => {
    reason = error.message || String((error as NodeJS.ErrnoException).code);
  });
  const ready = redis
    .connect()
    .then(() => redis.ping())
    .then(
      () => true,
      () => false,
    );
  const late = new Promise<boolean>((resolve) => setTimeout(resolve, patience, false).unref());
  if (await Promise.race([ready, late])) return redis;
  redis.disconnect();
  throw new CommandError(
    `there is no Redis at ${url} (${reason}); start one (Debian and Ubuntu: apt-get install redis-server), or check the address`,
  );
}
