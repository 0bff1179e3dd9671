// `neocog filter`: a classical filter, or a matrix of the user's, over a picture; or all filters on one
// contact sheet. Whatever can be refused is, before the work: words, settings, the picture, the place to
// write to.

import { access, constants, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Presets, SingleBar } from 'cli-progress';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { filters, type PaddingMode } from 'neocog';
import { CommandError, exists, systemFailure, writeWhole } from '../files.ts';
import { filterPicture, type Treatment } from '../filter/bands.ts';
import {
  chooseTreatment,
  commandName,
  type FilterWords,
  findFilter,
  settingNames,
} from '../filter/choice.ts';
import { readMatrix } from '../filter/matrixText.ts';
import { checkFormat, encodePicture, formatOf, type Picture, readPicture } from '../filter/picture.ts';
import { drawSheet } from '../filter/sheet.ts';
import { positiveNumber, wholeNumber } from '../options.ts';
import { formatSeconds } from '../table.ts';

interface FilterCommand extends FilterWords {
  readonly out?: string;
  readonly grey?: boolean;
  readonly grid?: boolean;
  readonly list?: boolean;
}

const paddingModes: readonly PaddingMode[] = ['replicate', 'symmetric', 'reflect', 'circular', 'zeros'];

/** Adds the command to the program. */
export function addFilter(program: Command): void {
  const command = program
    .command('filter')
    .summary('blur, sharpen or find edges in a picture')
    .description(
      'Runs a classical filter, or any matrix, over a picture (PNG, JPEG, WebP) of any size. ' +
        'Colours and transparency are kept.',
    )
    .argument('[picture]', 'the picture')
    .argument('[filter]', 'the filter, unless --matrix or --grid is given')
    .option('-o, --out <file>', 'where to write: .png, .jpg or .webp')
    .option('--list', 'print all filters with their settings')
    .option('--grid', 'draw a contact sheet of all filters');
  addSettings(command);
  addAppearance(command);
  command.addHelpText('after', examples).action(run);
}

const examples = `
Examples:
  neocog filter photo.jpg gaussian-blur --sigma 3 -o soft.jpg
  neocog filter photo.jpg sobel --grey -o edges.png
  neocog filter photo.jpg --matrix '0 -1 0; -1 5 -1; 0 -1 0' -o crisp.png
  neocog filter photo.jpg --grid -o sheet.png`;

function addSettings(command: Command): void {
  command
    .option('--sigma <x>', 'width of the bell, its standard deviation in pixels', positiveNumber)
    .option('--size <n>', 'side of the matrix in pixels', wholeNumber(1))
    .option('--amount <x>', 'strength; 1 is usual', anyNumber)
    .option('--angle <degrees>', 'counter-clockwise from the right', anyNumber)
    .option('--length <x>', 'length of a motion in pixels', positiveNumber)
    .addOption(
      new Option('--direction <which>', 'edges along one direction').choices(['x', 'y', 'magnitude']),
    )
    .option('--neighbours <n>', '4, or 8 with the diagonals', wholeNumber(1))
    .option('--wavelength <x>', 'pixels from stripe to stripe', positiveNumber)
    .option('--aspect <x>', "the bell's width by its length along the stripes", positiveNumber)
    .option('--phase <degrees>', 'where the wave is in the middle', anyNumber)
    .option('--matrix <rows>', "weights of your own: '0 -1 0; -1 5 -1; 0 -1 0'", readMatrix)
    .option('--flip', 'turn the matrix by 180 degrees: true convolution');
}

function addAppearance(command: Command): void {
  command
    .addOption(
      new Option('--padding-mode <mode>', 'what lies outside the picture')
        .choices(paddingModes)
        .default('replicate'),
    )
    .option('--grey', 'make the picture grey first')
    .option('--signed', 'show edges around mid-grey, not by their magnitude')
    .option('--gain <x>', 'how bright edges are (default: 4; of a matrix 1)', positiveNumber);
}

function anyNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('Needed is a number');
}

async function run(path: string | undefined, name: string | undefined, words: FilterCommand): Promise<void> {
  if (words.list) {
    process.stdout.write(`${listFilters()}\n`);
    return;
  }
  if (path === undefined) {
    throw new CommandError('no picture is given; try neocog filter photo.jpg sobel -o edges.png, or --list');
  }
  await checkPlaces(path, name, words);
  const start = performance.now();
  const treatment = chooseWork(name, words);
  const out = words.out!; // checkPlaces has refused to go on without
  const format = formatOf(out);
  const picture = await readPicture(path, { grey: words.grey ?? false });
  if (treatment) checkFormat(picture, format);
  const result = treatment ? filterWithBar(picture, treatment) : await drawSheet(picture, words.paddingMode);
  await writeWhole(out, await encodePicture(result, format));
  const what = treatment ? (name && commandName(findFilter(name).name)) || 'matrix' : 'contact sheet';
  const seconds = (performance.now() - start) / 1000;
  const time = formatSeconds(seconds, seconds < 1 ? 2 : undefined);
  process.stdout.write(`${out}  ${what}  ${result.width}×${result.height}  ${time}\n`);
}

/** The treatment, or null for the sheet. */
function chooseWork(name: string | undefined, words: FilterCommand): Treatment | null {
  if (words.flip && !words.matrix)
    throw new CommandError('--flip turns a --matrix; give one, or leave it out');
  const wanted = [
    name !== undefined && `the filter ${name}`,
    words.matrix && '--matrix',
    words.grid && '--grid',
  ];
  const given = wanted.filter((each) => typeof each === 'string');
  if (given.length > 1) throw new CommandError(`${given.join(' and ')} are given; choose one of them`);
  if (given.length === 0)
    throw new CommandError('no filter is given; name one (--list names all), or --matrix or --grid');
  if (!words.grid) return chooseTreatment(name, words);
  const setting = ([...settingNames, 'signed', 'gain'] as const).find((each) => words[each] !== undefined);
  if (setting)
    throw new CommandError(`--grid shows each filter with settings of its own; leave --${setting} out`);
  return null;
}

/** Refuses, before any work, what could only fail after it. */
async function checkPlaces(path: string, name: string | undefined, { out }: FilterCommand): Promise<void> {
  const swapped = name !== undefined && !(await exists(path)) && (await exists(name));
  if (swapped)
    throw new CommandError(
      `there is no file ${path}; the picture comes first: neocog filter ${name} ${path}`,
    );
  if (out === undefined)
    throw new CommandError('no output is named; add -o and a file name, such as -o out.png');
  try {
    await access(dirname(out), constants.W_OK);
  } catch (error) {
    throw systemFailure(`cannot write ${out}`, error);
  }
  const isSame =
    (await exists(out)) && (await exists(path)) && (await realpath(out)) === (await realpath(path));
  if (isSame) throw new CommandError(`${out} is the picture itself; write to another file`);
}

/** From here on a person would wonder whether anything happens. */
const largePicture = 4_000_000;

function filterWithBar(picture: Picture, treatment: Treatment): Picture {
  if (picture.width * picture.height < largePicture) return filterPicture(picture, treatment);
  const format = 'filtering  {bar} {percentage} %';
  const bar = new SingleBar(
    { format, barsize: 24, clearOnComplete: true, gracefulExit: false, hideCursor: false },
    Presets.shades_classic,
  );
  bar.start(picture.height, 0);
  try {
    return filterPicture(picture, treatment, (rows) => bar.update(rows));
  } finally {
    bar.stop();
  }
}

/** Two lines a filter, which fit a terminal: what it gives, and its settings with their defaults. */
function listFilters(): string {
  const names = filters.catalogue.map(({ name }) => commandName(name));
  const indent = Math.max(...names.map((name) => name.length)) + 2;
  const lines = filters.catalogue.flatMap(({ about, settings }, i) => [
    names[i].padEnd(indent) + about,
    ...(settings.length > 0 ? [' '.repeat(indent) + settings.map(describeSetting).join('  ')] : []),
  ]);
  const forAll = 'All take --padding-mode and --grey, and those for edges and stripes --signed and --gain.';
  return `${lines.join('\n')}\n\n${forAll}`;
}

const describeSetting = ({ name, default: value }: filters.FilterSetting): string =>
  `--${name} ${typeof value === 'string' && value.includes(' ') ? '…' : value}`;
