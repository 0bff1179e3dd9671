// `neocog train`: the command line of training, and the order of its steps. Whatever can be refused is,
// before the first step of training: options, data, the folder to write to.

import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Argument, type Command, InvalidArgumentError } from 'commander';
import { datasets, loadDataset } from '../datasets.ts';
import { askForNear, findName } from '../names.ts';
import { lenet5 } from '../networks.ts';
import { positiveNumber, wholeNumber } from '../options.ts';
import { collectReport } from '../report/collect.ts';
import { renderReport } from '../report/page.ts';
import { nextRunFolder, openRunFolder } from '../runFolder.ts';
import { formatShare } from '../table.ts';
import { type TrainingSettings, trainNetwork } from '../trainer.ts';

interface TrainOptions extends TrainingSettings {
  out?: string;
  data?: string;
  limit?: number;
  force?: boolean;
}

/** Beyond this a step of LeNet-5, which is short, gains nothing from a further thread. */
const mostThreads = 8;

const datasetNames = datasets.map(({ name }) => name);

function datasetName(text: string): string {
  const name = findName(datasetNames, text);
  if (name !== undefined) return name;
  throw new InvalidArgumentError(
    `Allowed choices are ${datasetNames.join(', ')}${askForNear(datasetNames, text)}`,
  );
}

/** Adds the command to the program. */
export function addTrain(program: Command): void {
  program
    .command('train')
    .summary('train LeNet-5; write its weights and a report')
    .description(
      'Trains LeNet-5 (LeCun et al. 1998) on a data set of 28×28 pictures.\n' +
        'Writes weights.safetensors after every epoch, and at the end report.html: what it learned and where it errs.',
    )
    .addArgument(new Argument('<dataset>', 'what to learn').choices(datasetNames).argParser(datasetName))
    .option('--epochs <n>', 'passes over the training images', wholeNumber(1), 3)
    .option('--batch <n>', 'images in one step', wholeNumber(1), 32)
    .option('--lr <x>', 'learning rate of the first step; it falls to 0 along a cosine', positiveNumber, 0.03)
    .option(
      '--seed <n>',
      'decides first weights and order: the same seed, the same network',
      wholeNumber(0),
      1,
    )
    .option(
      '--threads <n>',
      'threads to train on; the weights do not depend on them',
      wholeNumber(1),
      Math.min(mostThreads, availableParallelism()),
    )
    .option(
      '--out <folder>',
      'where to write (default: runs/<dataset>, or the first of -2, -3, … that is not there yet)',
    )
    .option('--force', 'replace the run that is there')
    .option(
      '--data <folder>',
      "the data set's four IDX files, plain or .gz (default: where they are installed)",
    )
    .option('--limit <n>', 'use only the first n training and the first n test images', wholeNumber(1))
    .action(train);
}

async function train(name: string, options: TrainOptions): Promise<void> {
  const start = performance.now();
  const info = datasets.find((dataset) => dataset.name === name)!; // commander has checked the choice
  const dataset = await loadDataset(info, options.data, options.limit);
  const force = options.force ?? false;
  const folder = await (options.out === undefined
    ? nextRunFolder(join('runs', name), force)
    : openRunFolder(options.out, force));
  const trained = trainNetwork({ network: lenet5, dataset }, folder, options);
  const { module, history } = await trained.finally(() => folder.close());
  const seconds = (performance.now() - start) / 1000;
  const command = commandLine(name, options);
  const { weights, report: page } = folder;
  const report = collectReport({ network: lenet5, module, dataset, history, seconds, command, weights });
  await folder.writeReport(await renderReport(report));
  const { accuracy } = report.evaluation;
  process.stdout.write(
    `\ntest accuracy  ${formatShare(accuracy)}\nweights        ${weights}\nreport         ${page}\n`,
  );
}

/** What to type for the same training again, defaults written out. */
function commandLine(name: string, { epochs, batch, lr, seed, data, limit }: TrainOptions): string {
  const settings = { epochs, batch, lr, seed, data, limit };
  const words = Object.entries(settings).map(([key, value]) =>
    value === undefined ? '' : ` --${key} ${value}`,
  );
  return `train ${name}${words.join('')}`;
}
