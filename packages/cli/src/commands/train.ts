// `neocog train`: the command line of training, and the order of its steps. Whatever can be refused is,
// before the first step of training: options, data, the folder to write to.

import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Argument, type Command } from 'commander';
import { datasets, loadDataset } from '../datasets.ts';
import { prepareFolder, writeWhole } from '../files.ts';
import { lenet5 } from '../networks.ts';
import { positiveNumber, wholeNumber } from '../options.ts';
import { collectReport } from '../report/collect.ts';
import { renderReport } from '../report/page.ts';
import { formatShare } from '../table.ts';
import { type TrainingSettings, trainNetwork } from '../trainer.ts';

interface TrainOptions extends TrainingSettings {
  out?: string;
  data?: string;
  limit?: number;
}

/** Beyond this a step of LeNet-5, which is short, gains nothing from a further thread. */
const mostThreads = 8;

/** Adds the command to the program. */
export function addTrain(program: Command): void {
  program
    .command('train')
    .summary('train LeNet-5; write its weights and a report')
    .description(
      'Trains LeNet-5 (LeCun et al. 1998) on a data set of 28×28 pictures.\n' +
        'Writes weights.safetensors after every epoch, and at the end report.html: what it learned and where it errs.',
    )
    .addArgument(new Argument('<dataset>', 'what to learn').choices(datasets.map(({ name }) => name)))
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
    .option('--out <folder>', 'where to write (default: runs/<dataset>)')
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
  const folder = options.out ?? join('runs', name);
  await prepareFolder(folder);
  const weights = join(folder, 'weights.safetensors');
  const { module, history } = await trainNetwork(lenet5, dataset, weights, options);
  const seconds = (performance.now() - start) / 1000;
  const command = commandLine(name, options);
  const report = collectReport({ network: lenet5, module, dataset, history, seconds, command, weights });
  const page = join(folder, 'report.html');
  await writeWhole(page, await renderReport(report));
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
