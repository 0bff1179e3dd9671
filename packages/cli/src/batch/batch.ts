// A batch from its files to its results, whoever computes the answers. In the end every picture has exactly one answer, or the reason
// why it has none.

import { resolve } from 'node:path';
import { CommandError, needPath } from '../files.ts';
import { Interrupted, listenForInterrupt } from '../interrupt.ts';
import { StageBar } from '../progress.ts';
import { carryOutJob, type Done } from './job.ts';
import { hashNetwork, type NetworkWords, openNetwork } from './network.ts';
import { placeExists, preparePlace, removePlace, wholePlace } from './places.ts';
import { placesOf, type Row, resultFormat, writeResults } from './results.ts';
import { Store } from './store.ts';

/** What is to be answered, and where the answers go. */
export interface BatchTask {
  readonly network: string;
  readonly words: NetworkWords;
  readonly files: readonly string[];
  readonly output: string;
  /** Of classes, how many are written. */
  readonly top: number;
  readonly force: boolean;
}

/** What those who compute answers need. */
export interface Work {
  readonly network: string;
  readonly words: NetworkWords;
  /** Of network and options. */
  readonly hash: string;
  /** Where answers are kept. */
  readonly parts: string;
}

/** Computes the answers for some files into the store, as far as `signal` allows; tells of each. */
export type Compute = (
  work: Work,
  files: readonly string[],
  how: { readonly signal: AbortSignal; readonly onDone: (done: Done) => void },
) => Promise<void>;

/** In this process. */
export const computeHere =
  (threads: number): Compute =>
  async ({ network: path, words, hash, parts }, files, { signal, onDone }) => {
    const network = await openNetwork(path, words, threads);
    try {
      const store = new Store(parts, hash);
      await carryOutJob(files, { network, store }, { onDone, stopped: () => signal.aborted });
    } finally {
      network.dispose();
    }
  };

/** Answers that are looked up at a time: stores of objects take a while for each. */
const looksAtOnce = 16;

/** Rounds in which answers that are missing after all are computed again. */
const mostRounds = 3;

/** @throws Interrupted after Ctrl-C: the same command goes on from there */
export async function runBatch(task: BatchTask, compute: Compute): Promise<void> {
  const { output, top, files } = task;
  const pictures = resultFormat(output) === 'pictures';
  if (pictures) placesOf(output, files);
  needPath('--output', output);
  if (!task.force && (await placeExists(output)))
    throw new CommandError(`${output} is there already; name another file, or let --force replace it`);
  const parts = `${wholePlace(output.replace(/\/+$/, ''))}.parts`;
  const { labels, ...others } = task.words;
  // Workers run in other folders.
  const words = { ...others, ...(labels !== undefined && { labels: resolve(labels) }), pictures };
  const hash = await hashNetwork(task.network, words);
  await preparePlace(parts);
  const work: Work = { network: resolve(task.network), words, hash, parts };
  const rows = await answered(work, files, compute);
  await writeResults(output, rows, top);
  await removePlace(parts);
  tellOf(rows, output);
}

async function answered(work: Work, files: readonly string[], compute: Compute): Promise<Row[]> {
  const found = new Map<string, Row>();
  const store = new Store(work.parts, work.hash);
  for (let round = 0; round < mostRounds && found.size < files.length; round++) {
    const missing = files.filter((file) => !found.has(file));
    const told = await whileListening(missing, found.size, (how) => compute(work, missing, how));
    const rest = told.values();
    const look = async (): Promise<void> => {
      for (const { file, picture, broken } of rest) {
        const known =
          picture === null ? { broken: broken ?? 'it cannot be read' } : await store.find(picture);
        if (known) found.set(file, { file, known });
      }
    };
    await Promise.all(Array.from({ length: looksAtOnce }, look));
  }
  const lost = files.filter((file) => !found.has(file));
  if (lost.length > 0)
    throw new CommandError(
      `${lost.length} answers are missing, the first of ${lost[0]}; the same command computes them`,
    );
  return files.map((file) => found.get(file) as Row);
}

/** What was done while a bar showed it. @throws Interrupted */
async function whileListening(
  files: readonly string[],
  before: number,
  compute: (how: Parameters<Compute>[2]) => Promise<void>,
): Promise<Done[]> {
  const bar = new StageBar();
  const interrupt = listenForInterrupt();
  const told = new Map<string, Done>();
  const onDone = (done: Done): void => {
    told.set(done.file, done);
    bar.update('answering', (before + told.size) / (before + files.length));
  };
  try {
    await compute({ signal: interrupt.signal, onDone });
  } finally {
    bar.stop();
    interrupt.release();
  }
  if (interrupt.signal.aborted) {
    const of = `${before + told.size} of ${before + files.length} pictures`;
    throw new Interrupted(interrupt.exitCode, `stopped after ${of}; the same command goes on from there`);
  }
  return [...told.values()];
}

/** Broken pictures that are named. */
const mostNamed = 3;

function tellOf(rows: readonly Row[], output: string): void {
  const broken = rows.flatMap(({ file, known }) => ('broken' in known ? [`${file} (${known.broken})`] : []));
  process.stdout.write(`${rows.length - broken.length} pictures answered in ${output}\n`);
  if (broken.length === 0) return;
  const more = broken.length > mostNamed ? `, and ${broken.length - mostNamed} more` : '';
  const were = broken.length === 1 ? '1 picture was set aside' : `${broken.length} pictures were set aside`;
  process.stderr.write(`neocog: ${were}: ${broken.slice(0, mostNamed).join('; ')}${more}\n`);
}
