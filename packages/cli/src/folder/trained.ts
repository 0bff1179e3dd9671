// A network that was trained on a folder, on other files: what `neocog run` and `neocog evaluate` ask of it.

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type BatchSource,
  type BrokenSample,
  compile,
  FormatError,
  type nn,
  type Program,
  type Tensor,
} from 'neocog';
import { CommandError, systemFailure } from '../files.ts';
import { StageBar } from '../progress.ts';
import { type Answer, describeAnswers } from '../run/answers.ts';
import { usualMachine } from './machine.ts';
import type { Loader } from './samples.ts';

/** How a folder is looked through. */
export interface EvaluateWords {
  readonly workers: number;
  readonly strict?: boolean;
  /** Is shown what goes into the network. */
  readonly look?: ((x: Tensor) => void) | undefined;
}

/** How files are answered. */
export interface AnswerWords {
  readonly json?: boolean;
  readonly top: number;
  /** Where to write what a network draws. */
  readonly output?: string;
}

/** Figures of a network on a folder. */
export interface Measured {
  readonly json: object;
  readonly text: string;
  readonly broken: readonly BrokenSample[];
}

export interface Trained {
  evaluate(folder: string, words: EvaluateWords): Promise<Measured>;
  /** Prints what the network says of a file, or of those in a folder. */
  run(path: string, words: AnswerWords): Promise<void>;
}

/** What a network is run on: samples of one shape, one at a time. */
export interface Runnable {
  readonly module: nn.Module;
  readonly input: readonly number[];
}

/** Compiles a network for one sample while something is done with it. */
export async function whileCompiled<T>(
  { module, input }: Runnable,
  threads: number,
  work: (program: Program) => Promise<T>,
): Promise<T> {
  const program = await compile(module.eval(), { input: [1, ...input], threads });
  try {
    return await work(program);
  } finally {
    program.dispose();
  }
}

/** Samples, one at a time, and who is shown them. */
export interface Looking extends Pick<EvaluateWords, 'look'> {
  readonly loader: Loader;
}

/** Goes over a loader with a bar on the terminal, and closes it. */
export async function withBar<T>(
  { loader, look }: Looking,
  stage: string,
  work: (seen: BatchSource) => Promise<T>,
): Promise<T> {
  const bar = new StageBar();
  const all = loader.length ?? 1;
  let done = 0;
  async function* seen() {
    for await (const batch of loader) {
      look?.(batch.x);
      yield batch;
      bar.update(stage, ++done / all);
    }
  }
  const { size, batchSize } = loader;
  try {
    return await work({ size, batchSize, [Symbol.asyncIterator]: seen });
  } finally {
    bar.stop();
    loader.close();
  }
}

/** Files of a kind. */
export interface FileKind {
  /** Such as `picture`. */
  readonly noun: string;
  readonly endings: RegExp;
  /** In words. */
  readonly formats: string;
}

/** The path itself, or the files of the kind in a folder and below, in order. @throws CommandError if there is none */
export async function filesAt(path: string, { noun, endings, formats }: FileKind): Promise<string[]> {
  const found = await stat(path).catch((error: unknown) => {
    throw systemFailure(`cannot read the ${noun} ${path}`, error);
  });
  if (!found.isDirectory()) return [path];
  const names = await readdir(path, { recursive: true });
  const files = names.filter((name) => endings.test(name)).sort();
  if (files.length > 0) return files.map((name) => join(path, name));
  throw new CommandError(`${path} holds no ${noun} (${formats}); name another folder`);
}

/** What is said of a file; `broken` says why it was not looked at. */
type Said<A> =
  | { readonly file: string; readonly answers: A }
  | { readonly file: string; readonly broken: string };

/** How files are answered and told. */
export interface Answering {
  readonly kind: FileKind;
  answer(file: string, program: Program): Promise<readonly Answer[]>;
  /** What a line for one of many files says. */
  line(answers: readonly Answer[]): string;
}

/** Answers a file, or those in a folder one after the other; what cannot be read is said and passed over. */
export async function answerFiles(
  network: Runnable,
  path: string,
  { json = false, top, ...answering }: Answering & AnswerWords,
): Promise<void> {
  const files = await filesAt(path, answering.kind);
  const print = (value: unknown): boolean => process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  await whileCompiled(network, usualMachine().threads, async (program) => {
    if (files.length === 1 && files[0] === path) {
      const answers = await answering.answer(path, program);
      if (json) print(answers);
      else process.stdout.write(describeAnswers(answers.slice(0, top)));
      return;
    }
    const width = Math.max(...files.map((file) => file.length));
    const all: Said<readonly Answer[]>[] = [];
    for (const file of files) {
      const said = await saidOf(file, () => answering.answer(file, program));
      all.push(said);
      const told = 'broken' in said ? `cannot be read: ${said.broken}` : answering.line(said.answers);
      if (!json) process.stdout.write(`${file.padEnd(width)}  ${told}\n`);
    }
    if (json) print(all);
  });
}

async function saidOf<A>(file: string, answer: () => Promise<A>): Promise<Said<A>> {
  try {
    return { file, answers: await answer() };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { file, broken: error.message };
  }
}
