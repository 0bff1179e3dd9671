// `neocog batch`: many pictures through a network, in this process or by all workers of a queue.

import type { Command } from 'commander';
import { type Compute, computeHere, runBatch } from '../batch/batch.ts';
import type { NetworkWords } from '../batch/network.ts';
import type { QueueWords } from '../batch/queued.ts';
import { resultFormat } from '../batch/results.ts';
import { filesOf } from '../batch/sources.ts';
import { usualMachine } from '../folder/machine.ts';
import { wholeNumber } from '../options.ts';
import { addPictureOptions, checkPictureWords } from '../run/pictureWords.ts';

/** What was typed. */
interface BatchWords extends NetworkWords {
  readonly output: string;
  readonly top: number;
  readonly threads: number;
  readonly force?: boolean;
  readonly queue?: string;
  readonly job: number;
  readonly priority?: number;
}

/** Adds the command to the program. */
export function addBatch(program: Command): void {
  const command = program
    .command('batch')
    .summary('run a network on many pictures')
    .description(
      'Runs a network on all pictures of folders, patterns and lists, and writes the answers as one file. A run that was ' +
        'interrupted or killed goes on by the same command. With --queue, all processes of neocog worker share the work; they see ' +
        'the same files at the same paths.',
    )
    .argument('<network>', 'of neocog train FOLDER, or of any format that neocog inspect reads')
    .argument(
      '<sources...>',
      "folders, patterns such as 'shots/**/*.jpg', lists (.txt, a path a line), pictures, or s3://bucket/folder",
    )
    .requiredOption(
      '-o, --output <file>',
      'where the answers go, a path or s3://bucket/name: .jsonl, .csv, .npz (an array of all values), or a folder for masks and pictures',
    )
    .option('--top <n>', 'of classes, write the n likeliest to .jsonl', wholeNumber(1), 5)
    .option('--threads <n>', 'threads that compute', wholeNumber(1), usualMachine().threads)
    .option('--force', 'replace the file that is there');
  addQueueOptions(command);
  addPictureOptions(command).action(batch);
}

function addQueueOptions(command: Command): void {
  command
    .option('--queue <url>', 'share the work out by this Redis, such as redis://host:6379')
    .option('--job <n>', 'pictures that a worker takes at a time', wholeNumber(1), 32)
    .option('--priority <n>', 'of this batch: 1 goes first, larger numbers later', wholeNumber(1));
}

async function batch(network: string, sources: readonly string[], typed: BatchWords): Promise<void> {
  const { output, top, threads, force = false, queue, job, priority, ...words } = typed;
  checkPictureWords(words);
  resultFormat(output);
  const files = await filesOf(sources);
  const compute = queue === undefined ? computeHere(threads) : await byQueue({ url: queue, job, priority });
  await runBatch({ network, words, files, output, top, force }, compute);
}

/** What talks to Redis is loaded by those who use it. */
async function byQueue(words: QueueWords): Promise<Compute> {
  const { computeByQueue } = await import('../batch/queued.ts');
  return computeByQueue(words);
}
