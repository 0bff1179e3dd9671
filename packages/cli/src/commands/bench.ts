// `neocog bench`: a network as a compiled program, timed. A network that is named, not trained, gets random weights.

import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { formatReport, manualSeed, type nn } from 'neocog';
import { figuresOf, formatFigures } from '../bench/figures.ts';
import { measure } from '../bench/measure.ts';
import { readCheckpoint } from '../checkpoint.ts';
import { keepChoices, type TuneWord, tuneHelp, tuneOptions } from '../choices.ts';
import { CommandError, exists } from '../files.ts';
import { askForNear } from '../names.ts';
import { findModel, modelNames, needAxes } from '../networks.ts';
import { positiveNumber, sizes, wholeNumber } from '../options.ts';
import { StageBar } from '../progress.ts';

interface BenchWords {
  readonly input?: number[];
  readonly threads: number;
  readonly runs?: number;
  readonly seconds?: number;
  readonly tune?: TuneWord;
  readonly explain?: boolean;
  readonly json?: boolean;
}

/** Adds the command to the program. */
export function addBench(program: Command): void {
  program
    .command('bench')
    .summary('time a network as a compiled program')
    .description(
      'Compiles a network for one shape of input, runs it again and again, and prints how long that takes: cold and ' +
        'warm, its throughput, and what it needs.',
    )
    .argument(
      '<network>',
      `${modelNames.join(', ')}, also with dashes as mobilenet-v2; or a weights.safetensors of neocog train`,
    )
    .option('--input <sizes>', 'shape of the input with its batch, such as 1x3x224x224', sizes)
    .option('--threads <n>', 'threads to run on', wholeNumber(1), availableParallelism())
    .option('--runs <n>', 'count this many runs', wholeNumber(1))
    .option('--seconds <s>', 'count the runs of this time (default: 3)', positiveNumber)
    .option('--tune [file]', tuneHelp)
    .option('--explain', 'add what runs each layer, and its time')
    .option('--json', 'print the figures as JSON')
    .action(bench);
}

async function bench(
  name: string,
  { input, tune, explain = false, json, ...words }: BenchWords,
): Promise<void> {
  manualSeed(1);
  const subject = await findSubject(name);
  const shape = input ? needAxes(subject.name, input, subject.input) : subject.input;
  const bar = new StageBar();
  const onProgress = (stage: string, share: number): void => bar.update(stage, share);
  const measured = await measure(subject.module, {
    ...words,
    input: shape,
    tune: tune === undefined ? undefined : await tuneOptions(tune),
    profile: explain,
    onProgress,
  }).finally(() => bar.stop());
  if (tune !== undefined) await keepChoices(tune, measured.choices);
  const figures = figuresOf(subject.name, shape, measured);
  const { steps } = measured.report;
  const text = json
    ? JSON.stringify(explain ? { ...figures, steps } : figures, null, 2)
    : formatFigures(figures) + (explain ? `\n\n${formatReport(measured.report)}` : '');
  process.stdout.write(`${text}\n`);
}

interface Subject {
  readonly name: string;
  readonly input: readonly number[];
  readonly module: nn.Module;
}

/** A network by its name, or else what a weights file holds. */
async function findSubject(text: string): Promise<Subject> {
  const model = findModel(text);
  if (model) return { ...model, module: model.build() };
  if (await exists(text)) {
    const { recipe, module } = await readCheckpoint(text);
    return { name: `${recipe.network.title} of ${text}`, input: recipe.network.input, module };
  }
  throw new CommandError(
    `there is no network and no weights file ${text}${askForNear(modelNames, text) || ';'} choose one of: ${modelNames.join(', ')}, or a weights.safetensors`,
  );
}
