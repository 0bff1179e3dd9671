// `neocog worker`: a process that computes for the batches of a queue.

import type { Command } from 'commander';
import type { WorkerWords } from '../batch/worker.ts';
import { usualMachine } from '../folder/machine.ts';
import { positiveNumber, wholeNumber } from '../options.ts';

/** Adds the command to the program. */
export function addWorker(program: Command): void {
  program
    .command('worker')
    .summary('compute for the batches of a queue')
    .description(
      'Takes pictures of neocog batch --queue from a Redis, as any number of other workers do, until it is told to stop ' +
        '(Ctrl-C, kill): it then ends what it has begun. It sees networks and pictures at the same paths as neocog batch.',
    )
    .requiredOption('--queue <url>', 'the Redis, such as redis://host:6379')
    .option('--threads <n>', 'threads that compute', wholeNumber(1), usualMachine().threads)
    .option(
      '--lock <seconds>',
      'after which others take over from a worker that was killed',
      positiveNumber,
      30,
    )
    .option('--rate <n>', 'jobs that all workers together begin in a second', wholeNumber(1))
    .action(work);
}

/** What talks to Redis is loaded by those who use it. */
async function work(words: WorkerWords): Promise<void> {
  const { runWorker } = await import('../batch/worker.ts');
  return runWorker(words);
}
