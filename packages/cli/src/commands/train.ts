// `neocog train`: the command line of training on one of the known data sets or on a folder.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { CommandError, exists } from '../files.ts';
import { usualMachine } from '../folder/machine.ts';
import { classifiers } from '../folder/pictures/network.ts';
import { augmentations, logs, schedules, smallName } from '../folder/settings.ts';
import { taskNames } from '../folder/tasks.ts';
import { askForNear, findName } from '../names.ts';
import { fraction, positiveNumber, wholeNumber } from '../options.ts';
import { amongRanks, isFirst, shareText } from '../ranks/job.ts';
import { launch, startedHere } from '../ranks/launch.ts';
import { datasetNames, holdsDataset, type RankWords, resumeDataset, trainDataset } from './trainDataset.ts';
import { resumeFolder, trainFolder } from './trainFolder.ts';

/** What was typed. */
interface TrainWords extends Omit<RankWords, 'world'> {
  launch?: number;
}

/** A learning rate, or `auto`. */
const learningRate = (text: string): number | 'auto' => (text === 'auto' ? 'auto' : positiveNumber(text));

/** Kinds of logs with a comma between. */
function logKinds(text: string): (typeof logs)[number][] {
  return text.split(',').map((name) => {
    const known = logs.find((kind) => kind === name);
    if (known) return known;
    throw new InvalidArgumentError(`Needed are ${logs.join(' or ')}, or both with a comma between`);
  });
}

/** Adds the command to the program. */
export function addTrain(program: Command): void {
  const command = program
    .command('train')
    .summary('train a network on a folder of pictures or sounds, or LeNet-5 on a known data set')
    .description(
      'Trains a network to tell classes of pictures or sounds apart: FOLDER holds a folder for each class, or train, val and test ' +
        'with such folders; or to say of each pixel what it is: FOLDER holds images and masks. Without options a small network ' +
        'learns from scratch; with --network FILE, or --weights, one that was trained before keeps what it knows and learns a new ' +
        'last layer.\nWrites network.onnx, which knows its classes, report.html, ' +
        `log.csv and checkpoints.\nThe data sets ${datasetNames.join(' and ')} are known by name: LeNet-5 (LeCun et al. 1998) learns them.`,
    )
    .argument('[what]', `a folder of pictures or sounds, or ${datasetNames.join(' or ')}`);
  addLearningOptions(command);
  addRunOptions(command);
  command.action(train);
}

/** What is learned, and how. */
function addLearningOptions(command: Command): void {
  command
    .addOption(
      new Option('--task <name>', 'what to learn (default: found from what the folder holds)').choices(
        taskNames,
      ),
    )
    .option(
      '--network <name>',
      `the network: ${[smallName, ...classifiers()].join(', ')}, or a file of ONNX, TensorFlow.js or Keras (default: ${smallName})`,
    )
    .option('--weights <file>', 'weights that a network of the library begins with, such as resnet18.pth')
    .option('--freeze', 'only the last layer learns (default with a network that was trained before)')
    .option('--no-freeze', 'all layers learn')
    .option(
      '--size <n>',
      'side of the pictures as the network sees them (default: what it was made for, or 96)',
      wholeNumber(16),
    )
    .option(
      '--seconds <n>',
      'how much of each sound the network hears (default: as long as most of them are, at most 5)',
      positiveNumber,
    )
    .addOption(
      new Option(
        '--augment <how>',
        'change pictures or sounds at random while learning (default: light; none with --freeze)',
      ).choices(augmentations),
    )
    .option(
      '--epochs <n>',
      'passes over the data (default: 40; 60 with --freeze; 3 for a known data set)',
      wholeNumber(1),
    )
    .option(
      '--batch <n>',
      'samples in one step, of all processes together (default: 16; 32 for a known data set)',
      wholeNumber(1),
    )
    .option('--lr <x>', 'learning rate, or auto to find one by trial (default: by what learns)', learningRate)
    .addOption(
      new Option('--schedule <shape>', 'of the learning rate over the run (default: cosine)').choices(
        schedules,
      ),
    )
    .option('--patience <n>', 'end after so many epochs that were no better', wholeNumber(1))
    .option(
      '--hold-out <share>',
      'of the data to test on, where the folder does not divide it (default: 0.2)',
      fraction,
    )
    .option('--log <kinds>', 'logs beside log.csv: json, tensorboard, or both with a comma between', logKinds)
    .option('--strict', 'refuse files that cannot be read, instead of leaving them out')
    .option(
      '--resume <folder>',
      'go on with the run in this folder, which was interrupted; auto: with that in --out, if there is one',
    );
}

/** The machine, and where things are. */
function addRunOptions(command: Command): void {
  const usual = usualMachine();
  command
    .option(
      '--seed <n>',
      'decides first weights and order: the same seed, the same network (default: 1)',
      wholeNumber(0),
    )
    .option(
      '--threads <n>',
      'threads to train on; the weights do not depend on them',
      wholeNumber(1),
      usual.threads,
    )
    .option(
      '--workers <n>',
      'threads that read files; nothing depends on them',
      wholeNumber(0),
      usual.workers,
    )
    .option(
      '--out <folder>',
      'where to write (default: runs/<name>, or the first of -2, -3, … that is not there yet)',
    )
    .option('--force', 'replace the run that is there')
    .option(
      '--data <folder>',
      "a known data set's four IDX files, plain or .gz (default: where they are installed)",
    )
    .option(
      '--limit <n>',
      'of a known data set: use only the first n training and the first n test images',
      wholeNumber(1),
    )
    .option(
      '--launch <n>',
      'train with so many processes on this machine, which mpirun starts; without it, with those that mpirun or srun has started',
      wholeNumber(1),
    );
}

async function train(what: string | undefined, words: TrainWords): Promise<void> {
  const { launch: ranks = 1, ...rest } = words;
  if (ranks > 1) return launch(ranks);
  const started = startedHere(process.env);
  // The first one starts them all again, connected; the others are not needed.
  if (started) return started.rank === 0 ? launch(started.size) : undefined;
  return amongRanks((world) => trainWith(what, { ...rest, world }));
}

async function trainWith(what: string | undefined, words: RankWords): Promise<void> {
  const { resume } = words;
  if (resume !== undefined && resume !== 'auto') return resumeRun(what, resume, words);
  if (what === undefined) {
    throw new CommandError(
      `name what to learn: a folder of pictures or sounds, or ${datasetNames.join(' or ')}`,
    );
  }
  const name = findName(datasetNames, what);
  if (name !== undefined) return trainDataset(name, words);
  if (!(await exists(what))) {
    throw new CommandError(
      `there is no folder and no data set ${what}${askForNear(datasetNames, what) || ';'} name a folder that holds one for each class or images and masks, or one of: ${datasetNames.join(', ')}`,
    );
  }
  return trainFolder(what, words);
}

async function resumeRun(what: string | undefined, folder: string, words: RankWords): Promise<void> {
  if (what !== undefined)
    throw new CommandError(`--resume ${folder} knows what it learns; leave ${what} out`);
  const isOfDataset = isFirst(words.world) ? String(await holdsDataset(folder)) : '';
  if ((await shareText(words.world, isOfDataset)) === 'true') return resumeDataset(folder, words);
  return resumeFolder(folder, words);
}
